/** What other rooms may use of this one. */
export type { Played, PlayedDay, PlayedPoint } from './plan-forward.ts';
export type { Simulation } from './simulate-policy.ts';

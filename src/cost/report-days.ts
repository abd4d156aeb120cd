import type { Figures } from './figures.ts';
import type { Price } from './ports.ts';
import type { BilledDay } from './report-billed.ts';

/**
 * How far a day's figures can be trusted: `complete`; `partial`: closed, but points were not measured or prices missing; `open`: today, which is not over;
 * `missing`: no figures at all.
 */
export type DayState = 'complete' | 'partial' | 'open' | 'missing';

/** One day of the report. `billed` is null until Azure has billed it. */
export interface ReportDay {
  readonly day: string;
  readonly state: DayState;
  /** All zero for a missing day. */
  readonly figures: Readonly<Figures>;
  readonly billed: BilledDay | null;
}

/** A price that the figures rest on. */
export interface PriceUsed {
  readonly region: string;
  readonly redundancy: string;
  readonly price: Price;
  readonly asOf: string;
}

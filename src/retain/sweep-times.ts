/** When policies are swept: five-field cron, in UTC. The simulator sweeps at the same times. */
export const SWEEP_CRON = '45 1,7,13,19 * * *';

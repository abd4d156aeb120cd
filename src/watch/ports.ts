import type { EpochMs } from '../base/time.ts';
import type { Restore } from '../restore/restore.ts';

/**
 * Takes metrics: gauges without dimensions, by name.
 *
 * Errors: AppError; a value that is lost is made up for by the next one.
 */
export interface MetricSink {
  send(values: ReadonlyMap<string, number>, at: EpochMs): Promise<void>;
}

/** The newest restores, for the evidence that points can be restored. */
export interface RestoreList {
  newest(limit: number): Promise<readonly Restore[]>;
}

/** Where a connection string of Application Insights leads. Shape: `endpoint` ends without a slash. */
export interface Ingestion {
  readonly endpoint: string;
  readonly instrumentationKey: string;
}

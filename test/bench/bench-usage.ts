import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/base/time.ts';
import { parseTimerSchedule } from '../../src/sandbox/host/plan-timers.ts';
import { conditionKinds } from '../../src/watch/condition-kinds.ts';
import { type Counts, LEAST_MS } from './bench-month.ts';
import type { Usage } from './bench-price-list.ts';
import type { Triggers } from './bench-triggers.ts';

const DAYS = 30;
const INSTANCE_GB = 0.5;
const MONTH_FROM = Date.UTC(2026, 10, 1);

/**
 * What the Functions host and the platform do on the app's account beside the app. Not published, so these are bounds, read from the host's sources and settings:
 * the primary host renews a 15 s lease, each timer's singleton a 60 s one; an instance that is awake asks its queue each 2 s (host.json) and stays for some
 * minutes after its last message; the platform looks at each queue's length to decide on instances.
 */
const HOST = {
  leaseRenewalsPerMinute: 9,
  pollMs: 2 * SECOND_MS,
  lingerMs: 10 * MINUTE_MS,
  lookMs: 10 * SECOND_MS,
  /** One request and its traces in the logs, as the host writes them by default. */
  logBytesPerExecution: 3_000,
  logBytesPerMetric: 700,
} as const;
/** A metric of each condition, sent each quarter of an hour. */
const METRICS_PER_DAY = 4 * 24 * conditionKinds.length;
/** One rule each, and one for silence. */
const ALERT_RULES = conditionKinds.length + 1;
/** Rows and blobs that stay, for each disk: catalogue, ledger, audit, ranges. */
const TABLE_BYTES_PER_DISK = 200_000;
const BLOB_BYTES_PER_DISK = 100_000;

/** Runs of a schedule in a month of thirty days. */
export function runsOfMonth(schedule: string): number {
  const parsed = parseTimerSchedule(schedule);
  let runs = 0;
  for (let at = parsed.nextAfter(MONTH_FROM - 1); at < MONTH_FROM + DAYS * DAY_MS; at = parsed.nextAfter(at)) runs += 1;
  return runs;
}

/**
 * A month's usage of one settled day's counts: the day thirty times, and what the host and the platform do all the while.
 *
 * Shape: `instanceMs` of a day is the time billed for queue work (messages that share an instance, or each alone).
 */
export function usageOfMonth(day: Counts, triggers: Triggers, disks: number, instanceMs: number): Usage {
  const timerRuns = triggers.timers.map((timer) => ({ ...timer, runs: runsOfMonth(timer.schedule) }));
  const runs = timerRuns.reduce((sum, timer) => sum + timer.runs, 0);
  const monitored = timerRuns.reduce((sum, timer) => sum + (timer.monitored ? timer.runs : 0), 0);
  const executions = runs + day.messages * DAYS;
  const queues = triggers.queues.length;
  const polls = (Math.min(DAY_MS, day.awakeMs + (day.messages > 0 ? 3 * HOST.lingerMs : 0)) / HOST.pollMs) * DAYS;
  const looks = (queues * DAYS * DAY_MS) / HOST.lookMs;
  const renewals = HOST.leaseRenewalsPerMinute * ((DAYS * 24 * HOUR_MS) / MINUTE_MS);
  return {
    gigabyteSecond: ((runs * LEAST_MS + instanceMs * DAYS) / SECOND_MS) * INSTANCE_GB,
    execution: executions,
    tableOperation: day.tableOperations * DAYS,
    queueOperation: day.queueOperations * DAYS + polls + looks,
    blobWrite: day.blobWrites * DAYS + monitored,
    blobRead: day.blobReads * DAYS + renewals,
    tableGiBMonth: (disks * TABLE_BYTES_PER_DISK) / 2 ** 30,
    blobGiBMonth: (disks * BLOB_BYTES_PER_DISK) / 2 ** 30,
    logGB: (executions * HOST.logBytesPerExecution + METRICS_PER_DAY * DAYS * HOST.logBytesPerMetric) / 1e9,
    alertTimeSeries: ALERT_RULES,
  };
}

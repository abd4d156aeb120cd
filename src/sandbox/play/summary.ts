import type { BillComparison } from './compare-bill.ts';
import type { RecordResult } from './point-record.ts';
import type { RestoreComparison } from './restore-disk.ts';

/** What `npm start` says at the end: as a table, or with `--json` as it is. Units: bytes, seconds of real time. */
export interface Summary {
  readonly days: number;
  readonly from: string;
  readonly to: string;
  readonly points: {
    readonly slotsExpected: number;
    readonly taken: number;
    readonly slotsMissed: number;
    readonly unexpected: number;
    readonly pruned: number;
    readonly keptButDeleted: number;
  };
  readonly snapshots: { readonly expected: number; readonly taken: number; readonly pruned: number };
  readonly bytes: {
    readonly chains: number;
    readonly estimated: number;
    readonly billed: number;
    readonly differences: number;
  };
  readonly money: MoneySummary;
  readonly restore: RestoreComparison | null;
  readonly azure: { readonly armCalls: number; readonly throttled: number };
  readonly seconds: { readonly toFirstPoint: number | null; readonly playing: number; readonly total: number };
  /** Everything that is wrong, in words; empty when all is well. */
  readonly problems: readonly string[];
  readonly ok: boolean;
}

/** Money as the cost report says it: what this month has cost so far, what a month costs at this moment, and the stored bytes it reckons with. */
export interface MoneySummary {
  readonly thisMonth: number;
  readonly perMonth: number;
  readonly currency: string;
  readonly reportedBytes: number;
}

const PROBLEMS_SHOWN = 20;
const GIB = 2 ** 30;

/** Puts the parts together and names everything that is wrong. */
export function summarise(parts: {
  readonly days: number;
  readonly from: number;
  readonly to: number;
  readonly record: RecordResult;
  readonly bill: BillComparison;
  readonly money: MoneySummary;
  readonly restore: RestoreComparison | null;
  readonly azure: Summary['azure'];
  readonly seconds: Summary['seconds'];
}): Summary {
  const { record, bill, money, restore } = parts;
  const problems = [
    ...record.missed.map((slot) => `missed: ${slot}`),
    ...record.unexpected.map((slot) => `not asked for: ${slot}`),
    ...record.keptButGone.map((slot) => `deleted though a rule keeps it: ${slot}`),
    ...bill.differences.map((difference) => `estimate and bill differ: ${difference}`),
    ...(money.reportedBytes === bill.billedBytes
      ? []
      : [`the report reckons with ${money.reportedBytes} stored bytes, Azure bills ${bill.billedBytes}`]),
    ...(restore === null || restore.equal ? [] : [`the restored disk differs: ${restore.error ?? restore.state}`]),
  ];
  return {
    days: parts.days,
    from: new Date(parts.from).toISOString(),
    to: new Date(parts.to).toISOString(),
    points: {
      slotsExpected: record.slotsExpected,
      taken: record.pointsTaken,
      slotsMissed: record.missed.length,
      unexpected: record.unexpected.length,
      pruned: record.pointsPruned,
      keptButDeleted: record.keptButGone.length,
    },
    snapshots: { expected: record.snapshotsExpected, taken: record.snapshotsTaken, pruned: record.snapshotsPruned },
    bytes: {
      chains: bill.chains,
      estimated: bill.estimatedBytes,
      billed: bill.billedBytes,
      differences: bill.differences.length,
    },
    money,
    restore,
    azure: parts.azure,
    seconds: parts.seconds,
    problems,
    ok: problems.length === 0,
  };
}

/** The summary as people read it. */
export function showSummary(summary: Summary): string {
  const { points, snapshots, bytes, money, restore, azure, seconds } = summary;
  const rows: [string, string][] = [
    ['days played', `${summary.days} (${summary.from.slice(0, 16)}Z to ${summary.to.slice(0, 16)}Z)`],
    [
      'recovery points',
      `${count(points.taken)} taken of ${count(points.slotsExpected)} due, ${count(points.slotsMissed)} missed`,
    ],
    ['snapshots', `${count(snapshots.taken)} taken of ${count(snapshots.expected)}`],
    [
      'pruned',
      `${count(points.pruned)} points, ${count(snapshots.pruned)} snapshots; ${count(points.keptButDeleted)} that a rule keeps`,
    ],
    ['stored, our estimate', `${gib(bytes.estimated)} in ${bytes.chains} chains`],
    [
      'stored, Azure bills',
      `${gib(bytes.billed)} ${bytes.differences === 0 ? '(equal to the byte, every chain)' : ''}`,
    ],
    [
      'this month so far',
      `${money.thisMonth.toFixed(2)} ${money.currency}; a month of what is stored now: ${money.perMonth.toFixed(2)} ${money.currency}`,
    ],
    ['disk restored', showRestore(restore)],
    ['calls to Azure', `${count(azure.armCalls)}, ${count(azure.throttled)} answered 429`],
    ['time', showSeconds(seconds)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const table = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value.trimEnd()}`);
  const shown = summary.problems.slice(0, PROBLEMS_SHOWN).map((problem) => `  ! ${problem}`);
  const hidden = summary.problems.length - shown.length;
  return [...table, ...shown, ...(hidden > 0 ? [`  ! and ${hidden} more`] : [])].join('\n');
}

function showRestore(restore: RestoreComparison | null): string {
  if (restore === null) return 'none';
  const what = `${restore.disk} of ${restore.takenAt ?? 'an unknown moment'}`;
  if (!restore.equal) return `${what}: DIFFERS (${restore.error ?? restore.state})`;
  return `${what}, ${gib(restore.comparedBytes)} compared: equal`;
}

function showSeconds({ toFirstPoint, playing, total }: Summary['seconds']): string {
  const first = toFirstPoint === null ? '' : `first point after ${toFirstPoint.toFixed(1)} s, `;
  return `${first}played in ${playing.toFixed(1)} s, ${total.toFixed(1)} s in all`;
}

const count = (value: number) => value.toLocaleString('en-US');
const gib = (bytes: number) => `${(bytes / GIB).toLocaleString('en-US', { maximumFractionDigits: 2 })} GiB`;

import { AppError } from '../base/errors.ts';
import type { Store, TableWrite } from '../base/store.ts';
import { DAY_MS, type EpochMs, utcDay } from '../base/time.ts';
import {
  type BilledOwner,
  billedRowKeys,
  billedTable,
  figureCells,
  mergeFigure,
  readStoredFigure,
  type StoredFigure,
  subscriptionKey,
} from './billed-row.ts';
import type { BilledFigure, DayRange } from './ports.ts';

const WRITE_TRIES = 3;

/** An answer of Cost Management for one subscription: every figure of these days. */
export interface BilledAnswer {
  readonly subscriptionId: string;
  readonly range: DayRange;
  readonly figures: readonly BilledFigure[];
}

/** What an answer has changed. */
export interface RecordedBill {
  readonly rows: number;
  readonly corrections: number;
  /** The last day with figures that are not nothing. */
  readonly lastDay: string | null;
}

/**
 * Writes what Azure bills, row by row, only where it is new or has changed; what was shown before stays to be seen in the row.
 *
 * Shape:  table `billedYYYYMM`, partition = day, row = `<subscription>|<snapshot>.<meter and currency>`. A figure that Azure shows no more becomes zero.
 * Errors: 'azure-unavailable' for an empty answer where there were figures: that is Azure not knowing, not a bill of nothing. 'precondition-failed',
 *         'storage-unavailable'.
 * Safety: the same answer again changes nothing.
 */
export async function recordBilled(
  store: Store,
  answer: BilledAnswer,
  ownerOf: (resourceId: string) => BilledOwner | null,
  now: EpochMs,
): Promise<RecordedBill> {
  const byDay = Map.groupBy(answer.figures, (figure) => figure.day);
  const days = daysOf(answer.range);
  if (answer.figures.length === 0) await refuseNothing(store, answer, days);
  const keyOf = billedRowKeys(answer.subscriptionId);
  // A snapshot that is gone by now may have been known on an earlier day.
  const known = new Map<string, BilledOwner>();
  const owner = (resourceId: string) => ownerOf(resourceId) ?? known.get(resourceId) ?? null;
  let rows = 0;
  let corrections = 0;
  let lastDay: string | null = null;
  // Day by day, oldest first: a day of a large subscription fits in memory, a week need not.
  for (const day of days) {
    const before = await readDay(store, day, answer.subscriptionId);
    for (const { figure } of before.values()) {
      if (figure.owner && !ownerOf(figure.resourceId)) known.set(figure.resourceId, figure.owner);
    }
    const figures = byDay.get(day) ?? [];
    const done = await writeDay(store, { ...answer, day, figures }, { before, owner, keyOf, now });
    rows += done.rows;
    corrections += done.corrections;
    if (figures.some(isSomething)) lastDay = day;
  }
  return { rows, corrections, lastDay };
}

async function refuseNothing(store: Store, { subscriptionId, range }: BilledAnswer, days: readonly string[]) {
  for (const day of days) {
    const rows = await readDay(store, day, subscriptionId);
    if (![...rows.values()].some(({ figure }) => isSomething(figure))) continue;
    throw new AppError('azure-unavailable', 'Cost Management shows nothing where it has shown figures before', {
      subscriptionId,
      ...range,
    });
  }
}

function isSomething({ microUnits, quantity }: BilledFigure): boolean {
  return microUnits !== 0 || quantity !== 0;
}

interface StoredRow {
  readonly figure: StoredFigure;
  readonly etag: string;
}

interface DayOfBill {
  readonly subscriptionId: string;
  readonly day: string;
  readonly figures: readonly BilledFigure[];
}

interface Merging {
  readonly before: ReadonlyMap<string, StoredRow>;
  readonly owner: (resourceId: string) => BilledOwner | null;
  readonly keyOf: (figure: BilledFigure) => string;
  readonly now: EpochMs;
}

async function writeDay(store: Store, bill: DayOfBill, merging: Merging) {
  let { before } = merging;
  for (let tries = 1; ; tries += 1) {
    const { writes, corrections } = planWrites(bill, { ...merging, before });
    if (writes.length === 0 || (await store.table(billedTable(bill.day)).write(bill.day, writes)) === 'done') {
      return { rows: writes.length, corrections };
    }
    if (tries === WRITE_TRIES) {
      throw new AppError('precondition-failed', 'Somebody else is writing the bill of the same day', { day: bill.day });
    }
    before = await readDay(store, bill.day, bill.subscriptionId);
  }
}

function planWrites({ subscriptionId, figures }: DayOfBill, { before, owner, keyOf, now }: Merging) {
  const writes: TableWrite[] = [];
  let corrections = 0;
  const shown = new Map(figures.map((figure) => [keyOf(figure), figure]));
  for (const [rowKey, { figure }] of before) {
    if (!shown.has(rowKey)) shown.set(rowKey, { ...figure, microUnits: 0, quantity: 0 });
  }
  for (const [rowKey, figure] of shown) {
    const row = before.get(rowKey);
    const merged = mergeFigure(row?.figure ?? null, { figure, subscriptionId, owner: owner(figure.resourceId) }, now);
    if (merged === row?.figure) continue;
    if (row && merged.seenAt !== row.figure.seenAt) corrections += 1;
    const cells = figureCells(merged);
    writes.push(row ? { kind: 'replace', rowKey, cells, etag: row.etag } : { kind: 'insert', rowKey, cells });
  }
  return { writes, corrections };
}

async function readDay(store: Store, day: string, subscriptionId: string): Promise<Map<string, StoredRow>> {
  const rows = new Map<string, StoredRow>();
  const key = subscriptionKey(subscriptionId);
  // `}` follows `|` in the order of keys.
  const range = { partitionKey: day, from: `${key}|`, to: `${key}}` };
  for await (const page of store.table(billedTable(day)).list(range)) {
    for (const row of page) rows.set(row.rowKey, { figure: readStoredFigure(row), etag: row.etag });
  }
  return rows;
}

function daysOf({ from, to }: DayRange): readonly string[] {
  const days: string[] = [];
  for (let day = from; day <= to; day = utcDay(Date.parse(day) + DAY_MS)) days.push(day);
  return days;
}

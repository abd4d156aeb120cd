import { AppError } from '../base/errors.ts';
import { hashId } from '../base/ids.ts';
import type { Store, Table, TableWrite } from '../base/store.ts';
import type { DayGroups, Dimension, Group } from './day-groups.ts';
import type { Figures } from './figures.ts';
import {
  type Bucket,
  bucketCells,
  type Form,
  intoBuckets,
  readBucket,
  unpack,
  unreadable,
  withDay,
} from './group-bucket.ts';

const WRITE_TRIES = 3;

/** Whose sums: of the ledger's estimates, or of what Azure has billed. */
export type GroupBook = 'ledger' | 'billed';

/** The table of a month's sums: dropped whole with the month's rows. */
export function sumsTable(day: string, book: GroupBook = 'ledger'): string {
  return `${book}sums${day.slice(0, 4)}${day.slice(5, 7)}`;
}

/** One group's figures of one UTC day. */
export interface GroupDay {
  readonly day: string;
  readonly group: Group;
  readonly figures: Readonly<Figures>;
}

/**
 * Writes the sums of one day beside those of its month: what the same rows come to is written again without harm.
 *
 * Shape:  table `ledgersumsYYYYMM`: partition = dimension, row = `<currency>|<bucket>`, in it every group of that bucket with its figures by day of
 *         the month: a report over a month reads one range of a dimension, 256 rows at most. Machines and disks have a second partition with their
 *         costs alone. The total comes last: a day is closed once it is there.
 * Errors: 'precondition-failed' where somebody else keeps changing the same rows: try again later.
 */
export async function writeGroups(
  store: Store,
  currency: string,
  day: string,
  groups: DayGroups,
  book: GroupBook = 'ledger',
): Promise<void> {
  const table = store.table(sumsTable(day, book));
  for (const [dimension, sums] of groups.dimensions()) {
    const buckets = intoBuckets(sums);
    const forms: readonly Form[] = COSTED.includes(dimension) ? ['figures', 'costs'] : ['figures'];
    for (const form of forms) {
      let tries = 0;
      while (!(await writeDimension(table, { dimension, form, currency, day }, buckets))) {
        tries += 1;
        if (tries === WRITE_TRIES)
          throw new AppError('precondition-failed', 'The sums of a day are being written by somebody else', { day });
      }
    }
  }
}

/** Dimensions with so many groups that a page over all of them reads their costs alone, a fifth of the bytes. */
const COSTED: readonly Dimension[] = ['vm', 'disk'];

/** What a group has cost over some days of one month. Units: micro-units. */
export interface GroupCost {
  readonly group: Group;
  readonly microUnits: number;
}

/**
 * Reads what the machines or the disks have cost over some days: one answer for each group and month.
 *
 * Errors: as `readGroups`.
 */
export async function* readGroupCosts(
  store: Store,
  dimension: 'vm' | 'disk',
  currency: string,
  range: { readonly from: string; readonly to: string },
  book: GroupBook = 'ledger',
): AsyncIterable<GroupCost> {
  for (const month of monthsOf(range.from, range.to)) {
    const isInside = (dayOfMonth: string) =>
      `${month}-${dayOfMonth}` >= range.from && `${month}-${dayOfMonth}` <= range.to;
    for await (const page of store.table(sumsTable(month, book)).list(groupsRange(dimension, 'costs', currency))) {
      for (const row of page) {
        for (const { group, packedByDay } of readBucket(row)) {
          let microUnits = 0;
          for (const [dayOfMonth, packed] of packedByDay) {
            if (!Number.isSafeInteger(packed)) throw unreadable(row);
            if (isInside(dayOfMonth)) microUnits += packed as number;
          }
          yield { group, microUnits };
        }
      }
    }
  }
}

/**
 * Reads the sums of a dimension: month by month, in it group by group, the days of a group in order.
 *
 * Units:  days are UTC, both ends included; only figures in the currency asked for.
 * Errors: 'data-unreadable', 'storage-unavailable'.
 */
export async function* readGroups(
  store: Store,
  dimension: Dimension,
  currency: string,
  range: { readonly from: string; readonly to: string },
  book: GroupBook = 'ledger',
): AsyncIterable<GroupDay> {
  for (const month of monthsOf(range.from, range.to)) {
    for await (const page of store.table(sumsTable(month, book)).list(groupsRange(dimension, 'figures', currency))) {
      for (const row of page) {
        for (const { group, packedByDay } of readBucket(row)) {
          for (const [dayOfMonth, packed] of packedByDay) {
            const day = `${month}-${dayOfMonth}`;
            if (day >= range.from && day <= range.to) yield { day, group, figures: unpack(row, packed) };
          }
        }
      }
    }
  }
}

interface Place {
  readonly dimension: Dimension;
  readonly form: Form;
  readonly currency: string;
  readonly day: string;
}

async function writeDimension(table: Table, place: Place, buckets: ReadonlyMap<string, Bucket>): Promise<boolean> {
  const seen = new Set<string>();
  // Page by page: the rows of a large estate are never all in memory.
  for await (const page of table.list(groupsRange(place.dimension, place.form, place.currency))) {
    const writes: TableWrite[] = [];
    for (const row of page) {
      const bucket = row.rowKey.slice(row.rowKey.lastIndexOf('|') + 1);
      seen.add(bucket);
      const cells = bucketCells(withDay(readBucket(row), place, buckets.get(bucket) ?? new Map()), place.form);
      if (Object.entries(cells).every(([name, cell]) => row.cells[name] === cell)) continue;
      writes.push({ kind: 'replace', rowKey: row.rowKey, cells, etag: row.etag });
    }
    if (writes.length > 0 && (await table.write(partition(place), writes)) === 'refused') return false;
  }
  const inserts: TableWrite[] = [...buckets]
    .filter(([bucket]) => !seen.has(bucket))
    .map(([bucket, groups]) => ({
      kind: 'insert',
      rowKey: `${place.currency}|${bucket}`,
      cells: bucketCells(withDay([], place, groups), place.form),
    }));
  return inserts.length === 0 || (await table.write(partition(place), inserts)) === 'done';
}

/** Tags may hold characters that keys forbid. */
function partition({ dimension, form }: Pick<Place, 'dimension' | 'form'>): string {
  const name = dimension.startsWith('tag:') ? `tag-${hashId(dimension)}` : dimension;
  return form === 'costs' ? `${name}-costs` : name;
}

function groupsRange(dimension: Dimension, form: Form, currency: string) {
  // `}` follows `|` in the order of keys.
  return { partitionKey: partition({ dimension, form }), from: `${currency}|`, to: `${currency}}` };
}

function monthsOf(from: string, to: string): readonly string[] {
  const months: string[] = [];
  for (let month = from.slice(0, 7); month <= to.slice(0, 7); ) {
    months.push(month);
    const [year = 0, number = 0] = month.split('-').map(Number);
    month = number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`;
  }
  return months;
}

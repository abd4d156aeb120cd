import { readCells } from '../base/cells.ts';
import { AppError } from '../base/errors.ts';
import { hashId } from '../base/ids.ts';
import { gatherText, spreadText } from '../base/long-text.ts';
import type { Row, Store, TableWrite } from '../base/store.ts';
import type { DayGroups, Dimension, Group } from './day-groups.ts';
import { type Figures, packFigures, unpackFigures } from './figures.ts';

const GROUPS = 'ledgergroups';
const WRITE_TRIES = 3;

/** One group's figures of one UTC day. */
export interface GroupDay {
  readonly day: string;
  readonly group: Group;
  readonly figures: Readonly<Figures>;
}

/**
 * Writes the sums of one day beside those of its month: what the same rows come to is written again without harm.
 *
 * Shape:  table `ledgergroups`: partition = dimension, row = `<month>|<currency>|<group>`, one column of figures by day of the month: a report over a
 *         month reads one range of a dimension, as many rows as there are groups. The total comes last: a day is closed once it is there.
 * Errors: 'precondition-failed' where somebody else keeps changing the same rows: try again later.
 */
export async function writeGroups(store: Store, currency: string, day: string, groups: DayGroups): Promise<void> {
  for (const [dimension, sums] of groups.dimensions()) {
    const byKey = new Map(sums.map(({ group, figures }) => [rowKey(day, currency, group.key), { group, figures }]));
    let tries = 0;
    while (!(await writeDimension(store, dimension, currency, day, byKey))) {
      tries += 1;
      if (tries === WRITE_TRIES)
        throw new AppError('precondition-failed', 'The sums of a day are being written by somebody else', { day });
    }
  }
}

/**
 * Reads the sums of a dimension, days of a month in order, group by group; months in order.
 *
 * Units:  days are UTC, both ends included; only figures in the currency asked for.
 * Errors: 'data-unreadable', 'storage-unavailable'.
 */
export async function* readGroups(
  store: Store,
  dimension: Dimension,
  currency: string,
  range: { readonly from: string; readonly to: string },
): AsyncIterable<GroupDay> {
  for (const month of monthsOf(range.from, range.to)) {
    for await (const page of store.table(GROUPS).list(monthRange(dimension, month, currency))) {
      for (const row of page) {
        const group = readGroup(row);
        for (const [day, figures] of readDays(row, month)) {
          if (day >= range.from && day <= range.to) yield { day, group, figures };
        }
      }
    }
  }
}

async function writeDimension(
  store: Store,
  dimension: Dimension,
  currency: string,
  day: string,
  byKey: ReadonlyMap<string, { readonly group: Group; readonly figures: Readonly<Figures> }>,
): Promise<boolean> {
  const writes: TableWrite[] = [];
  const seen = new Set<string>();
  for await (const page of store.table(GROUPS).list(monthRange(dimension, day.slice(0, 7), currency))) {
    for (const row of page) {
      seen.add(row.rowKey);
      const found = byKey.get(row.rowKey);
      const days = new Map(readDays(row, day.slice(0, 7)));
      // A group that has left this day leaves its figures too: groups must add up to the total.
      if (found) days.set(day, found.figures);
      else if (!days.delete(day)) continue;
      const cells = groupCells(found?.group ?? readGroup(row), days);
      if (Object.entries(cells).every(([name, cell]) => row.cells[name] === cell)) continue;
      writes.push({ kind: 'replace', rowKey: row.rowKey, cells, etag: row.etag });
    }
  }
  for (const [key, { group, figures }] of byKey) {
    if (!seen.has(key))
      writes.push({ kind: 'insert', rowKey: key, cells: groupCells(group, new Map([[day, figures]])) });
  }
  return writes.length === 0 || (await store.table(GROUPS).write(partition(dimension), writes)) === 'done';
}

function groupCells(group: Group, days: ReadonlyMap<string, Readonly<Figures>>) {
  const packed = Object.fromEntries([...days].sort().map(([day, figures]) => [day.slice(8), packFigures(figures)]));
  // Names come from Azure's tags as people typed them.
  return {
    key: group.key.toWellFormed(),
    label: group.label.toWellFormed(),
    detail: group.detail.toWellFormed(),
    ...spreadText('days', JSON.stringify(packed)),
  };
}

function readGroup(row: Row): Group {
  const cells = readCells(row);
  return { key: cells.text('key'), label: cells.text('label'), detail: cells.text('detail') };
}

/** By hand rather than by schema: a year of ten thousand disks is four million of these. */
function readDays(row: Row, month: string): readonly (readonly [string, Figures])[] {
  const days: [string, Figures][] = [];
  try {
    const packed: unknown = JSON.parse(gatherText('days', row.cells));
    for (const [day, value] of Object.entries(packed as object)) {
      const figures = unpackFigures(value);
      if (figures === null || !/^\d\d$/.test(day)) throw new RangeError('not the figures of a day');
      days.push([`${month}-${day}`, figures]);
    }
  } catch {
    throw new AppError('data-unreadable', 'The sums of a month cannot be read', {
      partitionKey: row.partitionKey,
      rowKey: row.rowKey,
    });
  }
  return days.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Tags may hold characters that keys forbid. */
function partition(dimension: Dimension): string {
  return dimension.startsWith('tag:') ? `tag-${hashId(dimension)}` : dimension;
}

function rowKey(day: string, currency: string, key: string): string {
  return `${day.slice(0, 7)}|${currency}|${hashId(key)}`;
}

function monthRange(dimension: Dimension, month: string, currency: string) {
  // `}` follows `|` in the order of keys.
  return { partitionKey: partition(dimension), from: `${month}|${currency}|`, to: `${month}|${currency}}` };
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

import { AppError } from '../base/errors.ts';
import { hashId } from '../base/ids.ts';
import { gatherText, spreadText } from '../base/long-text.ts';
import type { Row } from '../base/store.ts';
import type { Group } from './day-groups.ts';
import { addFigures, type Figures, packFigures, unpackFigures } from './figures.ts';

/**
 * So many rows share a dimension's groups of a month: by the thousand, groups cost more as rows of their own than by their bytes. One row then holds
 * some forty of ten thousand disks, 120 KiB of the 1 MiB that Table Storage allows (80,000 groups in all).
 */
const BUCKETS = 256;

const DAYS_OF_MONTH_MAX = 31;

/** What a group's days hold: all figures, or just what each day has cost. */
export type Form = 'figures' | 'costs';

/** A group as its bucket stores it: figures by day of the month, packed. */
export interface StoredGroup {
  readonly group: Group;
  readonly packedByDay: Map<string, unknown>;
}

/** The groups of one bucket on one day, by key. */
export type Bucket = ReadonlyMap<string, { readonly group: Group; readonly figures: Readonly<Figures> }>;

/** Names come from Azure's tags as people typed them: what is no text in storage becomes one here, and may then be one with another. */
export function intoBuckets(
  sums: readonly { readonly group: Group; readonly figures: Readonly<Figures> }[],
): ReadonlyMap<string, Bucket> {
  const buckets = new Map<string, Map<string, { group: Group; figures: Figures }>>();
  for (const { group, figures } of sums) {
    const key = group.key.toWellFormed();
    const name = bucketOf(key);
    const bucket = buckets.get(name) ?? new Map<string, { group: Group; figures: Figures }>();
    buckets.set(name, bucket);
    const known = bucket.get(key);
    if (known) addFigures(known.figures, figures);
    else {
      const stored = { key, label: group.label.toWellFormed(), detail: group.detail.toWellFormed() };
      bucket.set(key, { group: stored, figures: { ...figures } });
    }
  }
  return buckets;
}

function bucketOf(key: string): string {
  const [first = 0, second = 0] = Buffer.from(hashId(key), 'base64url');
  return (((first << 8) | second) % BUCKETS).toString(16).padStart(2, '0');
}

/** The stored groups with the figures of one day put in the place of those that were there. */
export function withDay(
  stored: readonly StoredGroup[],
  { form, day }: { readonly form: Form; readonly day: string },
  today: Bucket,
): readonly StoredGroup[] {
  const dayOfMonth = day.slice(8);
  const pack = (figures: Readonly<Figures>) => (form === 'costs' ? figures.microUnits : packFigures(figures));
  const groups: StoredGroup[] = [];
  const known = new Set<string>();
  for (const { group, packedByDay } of stored) {
    known.add(group.key);
    const found = today.get(group.key);
    // A group that has left this day leaves its figures too: groups must add up to the total.
    if (found) packedByDay.set(dayOfMonth, pack(found.figures));
    else packedByDay.delete(dayOfMonth);
    if (packedByDay.size > 0) groups.push({ group: found?.group ?? group, packedByDay });
  }
  for (const [key, { group, figures }] of today)
    if (!known.has(key)) groups.push({ group, packedByDay: new Map([[dayOfMonth, pack(figures)]]) });
  return groups;
}

/** Costs stand by their place in the month, figures beside their day. */
export function bucketCells(groups: readonly StoredGroup[], form: Form) {
  const packed = groups.map(({ group: { key, label, detail }, packedByDay }) => [
    key,
    label,
    detail,
    form === 'costs' ? byPlace(packedByDay) : [...packedByDay].sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
  return spreadText('groups', JSON.stringify(packed));
}

function byPlace(packedByDay: ReadonlyMap<string, unknown>): readonly unknown[] {
  const days = Array.from({ length: DAYS_OF_MONTH_MAX }, (_, place) => packedByDay.get(twoDigits(place + 1)) ?? null);
  return days.slice(0, days.findLastIndex((cost) => cost !== null) + 1);
}

function twoDigits(day: number): string {
  return String(day).padStart(2, '0');
}

/** By hand rather than by schema: a year of ten thousand disks is four million figures. */
export function readBucket(row: Row): readonly StoredGroup[] {
  try {
    const stored: unknown = JSON.parse(gatherText('groups', row.cells));
    if (!Array.isArray(stored)) throw new RangeError('no list of groups');
    return stored.map(([key, label, detail, days]: unknown[]) => {
      if (typeof key !== 'string' || typeof label !== 'string' || typeof detail !== 'string' || !Array.isArray(days))
        throw new RangeError('not a group');
      const packedByDay = new Map<string, unknown>(isByPlace(days) ? atPlaces(days) : days);
      for (const day of packedByDay.keys()) if (!/^\d\d$/.test(day)) throw new RangeError('not a day of a month');
      return { group: { key, label, detail }, packedByDay };
    });
  } catch {
    throw unreadable(row);
  }
}

function isByPlace(days: readonly unknown[]): boolean {
  return days.every((day) => day === null || typeof day === 'number');
}

function atPlaces(days: readonly unknown[]): [string, unknown][] {
  return days.flatMap((cost, place): [string, unknown][] => (cost === null ? [] : [[twoDigits(place + 1), cost]]));
}

/** Reads a day's packed figures. Errors: 'data-unreadable'. */
export function unpack(row: Row, packed: unknown): Figures {
  const figures = unpackFigures(packed);
  if (figures === null) throw unreadable(row);
  return figures;
}

/** What is thrown for a row that cannot be read. */
export function unreadable({ partitionKey, rowKey }: Row): AppError {
  return new AppError('data-unreadable', 'The sums of a month cannot be read', { partitionKey, rowKey });
}

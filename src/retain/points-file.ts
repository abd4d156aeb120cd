import { isCurrencyCode, toMicroUnits } from '../base/money.ts';
import type { Parsed } from '../base/problem.ts';
import { type EpochMs, parseIso } from '../base/time.ts';
import type { Extents } from './block-lives.ts';
import { readRanges } from './points-file-ranges.ts';
import { ProblemList } from './problem-list.ts';
import type { RetentionPoint } from './verdict.ts';

/** More points than the largest estate that a file is meant for: ten thousand disks with two hundred points each. */
export const MAX_POINTS = 2_000_000;

/** A point of a points file. `extents` is null where the file does not say what changed; `index` is its row. */
export interface FilePoint extends RetentionPoint {
  readonly index: number;
  readonly extents: Extents | null;
}

/** The points of one source, as one chain. `protectedSince` is when its protection began. */
export interface FileSource {
  readonly source: string;
  readonly points: readonly FilePoint[];
  readonly protectedSince: EpochMs;
}

/** A points file, read. Sources in the order of their names. */
export interface PointsFile {
  readonly sources: readonly FileSource[];
  readonly price: { readonly microUnitsPerGiBMonth: number; readonly currency: string } | null;
}

/**
 * Reads a points file (the input of the offline preview) from parsed JSON.
 *
 * Shape:  everything, or the problems with their paths: never a part. Checked by hand, not by a schema: two million rows in seconds.
 * Units:  bytes; a price is money for one GiB and month.
 */
export function parsePointsFile(input: unknown): Parsed<PointsFile> {
  const list = new ProblemList();
  if (!isObject(input)) {
    list.add('$', 'is not an object', input, 'an object with points, protectedSince and pricePerGiBMonth');
    return { ok: false, problems: list.problems };
  }
  refuseUnknown(input, '$', ['points', 'protectedSince', 'pricePerGiBMonth'], list);
  const bySource = readPoints(input.points, list);
  const since = readProtectedSince(input.protectedSince, list);
  const price = readPrice(input.pricePerGiBMonth, list);
  const sources: FileSource[] = [];
  for (const source of [...bySource.keys()].sort()) {
    const points = bySource.get(source) as FilePoint[];
    const oldest = points.reduce((min, point) => Math.min(min, point.takenAt), Number.POSITIVE_INFINITY);
    const given = since.get(source);
    if (given !== undefined && given > oldest) {
      const path = `$.protectedSince[${JSON.stringify(source)}]`;
      list.add(
        path,
        'is later than the oldest point of the source',
        new Date(given).toISOString(),
        `at or before ${new Date(oldest).toISOString()}`,
      );
    }
    sources.push({ source, points, protectedSince: given ?? oldest });
  }
  return list.problems.length > 0 ? { ok: false, problems: list.problems } : { ok: true, value: { sources, price } };
}

const pointFields = ['id', 'source', 'takenAt', 'state', 'held', 'usedBytes', 'changed', 'cleared'];
const knownPointFields = new Set(pointFields);

function readPoints(rows: unknown, list: ProblemList): Map<string, FilePoint[]> {
  const bySource = new Map<string, FilePoint[]>();
  if (!Array.isArray(rows)) {
    list.add('$.points', 'is not a list', rows, 'a list of points');
    return bySource;
  }
  if (rows.length > MAX_POINTS) {
    list.add('$.points', 'has too many rows', rows.length, `at most ${MAX_POINTS} points`);
    return bySource;
  }
  const seen = new Map<string, Set<string>>();
  for (let index = 0; index < rows.length && !list.full; index += 1) {
    const row: unknown = rows[index];
    if (!isObject(row)) {
      list.add(`$.points[${index}]`, 'is not an object', row, `an object with ${pointFields.join(', ')}`);
      continue;
    }
    for (const key in row) if (!knownPointFields.has(key)) refuseUnknown(row, `$.points[${index}]`, pointFields, list);
    const point = readPoint(row, index, list);
    const source = readText(row.source, `$.points[${index}].source`, 'the name of a source', list);
    if (point === null || source === null) continue;
    const ids = entry(seen, source, () => new Set<string>());
    if (ids.has(point.id)) {
      list.add(
        `$.points[${index}].id`,
        'is there twice in this source',
        point.id,
        'an id that no other point of the source has',
      );
    }
    ids.add(point.id);
    entry(bySource, source, () => []).push(point);
  }
  return bySource;
}

function readPoint(row: Record<string, unknown>, index: number, list: ProblemList): FilePoint | null {
  const problemsBefore = list.problems.length;
  const at = (field: string) => `$.points[${index}].${field}`;
  const id = readText(row.id, at('id'), 'the id of the point', list);
  const takenAt = readTime(row.takenAt, at('takenAt'), list);
  const { state, held, usedBytes } = row;
  if (state !== 'succeeded' && state !== 'pending' && state !== 'failed') {
    list.add(at('state'), 'is not a known state', state, '"succeeded", "pending" or "failed"');
  }
  if (held !== undefined && typeof held !== 'boolean')
    list.add(at('held'), 'is not a yes or no', held, 'true or false');
  if (usedBytes !== undefined && !(Number.isSafeInteger(usedBytes) && (usedBytes as number) >= 0)) {
    list.add(at('usedBytes'), 'is not a number of bytes', usedBytes, 'a whole number from 0');
  }
  const extents = readRanges(row.changed, row.cleared, at, list);
  if (list.problems.length > problemsBefore || id === null || takenAt === null) return null;
  return { id, takenAt, state: state as FilePoint['state'], held: held === true, immutable: false, index, extents };
}

function readProtectedSince(value: unknown, list: ProblemList): Map<string, EpochMs> {
  const since = new Map<string, EpochMs>();
  if (value === undefined) return since;
  if (!isObject(value)) {
    list.add('$.protectedSince', 'is not an object', value, 'an object of sources and moments');
    return since;
  }
  for (const [source, text] of Object.entries(value)) {
    const moment = readTime(text, `$.protectedSince[${JSON.stringify(source)}]`, list);
    if (moment !== null) since.set(source, moment);
  }
  return since;
}

function readPrice(value: unknown, list: ProblemList): PointsFile['price'] {
  if (value === undefined) return null;
  if (!isObject(value)) {
    list.add('$.pricePerGiBMonth', 'is not an object', value, 'an object with amount and currency');
    return null;
  }
  refuseUnknown(value, '$.pricePerGiBMonth', ['amount', 'currency'], list);
  const { amount, currency } = value;
  const microUnits = typeof amount === 'number' ? toMicroUnits(amount) : 0;
  if (!(Number.isSafeInteger(microUnits) && microUnits > 0)) {
    list.add('$.pricePerGiBMonth.amount', 'is not a price', amount, 'an amount of money of at least 0.000001');
  }
  if (typeof currency !== 'string' || !isCurrencyCode(currency)) {
    list.add(
      '$.pricePerGiBMonth.currency',
      'is not a currency code',
      currency,
      'three capital letters of ISO 4217, such as "EUR"',
    );
    return null;
  }
  return { microUnitsPerGiBMonth: microUnits, currency };
}

const allowedTime = 'an ISO 8601 date and time with offset, such as "2026-03-01T02:00:00Z"';

function readTime(value: unknown, path: string, list: ProblemList): EpochMs | null {
  const instant = typeof value === 'string' ? (utcSeconds(value) ?? parseIso(value)) : null;
  if (instant === null) list.add(path, 'is not a date and time', value, allowedTime);
  return instant;
}

const UTC_SECONDS = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;

/** The usual form, read quickly: whole seconds of UTC. A day that its month lacks comes out as another day. */
function utcSeconds(text: string): EpochMs | null {
  if (text.length !== 20 || !UTC_SECONDS.test(text)) return null;
  const instant = Date.parse(text);
  return new Date(instant).getUTCDate() === Number(text.slice(8, 10)) ? instant : null;
}

function readText(value: unknown, path: string, meaning: string, list: ProblemList): string | null {
  if (typeof value === 'string' && value.length > 0) return value;
  list.add(path, 'is not a text', value, `${meaning}, a text that is not empty`);
  return null;
}

function refuseUnknown(
  value: Record<string, unknown>,
  path: string,
  known: readonly string[],
  list: ProblemList,
): void {
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) list.add(`${path}.${key}`, 'is not a known field', value[key], known.join(', '));
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function entry<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

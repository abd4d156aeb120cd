/**
 * What a group comes to on one day: all sums, so groups add up to totals exactly.
 *
 * Units:  bytes; micro-units of one currency.
 */
export interface Figures {
  storedBytes: number;
  /** What the day costs. Bytes without a price cost nothing here and are told in `unpricedBytes`. */
  microUnits: number;
  /** What the same bytes cost for a whole month, at the day's price. */
  microUnitsPerMonth: number;
  unpricedBytes: number;
  points: number;
  unmeasuredPoints: number;
  /** Points that pruning has deleted on this day, and what that has really freed. */
  freedPoints: number;
  freedBytes: number;
  /** What the sum of the deleted points' own sizes would have claimed. */
  naiveBytes: number;
  freedMicroUnitsPerMonth: number;
  /** Disks that Holdfast made and that still exist: what they cost is not part of `microUnits`, which are snapshots'. */
  madeDisks: number;
  madeDiskBytes: number;
  unpricedMadeDisks: number;
  madeDiskMicroUnits: number;
}

/** The stored order. New figures come at the end: rows written before lack them. */
const ORDER = [
  'storedBytes',
  'microUnits',
  'microUnitsPerMonth',
  'unpricedBytes',
  'points',
  'unmeasuredPoints',
  'freedPoints',
  'freedBytes',
  'naiveBytes',
  'freedMicroUnitsPerMonth',
  'madeDisks',
  'madeDiskBytes',
  'unpricedMadeDisks',
  'madeDiskMicroUnits',
] as const satisfies readonly (keyof Figures)[];

export function noFigures(): Figures {
  return {
    storedBytes: 0,
    microUnits: 0,
    microUnitsPerMonth: 0,
    unpricedBytes: 0,
    points: 0,
    unmeasuredPoints: 0,
    freedPoints: 0,
    freedBytes: 0,
    naiveBytes: 0,
    freedMicroUnitsPerMonth: 0,
    madeDisks: 0,
    madeDiskBytes: 0,
    unpricedMadeDisks: 0,
    madeDiskMicroUnits: 0,
  };
}

/** Adds to a sum in place. Written out: it runs for every row and dimension of the ledger, and a loop over names takes three times as long. */
export function addFigures(sum: Figures, more: Readonly<Figures>): void {
  sum.storedBytes += more.storedBytes;
  sum.microUnits += more.microUnits;
  sum.microUnitsPerMonth += more.microUnitsPerMonth;
  sum.unpricedBytes += more.unpricedBytes;
  sum.points += more.points;
  sum.unmeasuredPoints += more.unmeasuredPoints;
  sum.freedPoints += more.freedPoints;
  sum.freedBytes += more.freedBytes;
  sum.naiveBytes += more.naiveBytes;
  sum.freedMicroUnitsPerMonth += more.freedMicroUnitsPerMonth;
  sum.madeDisks += more.madeDisks;
  sum.madeDiskBytes += more.madeDiskBytes;
  sum.unpricedMadeDisks += more.unpricedMadeDisks;
  sum.madeDiskMicroUnits += more.madeDiskMicroUnits;
}

/** What is stored, without what was freed. */
export type StoredFigures = Pick<
  Figures,
  'storedBytes' | 'microUnits' | 'microUnitsPerMonth' | 'unpricedBytes' | 'points' | 'unmeasuredPoints'
>;

/** Adds what is stored alone. */
export function addStored(sum: Figures, more: Readonly<StoredFigures>): void {
  sum.storedBytes += more.storedBytes;
  sum.microUnits += more.microUnits;
  sum.microUnitsPerMonth += more.microUnitsPerMonth;
  sum.unpricedBytes += more.unpricedBytes;
  sum.points += more.points;
  sum.unmeasuredPoints += more.unmeasuredPoints;
}

/** What a total holds beyond the sum of its groups. */
export function subtractFigures(total: Readonly<Figures>, part: Readonly<Figures>): Figures {
  const rest = noFigures();
  for (const name of ORDER) rest[name] = total[name] - part[name];
  return rest;
}

export function isZero(figures: Readonly<Figures>): boolean {
  return ORDER.every((name) => figures[name] === 0);
}

/** Figures as a row stores them: numbers in a fixed order, without the zeros at the end. */
export function packFigures(figures: Readonly<Figures>): readonly number[] {
  const packed = ORDER.map((name) => figures[name]);
  return packed.slice(0, packed.findLastIndex((value) => value !== 0) + 1);
}

/** Reads packed figures; null where they are none. */
export function unpackFigures(packed: unknown): Figures | null {
  if (!Array.isArray(packed) || packed.length > ORDER.length) return null;
  const figures = noFigures();
  for (let index = 0; index < packed.length; index += 1) {
    const value: unknown = packed[index];
    const name = ORDER[index];
    if (name === undefined || typeof value !== 'number' || !Number.isSafeInteger(value)) return null;
    figures[name] = value;
  }
  return figures;
}

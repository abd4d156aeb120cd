import type { DayRange, Price } from './ports.ts';
import type { Redundancy } from './price.ts';

/** A negotiated price for one region and redundancy, from one UTC day to another, both inside; `to` null: until it is replaced. */
export interface SheetPrice {
  readonly region: string;
  readonly redundancy: Redundancy;
  readonly microUnitsPerGiBMonth: number;
  readonly from: string;
  readonly to: string | null;
  readonly meterId: string | null;
}

/** The prices that a company has negotiated: they go before the list prices, each from its own day on. */
export interface PriceSheet {
  readonly name: string | null;
  readonly currency: string;
  readonly prices: readonly SheetPrice[];
}

/** The price of the sheet that is in force on a day; null where it has none, and the list price holds. */
export function sheetPriceOn(
  sheet: PriceSheet,
  wanted: { readonly region: string; readonly redundancy: Redundancy },
  day: string,
): Price | null {
  const found = sheet.prices.find(
    ({ region, redundancy, from, to }) =>
      region === wanted.region && redundancy === wanted.redundancy && from <= day && (to === null || day <= to),
  );
  if (!found) return null;
  return {
    microUnitsPerGiBMonth: found.microUnitsPerGiBMonth,
    currency: sheet.currency,
    effectiveFrom: Date.parse(found.from),
    meterId: found.meterId ?? '',
    source: 'sheet',
  };
}

/** True where two prices for the same region and redundancy hold on the same day. */
export function overlaps(a: SheetPrice, b: SheetPrice): boolean {
  const isSame = a.region === b.region && a.redundancy === b.redundancy;
  return isSame && a.from <= (b.to ?? '9999-12-31') && b.from <= (a.to ?? '9999-12-31');
}

/** The days on which two sheets may price anything differently, both inside; null where there are none up to the last day asked for. */
export function daysChanged(before: PriceSheet | null, after: PriceSheet | null, last: string): DayRange | null {
  const [old, young] = [linesOf(before), linesOf(after)];
  const differing = [...old, ...young]
    .filter(([line]) => !(old.has(line) && young.has(line)))
    .map(([, price]) => price);
  const [from] = differing.map((price) => price.from).sort();
  const to =
    [
      differing
        .map((price) => price.to ?? last)
        .sort()
        .at(-1) ?? '',
      last,
    ].sort()[0] ?? last;
  return from === undefined || from > to ? null : { from, to };
}

function linesOf(sheet: PriceSheet | null): ReadonlyMap<string, SheetPrice> {
  return new Map(sheet?.prices.map((price) => [JSON.stringify([sheet.currency, price]), price]));
}

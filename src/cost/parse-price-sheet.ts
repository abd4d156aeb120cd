import * as z from 'zod';
import { isCurrencyCode, MICRO_UNITS_PER_UNIT } from '../base/money.ts';
import { type Parsed, type Problem, showFound } from '../base/problem.ts';
import { jsonPath, MAX_PROBLEMS, schemaProblems, valueAt } from '../base/schema-problems.ts';
import { AZURE_REGIONS } from './azure-regions.ts';
import { redundancyOfSku } from './price.ts';
import { overlaps, type PriceSheet, type SheetPrice } from './price-sheet.ts';

/** More than every region, redundancy and change of a price in ten years. */
const PRICES_MAX = 2_000;
/** A price above this for a GiB and month is a slip of the comma. Units: of any currency. */
const PRICE_MAX = 1_000_000;
/** So many decimals a price for one GiB and month may have: micro-units are whole. */
const DECIMALS_MAX = 6;

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const UNIT = /^(\d{1,6}) GB\/Month$/i;
const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

const DAY_ALLOWED = 'a UTC day such as 2026-01-01';
const SKU_ALLOWED = 'LRS, ZRS, Standard_LRS or Standard_ZRS';
const UNIT_ALLOWED = '1 GB/Month, or a block of them such as 100 GB/Month';
const METER_ALLOWED = 'the id of the meter, a GUID';
const PRICE_ALLOWED = 'a number above 0 with a point, such as 0.041';
const REGION_ALLOWED = "a region of Azure by its programmatic name, such as westeurope; a new one with '?force=true'";

/** The types alone: what the fields say is looked at field by field, so that one problem does not hide the next. */
const priceSchema = z
  .strictObject({
    region: z.string().max(60).describe(REGION_ALLOWED),
    sku: z.string().max(40).describe(SKU_ALLOWED),
    price: z.union([z.number(), z.string().max(40)]).describe(PRICE_ALLOWED),
    unit: z.string().max(40).default('1 GB/Month').describe(UNIT_ALLOWED),
    from: z.string().max(40).describe(DAY_ALLOWED),
    to: z.string().max(40).nullable().default(null).describe(DAY_ALLOWED),
    meterId: z.string().max(60).nullable().default(null).describe(METER_ALLOWED),
  })
  .describe('an object with region, sku, price, from and, where wanted, unit, to and meterId');

/** A price sheet as JSON. Each field's own form alone: what the fields say `parsePriceSheet` looks at. */
export const sheetSchema = z.strictObject({
  name: z.string().max(200).nullable().default(null).describe('a name of at most 200 characters'),
  currency: z.string().refine(isCurrencyCode, 'is no currency code').describe('three capital letters'),
  prices: z.array(priceSchema).min(1).max(PRICES_MAX).describe(`1 to ${PRICES_MAX} prices`),
});

type SheetDocument = z.infer<typeof sheetSchema>;
type PriceDocument = SheetDocument['prices'][number];

export interface SheetRules {
  /** The currency of the reports: a sheet in another one would never be used. */
  readonly currency: string;
  /** Take regions that are not known: Azure opens new ones. */
  readonly force: boolean;
  /** How the place of a price is told, where the sheet did not come as JSON. */
  readonly pathOf?: (index: number, field: string) => string;
}

/**
 * Reads a price sheet and says everything that is wrong with it.
 *
 * Shape:  prices by region, redundancy and day. Every problem at once: form, currency, regions and skus, prices that are no price, meters that stand
 *         twice, days on which two prices would hold.
 */
export function parsePriceSheet(input: unknown, rules: SheetRules): Parsed<PriceSheet> {
  const parsed = sheetSchema.safeParse(input);
  const ofForm = parsed.success ? [] : schemaProblems(sheetSchema, input);
  const problems = ofForm.map((problem) => (rules.pathOf ? moved(problem, rules) : problem));
  const currency = valueAt(input, ['currency']);
  if (typeof currency === 'string' && isCurrencyCode(currency) && currency !== rules.currency) {
    problems.push({
      path: jsonPath(['currency']),
      message: 'is not the currency of the reports',
      found: currency,
      allowed: rules.currency,
    });
  }
  // What has no form says nothing about the others: they are looked at all the same.
  const listed = valueAt(input, ['prices']);
  const entries = Array.isArray(listed) && listed.length <= PRICES_MAX ? listed : [];
  const prices = entries.map((entry, index) => {
    const price = priceSchema.safeParse(entry);
    return price.success ? readPrice(price.data, index, rules, problems) : null;
  });
  problems.push(...clashes(prices, rules));
  if (!parsed.success || problems.length > 0) return { ok: false, problems: problems.slice(0, MAX_PROBLEMS) };
  const whole = prices.filter((price) => price !== null);
  const sorted = whole.toSorted((one, other) => (sortKey(one) < sortKey(other) ? -1 : 1));
  return { ok: true, value: { name: parsed.data.name, currency: parsed.data.currency, prices: sorted } };
}

type Complain = (field: keyof PriceDocument, message: string, allowed: string) => void;

function readPrice(entry: PriceDocument, index: number, rules: SheetRules, problems: Problem[]): SheetPrice | null {
  const before = problems.length;
  const complain: Complain = (field, message, allowed) =>
    problems.push({ path: pathOf(rules, index, field), message, found: showFound(entry[field]), allowed });
  const region = entry.region.trim().toLowerCase().replaceAll(' ', '');
  if (!/^[a-z0-9]+$/.test(region) || (!AZURE_REGIONS.has(region) && !rules.force)) {
    complain('region', 'is no known region', REGION_ALLOWED);
  }
  const sku = /^(?:LRS|ZRS)$/i.test(entry.sku) ? `Standard_${entry.sku}` : entry.sku;
  const redundancy = redundancyOfSku(sku);
  if (redundancy === null) complain('sku', 'is no sku of incremental snapshots', SKU_ALLOWED);
  const microUnits = readAmount(entry, complain);
  const { from, to } = entry;
  if (!isDay(from)) complain('from', 'is no day of the calendar', DAY_ALLOWED);
  if (to !== null && !isDay(to)) complain('to', 'is no day of the calendar', DAY_ALLOWED);
  else if (to !== null && isDay(from) && to < from) complain('to', 'lies before from', `${from} or later`);
  const meterId = entry.meterId?.toLowerCase() ?? null;
  if (meterId !== null && !GUID.test(meterId)) complain('meterId', 'is no id of a meter', METER_ALLOWED);
  if (problems.length > before || redundancy === null || microUnits === null) return null;
  return { region, redundancy, microUnitsPerGiBMonth: microUnits, from, to, meterId };
}

/** Reads a price as it is written: what has more decimals than money has here is refused, not rounded in silence. */
function readAmount({ price, unit }: PriceDocument, complain: Complain): number | null {
  const block = Number(UNIT.exec(unit)?.[1] ?? 0);
  if (block < 1) complain('unit', 'is no unit of stored bytes', UNIT_ALLOWED);
  const text = typeof price === 'number' ? String(price) : price.trim();
  const amount = /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : typeof price === 'number' ? price : Number.NaN;
  if (!Number.isFinite(amount)) complain('price', 'is no number', PRICE_ALLOWED);
  else if (amount <= 0) complain('price', 'is not above 0', PRICE_ALLOWED);
  else if (amount > PRICE_MAX) complain('price', 'is too big to be a price', PRICE_ALLOWED);
  else if (block > 0) {
    const exact = exactMicroUnits(text, block);
    if (exact !== null) return exact;
    const most = `at most ${DECIMALS_MAX} decimals for one GB and month: round it`;
    complain('price', 'is finer than a micro-unit for one GB and month', most);
  }
  return null;
}

/** The price in whole micro-units for one GiB, reckoned in integers; null where it is none. */
function exactMicroUnits(text: string, block: number): number | null {
  const [, whole = '', fraction = ''] = /^(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === '') return null;
  const scaled = BigInt(whole + fraction) * BigInt(MICRO_UNITS_PER_UNIT);
  const divisor = 10n ** BigInt(fraction.length) * BigInt(block);
  return scaled % divisor === 0n ? Number(scaled / divisor) : null;
}

function clashes(prices: readonly (SheetPrice | null)[], rules: SheetRules): readonly Problem[] {
  const problems: Problem[] = [];
  const placeByMeter = new Map<string, { index: number; place: string }>();
  for (const [index, price] of prices.entries()) {
    if (price === null) continue;
    const place = `${price.region} ${price.redundancy}`;
    const meter = price.meterId === null ? undefined : placeByMeter.get(price.meterId);
    if (meter && meter.place !== place) {
      const message = `is the meter of ${meter.place} too`;
      problems.push({
        path: pathOf(rules, index, 'meterId'),
        message,
        found: price.meterId ?? '',
        allowed: 'one place',
      });
    }
    if (price.meterId !== null && !meter) placeByMeter.set(price.meterId, { index, place });
    const other = prices.findIndex((each, at) => at < index && each !== null && overlaps(each, price));
    const earlier = other < 0 ? null : prices[other];
    if (!earlier) continue;
    const message =
      earlier.from === price.from
        ? `stands twice: see ${pathOf(rules, other, 'from')}`
        : `overlaps ${pathOf(rules, other, 'from')}`;
    const found = `${place}, ${price.from} to ${price.to ?? 'further notice'}`;
    problems.push({
      path: pathOf(rules, index, 'from'),
      message,
      found,
      allowed: 'one price for each region, sku and day',
    });
  }
  return problems;
}

function pathOf(rules: SheetRules, index: number, field: string): string {
  return rules.pathOf?.(index, field) ?? jsonPath(['prices', index, field]);
}

/** Tells the place of a price as the sheet wrote it. */
function moved(problem: Problem, rules: SheetRules): Problem {
  const [, index, field = ''] = /^\$\.prices\[(\d+)\](?:\.(\w+))?$/.exec(problem.path) ?? [];
  return index === undefined ? problem : { ...problem, path: pathOf(rules, Number(index), field) };
}

function sortKey({ region, redundancy, from }: SheetPrice): string {
  return `${region}|${redundancy}|${from}`;
}

function isDay(text: string): boolean {
  return DAY.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.slice(0, 10) === text;
}

import * as z from 'zod';
import { AppError } from '../base/errors.ts';
import { toMicroUnits } from '../base/money.ts';
import { readJson } from '../base/read-json.ts';
import type { BilledFigure, BilledMeter } from '../cost/ports.ts';

/** Rows of an answer of Cost Management with what their columns are called. */
export interface CostAnswer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

const page = z.object({
  properties: z.object({
    nextLink: z.string().nullish(),
    columns: z.array(z.object({ name: z.string() })),
    rows: z.array(z.array(z.unknown())),
  }),
});

/** Reads a page; without a body there is nothing to tell. Errors: 'azure-unavailable' for an answer of another form. */
export function readCostPage(text: string): CostAnswer & { readonly nextLink: string | null } {
  if (text === '') return { columns: [], rows: [], nextLink: null };
  const parsed = page.safeParse(readJson(text));
  if (!parsed.success) throw unreadable('properties');
  const { columns, rows, nextLink } = parsed.data.properties;
  return { columns: columns.map(({ name }) => name), rows, nextLink: nextLink || null };
}

/** Takes pages in and gives back what they come to. */
export interface FigureSums {
  add(page: CostAnswer): void;
  figures(): readonly BilledFigure[];
}

interface Sum {
  readonly day: string;
  readonly meterId: string;
  readonly currency: string;
  cost: number;
  quantity: number;
}

/**
 * Adds up the figures of a daily answer by resource and meter, page by page: a large subscription's rows are not kept beside what they come to.
 *
 * Shape:  one for each day, resource and meter, rows of the same (of another charge, or told in two parts) added up.
 * Units:  money is rounded once, to micro-units; the answer's own numbers are fractions of a currency's unit.
 * Errors: 'azure-unavailable' for a row that lacks a column: reading on would leave money out.
 */
export function createFigureSums(): FigureSums {
  const byResource = new Map<string, Map<string, Sum>>();
  return {
    add: (page) => {
      const column = columnsOf(page);
      for (const row of page.rows) {
        const resourceId = readText(row[column('ResourceId')], 'ResourceId').toLowerCase();
        const day = readDay(row[column('UsageDate')]);
        const meterId = readText(row[column('MeterId')], 'MeterId').toLowerCase();
        const currency = readText(row[column('Currency')], 'Currency').toUpperCase();
        const sums = byResource.get(resourceId) ?? new Map<string, Sum>();
        byResource.set(resourceId, sums);
        const key = `${day}|${meterId}|${currency}`;
        const sum = sums.get(key) ?? { day, meterId, currency, cost: 0, quantity: 0 };
        sums.set(key, sum);
        sum.cost += readNumber(row[column('Cost')], 'Cost');
        sum.quantity += readNumber(row[column('UsageQuantity')], 'UsageQuantity');
      }
    },
    figures: () =>
      [...byResource].flatMap(([resourceId, sums]) =>
        [...sums.values()].map(({ cost, ...figure }) => ({ ...figure, resourceId, microUnits: toMicroUnits(cost) })),
      ),
  };
}

/** Puts the names of meters together from two answers. */
export function readMeters(names: CostAnswer, products: CostAnswer): readonly BilledMeter[] {
  const productById = new Map(pairsOf(products, 'MeterSubCategory'));
  return pairsOf(names, 'Meter').map(([meterId, meter]) => ({
    meterId,
    meter,
    product: productById.get(meterId) ?? '',
  }));
}

function pairsOf(answer: CostAnswer, name: string): readonly (readonly [string, string])[] {
  const column = columnsOf(answer);
  return answer.rows.map((row) => [
    readText(row[column('MeterId')], 'MeterId').toLowerCase(),
    readText(row[column(name)], name),
  ]);
}

/** Columns come in an order of Azure's choice, and with letters of any case (`MeterSubCategory`, `MeterSubcategory`). */
function columnsOf({ columns, rows }: CostAnswer): (name: string) => number {
  const byName = new Map(columns.map((name, index) => [name.toLowerCase(), index]));
  return (name) => {
    const index = byName.get(name.toLowerCase());
    if (index === undefined && rows.length > 0) throw unreadable(name);
    return index ?? 0;
  };
}

/** `20260301`; a text of the same or of ISO form is taken too. */
function readDay(value: unknown): string {
  const parts = /^(\d{4})-?(\d{2})-?(\d{2})/.exec(String(value));
  const day = parts ? `${parts[1]}-${parts[2]}-${parts[3]}` : '';
  if (Number.isNaN(Date.parse(day))) throw unreadable('UsageDate');
  return day;
}

function readText(value: unknown, name: string): string {
  if (typeof value !== 'string') throw unreadable(name);
  return value;
}

function readNumber(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw unreadable(name);
  return value;
}

function unreadable(column: string): AppError {
  return new AppError('azure-unavailable', 'An answer of Cost Management lacks what it should have', { column });
}

import { readCells } from '../base/cells.ts';
import { AppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Cells, Row, Store } from '../base/store.ts';
import { DAY_MS, type EpochMs, utcDay } from '../base/time.ts';
import type { Price, PriceSource } from './ports.ts';
import type { Redundancy } from './price.ts';
import { type PriceSheet, sheetPriceOn } from './price-sheet.ts';
import { readPriceSheet } from './price-sheet-book.ts';

const PRICES = 'prices';

/** So long a price of an earlier day stands in while the price list does not answer; list prices change a few times a year. */
export const STALE_PRICE_DAYS = 30;

/**
 * A price with the day that it is known of. `none`: neither the sheet nor the price list knows one. `unavailable`: the list does not answer and no recent
 * price is kept. Neither is ever a price of zero.
 */
export type PriceAnswer =
  | { readonly kind: 'known'; readonly price: Price; readonly asOf: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'unavailable'; readonly error: AppError };

export interface PriceDeps {
  readonly store: Store;
  readonly source: PriceSource;
  readonly log: Log;
}

/**
 * The prices in force on one UTC day: the negotiated sheet's where it has one for that day, else the list price, asked for once a day and kept in a table.
 *
 * Shape:  table `prices`, partition = `retail|<region>|<redundancy>|<currency>`, row = day: one range answers the day's price and the ones that may stand in.
 * Errors: 'storage-unavailable', 'data-unreadable'; a price list that fails is an answer.
 */
export interface PriceBook {
  readonly currency: string;
  priceOf(region: string, redundancy: Redundancy | null): Promise<PriceAnswer>;
}

/** Opens the prices in one currency that hold on a UTC day: today's, or those of a day that is over. */
export function openPriceBook(deps: PriceDeps, currency: string, now: EpochMs, day: string = utcDay(now)): PriceBook {
  const asked = new Map<string, Promise<PriceAnswer>>();
  let sheet: Promise<PriceSheet | null> | null = null;
  const sheetOnce = () => {
    sheet ??= usableSheet(deps, currency);
    return sheet;
  };
  return {
    currency,
    priceOf: (region, redundancy) => {
      if (redundancy === null) return Promise.resolve({ kind: 'none' });
      const wanted = { region: region.toLowerCase(), redundancy, currency };
      const key = `retail|${wanted.region}|${redundancy}|${currency}`;
      const answer = asked.get(key) ?? lookUp(deps, { ...wanted, key, day, now }, sheetOnce);
      asked.set(key, answer);
      return answer;
    },
  };
}

/** A sheet in another currency (the reports' was changed since) prices nothing. */
async function usableSheet({ store, log }: PriceDeps, currency: string): Promise<PriceSheet | null> {
  const sheet = (await readPriceSheet(store))?.sheet ?? null;
  if (sheet === null || sheet.currency === currency) return sheet;
  log.warn('the price sheet is in another currency than the reports', { sheet: sheet.currency, reports: currency });
  return null;
}

interface Wanted {
  readonly key: string;
  readonly region: string;
  readonly redundancy: Redundancy;
  readonly currency: string;
  readonly day: string;
  readonly now: EpochMs;
}

async function lookUp(
  { store, source, log }: PriceDeps,
  wanted: Wanted,
  sheetOnce: () => Promise<PriceSheet | null>,
): Promise<PriceAnswer> {
  const { day, now } = wanted;
  const sheet = await sheetOnce();
  const negotiated = sheet && sheetPriceOn(sheet, wanted, day);
  if (negotiated) return { kind: 'known', price: negotiated, asOf: day };
  const kept = await keptAnswers(store, wanted.key, day);
  const newest = kept.at(-1);
  if (newest?.day === day) return newest.answer;
  const standIn = kept.findLast((row) => row.answer.kind === 'known');
  try {
    const at = Math.min(now, Date.parse(day) + DAY_MS - 1);
    const price = await source.snapshotPrice(wanted.region, wanted.redundancy, wanted.currency, at);
    // The list tells what is in force now: of a day that is over, what it answered before knows more than its silence.
    if (price === null && standIn && at < now) return standIn.answer;
    await store.table(PRICES).put({ partitionKey: wanted.key, rowKey: day }, priceCells(price));
    return price === null ? { kind: 'none' } : { kind: 'known', price, asOf: day };
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'storage-unavailable') throw error;
    log.warn('the price list does not answer', {
      code: error.code,
      region: wanted.region,
      standIn: standIn?.day ?? null,
    });
    return standIn?.answer ?? { kind: 'unavailable', error };
  }
}

async function keptAnswers(store: Store, partitionKey: string, day: string) {
  const kept: { readonly day: string; readonly answer: PriceAnswer }[] = [];
  const dayStart = Date.parse(day);
  const range = {
    partitionKey,
    from: utcDay(dayStart - STALE_PRICE_DAYS * DAY_MS),
    to: utcDay(dayStart + DAY_MS),
  };
  for await (const page of store.table(PRICES).list(range)) {
    for (const row of page) kept.push({ day: row.rowKey, answer: readAnswer(row) });
  }
  return kept;
}

function priceCells(price: Price | null): Cells {
  if (price === null) return { known: false };
  return {
    known: true,
    microUnitsPerGiBMonth: price.microUnitsPerGiBMonth,
    currency: price.currency,
    effectiveFrom: price.effectiveFrom ?? undefined,
    meterId: price.meterId,
    source: price.source,
  };
}

function readAnswer(row: Row): PriceAnswer {
  const cells = readCells(row);
  if (!cells.flag('known')) return { kind: 'none' };
  const price: Price = {
    microUnitsPerGiBMonth: cells.number('microUnitsPerGiBMonth'),
    currency: cells.text('currency'),
    effectiveFrom: cells.numberOrNull('effectiveFrom'),
    meterId: cells.text('meterId'),
    source: cells.text('source') === 'sheet' ? 'sheet' : 'retail',
  };
  return { kind: 'known', price, asOf: row.rowKey };
}

import { readCells } from '../base/cells.ts';
import { AppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Cells, Row, Store } from '../base/store.ts';
import { DAY_MS, type EpochMs, utcDay } from '../base/time.ts';
import type { Price, PriceSource } from './ports.ts';
import type { Redundancy } from './price.ts';

const PRICES = 'prices';

/** So long a price of an earlier day stands in while the price list does not answer; list prices change a few times a year. */
export const STALE_PRICE_DAYS = 30;

/**
 * A price with the day it was asked for. `none`: the price list knows none. `unavailable`: it does not answer and no recent price is kept.
 * Neither is ever a price of zero.
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
 * The prices of one run: each asked for once, and kept in a table for the rest of the UTC day.
 *
 * Shape:  table `prices`, partition = `retail|<region>|<redundancy>|<currency>`, row = day: one range answers today's price and the ones that may stand in.
 * Errors: 'storage-unavailable'; a price list that fails is an answer.
 */
export interface PriceBook {
  readonly currency: string;
  priceOf(region: string, redundancy: Redundancy | null): Promise<PriceAnswer>;
}

/** Opens the prices in one currency as of a moment. */
export function openPriceBook(deps: PriceDeps, currency: string, now: EpochMs): PriceBook {
  const asked = new Map<string, Promise<PriceAnswer>>();
  return {
    currency,
    priceOf: (region, redundancy) => {
      if (redundancy === null) return Promise.resolve({ kind: 'none' });
      const key = `retail|${region.toLowerCase()}|${redundancy}|${currency}`;
      const answer = asked.get(key) ?? lookUp(deps, { key, region: region.toLowerCase(), redundancy, currency }, now);
      asked.set(key, answer);
      return answer;
    },
  };
}

async function lookUp(
  { store, source, log }: PriceDeps,
  wanted: { key: string; region: string; redundancy: Redundancy; currency: string },
  now: EpochMs,
): Promise<PriceAnswer> {
  const today = utcDay(now);
  const kept = await keptAnswers(store, wanted.key, now);
  const newest = kept.at(-1);
  if (newest?.day === today) return newest.answer;
  try {
    const price = await source.snapshotPrice(wanted.region, wanted.redundancy, wanted.currency);
    await store.table(PRICES).put({ partitionKey: wanted.key, rowKey: today }, priceCells(price));
    return price === null ? { kind: 'none' } : { kind: 'known', price, asOf: today };
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'storage-unavailable') throw error;
    const standIn = kept.findLast((row) => row.answer.kind === 'known');
    log.warn('the price list does not answer', {
      code: error.code,
      region: wanted.region,
      standIn: standIn?.day ?? null,
    });
    return standIn?.answer ?? { kind: 'unavailable', error };
  }
}

async function keptAnswers(store: Store, partitionKey: string, now: EpochMs) {
  const kept: { readonly day: string; readonly answer: PriceAnswer }[] = [];
  const range = { partitionKey, from: utcDay(now - STALE_PRICE_DAYS * DAY_MS), to: utcDay(now + DAY_MS) };
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

import {
  createDefaultHttpClient,
  createPipelineFromOptions,
  createPipelineRequest,
  type HttpClient,
} from '@azure/core-rest-pipeline';
import * as z from 'zod';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { MICRO_UNITS_PER_UNIT } from '../base/money.ts';
import { readJson } from '../base/read-json.ts';
import type { EpochMs } from '../base/time.ts';
import type { DiskMeter, DiskPriceSource, Price, PriceSource } from '../cost/ports.ts';

const API_VERSION = '2023-01-01-preview';
/**
 * Incremental snapshots are always billed as Standard HDD; the same meter names stand under Premium Page Blob and Premium Files too.
 *
 * Source: https://learn.microsoft.com/azure/virtual-machines/disks-understand-billing (snapshots).
 */
const PRODUCT_NAME = 'Standard HDD Managed Disks';
const METER_NAMES = { LRS: 'LRS Snapshots', ZRS: 'ZRS Snapshots' } as const;
/** A filter this narrow answers in one page; more than these is a mistake. */
const PAGES_MAX = 20;
/** Waits between tries. Units: ms. */
const RETRY_WAITS_MS = [1_000, 2_000, 4_000];
const TRY_TIMEOUT_MS = 30_000;

const item = z.object({
  currencyCode: z.string(),
  tierMinimumUnits: z.number().default(0),
  retailPrice: z.number(),
  armRegionName: z.string(),
  effectiveStartDate: z.string(),
  effectiveEndDate: z.string().nullish(),
  isPrimaryMeterRegion: z.boolean().default(true),
  meterId: z.string(),
  meterName: z.string(),
  productName: z.string(),
  unitOfMeasure: z.string(),
  type: z.string(),
});
const page = z.object({ Items: z.array(z.unknown()), NextPageLink: z.string().nullish() });

type Item = z.infer<typeof item>;

export interface RetailPricesOptions {
  /** Such as `https://prices.azure.com/api/retail/prices`. */
  readonly url: string;
  readonly clock: Clock;
  /** Carries the requests in place of the SDK's own client. */
  readonly httpClient?: HttpClient;
}

/**
 * Asks the Retail Prices API: see `PriceSource`.
 *
 * Units:  micro-units for one GiB and month; Azure's "GB" of a meter are 2^30 bytes.
 * Errors: 'azure-unavailable', 'throttled', 'azure-rejected'.
 * Safety: only pages of the same host are followed.
 * Source: https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices
 */
export function createRetailPrices(options: RetailPricesOptions): PriceSource & DiskPriceSource {
  const pipeline = createPipelineFromOptions({ retryOptions: { maxRetries: 0 } });
  const httpClient = options.httpClient ?? createDefaultHttpClient();
  const ask = async (url: string): Promise<{ status: number; text: string }> => {
    const response = await pipeline.sendRequest(httpClient, createPipelineRequest({ url, timeout: TRY_TIMEOUT_MS }));
    return { status: response.status, text: response.bodyAsText ?? '' };
  };
  const readItems = async (region: string, meter: DiskMeter, currency: string) => {
    const items = await readPages(firstUrl(options.url, region, meter, currency), ask, options.clock);
    return items.filter(
      (each) =>
        each.productName === meter.productName &&
        each.meterName === meter.meterName &&
        each.armRegionName === region &&
        each.currencyCode === currency &&
        each.type === 'Consumption' &&
        each.tierMinimumUnits === 0,
    );
  };
  return {
    snapshotPrice: async (region, redundancy, currency, at = options.clock.now()) => {
      const meter = { productName: PRODUCT_NAME, meterName: METER_NAMES[redundancy] };
      return pickPrice(await readItems(region, meter, currency), at, readBlockGiB);
    },
    diskPrice: async (region, meter, currency) => {
      const items = await readItems(region, meter, currency);
      return pickPrice(items, options.clock.now(), readMonth)?.microUnitsPerGiBMonth ?? null;
    },
  };
}

function firstUrl(base: string, region: string, { productName, meterName }: DiskMeter, currency: string): string {
  const url = new URL(base);
  // Values are case-sensitive in this version of the API.
  const conditions = [
    `serviceName eq 'Storage'`,
    `armRegionName eq ${quote(region)}`,
    `productName eq ${quote(productName)}`,
    `meterName eq ${quote(meterName)}`,
    `priceType eq 'Consumption'`,
  ];
  url.searchParams.set('api-version', API_VERSION);
  url.searchParams.set('currencyCode', quote(currency));
  url.searchParams.set('$filter', conditions.join(' and '));
  return url.href;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

type Ask = (url: string) => Promise<{ status: number; text: string }>;

async function readPages(first: string, ask: Ask, clock: Clock): Promise<readonly Item[]> {
  const { origin } = new URL(first);
  const items: Item[] = [];
  let next: string | null = first;
  for (let pages = 0; next !== null; pages += 1) {
    if (pages >= PAGES_MAX) throw new AppError('azure-unavailable', 'The list of prices does not end');
    const read: z.infer<typeof page> = await readPage(next, ask, clock);
    // A row of another shape is none of ours; a page of another shape is a failure.
    for (const each of read.Items) {
      const parsed = item.safeParse(each);
      if (parsed.success) items.push(parsed.data);
    }
    next = read.NextPageLink ?? null;
    if (next !== null && (!URL.canParse(next) || new URL(next).origin !== origin)) {
      throw new AppError('azure-rejected', 'The list of prices goes on at another host');
    }
  }
  return items;
}

async function readPage(url: string, ask: Ask, clock: Clock): Promise<z.infer<typeof page>> {
  for (let tries = 0; ; tries += 1) {
    const answer = await ask(url).catch(toNoAnswer);
    if (answer.status === 200) {
      const parsed = page.safeParse(readJson(answer.text));
      if (parsed.success) return parsed.data;
    }
    const rejected = answer.status >= 400 && answer.status < 500 && answer.status !== 429 && answer.status !== 408;
    const waitMs = RETRY_WAITS_MS[tries];
    if (rejected || waitMs === undefined) throw refuse(answer.status, rejected);
    await clock.wait(waitMs);
  }
}

function toNoAnswer(error: unknown): { status: number; text: string } {
  const { name } = error as { name?: string };
  if (!['RestError', 'AbortError', 'TimeoutError'].includes(name ?? '')) throw error;
  return { status: 0, text: '' };
}

function refuse(status: number, rejected: boolean): AppError {
  if (rejected) return new AppError('azure-rejected', 'The Retail Prices API rejects the question', { status });
  if (status === 429) return new AppError('throttled', 'The Retail Prices API asks to slow down', { status });
  return new AppError('azure-unavailable', 'The Retail Prices API does not answer as it should', { status });
}

/**
 * The price in force at a moment: the newest that has begun and has not ended, of the region's own meter before one that it shares with another region.
 *
 * Shape:  null where there is none, its unit is not known, or it is below a micro-unit: the list has rows of zero for what is not sold, and a price of
 *         nothing would hide a cost.
 */
function pickPrice(items: readonly Item[], at: EpochMs, readBlock: (unit: string) => number | null): Price | null {
  const inForce = items
    .flatMap((each) => {
      const block = readBlock(each.unitOfMeasure);
      const from = Date.parse(each.effectiveStartDate);
      const to = each.effectiveEndDate ? Date.parse(each.effectiveEndDate) : Number.POSITIVE_INFINITY;
      if (block === null || !(from <= at && at < to)) return [];
      return [{ item: each, from, microUnits: Math.round((each.retailPrice * MICRO_UNITS_PER_UNIT) / block) }];
    })
    .filter(({ microUnits }) => microUnits > 0)
    .sort(
      (a, b) =>
        b.from - a.from ||
        Number(b.item.isPrimaryMeterRegion) - Number(a.item.isPrimaryMeterRegion) ||
        (a.item.meterId < b.item.meterId ? -1 : 1),
    );
  const [newest] = inForce;
  if (!newest) return null;
  return {
    microUnitsPerGiBMonth: newest.microUnits,
    currency: newest.item.currencyCode,
    effectiveFrom: newest.from,
    meterId: newest.item.meterId,
    source: 'retail',
  };
}

/** Disks are sold one by one, by the month. */
function readMonth(unitOfMeasure: string): number | null {
  return unitOfMeasure === '1/Month' ? 1 : null;
}

/** GiB in one unit: price sheets sell blocks (`100 GB/Month`). */
function readBlockGiB(unitOfMeasure: string): number | null {
  const block = /^(\d+) GB\/Month$/.exec(unitOfMeasure);
  return block && Number(block[1]) > 0 ? Number(block[1]) : null;
}

import { type PriceRow, parsePriceFilter } from './price-filter.ts';
import { guidOf } from './token.ts';

/** What a price query answers: rows, or why it is refused. */
export type PriceAnswer =
  | { readonly kind: 'rows'; readonly body: Record<string, unknown> }
  | { readonly kind: 'refused'; readonly message: string };

/** Source: Retail Prices API: a page has 1,000 rows at most. */
const ROWS_PER_PAGE = 1_000;

/** The sandbox's rates of exchange: fixed, so that figures can be checked. Units: currency a US dollar. Source of the list: Retail Prices API, supported currencies. */
const RATE_BY_CURRENCY: Readonly<Record<string, number>> = {
  USD: 1, EUR: 0.92, GBP: 0.79, CHF: 0.88, SEK: 10.5, NOK: 10.7, DKK: 6.9, CAD: 1.36, AUD: 1.52, NZD: 1.65, JPY: 150, KRW: 1_350,
  INR: 84, TWD: 32, BRL: 5.4, CNY: 7.2, RUB: 90,
}; // biome-ignore format: a table

/** Units: currency a US dollar; null where the price list does not have the currency. */
export function rateOf(currency: string): number | null {
  return RATE_BY_CURRENCY[currency] ?? null;
}

/** Price of the meters in Sweden Central; elsewhere those of East US. Units: USD per GiB and month. Source: stored captures of the price list, 2026-07. */
const DEAR_REGION = 'swedencentral';

const REGIONS: Readonly<Record<string, string>> = {
  eastus: 'US East',
  eastus2: 'US East 2',
  westus2: 'US West 2',
  centralus: 'US Central',
  northeurope: 'EU North',
  westeurope: 'EU West',
  uksouth: 'UK South',
  francecentral: 'FR Central',
  germanywestcentral: 'DE West Central',
  swedencentral: 'SE Central',
  switzerlandnorth: 'CH North',
  southeastasia: 'AP Southeast',
  japaneast: 'JA East',
  australiaeast: 'AU East',
};

/** Meters with "Snapshots" in their names, of which only the first two are those of incremental snapshots. Source: as above; the doubled words are Azure's. */
const METERS: readonly (readonly [product: string, sku: string, meter: string, usd: number, dearUsd: number])[] = [
  ['Standard HDD Managed Disks', 'Snapshots LRS', 'LRS Snapshots', 0.05, 0.05],
  ['Standard HDD Managed Disks', 'Snapshots ZRS', 'ZRS Snapshots', 0.05, 0.05],
  ['Premium SSD Managed Disks', 'Snapshots LRS', 'LRS Snapshots', 0.132, 0.145],
  ['Premium SSD Managed Disks', 'Snapshots ZRS', 'ZRS Snapshots', 0.198, 0.2175],
  ['Standard SSD Managed Disks', 'Snapshots LRS', 'Snapshots LRS Snapshots', 0.132, 0.145],
  ['Standard SSD Managed Disks', 'Snapshots ZRS', 'Snapshots ZRS Snapshots', 0.198, 0.2175],
  ['Premium Page Blob', 'Premium LRS', 'LRS Snapshots', 0.12, 0.132],
  ['Premium Files', 'Premium LRS', 'LRS Snapshots', 0.136, 0.15],
  ['Premium Files', 'Premium ZRS', 'ZRS Snapshots', 0.17, 0.187],
];

/** Some meters of whole disks. Units: USD a month. Source: as above, US East. */
const DISK_METERS: readonly (readonly [product: string, sku: string, usd: number])[] = [
  ['Premium SSD Managed Disks', 'P4 LRS', 5.28], ['Premium SSD Managed Disks', 'P6 LRS', 10.21], ['Premium SSD Managed Disks', 'P10 LRS', 19.71],
  ['Premium SSD Managed Disks', 'P15 LRS', 38.01], ['Premium SSD Managed Disks', 'P20 LRS', 73.22], ['Premium SSD Managed Disks', 'P30 LRS', 135.17],
  ['Standard SSD Managed Disks', 'E4 LRS', 2.4], ['Standard SSD Managed Disks', 'E6 LRS', 4.8], ['Standard SSD Managed Disks', 'E10 LRS', 9.6],
  ['Standard SSD Managed Disks', 'E15 LRS', 19.2], ['Standard SSD Managed Disks', 'E20 LRS', 38.4], ['Standard SSD Managed Disks', 'E30 LRS', 76.8],
  ['Standard HDD Managed Disks', 'S4 LRS', 1.54], ['Standard HDD Managed Disks', 'S6 LRS', 3.01], ['Standard HDD Managed Disks', 'S10 LRS', 5.89],
]; // biome-ignore format: a table

/** What a snapshot is billed by. Units: USD per GiB and month. */
export interface SnapshotMeter {
  readonly meterId: string;
  readonly meterName: string;
  readonly productName: string;
  readonly usdPerGiBMonth: number;
}

const meterByPlace = new Map<string, SnapshotMeter>();

/** The meter of a snapshot: that of its kind of storage, Standard HDD for all incremental ones. Shape: the same object for the same meter. */
export function snapshotMeterOf(region: string, storage: string): SnapshotMeter {
  const key = `${region} ${storage}`;
  let meter = meterByPlace.get(key);
  if (meter === undefined) {
    const product = storage.startsWith('Premium') ? 'Premium SSD Managed Disks' : 'Standard HDD Managed Disks';
    const found = METERS.find(([name, sku]) => name === product && sku === `Snapshots ${storage.split('_')[1]}`);
    if (found === undefined) throw new Error(`no meter for ${storage}`);
    const [productName, , meterName, usd, dearUsd] = found;
    const usdPerGiBMonth = region === DEAR_REGION ? dearUsd : usd;
    meter = { meterId: meterIdOf(region, productName, meterName), meterName, productName, usdPerGiBMonth };
    meterByPlace.set(key, meter);
  }
  return meter;
}

function meterIdOf(region: string, productName: string, meterName: string): string {
  return guidOf(`${region} ${productName} ${meterName}`);
}

function diskMeters() {
  return DISK_METERS.map(([product, sku, usd]) => [product, sku, `${sku} Disk`, usd, usd, '1/Month'] as const);
}

function rowsIn(currency: string, rate: number): PriceRow[] {
  return Object.entries(REGIONS).flatMap(([region, location]) =>
    [...METERS.map((meter) => [...meter, '1 GB/Month'] as const), ...diskMeters()].map((row) => {
      const [productName, skuName, meterName, usd, dearUsd, unitOfMeasure] = row;
      const price = Math.round((region === DEAR_REGION ? dearUsd : usd) * rate * 1e6) / 1e6;
      const meterId = meterIdOf(region, productName, meterName);
      const productId = `DZH318Z0${guidOf(productName).slice(0, 4).toUpperCase()}`;
      return {
        currencyCode: currency,
        tierMinimumUnits: 0,
        retailPrice: price,
        unitPrice: price,
        armRegionName: region,
        location,
        effectiveStartDate: '2024-09-01T00:00:00Z',
        meterId,
        meterName,
        productId,
        skuId: `${productId}/${meterId.slice(0, 4).toUpperCase()}`,
        productName,
        skuName,
        serviceName: 'Storage',
        serviceId: 'DZH317F1HKN0',
        serviceFamily: 'Storage',
        unitOfMeasure,
        type: 'Consumption',
        isPrimaryMeterRegion: true,
        armSkuName: '',
      };
    }),
  );
}

/** Answers `GET /api/retail/prices`. Shape: case-sensitive values, as in api-version 2023-01-01-preview. */
export function answerPrices(query: URLSearchParams, baseUrl: string): PriceAnswer {
  const currency = (query.get('currencyCode') ?? 'USD').replaceAll("'", '');
  const rate = rateOf(currency);
  if (rate === null)
    return { kind: 'refused', message: `The currency code '${currency.slice(0, 20)}' is not supported.` };
  const filter = parsePriceFilter(query.get('$filter') ?? '');
  if (filter === null) return { kind: 'refused', message: 'Invalid OData parameters supplied' };
  const skip = Number(query.get('$skip') ?? 0);
  const top = Math.min(Number(query.get('$top') ?? ROWS_PER_PAGE), ROWS_PER_PAGE);
  if (!Number.isSafeInteger(skip) || skip < 0 || !Number.isSafeInteger(top) || top < 1) {
    return { kind: 'refused', message: 'Invalid OData parameters supplied' };
  }
  const rows = rowsIn(currency, rate).filter(filter);
  const items = rows.slice(skip, skip + top);
  const next = new URLSearchParams(query);
  next.set('$skip', String(skip + top));
  return {
    kind: 'rows',
    body: {
      BillingCurrency: currency,
      CustomerEntityId: 'Default',
      CustomerEntityType: 'Retail',
      Items: items,
      NextPageLink: skip + top < rows.length ? `${baseUrl}/api/retail/prices?${next}` : null,
      Count: items.length,
    },
  };
}

import { createHttpHeaders, type HttpClient } from '@azure/core-rest-pipeline';
import { describe, expect, it } from 'vitest';
import { createRetailPrices } from '../../src/azure/retail-prices.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

const URL_OF_API = 'https://prices.example/api/retail/prices';
const NOW = Date.UTC(2026, 2, 1);

function row(change: object = {}) {
  return {
    currencyCode: 'EUR',
    tierMinimumUnits: 0,
    retailPrice: 0.045,
    armRegionName: 'westeurope',
    effectiveStartDate: '2024-01-01T00:00:00Z',
    meterId: 'm1',
    meterName: 'ZRS Snapshots',
    productName: 'Standard HDD Managed Disks',
    unitOfMeasure: '1 GB/Month',
    type: 'Consumption',
    ...change,
  };
}

function prices(...pages: readonly unknown[]) {
  const urls: URL[] = [];
  const httpClient: HttpClient = {
    sendRequest: async (request) => {
      urls.push(new URL(request.url));
      const page = pages[Math.min(urls.length, pages.length) - 1];
      const status = typeof page === 'number' ? page : 200;
      return { request, status, headers: createHttpHeaders(), bodyAsText: JSON.stringify(page) };
    },
  };
  const clock = createVirtualClock(NOW);
  return { source: createRetailPrices({ url: URL_OF_API, clock, httpClient }), urls, clock };
}

async function priceOf(...rows: readonly object[]) {
  return prices({ Items: rows, NextPageLink: null }).source.snapshotPrice('westeurope', 'ZRS', 'EUR');
}

describe('prices of disks', () => {
  const meter = { productName: 'Premium SSD Managed Disks', meterName: 'P10 LRS Disk' };
  const disk = { ...meter, retailPrice: 19.71, unitOfMeasure: '1/Month' };

  it.each([
    { name: 'the meter itself', rows: [disk], price: 19_710_000 },
    { name: 'not the one of shared disks', rows: [{ ...disk, meterName: 'P10 LRS Disk Mount' }], price: null },
    { name: 'not one of another product', rows: [{ ...disk, productName: 'Premium Page Blob' }], price: null },
    { name: 'not a unit that it does not know', rows: [{ ...disk, unitOfMeasure: '1/Hour' }], price: null },
    { name: 'nothing where there is none', rows: [], price: null },
  ])('takes $name', async ({ rows, price }) => {
    const { source, urls } = prices({ Items: rows.map(row), NextPageLink: null });
    expect(await source.diskPrice('westeurope', meter, 'EUR')).toBe(price);
    expect(urls[0]?.searchParams.get('$filter')).toContain("meterName eq 'P10 LRS Disk'");
  });
});

describe('retail prices', () => {
  it('asks narrowly and reads the price', async () => {
    const { source, urls } = prices({ Items: [row()], NextPageLink: null });
    expect(await source.snapshotPrice('westeurope', 'ZRS', 'EUR')).toEqual({
      microUnitsPerGiBMonth: 45_000,
      currency: 'EUR',
      effectiveFrom: Date.UTC(2024, 0, 1),
      meterId: 'm1',
      source: 'retail',
    });
    const asked = urls[0]?.searchParams;
    expect(asked?.get('api-version')).toBe('2023-01-01-preview');
    expect(asked?.get('currencyCode')).toBe("'EUR'");
    expect(asked?.get('$filter')).toContain("meterName eq 'ZRS Snapshots'");
  });

  it.each([
    ['Premium SSD', { productName: 'Premium SSD Managed Disks' }],
    ['Premium Page Blob', { productName: 'Premium Page Blob' }],
    ['Premium Files', { productName: 'Premium Files' }],
    ['the other redundancy', { meterName: 'LRS Snapshots' }],
    ['the misnamed meter', { meterName: 'Snapshots ZRS Snapshots' }],
    ['another region', { armRegionName: 'eastus' }],
    ['another currency', { currencyCode: 'USD' }],
    ['a reservation', { type: 'Reservation' }],
    ['a higher tier', { tierMinimumUnits: 100 }],
    ['an unknown unit', { unitOfMeasure: '1 GB/Day' }],
    ['a price of the future', { effectiveStartDate: '2026-03-02T00:00:00Z' }],
    ['a price that has ended', { effectiveEndDate: '2026-03-01T00:00:00Z' }],
    ['a price of zero', { retailPrice: 0 }],
    ['a price below a micro-unit', { retailPrice: 0.000_000_4 }],
    ['a price below zero', { retailPrice: -0.045 }],
    ['a beginning that is no moment', { effectiveStartDate: 'soon' }],
    ['a row of another shape', { retailPrice: 'cheap' }],
  ])('does not take %s', async (_, change) => {
    expect(await priceOf(row(change))).toBeNull();
  });

  it('takes the newest that has begun', async () => {
    const price = await priceOf(
      row({ retailPrice: 0.04 }),
      row({ retailPrice: 0.06, effectiveStartDate: '2026-03-01T00:00:00Z' }),
      row({ retailPrice: 0.08, effectiveStartDate: '2026-03-01T00:00:01Z' }),
    );
    expect(price?.microUnitsPerGiBMonth).toBe(60_000);
  });

  it.each([
    ['before any', '2023-12-31T23:59:59Z', null],
    ['on the first day of one', '2024-01-01T00:00:00Z', 40_000],
    ['on its last day', '2026-03-15T23:59:59.999Z', 40_000],
    ['from the middle of a month on', '2026-03-16T00:00:00Z', 60_000],
  ])('takes the one that was in force %s', async (_, at, expected) => {
    const rows = [
      row({ retailPrice: 0.04, effectiveEndDate: '2026-03-16T00:00:00Z' }),
      row({ retailPrice: 0.06, effectiveStartDate: '2026-03-16T00:00:00Z', meterId: 'm2' }),
    ];
    const { source } = prices({ Items: rows, NextPageLink: null });
    const price = await source.snapshotPrice('westeurope', 'ZRS', 'EUR', Date.parse(at));
    expect(price?.microUnitsPerGiBMonth ?? null).toBe(expected);
  });

  it("takes the region's own meter before one that it shares", async () => {
    const price = await priceOf(
      row({ retailPrice: 0.09, isPrimaryMeterRegion: false, meterId: 'a' }),
      row({ meterId: 'b' }),
    );
    expect(price?.meterId).toBe('b');
  });

  it('divides a block of units', async () => {
    expect((await priceOf(row({ unitOfMeasure: '100 GB/Month', retailPrice: 4.5 })))?.microUnitsPerGiBMonth).toBe(
      45_000,
    );
  });

  it('reads all pages of the same host and none of another', async () => {
    const { source, urls } = prices(
      { Items: [], NextPageLink: `${URL_OF_API}?page=2` },
      { Items: [row()], NextPageLink: 'https://evil.example/' },
    );
    await expect(source.snapshotPrice('westeurope', 'ZRS', 'EUR')).rejects.toMatchObject({ code: 'azure-rejected' });
    expect(urls.map((url) => url.host)).toEqual(['prices.example', 'prices.example']);
  });

  it('stops at a list without an end', async () => {
    const { source, urls } = prices({ Items: [], NextPageLink: URL_OF_API });
    await expect(source.snapshotPrice('westeurope', 'ZRS', 'EUR')).rejects.toMatchObject({ code: 'azure-unavailable' });
    expect(urls).toHaveLength(20);
  });

  it.each<[string, number, string, number]>([
    ['fails', 503, 'azure-unavailable', 4],
    ['asks to slow down', 429, 'throttled', 4],
    ['rejects', 400, 'azure-rejected', 1],
  ])('tells that the API %s, after some tries where that may help', async (_, status, code, requests) => {
    const { source, urls } = prices(status);
    await expect(source.snapshotPrice('westeurope', 'ZRS', 'EUR')).rejects.toMatchObject({ code });
    expect(urls).toHaveLength(requests);
  });

  it('asks again', async () => {
    const { source, clock } = prices(503, { broken: true }, { Items: [row()] });
    expect(await source.snapshotPrice('westeurope', 'ZRS', 'EUR')).not.toBeNull();
    expect(clock.waitsMs).toEqual([1_000, 2_000]);
  });

  it('does not let a region escape its quotes', async () => {
    const { source, urls } = prices({ Items: [] });
    expect(await source.snapshotPrice("x' or 1 eq 1", 'LRS', 'EUR')).toBeNull();
    expect(urls[0]?.searchParams.get('$filter')).toContain("armRegionName eq 'x'' or 1 eq 1'");
  });
});

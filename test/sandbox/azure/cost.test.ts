import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { QueryUnits } from '../../../src/sandbox/azure/query-units.ts';
import { SUBSCRIPTION_ID } from '../../../src/sandbox/azure/seed-estate.ts';
import {
  DISK_PATH,
  DISK_VERSION,
  GIB,
  MIB,
  OWN_PATH,
  type Run,
  SNAPSHOT_PATH,
  snapshotBody,
  startRun,
} from './start.ts';

const SUBSCRIPTION = `/subscriptions/${SUBSCRIPTION_ID}`;
const QUERY = 'providers/Microsoft.CostManagement/query?api-version=2023-11-01';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MARCH = { from: '2026-03-01T00:00:00Z', to: '2026-03-31T23:59:59Z' };

let run: Run;
beforeEach(async () => {
  run = await startRun();
});
afterEach(() => run.close());

const take = (name: string, disk = 'data', more = {}) =>
  run.arm('PUT', `${SNAPSHOT_PATH}/${name}?${DISK_VERSION}`, {
    ...snapshotBody(`${DISK_PATH}/${disk}`),
    ...more,
  });
const pass = (advanceMs: number) => run.admin('POST', '/sandbox/clock', { advanceMs });
const body = (dataset: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  type: 'ActualCost',
  timeframe: 'Custom',
  timePeriod: MARCH,
  dataset: {
    granularity: 'None',
    aggregation: {
      totalCost: { name: 'Cost', function: 'Sum' },
      used: { name: 'UsageQuantity', function: 'Sum' },
    },
    ...dataset,
  },
  ...more,
});
const by = (...names: string[]) => names.map((name) => ({ type: 'Dimension', name }));
const ask = (asked: unknown, scope = SUBSCRIPTION) => run.arm('POST', `${scope}/${QUERY}`, asked);
const rows = async (asked: unknown, scope?: string) => (await ask(asked, scope)).body.properties.rows;

describe('daily cost records', () => {
  it('are what was used at the end of each UTC day, over the days of the month', async () => {
    await take('s1');
    await pass(DAY_MS);
    await run.admin('POST', '/sandbox/estate/write', {
      diskId: `${DISK_PATH}/loose`,
      offset: 0,
      seededLength: 10 * MIB,
    });
    await take('s2', 'loose');
    await run.arm('DELETE', `${SNAPSHOT_PATH}/s1?${DISK_VERSION}`);
    await pass(2 * DAY_MS);
    const daily = await ask(body({ granularity: 'Daily', grouping: by('ResourceId') }));
    expect(daily.body.properties.columns).toEqual([
      { name: 'Cost', type: 'Number' },
      { name: 'UsageQuantity', type: 'Number' },
      { name: 'UsageDate', type: 'Number' },
      { name: 'ResourceId', type: 'String' },
      { name: 'Currency', type: 'String' },
    ]);
    const firstDay = (16 * MIB) / GIB / 31;
    const later = (10 * MIB) / GIB / 31;
    const of = (name: string) => `${SNAPSHOT_PATH}/${name}`.toLowerCase();
    expect(daily.body.properties.rows).toEqual([
      [expect.closeTo(firstDay * 0.05, 11), expect.closeTo(firstDay, 11), 20260301, of('s1'), 'USD'],
      [expect.closeTo(later * 0.05, 11), expect.closeTo(later, 11), 20260302, of('s2'), 'USD'],
    ]);
  });

  it('are of their own day, however many pass at once', async () => {
    run.sandbox.state.settings.snapshotMs = 36 * HOUR_MS;
    await run.admin('POST', '/sandbox/faults', {
      method: 'PUT',
      path: '/snapshots/failing',
      action: 'failed-operation',
    });
    await take('failing');
    await pass(5 * DAY_MS);
    // It fails in the night of the second day: only the first one's end has seen it.
    expect((await rows(body({ granularity: 'Daily' }))).map((row: number[]) => row[2])).toEqual([20260301]);
  });

  it('are shown late, and corrected later', async () => {
    await take('s1');
    await run.admin('POST', '/sandbox/settings', {
      costCorrectionPercent: 10,
      billingCurrency: 'EUR',
    });
    const total = async () => (await rows(body({})))[0] ?? [];
    await pass(DAY_MS + 8 * HOUR_MS - 1);
    expect(await total()).toEqual([]);
    await pass(1);
    const [cost, used, currency] = await total();
    expect([used, currency]).toEqual([expect.closeTo((0.9 * 16 * MIB) / GIB / 31, 11), 'EUR']);
    expect(cost).toBeCloseTo(used * 0.05 * 0.92, 11);
    await pass(64 * HOUR_MS);
    const days = await rows(body({ granularity: 'Daily' }));
    expect(days[0][1]).toBeCloseTo((16 * MIB) / GIB / 31, 11);
    expect(days[1][1]).toBeCloseTo((0.9 * 16 * MIB) / GIB / 31, 11);
  });

  it('are billed at the discount of an agreement', async () => {
    await take('s1');
    await run.admin('POST', '/sandbox/settings', { costDiscountPercent: 20 });
    await pass(2 * DAY_MS);
    const [cost, used] = (await rows(body({})))[0] ?? [];
    expect(cost / used).toBeCloseTo(0.04, 6);
  });

  it('group by two, filter, and stay inside their scope', async () => {
    await take('inc');
    await take('full', 'data', {
      sku: { name: 'Premium_LRS' },
      properties: {
        ...(snapshotBody(`${DISK_PATH}/data`).properties as object),
        incremental: false,
      },
    });
    await pass(2 * DAY_MS);
    const meters = async (filter?: unknown, scope?: string) =>
      (
        await rows(
          body({
            grouping: by('MeterSubCategory', 'Meter'),
            ...(filter === undefined ? {} : { filter }),
          }),
          scope,
        )
      ).map((row: unknown[]) => row.slice(2, 4));
    const hdd = ['Standard HDD Managed Disks', 'ZRS Snapshots'];
    const premium = ['Premium SSD Managed Disks', 'LRS Snapshots'];
    const dimension = (name: string, ...values: string[]) => ({
      dimensions: { name, operator: 'In', values },
    });
    expect(await meters()).toEqual([hdd, premium]);
    expect(await meters(dimension('Meter', 'lrs snapshots'))).toEqual([premium]);
    expect(await meters(dimension('ResourceType', 'microsoft.compute/disks'))).toEqual([]);
    const snapshots = dimension('ResourceType', 'Microsoft.Compute/snapshots');
    expect(await meters({ and: [snapshots, dimension('Meter', 'ZRS Snapshots')] })).toEqual([hdd]);
    expect(await meters({ or: [dimension('Meter', 'x'), snapshots] })).toEqual([hdd, premium]);
    expect(await meters(undefined, OWN_PATH)).toEqual([hdd, premium]);
    expect(await meters(undefined, `${SUBSCRIPTION}/resourceGroups/App-RG`)).toEqual([]);
  });

  it('come in pages, the next asked for by POST', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await take(name);
    await pass(2 * DAY_MS);
    const seen: string[] = [];
    let url = `${SUBSCRIPTION}/${QUERY}&$top=2`;
    for (let pages = 0; url !== ''; pages += 1) {
      expect(pages).toBeLessThan(3);
      const { properties } = (await run.arm('POST', url, body({ grouping: by('ResourceId') }))).body;
      seen.push(...properties.rows.map((row: string[]) => row[2]?.split('/').at(-1)));
      url = properties.nextLink ?? '';
    }
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it.each([
    ['three groupings', body({ grouping: by('ResourceId', 'Meter', 'ServiceName') }), 400],
    ['an unknown dimension', body({ grouping: by('Colour') }), 400],
    ['no aggregation', body({ aggregation: {} }), 400],
    ['32 days by day', body({ granularity: 'Daily' }, { timePeriod: { from: '2026-03-01', to: '2026-04-02' } }), 400],
    ['13 months', body({}, { timePeriod: { from: '2025-03-01', to: '2026-04-01' } }), 400],
    ['times the wrong way round', body({}, { timePeriod: { from: '2026-03-02', to: '2026-03-01' } }), 400],
    ['groups by tag', body({ grouping: [{ type: 'TagKey', name: 'a' }] }), 501],
    ['the last month', body({}, { timeframe: 'TheLastMonth' }), 200],
  ])('answer a query with %s as they should', async (_name, asked, status) => {
    expect((await ask(asked)).status).toBe(status);
  });

  it('cost units, of which there are so many', async () => {
    run.sandbox.state.throttle.enabled = true;
    const first = await ask(body({}));
    expect(first.headers.get('x-ms-ratelimit-microsoft.costmanagement-qpu-consumed')).toBe('1');
    expect(first.headers.get('x-ms-ratelimit-microsoft.costmanagement-qpu-remaining')).toContain('QueriesPerHour:600');
    for (let at = 1; at < 12; at += 1) expect((await ask(body({}))).status).toBe(200);
    const refused = await ask(body({}));
    expect(refused.status).toBe(429);
    expect(refused.headers.get('x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after')).toBe('10');
    expect(refused.headers.get('retry-after')).toBeNull();
    await pass(10_000);
    expect((await ask(body({}))).status).toBe(200);
  });
});

describe('query units', () => {
  it('hold in every window', () => {
    const units = new QueryUnits();
    let passed = 0;
    for (let second = 0; second < 3_600; second += 1) if (units.take(1, second * 1_000).passed) passed += 1;
    expect(passed).toBe(600);
    expect(units.take(1, 3_600_000).passed).toBe(true);
    expect(units.take(1, 3_600_000)).toMatchObject({
      passed: false,
      retryAfterSeconds: 1,
    });
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { writeMeterNames } from '../../src/cost/billed-cost.ts';
import { billedRowKeys, billedTable, figureCells, type StoredFigure } from '../../src/cost/billed-row.ts';
import type { ChainHead } from '../../src/cost/chains.ts';
import { closeDay } from '../../src/cost/ledger.ts';
import { FOCUS_COLUMNS, readFocusRows } from '../../src/cost/report-focus.ts';
import { focusCsv } from '../../src/reports/focus-csv.ts';
import { readCsv } from '../reports/read-csv.ts';
import { type FocusRule, focusRules, judgeValue, MANDATORY } from './focus-rules.ts';
import { chain, each, gib, ledgerBench, momentAfter, price } from './ledger-bench.ts';

const SUBSCRIPTION = '00000000-0000-4000-8000-000000000001';
const DAY = '2026-10-31';
const account = { id: '=1+1', name: null };

const snapshotId = (name: string) =>
  `/subscriptions/${SUBSCRIPTION}/resourcegroups/rg-holdfast/providers/microsoft.compute/snapshots/${name}`;

function billed(name: string, more: Partial<StoredFigure> = {}): StoredFigure {
  return {
    ...{ day: DAY, resourceId: snapshotId(name), subscriptionId: SUBSCRIPTION, meterId: 'meter-1' },
    ...{ quantity: 0.322580645, microUnits: 16_129, currency: 'EUR', seenAt: 0, corrections: [] },
    owner: { chainKey: 'chain-web-os', pointId: 'p0', policy: 'gold' },
    ...more,
  };
}

const head: ChainHead = {
  key: 'chain-web-os',
  ...{ diskId: 'd', diskName: '=cmd()', region: 'westeurope', subscriptionId: SUBSCRIPTION },
  ...{ snapshotSku: 'Standard_ZRS', shared: false },
  source: {
    ...{ key: 'key-web', kind: 'virtualMachine', id: '/subscriptions/s/x/web', name: '@web', resourceGroup: 'rg' },
    tags: { owner: '=HYPERLINK("http://x")', 'cost,centre': 'a"b' },
  },
};

/** Three rows of Holdfast's own, of which one without a chain; one of others; one in another currency. A day that is not billed has none. */
async function dataset(
  source = { snapshotPrice: async () => price as typeof price | null },
  billing: { id: string; name: string | null } = account,
) {
  const { store, depsAt } = ledgerBench({ source });
  const now = momentAfter(DAY);
  await closeDay(depsAt(now), DAY, each([chain('web-os', [['gold', gib(10)]])]), now);
  await closeDay(
    depsAt(momentAfter('2026-11-01')),
    '2026-11-01',
    each([chain('web-os', [['gold', gib(10)]])]),
    momentAfter('2026-11-01'),
  );
  await writeMeterNames(store, [{ meterId: 'meter-1', meter: 'ZRS Snapshots', product: 'Standard HDD Managed Disks' }]);
  const gone = 'hf-gold-web-20261001t0200z-0123456789abcdef';
  const figures = [
    billed('a'),
    billed('b', { owner: { chainKey: 'chain-web-os', pointId: 'gone', policy: 'gold' }, quantity: 0, microUnits: 0 }),
    billed(gone, { owner: null, quantity: 1e-7, microUnits: 1, meterId: 'meter-unknown' }),
    billed('of-others', { owner: null }),
    billed('in-dollars', { currency: 'USD' }),
  ];
  for (const figure of figures) {
    const keys = { partitionKey: DAY, rowKey: billedRowKeys(SUBSCRIPTION)(figure) };
    await store.table(billedTable(DAY)).insert(keys, figureCells(figure));
  }
  const { prices } = depsAt(now);
  const rows = readFocusRows(
    { store, prices, chains: { heads: () => each([head]) } },
    { from: '2026-10-30', to: '2026-11-02' },
    billing,
  );
  return readCsv((await Array.fromAsync(focusCsv(rows))).join(''));
}

describe('FOCUS rows', () => {
  let header: readonly string[];
  let rows: readonly (readonly string[])[];
  const cell = (row: readonly string[], column: string) => row[header.indexOf(column)] ?? 'no such column';
  beforeAll(async () => {
    [header = [], ...rows] = await dataset();
  });

  it('are what is billed for Holdfast’s own snapshots, and nothing else', () => {
    const names = rows.map((row) => cell(row, 'ResourceName'));
    expect(names.toSorted()).toEqual(['a', 'b', 'hf-gold-web-20261001t0200z-0123456789abcdef']);
    expect(new Set(rows.map((row) => cell(row, 'ChargePeriodStart')))).toEqual(new Set([`${DAY}T00:00:00Z`]));
  });

  it('have each column once, by name, Holdfast’s own last and marked as such', () => {
    expect(header).toEqual(FOCUS_COLUMNS);
    const own = header.filter((column) => !(column in focusRules));
    expect(own.every((column) => /^x_Holdfast[A-Z][A-Za-z]+$/.test(column))).toBe(true);
    expect(header.slice(0, Object.keys(focusRules).length)).toEqual(Object.keys(focusRules).sort());
    expect(MANDATORY.filter((column) => !header.includes(column))).toEqual([]);
  });

  it.each(Object.entries(focusRules))('keep to the rules of %s', (column: string, rule: FocusRule) => {
    for (const row of rows)
      expect([cell(row, column), judgeValue(rule, cell(row, column))]).toEqual([cell(row, column), null]);
  });

  it('carry what is billed to the micro-unit, and estimates in columns of their own alone', () => {
    const sum = (column: string) => rows.reduce((all, row) => all + Math.round(Number(cell(row, column)) * 1e6), 0);
    expect(sum('BilledCost')).toBe(16_130);
    expect(sum('EffectiveCost')).toBe(16_130);
    const first = rows.find((row) => cell(row, 'ResourceName') === 'a') ?? [];
    // 10 GiB at 0.05 for one of 31 days.
    expect(Number(cell(first, 'x_HoldfastEstimatedCost'))).toBe(0.016129);
    expect(Number(cell(first, 'x_HoldfastEstimatedQuantity'))).toBeCloseTo(10 / 31, 9);
    expect(rows.filter((row) => cell(row, 'x_HoldfastEstimatedCost') !== '')).toHaveLength(1);
  });

  it('hold together: prices times quantities, periods, what comes in pairs', () => {
    for (const row of rows) {
      const number = (column: string) => Number(cell(row, column));
      expect(number('ContractedUnitPrice') * number('PricingQuantity')).toBeCloseTo(number('ContractedCost'), 9);
      expect(number('ListUnitPrice') * number('PricingQuantity')).toBeCloseTo(number('ListCost'), 9);
      expect(cell(row, 'BillingPeriodStart') <= cell(row, 'ChargePeriodStart')).toBe(true);
      expect(cell(row, 'ChargePeriodEnd') <= cell(row, 'BillingPeriodEnd')).toBe(true);
      expect([cell(row, 'BillingPeriodStart'), cell(row, 'BillingPeriodEnd')]).toEqual([
        '2026-10-01T00:00:00Z',
        '2026-11-01T00:00:00Z',
      ]);
      for (const [id, name] of [
        ['RegionId', 'RegionName'],
        ['ResourceId', 'ResourceName'],
        ['ResourceId', 'ResourceType'],
        ['SubAccountId', 'SubAccountName'],
        ['SubAccountId', 'SubAccountType'],
      ] as const)
        expect([id, cell(row, id) === '']).toEqual([id, cell(row, name) === '']);
    }
  });

  it.each([
    ['/providers/Microsoft.Billing/billingAccounts/1234567', 'Billing Account'],
    ['/providers/Microsoft.Billing/billingAccounts/a:b/billingProfiles/C-D', 'Billing Profile'],
  ])('%s is a %s', async (id, kind) => {
    const [names = [], ...own] = await dataset(undefined, { id, name: null });
    expect(new Set(own.map((row) => row[names.indexOf('BillingAccountType')]))).toEqual(new Set([kind]));
  });

  it('take no list price from a negotiated sheet, and say so', async () => {
    const sheet = { ...price, microUnitsPerGiBMonth: 30_000, source: 'sheet' as const };
    const [names = [], ...own] = await dataset({ snapshotPrice: async () => sheet });
    expect(own.map((row) => row[names.indexOf('x_HoldfastListPriceKnown')])).toEqual(['false', 'false', 'false']);
    for (const row of own) expect(row[names.indexOf('ListCost')]).toBe(row[names.indexOf('BilledCost')]);
  });

  it('have no cell that a spreadsheet would run', () => {
    for (const each of rows.flat()) expect(each).not.toMatch(/^[=+@\t\r]/);
    expect(rows.some((row) => cell(row, 'x_HoldfastDiskName') === "'=cmd()")).toBe(true);
    expect(JSON.parse(cell(rows.find((row) => cell(row, 'Tags') !== '') ?? [], 'Tags'))).toEqual(head.source.tags);
  });
});

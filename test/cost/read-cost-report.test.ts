import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import type { GroupBy } from '../../src/cost/day-groups.ts';
import { noFigures } from '../../src/cost/figures.ts';
import { closeDay, recordFreed } from '../../src/cost/ledger.ts';
import type { LiveChain } from '../../src/cost/ledger-row.ts';
import { readCostReport } from '../../src/cost/read-cost-report.ts';
import { buildCostReport, type CostReport } from '../../src/cost/report-model.ts';
import { shiftDay } from '../../src/cost/report-query.ts';
import { chain, each, gib, ledgerBench, momentAfter, price } from './ledger-bench.ts';

const NOW = Date.parse('2026-11-03T05:00:00Z');
const TODAY = '2026-11-03';
const query = { from: '2026-10-30', to: TODAY, groupBy: 'policy' as GroupBy };

/** Figures that groups have to share out exactly. */
function expectSums(report: CostReport): void {
  for (const { groups } of report.breakdowns) {
    const sum = (pick: (line: CostReport['total']) => number) => groups.reduce((all, line) => all + pick(line), 0);
    expect(sum((line) => line.period.microUnits)).toBe(report.total.period.microUnits);
    expect(sum((line) => line.monthMicroUnits)).toBe(report.total.monthMicroUnits);
    expect(sum((line) => line.now.storedBytes)).toBe(report.total.now.storedBytes);
    expect(sum((line) => line.now.microUnitsPerMonth)).toBe(report.total.now.microUnitsPerMonth);
    expect(sum((line) => line.period.freedBytes)).toBe(report.total.period.freedBytes);
    for (const [index, { figures }] of report.days.entries()) {
      expect(sum((line) => line.days[index]?.microUnits ?? 0)).toBe(figures.microUnits);
    }
  }
}

async function closed(days: Readonly<Record<string, readonly LiveChain[]>>) {
  const bench = ledgerBench();
  for (const [day, chains] of Object.entries(days))
    await closeDay(bench.depsAt(momentAfter(day)), day, each(chains), momentAfter(day));
  return bench;
}

describe('readCostReport', () => {
  const web = (bytes: number | null) => chain('web-os', [['gold', bytes]], { tags: { Owner: 'ops' } });
  const data = (bytes: number) => chain('lone', [['bronze', bytes]], { kind: 'disk' });

  it('shows closed days, today as it is, and the days between without figures', async () => {
    const { depsAt } = await closed({ '2026-10-31': [web(gib(31))], '2026-11-01': [web(gib(30)), data(gib(60))] });
    const report = await readCostReport(depsAt(NOW), query, each([web(gib(30)), data(gib(30))]), NOW);
    expect(report.days.map(({ day, state, figures }) => [day, state, figures.microUnits])).toEqual([
      ['2026-10-30', 'missing', 0],
      ['2026-10-31', 'complete', 50_000],
      ['2026-11-01', 'complete', 150_000],
      ['2026-11-02', 'missing', 0],
      [TODAY, 'open', 100_000],
    ]);
    expect(report.asOf).toBe(TODAY);
    expect(report.total.monthMicroUnits).toBe(250_000);
    expect(report.total.now).toMatchObject({ storedBytes: gib(60), microUnitsPerMonth: 3_000_000, points: 2 });
    expect(report.notices.map(({ code }) => code)).toEqual(['missing-days']);
    expect(report.prices).toEqual([{ region: 'westeurope', redundancy: 'ZRS', price, asOf: TODAY }]);
    expectSums(report);
  });

  it('always has policies and machines; disks that no machine has stand as such', async () => {
    const { depsAt } = await closed({ '2026-11-02': [web(gib(3)), data(gib(1))] });
    const report = await readCostReport(
      depsAt(NOW),
      { ...query, groupBy: 'region' },
      each([web(gib(3)), data(gib(1))]),
      NOW,
    );
    expect(report.breakdowns.map(({ groupBy, groups }) => [groupBy, groups.map(({ group }) => group.label)])).toEqual([
      ['region', ['westeurope']],
      ['policy', ['gold', 'bronze']],
      ['vm', ['web', '(no virtual machine)']],
    ]);
    expectSums(report);
  });

  it('puts what lacks a tag under untagged', async () => {
    const { depsAt } = await closed({ '2026-11-02': [web(gib(3)), data(gib(1))] });
    const report = await readCostReport(depsAt(NOW), { ...query, groupBy: 'tag:owner' }, each([data(gib(1))]), NOW);
    expect(report.breakdowns[0]?.groups.map(({ group, now }) => [group.label, now.storedBytes])).toEqual([
      ['ops', 0],
      ['(untagged)', gib(1)],
    ]);
    expectSums(report);
  });

  it('leaves out a day that is being closed right now: its groups are there, its total is not', () => {
    const group = { key: 'gold', label: 'gold', detail: '' };
    const figures = { ...noFigures(), storedBytes: gib(1), microUnits: 7 };
    const days = ['2026-11-01', '2026-11-02', TODAY];
    const report = buildCostReport({
      query,
      now: NOW,
      currency: 'EUR',
      total: [days[0], days[2]].map((day = '') => ({ day, group, figures })),
      breakdowns: [{ groupBy: 'policy', groups: days.map((day) => ({ day, group, figures })) }],
      prices: [],
    });
    expect(report.total.period.microUnits).toBe(14);
    expect(report.breakdowns[0]?.groups.map((line) => [line.group.label, line.period.microUnits])).toEqual([
      ['gold', 14],
    ]);
  });

  it('without live chains lets the last closed day stand for now', async () => {
    const { depsAt } = await closed({ '2026-11-01': [web(gib(30))] });
    const report = await readCostReport(depsAt(NOW), query, null, NOW);
    expect(report.asOf).toBe('2026-11-01');
    expect(report.total.now.microUnitsPerMonth).toBe(1_500_000);
    expect(report.days.at(-1)?.state).toBe('missing');
  });

  it('says what pruning has freed, today included', async () => {
    const { depsAt } = await closed({ '2026-11-01': [web(gib(30))] });
    const deletion = { ...web(0), day: TODAY, pointId: 'p', policy: 'gold', freedBytes: gib(2), naiveBytes: gib(8) };
    await recordFreed(depsAt(NOW), deletion);
    const report = await readCostReport(depsAt(NOW), query, each([web(gib(28))]), NOW);
    const freed = { freedPoints: 1, freedBytes: gib(2), naiveBytes: gib(8), freedMicroUnitsPerMonth: 100_000 };
    expect(report.total.period).toMatchObject(freed);
    expectSums(report);
  });

  it('has this month also where the days asked for do not reach it', async () => {
    const { depsAt } = await closed({ '2026-10-30': [web(gib(31))], '2026-11-01': [web(gib(30))] });
    const october = { ...query, to: '2026-10-31' };
    const report = await readCostReport(depsAt(NOW), october, each([web(gib(60))]), NOW);
    expect(report.total.period.microUnits).toBe(50_000);
    expect(report.total.monthMicroUnits).toBe(150_000);
    expect(report.asOf).toBe('2026-10-30');
  });

  const notices: readonly {
    name: string;
    days: Readonly<Record<string, readonly LiveChain[]>>;
    codes: readonly string[];
  }[] = [
    { name: 'no figures at all', days: {}, codes: ['no-figures'] },
    { name: 'points that are not measured', days: { '2026-11-02': [web(null)] }, codes: ['unmeasured'] },
    {
      name: 'bytes without a price',
      days: { '2026-11-02': [{ ...web(gib(1)), sku: 'Premium_LRS' }] },
      codes: ['unpriced'],
    },
  ];
  it.each(notices)('says that there are $name', async ({ days, codes }) => {
    const { depsAt } = await closed(days);
    const report = await readCostReport(depsAt(NOW), { ...query, to: '2026-11-02' }, null, NOW);
    expect(report.notices.map(({ code }) => code)).toEqual(codes);
    const state = codes.includes('no-figures') ? 'missing' : 'partial';
    expect(report.days.find(({ day }) => day === '2026-11-02')?.state).toBe(state);
  });

  it('uses an earlier price where the list does not answer, and says so', async () => {
    let down = false;
    const source = {
      snapshotPrice: async () => {
        if (down) throw new AppError('azure-unavailable', 'no answer');
        return price;
      },
    };
    const { depsAt } = ledgerBench({ source });
    await closeDay(depsAt(momentAfter('2026-11-01')), '2026-11-01', each([web(gib(30))]), momentAfter('2026-11-01'));
    down = true;
    const report = await readCostReport(depsAt(NOW), query, each([web(gib(30))]), NOW);
    expect(report.total.now.microUnitsPerMonth).toBe(1_500_000);
    expect(report.notices.map(({ code }) => code)).toContain('stale-price');
  });

  it('always lets groups add up to totals, whatever the days, tags and prices', async () => {
    const chainsOfDay = fc.uniqueArray(
      fc.record({
        disk: fc.constantFrom('a-os', 'a-data', 'b-os', 'c-os'),
        points: fc.array(fc.tuple(fc.constantFrom('gold', 'bronze'), fc.nat({ max: 2 ** 40 })), {
          minLength: 1,
          maxLength: 5,
        }),
        tags: fc.constantFrom({}, { owner: 'x' }, { owner: 'y' }),
        sku: fc.constantFrom('Standard_ZRS', 'Standard_LRS', 'Premium_LRS'),
      }),
      { selector: ({ disk }) => disk },
    );
    const days = fc.array(fc.option(chainsOfDay), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        days,
        chainsOfDay,
        fc.constantFrom<GroupBy>('disk', 'tag:owner', 'subscription'),
        async (list, live, groupBy) => {
          const make = (chains: typeof live) =>
            chains.map(({ disk, points, tags, sku }) => ({ ...chain(disk, points, { tags }), sku }));
          const { depsAt } = ledgerBench();
          for (const [index, chains] of list.entries()) {
            const day = shiftDay('2026-10-30', index);
            if (chains) await closeDay(depsAt(momentAfter(day)), day, each(make(chains)), momentAfter(day));
          }
          expectSums(await readCostReport(depsAt(NOW), { ...query, groupBy }, each(make(live)), NOW));
        },
      ),
      { numRuns: 40 },
    );
  });
});

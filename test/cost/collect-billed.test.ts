import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { HOUR_MS } from '../../src/base/time.ts';
import { type BilledRow, readBilled } from '../../src/cost/billed-cost.ts';
import { readBilledDays } from '../../src/cost/billed-days.ts';
import { listBilledStates } from '../../src/cost/billed-state.ts';
import { readGroups } from '../../src/cost/group-book.ts';
import { writePriceSheet } from '../../src/cost/price-sheet-book.ts';
import { repriceDay } from '../../src/cost/settle-days.ts';
import { Agenda } from '../../src/work/work.ts';
import { billedBench, figure, SUBSCRIPTION, snapshotId } from './billed-bench.ts';

const OTHER = '00000000-0000-4000-8000-000000000002';
const at = (day: string, hour = 9) => Date.parse(day) + hour * HOUR_MS;
const MARCH = { from: '2026-03-01', to: '2026-03-31' };

type Bench = ReturnType<typeof billedBench>;

async function rows({ store }: Bench, range = MARCH, currency = 'EUR'): Promise<readonly BilledRow[]> {
  return (await Array.fromAsync(readBilled(store, { ...range, currency }))).flat();
}

const stateOf = async ({ store }: Bench, subscriptionId: string) =>
  (await listBilledStates(store)).find(({ state }) => state.subscriptionId === subscriptionId)?.state;

const days = ({ store }: Bench) => readBilledDays(store, 'EUR', MARCH);

describe('what is asked', () => {
  it('is each subscription that policies name or snapshots live in, once a day', async () => {
    const bench = billedBench(at('2026-03-10'));
    await bench.add('web', 'a', 10, OTHER);
    expect(await bench.collect(SUBSCRIPTION.toUpperCase())).toMatchObject({ subscriptions: 2, left: 0 });
    expect([...new Set(bench.costs.questions.map(({ subscriptionId }) => subscriptionId))]).toEqual([
      SUBSCRIPTION,
      OTHER,
    ]);
    const asked = bench.costs.questions.length;
    expect(await bench.collect()).toBeNull();
    bench.setNow(at('2026-03-11'));
    await bench.collect();
    expect(bench.costs.questions.slice(asked)).toEqual(
      [SUBSCRIPTION, OTHER].map((subscriptionId) => ({ subscriptionId, from: '2026-03-04', to: '2026-03-10' })),
    );
  });

  it('goes on until the last invoice is closed after the last snapshot is gone, and no longer', async () => {
    const bench = billedBench(at('2026-03-30'));
    await bench.add('web', 'a', 10, OTHER);
    bench.costs.show(OTHER, [figure('a', '2026-03-29', 10, { resourceId: snapshotId('a', OTHER).toLowerCase() })]);
    await bench.collect();
    // The disk is gone from every book.
    await bench.store.dropTable('chainheads');
    bench.setNow(at('2026-04-05'));
    await bench.collect();
    const before = bench.costs.questions.length;
    bench.setNow(at('2026-04-06'));
    await bench.collect();
    expect(bench.costs.questions.slice(before).filter(({ subscriptionId }) => subscriptionId === OTHER)).toContainEqual(
      {
        subscriptionId: OTHER,
        from: '2026-03-29',
        to: '2026-03-31',
      },
    );
    expect((await stateOf(bench, OTHER))?.finalThrough).toBe('2026-03-31');
    for (const day of ['2026-04-07', '2026-04-12', '2026-05-08']) {
      bench.setNow(at(day));
      await bench.collect();
    }
    const late = bench.costs.questions.filter(
      ({ subscriptionId, to }) => subscriptionId === OTHER && to > '2026-04-07',
    );
    expect(late).toEqual([]);
  });

  it('is noted with its failure while the others are read, and asked again by the next run', async () => {
    const bench = billedBench(at('2026-03-10'));
    bench.costs.fail(new AppError('azure-denied', 'no role'));
    expect(await bench.collect(SUBSCRIPTION, OTHER)).toMatchObject({ subscriptions: 2, left: 1 });
    expect(await stateOf(bench, SUBSCRIPTION)).toMatchObject({ failure: 'azure-denied', readOn: null });
    expect(await stateOf(bench, OTHER)).toMatchObject({ failure: null, readOn: '2026-03-10' });
    expect(bench.warnings).toEqual(['the bill of a subscription cannot be read']);
    bench.setNow(at('2026-03-10', 10));
    expect(await bench.collect(SUBSCRIPTION, OTHER)).toMatchObject({ subscriptions: 1, left: 0 });
    expect(await stateOf(bench, SUBSCRIPTION)).toMatchObject({ failure: null, readOn: '2026-03-10' });
  });

  it('stops for all where the tenant is throttled, and begins with the others the next time', async () => {
    const bench = billedBench(at('2026-03-10'));
    bench.costs.fail(new AppError('throttled', 'units'));
    expect(await bench.collect(SUBSCRIPTION, OTHER)).toMatchObject({ subscriptions: 2, left: 2 });
    expect(bench.costs.questions).toHaveLength(1);
    bench.setNow(at('2026-03-10', 10));
    expect(await bench.collect(SUBSCRIPTION, OTHER)).toMatchObject({ left: 0 });
    expect(bench.costs.questions.map(({ subscriptionId }) => subscriptionId).slice(0, 2)).toEqual([
      SUBSCRIPTION,
      OTHER,
    ]);
  });

  it('goes on where a long reading was cut off by the time of a run', async () => {
    const bench = billedBench(at('2026-03-10'));
    const { source } = bench.costs;
    const slow = {
      ...source,
      snapshotFigures: async (id: string, range: { from: string; to: string }) => {
        await bench.clock.wait(100_000);
        return source.snapshotFigures(id, range);
      },
    };
    Object.assign(bench.deps, { costs: slow });
    expect(await bench.collect()).toMatchObject({ left: 1 });
    expect(bench.costs.questions).toHaveLength(3);
    expect(await bench.collect()).toMatchObject({ left: 0 });
    expect(bench.costs.questions.map(({ from }) => from)).toEqual([
      '2026-02-01',
      '2026-02-08',
      '2026-02-15',
      '2026-02-22',
      '2026-03-01',
      '2026-03-08',
    ]);
  });
});

describe('what is kept', () => {
  it('is each figure with its owner and the names of its meter, asked for once', async () => {
    const bench = billedBench(at('2026-03-10'));
    await bench.add('web', 'a', 10);
    bench.costs.show(SUBSCRIPTION, [figure('a', '2026-03-08', 10), figure('a', '2026-03-09', 10)]);
    expect(await bench.collect()).toMatchObject({ rows: 2, corrections: 0 });
    expect((await rows(bench))[0]).toEqual({
      day: '2026-03-08',
      resourceId: snapshotId('a').toLowerCase(),
      subscriptionId: SUBSCRIPTION,
      meterId: 'meter-zrs',
      meter: 'ZRS Snapshots',
      product: 'Standard HDD Managed Disks',
      unit: '1 GB/Month',
      quantity: 10 / 31,
      microUnits: 16_129,
      currency: 'EUR',
      seenAt: at('2026-03-10'),
      owner: { chainKey: 'chain-web', pointId: 'point-a', policy: 'gold' },
      corrections: [],
      final: false,
      foreign: false,
    });
    expect((await stateOf(bench, SUBSCRIPTION))?.through).toBe('2026-03-09');
    expect(bench.costs.namesAsked).toBe(1);
    expect(await rows(bench, MARCH, 'USD')).toEqual([]);
  });

  it('stays as it is where Azure shows the same again, noise of its sums included', async () => {
    const bench = billedBench(at('2026-03-10'));
    bench.costs.show(SUBSCRIPTION, [figure('a', '2026-03-09', 10)]);
    await bench.collect();
    const before = JSON.stringify(bench.store.dump().billed202603);
    bench.setNow(at('2026-03-11'));
    bench.costs.show(SUBSCRIPTION, [figure('a', '2026-03-09', 10, { quantity: 10 / 31 + 1e-12 })]);
    expect(await bench.collect()).toMatchObject({ rows: 0, corrections: 0 });
    expect(JSON.stringify(bench.store.dump().billed202603)).toBe(before);
  });

  it('takes a correction under the same key and leaves what was shown before to be seen', async () => {
    const bench = billedBench(at('2026-03-10'));
    const show = (gib: number) => bench.costs.show(SUBSCRIPTION, [figure('a', '2026-03-09', gib)]);
    show(9);
    await bench.collect();
    bench.setNow(at('2026-03-12'));
    show(10);
    expect(await bench.collect()).toMatchObject({ rows: 1, corrections: 1 });
    const [row, ...more] = await rows(bench);
    expect(more).toEqual([]);
    expect(row).toMatchObject({ microUnits: 16_129, seenAt: at('2026-03-12') });
    expect(row?.corrections).toEqual([{ microUnits: 14_516, quantity: 9 / 31, seenAt: at('2026-03-10') }]);
  });

  it('becomes nothing, visibly, where Azure shows a figure no more', async () => {
    const bench = billedBench(at('2026-03-10'));
    const other = figure('b', '2026-03-09', 1);
    bench.costs.show(SUBSCRIPTION, [figure('a', '2026-03-09', 10), other]);
    await bench.collect();
    bench.setNow(at('2026-03-11'));
    bench.costs.show(SUBSCRIPTION, [other]);
    await bench.collect();
    const gone = (await rows(bench)).find(({ resourceId }) => resourceId.endsWith('/a'));
    expect(gone).toMatchObject({ microUnits: 0, quantity: 0, corrections: [{ microUnits: 16_129 }] });
  });

  it('is not given up for an answer of nothing', async () => {
    const bench = billedBench(at('2026-03-10'));
    bench.costs.show(SUBSCRIPTION, [figure('a', '2026-03-09', 10)]);
    await bench.collect();
    bench.setNow(at('2026-03-11'));
    bench.costs.show(SUBSCRIPTION, []);
    expect(await bench.collect()).toMatchObject({ rows: 0, left: 1 });
    expect(await rows(bench)).toMatchObject([{ microUnits: 16_129, corrections: [] }]);
    expect(await stateOf(bench, SUBSCRIPTION)).toMatchObject({ failure: 'azure-unavailable' });
  });

  it('is final once it was read after the invoice was closed', async () => {
    const bench = billedBench(at('2026-04-05'));
    bench.costs.show(SUBSCRIPTION, [figure('a', '2026-03-09', 10), figure('a', '2026-04-04', 10)]);
    await bench.collect();
    expect((await rows(bench)).map(({ final }) => final)).toEqual([false]);
    expect((await days(bench)).map(({ final }) => final)).toEqual([false]);
    bench.setNow(at('2026-04-06'));
    bench.costs.show(SUBSCRIPTION, [figure('a', '2026-03-09', 11), figure('a', '2026-04-04', 10)]);
    await bench.collect();
    expect((await rows(bench)).map(({ final, corrections }) => [final, corrections.length])).toEqual([[true, 1]]);
    expect((await days(bench)).map(({ final }) => final)).toEqual([true]);
    const before = bench.costs.questions.length;
    bench.setNow(at('2026-04-07'));
    await bench.collect();
    expect(bench.costs.questions.slice(before).every(({ from }) => from > '2026-03-31')).toBe(true);
  });

  it('knows the owner of a snapshot that is gone by now, and tells others’ snapshots from unknown ones of ours', async () => {
    const bench = billedBench(at('2026-03-10'));
    await bench.add('web', 'a', 10);
    const ours = 'hf-web-20260309T0200Z-0123456789abcdef';
    bench.costs.show(SUBSCRIPTION, [figure('a', '2026-03-09', 10)]);
    await bench.collect();
    await bench.forget('web', 'a');
    bench.setNow(at('2026-03-11'));
    const shown = [figure('a', '2026-03-09', 10), figure('a', '2026-03-10', 10)];
    bench.costs.show(SUBSCRIPTION, [...shown, figure(ours, '2026-03-10', 1), figure('manual', '2026-03-10', 2)]);
    await bench.collect();
    const found = (await rows(bench)).map(({ resourceId, owner, foreign }) => [
      resourceId.split('/').at(-1),
      owner?.chainKey ?? null,
      foreign,
    ]);
    expect(found.sort()).toEqual(
      [
        ['a', 'chain-web', false],
        ['a', 'chain-web', false],
        [ours.toLowerCase(), null, false],
        ['manual', null, true],
      ].sort(),
    );
  });

  it('is noted for snapshots that could not be measured, and for no others', async () => {
    const bench = billedBench(at('2026-03-10'));
    await bench.add('web', 'a', 10);
    await bench.add('web', 'b', null);
    bench.costs.show(SUBSCRIPTION, [
      figure('a', '2026-03-09', 11),
      figure('b', '2026-03-08', 4),
      figure('b', '2026-03-09', 3.5),
    ]);
    await bench.collect();
    const nodes = await bench.chains.nodes('chain-web');
    expect(nodes.map(({ billedBytes }) => billedBytes)).toEqual([null, 3.5 * 2 ** 30]);
  });
});

describe('a day of the bill beside the ledger', () => {
  it('agrees, or says why not, to the last micro-unit', async () => {
    const bench = billedBench(at('2026-03-10'));
    for (const disk of ['same', 'bigger', 'late']) await bench.add(disk, disk, 10);
    await bench.close('2026-03-09');
    bench.costs.show(SUBSCRIPTION, [
      figure('same', '2026-03-09', 10),
      figure('bigger', '2026-03-09', 12),
      figure('manual', '2026-03-09', 2),
    ]);
    await bench.collect();
    const [day] = await days(bench);
    expect(day).toMatchObject({
      day: '2026-03-09',
      final: false,
      resources: 2,
      foreignResources: 1,
      foreignMicroUnits: 3_226,
      billedMicroUnits: 16_129 + 19_355,
      estimateMicroUnits: 3 * 16_129,
      differenceMicroUnits: 19_355 - 2 * 16_129,
    });
    expect(day?.reasons).toEqual([
      { code: 'bytes', microUnits: 3_226, chains: 1 },
      { code: 'lag', microUnits: -16_129, chains: 1 },
    ]);
    // Days later the third is still not billed.
    bench.setNow(at('2026-03-14'));
    await bench.collect();
    expect((await days(bench))[0]?.reasons.map(({ code }) => code)).toEqual(['bytes', 'not-billed']);
  });

  it('differs by the price until the negotiated one is told, and agrees from then on', async () => {
    const bench = billedBench(at('2026-03-10'));
    await bench.add('web', 'a', 10);
    await bench.close('2026-03-09');
    bench.costs.show(SUBSCRIPTION, [figure('a', '2026-03-09', 10, { microUnits: 12_903 })]);
    await bench.collect();
    expect((await days(bench))[0]?.reasons).toEqual([{ code: 'price', microUnits: 12_903 - 16_129, chains: 1 }]);

    const negotiated = {
      ...{ region: 'westeurope', redundancy: 'ZRS' as const, microUnitsPerGiBMonth: 40_000 },
      ...{ from: '2026-03-01', to: null, meterId: null },
    };
    const { store, clock, log } = bench.deps;
    const sheet = { name: null, currency: 'EUR', prices: [negotiated] };
    await writePriceSheet(store, { sheet, by: 'ann', now: clock.now() });
    const prices = { snapshotPrice: async () => null };
    const message = { v: 1, kind: 'reprice', id: '2026-03-09', dueAt: 0 } as const;
    await repriceDay({ store, agenda: new Agenda(store), clock, log, prices, currency: 'EUR' }, message);
    bench.setNow(at('2026-03-11'));
    await bench.collect();
    expect((await days(bench))[0]).toMatchObject({ estimateMicroUnits: 12_903, differenceMicroUnits: 0, reasons: [] });
  });

  it('has sums of every group that add up to its total', async () => {
    const bench = billedBench(at('2026-03-10'));
    await bench.add('web', 'a', 10);
    await bench.add('db', 'b', 20);
    await bench.close('2026-03-09');
    bench.costs.show(SUBSCRIPTION, [
      figure('a', '2026-03-09', 10),
      figure('b', '2026-03-09', 21),
      figure('hf-x-20260309T0200Z-0123456789abcdef', '2026-03-09', 1),
    ]);
    await bench.collect();
    const [day] = await days(bench);
    for (const dimension of ['total', 'policy', 'disk', 'vm', 'region', 'subscription', 'resourceGroup'] as const) {
      const groups = await Array.fromAsync(readGroups(bench.store, dimension, 'EUR', MARCH, 'billed'));
      const sum = groups.reduce((total, { figures }) => total + figures.microUnits, 0);
      expect([dimension, sum]).toEqual([dimension, day?.billedMicroUnits]);
    }
    const disks = await Array.fromAsync(readGroups(bench.store, 'disk', 'EUR', MARCH, 'billed'));
    expect(disks.map(({ group }) => group.label).sort()).toEqual(['(unknown)', 'db', 'web']);
  });

  it('comes out the same wherever the process dies, however often', async () => {
    const play = async (dies: (call: number) => boolean) => {
      const bench = billedBench(at('2026-03-10'));
      await bench.add('web', 'a', 10);
      await bench.close('2026-03-09');
      bench.costs.show(SUBSCRIPTION, [figure('a', '2026-03-08', 9), figure('b', '2026-03-09', 1)]);
      await bench.collect();
      bench.costs.show(SUBSCRIPTION, [figure('a', '2026-03-08', 10), figure('a', '2026-03-09', 10)]);
      bench.setNow(at('2026-03-12'));
      let calls = 0;
      bench.store.hooks = {
        after: () => {
          calls += 1;
          if (dies(calls)) throw new Error('the process is gone');
        },
      };
      for (let runs = 0; runs < 50; runs += 1) {
        const done = await bench.collect().catch(() => 'died');
        if (done === null) break;
      }
      const { billed202603, billeddays, billedsums202603, billedstate } = bench.store.dump();
      const bare = [billed202603, billeddays, billedsums202603, billedstate].map((table) =>
        (table ?? []).map(({ partitionKey, rowKey, cells }) => [partitionKey, rowKey, cells]),
      );
      return { bare, calls };
    };
    const whole = await play(() => false);
    expect(whole.calls).toBeGreaterThan(20);
    for (let call = 1; call <= whole.calls; call += 1) {
      expect([call, (await play((at) => at === call)).bare]).toEqual([call, whole.bare]);
    }
  });

  it('is summed by the next run where a crash came between', async () => {
    const bench = billedBench(at('2026-03-10'));
    bench.costs.show(SUBSCRIPTION, [figure('a', '2026-03-09', 10)]);
    bench.store.hooks = {
      before: ({ operation, name }) => {
        if (operation === 'put' && name === 'billeddays') throw new Error('the process is gone');
      },
    };
    await expect(bench.collect()).rejects.toThrow('gone');
    bench.store.hooks = {};
    expect(await bench.collect()).not.toBeNull();
    expect(await days(bench)).toMatchObject([{ day: '2026-03-09' }]);
    expect(await bench.collect()).toBeNull();
  });
});

import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, utcDay } from '../../src/base/time.ts';
import type { ChainHead } from '../../src/cost/chains.ts';
import { DayGroups } from '../../src/cost/day-groups.ts';
import { readGroups } from '../../src/cost/group-book.ts';
import { readFreed, readLedgerDay } from '../../src/cost/ledger-table.ts';
import { CLOSED } from '../../src/cost/network-state.ts';
import { closeBooks } from '../../src/functions/close-books.ts';
import { START, type Weather, World } from './world.ts';

const SEEDS = 6;
const DAYS = 12;
const STORMY: Weather = {
  storageFault: 0.004,
  azureFault: 0.05,
  crash: 0.004,
  duplicate: 0.2,
  skippedTick: 0.1,
  brokenOperation: 0,
};

function headOf(disk: number): ChainHead {
  const source = {
    key: `k${disk}`,
    kind: 'disk' as const,
    id: `/d${disk}`,
    name: `d${disk}`,
    resourceGroup: 'rg',
    tags: {},
  };
  const place = { region: 'westeurope', subscriptionId: 's1', snapshotSku: 'Standard_ZRS', shared: false };
  return { key: `chain${disk}`, diskId: `/d${disk}`, diskName: `d${disk}`, ...place, source };
}

/** A snapshot of each disk a day, measured the day after: so that each day is closed with a point that nobody knows yet. */
async function live(world: World, day: number): Promise<void> {
  const { chains } = world.app;
  for (const disk of [0, 1]) {
    const head = headOf(disk);
    const node = {
      policy: 'gold',
      snapshotId: `/s${disk}-${day}`,
      familyId: `f${disk}`,
      sizeBytes: 2 ** 36,
      sectorBytes: 512,
    };
    await chains.add([{ head, node: { ...node, pointId: `p${day}`, network: CLOSED, createdAt: world.now() } }]);
    const nodes = await chains.nodes(head.key);
    const unmeasured = nodes.filter(({ pointId, writtenBytes }) => writtenBytes === null && pointId !== `p${day}`);
    const base = (key: string) => nodes[nodes.findIndex((other) => other.key === key) - 1]?.key ?? null;
    await chains.change(
      head.key,
      unmeasured.map((one) => ({ ...one, base: base(one.key), writtenBytes: 2 ** 30 * (disk + 1) })),
    );
  }
}

it.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
  'keeps the books through crashes, lost answers and doubled calls: seed %i',
  async (seed) => {
    const world = new World(seed);
    const hour = async (at: number) => {
      await world.playUntil(at);
      for (let calls = world.chance.hit(world.weather.duplicate) ? 2 : 1; calls > 0; calls -= 1)
        await world.invoke('close-day', closeBooks);
      await world.drain();
    };
    for (let day = 0; day < DAYS; day += 1) {
      await live(world, day);
      world.weather = STORMY;
      for (let at = world.now() + 3 * HOUR_MS; at <= START + (day + 1) * DAY_MS; at += 3 * HOUR_MS) await hour(at);
      world.weather = { ...STORMY, storageFault: 0, azureFault: 0, crash: 0, duplicate: 0, skippedTick: 0 };
    }
    for (let at = world.now() + HOUR_MS; at < START + (DAYS + 1) * DAY_MS; at += HOUR_MS) await hour(at);
    const { store } = world;
    for (let day = utcDay(START); day < utcDay(world.now()); day = utcDay(Date.parse(day) + DAY_MS)) {
      const groups = new DayGroups();
      for await (const page of readLedgerDay(store, day)) for (const row of page) groups.add(row);
      for await (const page of readFreed(store, day)) for (const row of page) groups.addFreed(row);
      const sums = [];
      for await (const { figures } of readGroups(store, 'total', 'EUR', { from: day, to: day })) sums.push(figures);
      expect(sums, day).toEqual([groups.total()]);
      // All but the last days' points are measured by now, and each was put into the day it was missing from.
      if (day < utcDay(START + (DAYS - 2) * DAY_MS)) expect(sums[0]?.unmeasuredPoints, day).toBe(0);
    }
    expect(store.dump().ledgerstale ?? []).toEqual([]);
    const manifest = JSON.parse(
      Buffer.from((await store.blobs('reports').read('2026-03/manifest.json')) ?? []).toString(),
    );
    expect(manifest).toMatchObject({ month: '2026-03', state: 'final' });
    for (const { name, sha256 } of manifest.files) {
      const content = (await store.blobs('reports').read(name)) ?? new Uint8Array();
      expect(createHash('sha256').update(content).digest('hex'), name).toBe(sha256);
    }
    expect((await world.app.agenda.all(100)).filter(({ kind }) => kind === 'report')).toEqual([]);
    expect(world.crashes + world.faults).toBeGreaterThan(0);
  },
);

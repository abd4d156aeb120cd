import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../src/base/time.ts';
import { furnish } from './estate.ts';
import { findFaults } from './invariants.ts';
import { watchDeletions } from './oracle.ts';
import { restoreFaults, startRestores } from './restores.ts';
import { CALM, START, type Weather, World } from './world.ts';

/** What real systems do on a bad day, all of it at once. */
const STORM: Weather = {
  storageFault: 0.004,
  azureFault: 0.02,
  crash: 0.002,
  duplicate: 0.05,
  skippedTick: 0.03,
  brokenOperation: 0.01,
};

/** The life of one seed: the world as it ends, and what is wrong with it. */
export async function live(seed: number): Promise<{ world: World; faults: readonly string[] }> {
  const world = new World(seed);
  const estate = await furnish(world);
  const wrongDeletions = watchDeletions(world);
  await world.playUntil(START + 6 * HOUR_MS, estate.work);
  world.weather = STORM;
  await world.playUntil(START + 18 * HOUR_MS, estate.work);
  world.azure.remove(estate.doomedDisk);
  const victims = [...world.azure.bill()].flatMap((chain) => chain.snapshots.map((snapshot) => snapshot.id));
  if (victims.length > 0) world.azure.removeSnapshot(world.chance.pick(victims));
  const restores = await startRestores(world, 4);
  await world.playUntil(START + 32 * HOUR_MS, estate.work);
  // A downtime of hours, and then fair weather to settle in.
  world.weather = { ...CALM, skippedTick: 1 };
  await world.playUntil(START + 35 * HOUR_MS, estate.work);
  world.weather = CALM;
  await world.playUntil(START + 50 * HOUR_MS);
  return {
    world,
    faults: [...wrongDeletions, ...(await findFaults(world, estate)), ...(await restoreFaults(world, restores))],
  };
}

/** Tests of one life for each seed from `first` on. Several files share the seeds, so that they run side by side. */
export function describeStorms(first: number, count: number): void {
  describe('the whole app in bad weather', () => {
    it.each(Array.from({ length: count }, (_, place) => ({ seed: first + place })))(
      'seed $seed: npm test -- test/simulation -t "seed $seed:"',
      async ({ seed }) => {
        const { world, faults } = await live(seed);
        expect(faults).toEqual([]);
        expect(world.crashes + world.faults).toBeGreaterThan(0);
      },
    );
  });
}

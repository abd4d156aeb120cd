import { expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/base/time.ts';
import { lastProofs } from '../../src/drill/last-proofs.ts';
import { RestoreWorld } from '../restore/restore-world.ts';
import { createChance } from '../simulation/chance.ts';
import { SUBSCRIPTION } from '../support/memory-app.ts';
import { inventoryOf, leftovers, settle } from './drill-world.ts';

const STEP_MS = 5 * MINUTE_MS;

/** Calls of which some fail: with nothing done, or done and the answer lost. */
const SHAKY = /^(?:open|close|openDisk|closeDisk|readBytes|createDisk|deleteDisk|getDisk|askOperation)$/;

it.each([1, 2])(
  'two days of drills with crashes, refusals and lost answers leave their evidence and nothing else: seed %i',
  async (seed) => {
    const chance = createChance(seed);
    const drills = { cron: '20 */4 * * *', check: { sampleMiB: 1 } };
    const world = await RestoreWorld.create({
      drills,
      retention: { keepLast: 4, graceHours: 1, maxDeletePercent: 100 },
    });
    const group = { subscriptionId: SUBSCRIPTION, resourceGroup: 'rg-shop' };
    const disk = world.azure.addDisk({ ...group, name: 'db-os' });
    world.azure.write(disk.id, 0, 65_536);
    world.azure.addMachine({ ...group, name: 'db', tags: { tier: 'gold' } }, [{ diskId: disk.id, lun: null }]);
    const before = await inventoryOf(world);
    world.disturb({});
    const { hooks } = world.azure;
    const shake = ({ operation }: { operation: string }) => {
      if (SHAKY.test(operation) && chance.hit(0.03)) throw new AppError('azure-unavailable', 'as the seed has it');
    };
    world.azure.hooks = {
      before: async (call) => {
        shake(call);
        await hooks.before?.(call);
      },
      after: shake,
    };
    const until = world.now() + 2 * DAY_MS;
    while (world.now() < until) {
      if (chance.hit(0.1)) world.arm(1 + chance.below(15));
      await world.pass(STEP_MS);
    }
    world.arm(null);
    world.azure.hooks = hooks;
    const last = await settle(world);
    expect(await leftovers(world, before)).toEqual([]);
    const all = await world.app.drills.ofPolicy('gold', { before: null, limit: 100 });
    // One every four hours; one that is not over in time costs the next its place.
    expect(all.length).toBeGreaterThan(9);
    expect(all.filter(({ state }) => state === 'passed').length).toBeGreaterThan(all.length / 2);
    for (const drill of all) {
      if (drill.state === 'failed')
        expect(drill.reason?.code).toMatch(/^(?:azure-unavailable|operation-failed|no-point)$/);
      expect(drill.leftBehind).toEqual([]);
    }
    // The seed has met them.
    expect(world.lines.some((line) => /checks of a drill could not|removal of a drill is tried/.test(line))).toBe(true);
    const proofs = await Array.fromAsync(lastProofs(world.store));
    expect(proofs.map(({ sourceName }) => sourceName).sort()).toEqual(['db', 'web']);
    expect(Math.max(...proofs.map(({ at }) => at))).toBe(last.finishedAt);
    expect(Math.min(...proofs.map(({ at }) => at))).toBeGreaterThan(until - 12 * HOUR_MS);
  },
);

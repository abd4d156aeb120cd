import { HOUR_MS } from '../../src/base/time.ts';
import { parsePolicy } from '../../src/policy/parse-policy.ts';
import type { Point } from '../../src/protect/point.ts';
import { sweepPolicy } from '../../src/retain/sweep-policy.ts';
import { SNAPSHOT_GROUP, SUBSCRIPTION } from './estate.ts';
import { allPoints } from './invariants.ts';
import { START, World } from './world.ts';

export const PAGE = 65_536;
/** Bytes of a disk. */
export const PAGES = 64;

/** A policy over all disks, an hourly point each, unless told otherwise. */
export function disksPolicy(changes: Readonly<Record<string, unknown>> = {}) {
  return {
    name: 'plain',
    select: { scopes: [`/subscriptions/${SUBSCRIPTION}`], kinds: ['disk'] },
    schedules: [{ name: 'hourly', cron: '30 * * * *' }],
    retention: { keepLast: 4, graceHours: 2, maxDeletePercent: 100 },
    snapshot: { resourceGroup: 'rg-holdfast-{region}' },
    ...changes,
  };
}

/** A world of single disks under one policy, in fair weather. */
export class DisksWorld {
  readonly world: World;
  diskIds: readonly string[];

  constructor(disks: number, seed = 1) {
    this.world = new World(seed);
    this.world.azure.addGroup(SUBSCRIPTION, SNAPSHOT_GROUP);
    this.diskIds = Array.from({ length: disks }, (_, index) => {
      const made = { subscriptionId: SUBSCRIPTION, resourceGroup: 'rg-shop', name: `disk-${index}`, tags: {} };
      return this.world.azure.addDisk({ ...made, sizeBytes: PAGES * PAGE }).id;
    });
    for (const id of this.diskIds) this.world.azure.write(id, 0, PAGES * PAGE);
  }

  async save(document: ReturnType<typeof disksPolicy>, state: 'active' | 'deleted' = 'active'): Promise<void> {
    const { app } = this.world;
    const parsed = parsePolicy(document);
    if (!parsed.ok) throw new Error(`the policy is not valid: ${JSON.stringify(parsed.problems)}`);
    if (state === 'active') await app.states.wake(document.name, this.world.now(), { forget: false });
    await app.policies.save({ policy: parsed.value, document, by: 'admin', now: this.world.now(), state });
  }

  /** Goes on for some hours; each step some blocks change, most of them always the same ones. */
  async play(hours: number): Promise<void> {
    const { world } = this;
    await world.playUntil(world.now() + hours * HOUR_MS, () => this.#work());
  }

  #work(): void {
    const { chance, azure } = this.world;
    for (const id of this.diskIds) {
      azure.write(id, chance.below(4) * PAGE, PAGE);
      if (chance.hit(0.01)) azure.write(id, (4 + chance.below(PAGES - 4)) * PAGE, PAGE);
    }
  }

  /** Deletes a disk, as its owner would. */
  lose(diskId: string): void {
    this.diskIds = this.diskIds.filter((id) => id !== diskId);
    this.world.azure.remove(diskId);
  }

  points(): Promise<readonly Point[]> {
    return allPoints(this.world);
  }

  async pointOf(id: string): Promise<Point | null> {
    return (await this.world.app.catalogue.get(id))?.point ?? null;
  }

  sweep(policy = 'plain'): Promise<void> {
    return sweepPolicy(this.world.app, policy);
  }

  /** What the audit log says of an action, by point. */
  audited(action: string): readonly string[] {
    return Object.entries(this.world.store.dump())
      .filter(([table]) => table.startsWith('audit'))
      .flatMap(([, rows]) =>
        rows.filter(({ cells }) => cells.action === action).map(({ cells }) => String(cells.target)),
      );
  }

  has(snapshotId: string): boolean {
    const id = snapshotId.toLowerCase();
    return this.world.azure
      .bill()
      .some(({ snapshots }) => snapshots.some((snapshot) => snapshot.id.toLowerCase() === id));
  }
}

export { HOUR_MS, START };

import { type App, buildApp } from '../../src/app.ts';
import { AppError } from '../../src/base/errors.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/base/time.ts';
import { runMessage } from '../../src/functions/dispatch.ts';
import { runTick } from '../../src/functions/run-tick.ts';
import type { Point } from '../../src/protect/point.ts';
import { savePolicy } from '../../src/protect/save-policy.ts';
import { isFinished, type Restore } from '../../src/restore/restore.ts';
import { startRestore } from '../../src/restore/start-restore.ts';
import { queueNames } from '../../src/work/messages.ts';
import { createMemoryAzure, type MemoryAzure } from '../memory/memory-azure.ts';
import { createMemoryCosts } from '../memory/memory-costs.ts';
import { createMemoryStore, type MemoryStore } from '../memory/memory-store.ts';
import type { AzureCall } from '../memory/memory-world.ts';
import { gate } from '../simulation/process-gate.ts';
import { addShop, goldDocument, START, SUBSCRIPTION } from '../support/memory-app.ts';
import { madeUpDisks } from './made-up-files.ts';

/** Calls that leave no trace: dying before one is dying after the last call that left one. */
const READS =
  /^(?:get|list|scan|blob-read|blob-list|describe|askOperation|subnetRegion|sizes|quotas|lockedResources|readRanges|readBytes|snapshotPrice)/;

export const SCOPE = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-shop/providers`;
export const SUBNET = `${SCOPE}/Microsoft.Network/virtualNetworks/vnet/subnets/default`;
export const DRILL_SUBNET = `${SCOPE}/Microsoft.Network/virtualNetworks/drill/subnets/default`;

/** The shop with one point of its machine, and an app that can be killed at any call. */
export class RestoreWorld {
  readonly store: MemoryStore = createMemoryStore();
  readonly azure: MemoryAzure;
  readonly lines: string[] = [];
  machineId = '';
  diskIds: readonly string[] = [];
  point!: Point;
  app: App;
  /** Calls since `arm` that changed something outside. */
  calls = 0;
  #dieAt: number | null = null;
  #now = START;
  #alive = { value: true };
  #dying: (() => void) | null = null;

  constructor() {
    this.azure = createMemoryAzure({ clock: this.#clock(), snapshotMs: 5_000, operationMs: 2_000 });
    this.store.hooks = { before: (call) => this.#step(call.operation) };
    this.azure.hooks = { before: (call) => this.#step(call.operation) };
    this.app = this.#boot();
  }

  /** `changes` go into the policy. */
  static async create(changes: Record<string, unknown> = {}): Promise<RestoreWorld> {
    const world = new RestoreWorld();
    Object.assign(world, addShop(world));
    world.azure.network.subnets.set(DRILL_SUBNET.toLowerCase(), 'westeurope');
    await savePolicy(world.app, { name: 'gold', body: goldDocument(changes), by: 'admin', force: false });
    await runTick(world.app);
    world.#now = START + HOUR_MS;
    await runTick(world.app);
    await world.drain();
    world.#now += 2 * MINUTE_MS;
    await runTick(world.app);
    await world.drain();
    const [entry] = await Array.fromAsync(world.app.sources.ofPolicy('gold'));
    const [stored] = await Array.fromAsync(world.app.catalogue.ofSource(entry?.source.key ?? ''));
    if (stored?.point.state !== 'succeeded') throw new Error(`the point is ${stored?.point.state}`);
    world.point = stored.point;
    for (const id of world.diskIds) world.azure.write(id, 0, 2 * 65_536);
    return world;
  }

  now(): number {
    return this.#now;
  }

  /** Kills the process before its nth changing call from here on, once; null only counts. */
  arm(dieAt: number | null): void {
    this.calls = 0;
    this.#dieAt = dieAt;
  }

  /** Ways to disturb Azure beside dying. */
  disturb(hooks: { before?(call: AzureCall): void; ending?(call: AzureCall): 'succeeds' | 'fails' | 'never' }): void {
    this.azure.hooks = {
      before: (call) => {
        hooks.before?.(call);
        return this.#step(call.operation);
      },
      ...(hooks.ending ? { ending: hooks.ending } : {}),
    };
  }

  async order(body: object, operationId = 'operation'): Promise<Restore> {
    const at = this.#now;
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const found: Restore[] = [];
      const outcome = await this.invoke(async (app) => {
        const started = await startRestore(app, { body, by: 'operator', operationId, at });
        if (!started.ok || started.value.kind !== 'started') throw new Error(JSON.stringify(started));
        found.push(...started.value.restores);
      });
      if (outcome === 'done' && found[0]) return found[0];
    }
    throw new Error('the restore cannot be ordered');
  }

  /** Runs messages and ticks until a restore has ended, and nothing is overdue. */
  async settle(id: string): Promise<Restore> {
    for (let minutes = 0; minutes < 600; minutes += 1) {
      await this.drain();
      const restore = (await this.app.restores.get(id))?.restore;
      if (restore && isFinished(restore) && !(await this.#isOpen(id))) return restore;
      this.#now += MINUTE_MS;
      await this.invoke(runTick);
    }
    throw new Error(`the restore does not end: ${JSON.stringify((await this.app.restores.get(id))?.restore)}`);
  }

  async #isOpen(id: string): Promise<boolean> {
    return (await this.app.agenda.due(this.#now + HOUR_MS, 1_000)).some(
      (item) => item.kind === 'restore' && item.id === id,
    );
  }

  async pass(ms: number): Promise<void> {
    this.#now += ms;
    await this.invoke(runTick);
    await this.drain();
  }

  async drain(): Promise<void> {
    const again: unknown[] = [];
    for (let rounds = 0; rounds < 200; rounds += 1) {
      const bodies = queueNames.flatMap((queue) => [...this.store.take(queue)]).concat(again.splice(0));
      if (bodies.length === 0) return;
      for (const body of bodies) if ((await this.invoke((app) => runMessage(app, body))) === 'crash') again.push(body);
    }
    throw new Error('the queues never run dry');
  }

  async invoke(run: (app: App) => Promise<unknown>): Promise<'done' | 'failed' | 'crash'> {
    const crashed = new Promise<'crash'>((resolve) => {
      this.#dying = () => resolve('crash');
    });
    const ran = run(this.app).then(
      () => 'done' as const,
      (error: unknown) => {
        if (!(error instanceof AppError)) throw error;
        this.lines.push(`failed: ${error.code} ${error.message}`);
        return 'failed' as const;
      },
    );
    const outcome = await Promise.race([ran, crashed]);
    this.#dying = null;
    if (outcome === 'crash') this.app = this.#boot();
    return outcome;
  }

  async #step(operation: string): Promise<void> {
    if (this.#dying === null || READS.test(operation)) return;
    this.calls += 1;
    if (this.#dieAt !== this.calls) return;
    this.#dieAt = null;
    this.#alive.value = false;
    this.#dying();
    await new Promise(() => {});
  }

  #boot(): App {
    const alive = { value: true };
    this.#alive = alive;
    const own = <T extends object>(part: T): T => gate(part, () => alive.value);
    const { azure } = this;
    const line =
      (level: string) =>
      (message: string, facts: object = {}) =>
        void this.lines.push(`${level} ${message} ${JSON.stringify(facts)}`);
    const app = buildApp({
      store: own(this.store),
      clock: own(this.#clock()),
      log: { info: line('info'), warn: line('warn'), error: line('error') },
      estate: own(azure.estate),
      snapshots: own(azure.snapshots),
      remover: own(azure.snapshots),
      access: own(azure.access),
      ranges: own(azure.ranges),
      prices: own(azure.prices),
      costs: createMemoryCosts().source,
      disks: own(azure.disks),
      machines: own(azure.machines),
      describer: own(azure.describer),
      diskAccess: own(azure.diskAccess),
      bytes: own(azure.bytes),
      currency: 'EUR',
    });
    return { ...app, openDisks: madeUpDisks as App['openDisks'] };
  }

  #clock() {
    return {
      now: () => this.#now,
      wait: async (ms: number) => {
        this.#now += ms;
      },
    };
  }
}

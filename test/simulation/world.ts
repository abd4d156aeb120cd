import { type App, buildApp } from '../../src/app.ts';
import { AppError } from '../../src/base/errors.ts';
import type { Log } from '../../src/base/log.ts';
import { formatIso, HOUR_MS, MINUTE_MS } from '../../src/base/time.ts';
import { runMessage, runPoisoned } from '../../src/functions/dispatch.ts';
import { runTick } from '../../src/functions/run-tick.ts';
import { mayExpire } from '../../src/retain/sweep-policy.ts';
import { type Message, type QueueName, queueNames } from '../../src/work/messages.ts';
import { createMemoryAzure, type MemoryAzure } from '../memory/memory-azure.ts';
import { createMemoryCosts } from '../memory/memory-costs.ts';
import { createMemoryStore, type MemoryStore } from '../memory/memory-store.ts';
import { type Chance, createChance } from './chance.ts';
import { gate } from './process-gate.ts';

export const START = Date.UTC(2026, 2, 27, 22, 0);
const STEP_MS = 5 * MINUTE_MS;
const MAX_DEQUEUES = 5;

interface Envelope {
  readonly queue: QueueName;
  readonly body: unknown;
  dequeues: number;
}

/** How often what goes wrong, while it does. */
export interface Weather {
  readonly storageFault: number;
  readonly azureFault: number;
  readonly crash: number;
  readonly duplicate: number;
  readonly skippedTick: number;
  readonly brokenOperation: number;
}

export const CALM: Weather = {
  storageFault: 0,
  azureFault: 0,
  crash: 0,
  duplicate: 0,
  skippedTick: 0,
  brokenOperation: 0,
};

/**
 * The whole app on memory adapters and a clock of its own, with a host that doubles, loses and repeats what a real one does.
 * Everything follows from the seed.
 */
export class World {
  readonly chance: Chance;
  readonly store: MemoryStore;
  readonly azure: MemoryAzure;
  readonly log: string[] = [];
  app: App;
  weather: Weather = CALM;
  crashes = 0;
  faults = 0;
  #now = START;
  #alive = { value: true };
  #dying: ((reason: 'crash') => void) | null = null;
  #envelopes: Envelope[] = [];

  constructor(seed: number) {
    this.chance = createChance(seed);
    this.store = createMemoryStore();
    this.azure = createMemoryAzure({ clock: this.#clock(), snapshotMs: 20_000, operationMs: 5_000 });
    this.store.hooks = {
      before: () => this.#disturb('storage', 'before'),
      after: () => this.#disturb('storage', 'after'),
    };
    this.azure.hooks = {
      before: () => this.#disturb('azure', 'before'),
      after: () => this.#disturb('azure', 'after'),
      ending: () =>
        this.chance.hit(this.weather.brokenOperation) ? this.chance.pick(['fails', 'never'] as const) : 'succeeds',
    };
    this.app = this.#boot();
  }

  now(): number {
    return this.#now;
  }

  /** Runs something of the app as one invocation; a crash in it ends the process, and a new one is there at once. */
  async invoke(name: string, run: (app: App) => Promise<unknown>): Promise<'done' | 'failed' | 'crash'> {
    const crashed = new Promise<'crash'>((resolve) => {
      this.#dying = resolve;
    });
    const ran = run(this.app).then(
      () => 'done' as const,
      (error: unknown) => {
        if (!(error instanceof AppError)) throw error;
        this.log.push(`${formatIso(this.#now)} ${name} failed: ${error.code}`);
        return 'failed' as const;
      },
    );
    const outcome = await Promise.race([ran, crashed]);
    this.#dying = null;
    // What a failed invocation has left running may end the process after its answer.
    if (outcome === 'crash' || !this.#alive.value) this.app = this.#boot();
    return outcome;
  }

  /** Goes on by five-minute steps, with the timers' ticks, until a moment. */
  async playUntil(until: number, between: () => void = () => {}): Promise<void> {
    while (this.#now < until) {
      const sweeping = Math.floor((this.#now + STEP_MS) / (6 * HOUR_MS)) > Math.floor(this.#now / (6 * HOUR_MS));
      this.#now = Math.floor(this.#now / STEP_MS) * STEP_MS + STEP_MS;
      between();
      if (this.chance.hit(this.weather.skippedTick)) continue;
      const ticks = this.chance.hit(this.weather.duplicate) ? 2 : 1;
      for (let tick = 0; tick < ticks; tick += 1) await this.invoke('schedule-tick', runTick);
      if (sweeping) await this.invoke('prune-sweep', sendSweeps);
      await this.drain();
    }
  }

  /** Runs every message there is, in an order of chance, again while it fails, and the poisoned ones after that. */
  async drain(): Promise<void> {
    for (let rounds = 0; rounds < 5_000; rounds += 1) {
      for (const queue of queueNames)
        for (const body of this.store.take(queue)) this.#envelopes.push({ queue, body, dequeues: 0 });
      if (this.#envelopes.length === 0) return;
      const [envelope] = this.#envelopes.splice(this.chance.below(this.#envelopes.length), 1);
      if (!envelope) return;
      envelope.dequeues += 1;
      const outcome = await this.invoke((envelope.body as Message).kind, (app) => runMessage(app, envelope.body));
      if (outcome === 'done') {
        if (this.chance.hit(this.weather.duplicate)) this.#envelopes.push({ ...envelope, dequeues: 0 });
      } else if (envelope.dequeues < MAX_DEQUEUES) this.#envelopes.push(envelope);
      else await this.invoke('poison', (app) => runPoisoned(app, envelope.queue, envelope.body));
    }
    throw new Error('the queues never run dry');
  }

  #boot(): App {
    const alive = { value: true };
    this.#alive = alive;
    const own = <T extends object>(part: T): T => gate(part, () => alive.value);
    const { azure } = this;
    return buildApp({
      store: own(this.store),
      clock: own(this.#clock()),
      log: this.#logging(),
      estate: own(azure.estate),
      snapshots: own(azure.snapshots),
      remover: own(azure.snapshots),
      access: own(azure.access),
      ranges: own(azure.ranges),
      prices: own(azure.prices),
      costs: own(createMemoryCosts().source),
      disks: own(azure.disks),
      machines: own(azure.machines),
      describer: own(azure.describer),
      currency: 'EUR',
    });
  }

  #clock() {
    return {
      now: () => this.#now,
      wait: async (ms: number) => {
        this.#now += ms;
      },
    };
  }

  #logging(): Log {
    const line =
      (level: string) =>
      (message: string, facts: object = {}) =>
        void this.log.push(`${formatIso(this.#now)} ${level} ${message} ${JSON.stringify(facts)}`);
    return { info: line('info'), warn: line('warn'), error: line('error') };
  }

  async #disturb(where: 'storage' | 'azure', when: 'before' | 'after'): Promise<void> {
    // Only while an invocation runs: the world's own looks are not disturbed.
    if (this.#dying === null) return;
    if (this.chance.hit(this.weather.crash)) {
      this.crashes += 1;
      this.#alive.value = false;
      this.#dying('crash');
      await new Promise(() => {});
    }
    if (!this.chance.hit(where === 'storage' ? this.weather.storageFault : this.weather.azureFault)) return;
    this.faults += 1;
    if (where === 'storage') throw new AppError('storage-unavailable', 'The storage account does not answer', { when });
    throw this.chance.hit(0.5)
      ? new AppError(
          'throttled',
          'Azure asks to slow down',
          { when },
          { retryAfterMs: 1_000 * (1 + this.chance.below(120)) },
        )
      : new AppError('azure-unavailable', 'Azure does not answer', { when });
  }
}

async function sendSweeps(app: App): Promise<void> {
  const policies = (await app.policies.list()).filter(mayExpire);
  await app.store
    .queue('prunes')
    .send(policies.map(({ policy }): Message => ({ v: 1, kind: 'sweep', id: policy.name, dueAt: 0 })));
}

import { HOUR_MS, MINUTE_MS } from '../../src/base/time.ts';
import { runMessage, runPoisoned } from '../../src/functions/dispatch.ts';
import { runTick } from '../../src/functions/run-tick.ts';
import type { WebhookPost } from '../../src/notify/ports.ts';
import { savePolicy } from '../../src/protect/save-policy.ts';
import { sweepPolicy } from '../../src/retain/sweep-policy.ts';
import { ConditionBook, type ConditionKind, watchOver } from '../../src/watch/watch.ts';
import { queueNames } from '../../src/work/messages.ts';
import { addShop, createMemoryApp, goldDocument, type MemoryApp } from '../support/memory-app.ts';

const STEP_MS = 15 * MINUTE_MS;
const SWEEP_MS = 6 * HOUR_MS;
/** After so many tries the host gives a message up. */
const TRIES = 5;

/** The app on memory adapters, played in steps of a quarter of an hour, with somebody who is told. */
export class WatchedLife {
  readonly memory: MemoryApp = createMemoryApp();
  readonly diskIds: readonly string[];
  /** Titles of what was told, with its severity. */
  readonly told: string[] = [];
  readonly posts: WebhookPost[] = [];
  readonly metrics: ReadonlyMap<string, number>[] = [];
  /** False while the app is down: no tick, no sweep, no look. */
  isUp = true;
  webhookIsUp = true;

  constructor() {
    this.diskIds = addShop(this.memory).diskIds;
    const target = {
      ...({ name: 'ops', kind: 'json', topics: ['alert'], from: 'info', networks: [], http: false } as const),
      reveal: () => ({ url: 'https://hooks.example/ops', signingKey: null }),
    };
    const poster = {
      post: async (post: WebhookPost) => {
        if (!this.webhookIsUp) return { kind: 'refused', status: 410 } as const;
        this.posts.push(post);
        const { data } = JSON.parse(post.body) as { data: { severity: string; title: string } };
        this.told.push(`${data.severity} ${data.title}`);
        return { kind: 'delivered' } as const;
      },
    };
    this.app = { ...this.memory.app, webhooks: { targets: [target], poster } };
  }

  readonly app: MemoryApp['app'];

  now(): number {
    return this.memory.app.clock.now();
  }

  async save(changes: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const body = goldDocument(changes);
    const saved = await savePolicy(this.app, { name: body.name, body, by: 'admin', force: true });
    if (!('version' in saved)) throw new Error(JSON.stringify(saved));
  }

  async play(hours: number): Promise<void> {
    const until = this.now() + hours * HOUR_MS;
    for (let at = (Math.floor(this.now() / STEP_MS) + 1) * STEP_MS; at <= until; at += STEP_MS) {
      this.memory.setNow(Math.max(at, this.now()));
      if (!this.isUp) continue;
      await runTick(this.app);
      await this.drain();
      if (at % SWEEP_MS === 0) await sweepPolicy(this.app, 'gold');
      await this.watch();
      await this.drain();
    }
  }

  async watch(): Promise<number> {
    const sink = { send: async (values: ReadonlyMap<string, number>) => void this.metrics.push(values) };
    return (await watchOver({ ...this.app, metrics: sink })).open;
  }

  async drain(): Promise<void> {
    for (const queue of queueNames) {
      for (const message of this.memory.store.take(queue)) {
        for (let tries = 1; ; tries += 1) {
          try {
            await runMessage(this.app, message);
            break;
          } catch {
            if (tries < TRIES) continue;
            await runPoisoned(this.app, queue, message).catch(() => undefined);
            break;
          }
        }
      }
    }
  }

  /** What is open now, each as `<kind> <name>`. */
  async open(kind?: ConditionKind): Promise<readonly string[]> {
    const { conditions } = await new ConditionBook(this.app.store).read();
    return conditions
      .filter((condition) => condition.clearedAt === null && (!kind || condition.kind === kind))
      .map((condition) => `${condition.kind} ${condition.name}`);
  }
}

import { AppError } from '../../src/base/errors.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS, utcDay } from '../../src/base/time.ts';
import { closeDay, liveChains, openPriceBook } from '../../src/cost/cost.ts';
import { runMessage } from '../../src/functions/dispatch.ts';
import { runTick } from '../../src/functions/run-tick.ts';
import { savePolicy } from '../../src/protect/save-policy.ts';
import { mayExpire } from '../../src/retain/sweep-policy.ts';
import { watchOver } from '../../src/watch/watch.ts';
import { type Message, type QueueName, queueNames } from '../../src/work/messages.ts';
import type { StoreCall } from '../memory/memory-store.ts';
import { createMemoryApp, goldDocument, type MemoryApp, START, SUBSCRIPTION } from '../support/memory-app.ts';

/** What some days of the app's life ask of Azure. */
export interface Counts {
  tableOperations: number;
  queueOperations: number;
  blobReads: number;
  blobWrites: number;
  /** Queue messages worked on: an execution each. */
  messages: number;
  /** Time that instances are billed for, when messages of one queue that are there at once share an instance; and when none shares. */
  sharedMs: number;
  aloneMs: number;
  /** Time that some instance works on each queue: it asks for more messages all the while. */
  awakeMs: number;
  azureCalls: number;
}

/** Messages that an instance works on at once: batchSize + newBatchThreshold of host.json. */
const AT_ONCE = 24;
/** Flex Consumption bills at least this for an execution. Source: learn.microsoft.com/azure/azure-functions/flex-consumption-plan#billing */
export const LEAST_MS = SECOND_MS;
/** How long a call takes where the app waits for nothing else: of a storage account in the region, and of a port to Azure (up to three requests). Assumed. */
const STORAGE_CALL_MS = 10;
const AZURE_CALL_MS = 900;
const MAX_DEQUEUES = 5;
const KEPT_DAYS = 7;
/** From here on each day takes a point of every disk and deletes one. */
const SETTLED_DAYS = KEPT_DAYS + 3;

const blobReads: readonly StoreCall['operation'][] = ['blob-read'];
const blobWrites: readonly StoreCall['operation'][] = ['blob-write', 'blob-list'];

/**
 * Plays days of an estate on memory adapters and counts one settled day: a daily point of every disk, its metering, the sweeps with their deletions, the
 * ledger's close.
 *
 * Shape: deterministic; a list counts as one operation, so tables of more than 1,000 rows a list are counted a little low.
 */
export async function countDay(disks: number): Promise<Counts> {
  const world = createMemoryApp();
  const { app, azure } = world;
  azure.addGroup(SUBSCRIPTION, 'rg-holdfast-westeurope');
  const ids = Array.from({ length: disks }, (_, at) => {
    const name = `disk-${at}`;
    const { id } = azure.addDisk({
      subscriptionId: SUBSCRIPTION,
      resourceGroup: 'rg-data',
      name,
      tags: { tier: 'gold' },
    });
    azure.write(id, 0, 65_536);
    return id;
  });
  const policy = goldDocument({
    select: {
      scopes: [`/subscriptions/${SUBSCRIPTION}`],
      kinds: ['disk'],
      include: [{ tag: 'tier', equals: 'gold' }],
    },
    schedules: [{ name: 'daily', cron: '0 2 * * *', startWindow: 'PT4H' }],
    retention: { keepDaily: KEPT_DAYS },
  });
  const saved = await savePolicy(app, { name: 'gold', body: policy, force: false, by: 'bench' });
  if (saved.kind === 'problems') throw new Error(`The policy is refused: ${JSON.stringify(saved.problems)}`);

  const player = createPlayer(world);
  for (let day = 0; day < SETTLED_DAYS; day += 1) {
    for (const id of ids) azure.write(id, (day % 64) * 65_536, 65_536);
    if (day === SETTLED_DAYS - 1) player.reset();
    await player.playDay(START + day * DAY_MS);
  }
  if (player.snapshots !== disks) throw new Error(`The day made ${player.snapshots} snapshots of ${disks} disks`);
  return player.counts;
}

/** Plays the host's part on a memory app: a tick a minute, the sweeps, the close of the day, and every message there is. */
function createPlayer({ app, store, azure, setNow }: MemoryApp) {
  const none = (): Counts => ({
    tableOperations: 0,
    queueOperations: 0,
    blobReads: 0,
    blobWrites: 0,
    messages: 0,
    sharedMs: 0,
    aloneMs: 0,
    awakeMs: 0,
    azureCalls: 0,
  });
  let counts = none();
  let azureCallsBefore = 0;
  let snapshotsBefore = 0;
  store.hooks = {
    before: (call) => {
      if (call.operation === 'send') counts.queueOperations += 1;
      else if (blobReads.includes(call.operation)) counts.blobReads += 1;
      else if (blobWrites.includes(call.operation)) counts.blobWrites += 1;
      // Deleting a blob is free.
      else if (call.operation !== 'blob-delete') counts.tableOperations += 1;
    },
  };
  const storageCalls = () => counts.tableOperations + counts.queueOperations + counts.blobReads + counts.blobWrites;
  const takenSnapshots = () => azure.calls.filter((call) => call.operation === 'startSnapshot').length;

  /** Runs something from a moment on, and tells how long an instance was at it. */
  const timed = async (at: number, work: () => Promise<unknown>): Promise<number> => {
    setNow(at);
    const [calls, azureCalls] = [storageCalls(), azure.calls.length];
    await work();
    const waitedMs = app.clock.now() - at;
    const ms =
      waitedMs + (storageCalls() - calls) * STORAGE_CALL_MS + (azure.calls.length - azureCalls) * AZURE_CALL_MS;
    return Math.max(LEAST_MS, ms);
  };

  const drain = async (from: number): Promise<number> => {
    let now = from;
    const waiting = new Map<QueueName, { body: unknown; dequeues: number }[]>(queueNames.map((queue) => [queue, []]));
    for (;;) {
      for (const queue of queueNames)
        for (const body of store.take(queue)) waiting.get(queue)?.push({ body, dequeues: 0 });
      const queue = queueNames.find((name) => (waiting.get(name)?.length ?? 0) > 0);
      if (queue === undefined) return now;
      let longestMs = 0;
      for (const envelope of waiting.get(queue)?.splice(0, AT_ONCE) ?? []) {
        envelope.dequeues += 1;
        const ms = await timed(now, async () => {
          const outcome = await runMessage(app, envelope.body).catch((error: unknown) => error);
          if (outcome instanceof AppError && envelope.dequeues < MAX_DEQUEUES) waiting.get(queue)?.push(envelope);
          else if (outcome !== undefined) throw outcome;
        });
        counts.messages += 1;
        // Taken off and deleted by the host; the sending was counted already.
        counts.queueOperations += 2;
        counts.aloneMs += ms;
        longestMs = Math.max(longestMs, ms);
      }
      counts.sharedMs += longestMs;
      counts.awakeMs += longestMs;
      now += longestMs;
    }
  };

  const sweepAll = async () => {
    const policies = (await app.policies.list()).filter(mayExpire);
    const messages = policies.map(({ policy }): Message => ({ v: 1, kind: 'sweep', id: policy.name, dueAt: 0 }));
    await app.store.queue('prunes').send(messages);
  };
  const closeYesterday = async (now: number) => {
    const { store: tables, log, currency, chains } = app;
    const prices = openPriceBook({ store: tables, source: app.prices, log }, currency, now);
    await closeDay({ store: tables, prices, log }, utcDay(now - DAY_MS), liveChains(chains), now);
  };

  return {
    get counts() {
      return { ...counts, azureCalls: azure.calls.length - azureCallsBefore };
    },
    get snapshots() {
      return takenSnapshots() - snapshotsBefore;
    },
    reset: () => {
      counts = none();
      azureCallsBefore = azure.calls.length;
      snapshotsBefore = takenSnapshots();
    },
    playDay: async (start: number) => {
      let now = start;
      for (let at = start; at < start + DAY_MS; at += MINUTE_MS) {
        const minute = new Date(at);
        // While messages are worked on the clock is ahead: those ticks look and find nothing new.
        if (at < now) counts.tableOperations += 1;
        else {
          now = at;
          await timed(now, () => runTick(app));
        }
        if (minute.getUTCMinutes() === 45 && minute.getUTCHours() % 6 === 1) await timed(now, sweepAll);
        if (minute.getUTCMinutes() === 20 && minute.getUTCHours() === 0) await timed(now, () => closeYesterday(now));
        if (minute.getUTCMinutes() % 15 === 0) await timed(now, () => watchOver(app));
        now = Math.max(now, await drain(now));
      }
    },
  };
}

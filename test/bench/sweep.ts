import { buildApp } from '../../src/app.ts';
import { assert } from '../../src/base/assert.ts';
import { inParallel } from '../../src/base/in-parallel.ts';
import type { Log } from '../../src/base/log.ts';
import type { Store } from '../../src/base/store.ts';
import { HOUR_MS } from '../../src/base/time.ts';
import type { Source } from '../../src/inventory/inventory.ts';
import { parsePolicy } from '../../src/policy/parse-policy.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { planPoint } from '../../src/protect/plan-point.ts';
import type { Point } from '../../src/protect/point.ts';
import type { Snapshot } from '../../src/protect/ports.ts';
import type { SnapshotRemover } from '../../src/retain/ports.ts';
import { sweepPolicy } from '../../src/retain/sweep-policy.ts';
import { createStore } from '../../src/state/azure-store.ts';
import { createMemoryAzure } from '../memory/memory-azure.ts';
import { createMemoryCosts } from '../memory/memory-costs.ts';
import { createMemoryStore } from '../memory/memory-store.ts';
import { startTestStorage } from '../support/azurite.ts';

/**
 * One sweep over a large catalogue in Azurite. Alone: `node test/bench/sweep.ts`.
 * Azure itself is made up: unthrottled, it keeps nothing, and its lists are made when they are asked for. So what time and memory go to is ours and Azurite's.
 */
interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: string;
}

const NOW = Date.UTC(2026, 5, 1, 3);
const KEEP = 10;
/** Sources in one subscription, and so in one resource group of snapshots. */
const SOURCES_PER_GROUP = 1_000;
const WRITES_AT_ONCE = 8;
const TAG_POINT = 'holdfast-point';

const silent: Log = { info: () => {}, warn: () => {}, error: () => {} };

function policyOf(name: string): Policy {
  const parsed = parsePolicy({
    name,
    select: { scopes: ['/subscriptions/00000000-0000-4000-8000-000000000000'], kinds: ['disk'] },
    schedules: [{ name: 'hourly', cron: '0 * * * *' }],
    retention: { keepLast: KEEP },
    snapshot: { resourceGroup: 'rg-holdfast-{region}' },
  });
  assert(parsed.ok, 'the policy is valid');
  return parsed.value;
}

function sourceOf(index: number): Source {
  const group = Math.floor(index / SOURCES_PER_GROUP);
  const subscriptionId = `00000000-0000-4000-8000-${String(group).padStart(12, '0')}`;
  const id = `/subscriptions/${subscriptionId}/resourceGroups/rg-shop/providers/Microsoft.Compute/disks/disk-${index}`;
  const name = `disk-${index}`;
  return {
    key: `source${String(index).padStart(16, '0')}`,
    ...{ kind: 'disk', id, name, subscriptionId, resourceGroup: 'rg-shop', region: 'westeurope' },
    tags: { owner: `team-${index % 40}`, costCentre: String(index % 300) },
    disks: [{ id, name, uniqueId: `unique-${index}`, lun: null, sizeBytes: 2 ** 37, sku: 'Premium_LRS' }],
  };
}

/** Every second source has one point too many, the others one too few: a twentieth of all goes. */
function pointsOf(policy: Policy, index: number): readonly Point[] {
  const source = sourceOf(index);
  return Array.from({ length: KEEP + (index % 2 === 0 ? 1 : -1) }, (_, age) => {
    const slot = NOW - (age + 1) * HOUR_MS;
    const planned = planPoint({ policy, source, slot, schedules: ['hourly'], trigger: 'schedule', now: slot });
    const done = { createdAt: slot, familyId: `family-${index}`, state: 'succeeded' as const };
    return {
      ...planned,
      state: 'succeeded' as const,
      takenAt: slot,
      startedAt: slot,
      finishedAt: slot,
      skewMs: 0,
      snapshots: planned.snapshots.map((snapshot) => ({ ...snapshot, ...done })),
    };
  });
}

/** `first` to `first + sources` are the policy's. */
async function seed(store: Store, policy: Policy, first: number, sources: number): Promise<number> {
  const { catalogue, policies, sources: book } = buildApp({ ...outside(store, policy), store });
  await policies.save({ policy, document: document(policy), by: 'bench', now: NOW, state: 'active' });
  await book.see(
    policy.name,
    Array.from({ length: sources }, (_, index) => sourceOf(first + index)),
    NOW,
  );
  const counts = await inParallel([...Array(sources).keys()], WRITES_AT_ONCE, async (at) => {
    const index = first + at;
    const points = pointsOf(policy, index);
    // What `catalogue.insert` writes, a source at a time.
    const rows = await rowsOf(policy, points);
    const written = await store.table('points').write(sourceOf(index).key, rows);
    assert(written === 'done', 'the rows are new');
    return points.length;
  });
  assert((await catalogue.get(pointsOf(policy, first)[0]?.id ?? '')) !== null, 'the catalogue reads what was seeded');
  return counts.reduce((sum, count) => sum + count, 0);
}

async function rowsOf(policy: Policy, points: readonly Point[]) {
  const memory = createMemoryStore();
  const { catalogue } = buildApp({ ...outside(memory, policy), store: memory });
  for (const point of points) await catalogue.insert(point);
  return (memory.dump().points ?? []).map(({ rowKey, cells }) => ({ kind: 'insert' as const, rowKey, cells }));
}

function document(policy: Policy) {
  return {
    name: policy.name,
    select: { scopes: ['/subscriptions/00000000-0000-4000-8000-000000000000'], kinds: ['disk'] },
    schedules: policy.schedules.map(({ name, cron }) => ({ name, cron })),
    retention: { keepLast: KEEP },
    snapshot: { resourceGroup: policy.snapshot.resourceGroup },
  };
}

/** A remover that makes its lists up, and counts what it is asked to do. */
function madeUp(policy: Policy) {
  const counts = { lists: 0, tags: 0 };
  const show = (point: Point): Snapshot => {
    const [snapshot] = point.snapshots;
    assert(snapshot, 'a point of one disk');
    return {
      id: snapshot.snapshotId,
      name: snapshot.snapshotId.split('/').at(-1) ?? '',
      subscriptionId: point.source.subscriptionId,
      resourceGroup: 'rg-holdfast-westeurope',
      region: 'westeurope',
      sku: 'Standard_ZRS',
      tags: { [TAG_POINT]: point.id, 'holdfast-policy-name': point.policy, ...point.source.tags },
      createdAt: point.slot,
      state: 'succeeded',
      incremental: true,
      familyId: snapshot.familyId,
      sourceDiskId: snapshot.diskId,
      sourceUniqueId: snapshot.diskUniqueId,
      sizeBytes: snapshot.sizeBytes,
      networkAccess: 'deny',
      network: { policy: 'DenyAll', publicAccess: 'Disabled', diskAccessId: null },
      sectorBytes: 512,
      immutable: false,
    };
  };
  const remover: SnapshotRemover = {
    get: async () => null,
    list: async (subscriptionId) => {
      counts.lists += 1;
      const first = Number(subscriptionId.slice(-12)) * SOURCES_PER_GROUP;
      const last = first + SOURCES_PER_GROUP;
      const listed: Snapshot[] = [];
      for (let index = first; index < last; index += 1) listed.push(...pointsOf(policy, index).map(show));
      return listed;
    },
    setTags: async () => {
      counts.tags += 1;
    },
    delete: async () => {},
    lockedResources: async () => [],
  };
  return { remover, counts };
}

function outside(store: Store, policy: Policy, remover: SnapshotRemover = madeUp(policy).remover) {
  const clock = { now: () => NOW, wait: async () => {} };
  const azure = createMemoryAzure({ clock });
  return { ...azure, costs: createMemoryCosts().source, store, clock, log: silent, remover, currency: 'EUR' };
}

interface Measured {
  readonly rows: number;
  readonly ms: number;
  readonly marks: number;
  readonly peakMiB: number;
}

async function measure(store: Store, name: string, first: number, sources: number): Promise<Measured> {
  const policy = policyOf(name);
  const rows = await seed(store, policy, first, sources);
  const { remover, counts } = madeUp(policy);
  const app = buildApp({ ...outside(store, policy, remover), store });
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  let peak = before;
  const sampling = setInterval(() => {
    // Only what is really held counts: garbage says nothing about how memory grows.
    globalThis.gc?.();
    peak = Math.max(peak, process.memoryUsage().heapUsed);
  }, 500);
  const started = performance.now();
  await sweepPolicy(app, policy.name);
  const ms = performance.now() - started;
  clearInterval(sampling);
  assert(counts.tags === sources / 2, 'every point too many is marked');
  assert(counts.lists === (2 * sources) / SOURCES_PER_GROUP, 'every group is listed once to decide and once to mark');
  return { rows, ms, marks: counts.tags, peakMiB: (peak - before) / 2 ** 20 };
}

/** A tenth of it first: what grows with the number of rows shows in the comparison. */
export async function run(): Promise<Figure[]> {
  const storage = await startTestStorage();
  const clock = { now: () => NOW, wait: (ms: number) => new Promise<void>((done) => setTimeout(done, ms)) };
  const store = createStore({ ...storage, clock, log: silent });
  try {
    const small = await measure(store, 'small', 0, SOURCES_PER_GROUP);
    const large = await measure(store, 'large', SOURCES_PER_GROUP, 10 * SOURCES_PER_GROUP);
    return figuresOf(small, large);
  } finally {
    await storage.stop();
  }
}

function figuresOf(small: Measured, large: Measured): Figure[] {
  const title = ({ rows, marks }: Measured) =>
    `sweep of ${rows.toLocaleString('en')} rows in Azurite, ${marks.toLocaleString('en')} marked`;
  return [
    { name: title(small), value: round(small.ms / 1_000), unit: 's' },
    { name: 'heap held meanwhile, at most', value: round(small.peakMiB), unit: 'MiB' },
    { name: title(large), value: round(large.ms / 1_000), unit: 's', target: '< 60' },
    { name: 'heap held meanwhile, at most', value: round(large.peakMiB), unit: 'MiB', target: 'about the same' },
  ];
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}

if (import.meta.main) console.table(await run());

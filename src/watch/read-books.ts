import type { Clock } from '../base/clock.ts';
import { isAppError } from '../base/errors.ts';
import { hashId, parseResourceId } from '../base/ids.ts';
import type { Log } from '../base/log.ts';
import { type EpochMs, HOUR_MS } from '../base/time.ts';
import { type ChainNode, type Chains, measuredBy } from '../cost/cost.ts';
import type { Snapshot } from '../protect/ports.ts';
import { type Catalogue, type SnapshotGroup, TAG_POINT } from '../protect/protect.ts';
import type { SnapshotRemover } from '../retain/ports.ts';
import type { Books } from './facts.ts';

export interface BooksDeps {
  readonly chains: Chains;
  readonly catalogue: Pick<Catalogue, 'get'>;
  readonly remover: Pick<SnapshotRemover, 'list' | 'get' | 'lockedResources'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Source: learn.microsoft.com/azure/virtual-machines/disks-incremental-snapshots: "up to 500 incremental snapshots per disk". */
const MAX_SNAPSHOTS_OF_DISK = 500;
/** From here on a disk nears its limit: at an hourly schedule there are two days left. */
const NEARS_LIMIT = MAX_SNAPSHOTS_OF_DISK - 50;
/** Metering tries for hours by itself before anybody has to look. */
const UNMEASURED_AFTER_MS = 6 * HOUR_MS;
/** What is younger may be under way: started and not yet confirmed, or not listed yet. */
const SETTLED_AFTER_MS = 6 * HOUR_MS;
/** Entries of each kind that are named and asked for by themselves; what is more is counted. */
const NAMED = 50;

type GroupBooks = Books['groups'][number];

interface Group {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  /** Short hashes of the kept snapshots in it: a large estate has a million. */
  readonly hashes: number[];
  readonly settled: number[];
}

interface Chain {
  snapshots: number;
  unmeasured: number;
  error: string;
  readonly family: string | null;
}

/**
 * Looks at every chain, and at every resource group that one has snapshots in or that is `expected` to have some: one list of snapshots and one of locks a group.
 *
 * Shape:  a group that cannot be read now keeps what was found there `before`.
 * Safety: writes nothing. Lists lag and points come and go meanwhile: what seems to be missing or unknown is asked for by itself before it counts, as far as it
 *         is named.
 */
export async function readBooks(
  deps: BooksDeps,
  before: Books | null,
  expected: readonly SnapshotGroup[],
): Promise<Books> {
  const now = deps.clock.now();
  const { groups, chains } = await readChains(deps.chains, now);
  for (const { subscriptionId, resourceGroup } of expected) {
    const key = groupKeyOf({ subscriptionId, resourceGroup });
    if (!groups.has(key)) groups.set(key, { subscriptionId, resourceGroup, hashes: [], settled: [] });
  }
  const foreign = new Map<string, number>();
  const found: GroupBooks[] = [];
  for (const group of groups.values()) {
    try {
      found.push(await readGroup(deps, group, foreign, now));
    } catch (error) {
      if (!isAppError(error)) throw error;
      const { subscriptionId, resourceGroup } = group;
      deps.log.warn('a resource group of snapshots could not be watched', { resourceGroup, code: error.code });
      const known = before?.groups.find(
        (other) => other.subscriptionId === subscriptionId && other.resourceGroup === resourceGroup,
      );
      if (known) found.push(known);
    }
  }
  const count = ({ snapshots, family }: Chain) => snapshots + (family === null ? 0 : (foreign.get(family) ?? 0));
  const full = [...chains].filter(([, chain]) => count(chain) >= NEARS_LIMIT).slice(0, NAMED);
  const unmeasured = [...chains].filter(([, chain]) => chain.unmeasured > 0).slice(0, NAMED);
  const nameOf = await diskNames(deps.chains, new Set([...full, ...unmeasured].map(([key]) => key)));
  return {
    at: now,
    full: full.map(([key, chain]) => ({ chain: key, disk: nameOf(key), snapshots: count(chain) })),
    unmeasured: unmeasured.map(([key, chain]) => ({
      ...{ chain: key, disk: nameOf(key), snapshots: chain.unmeasured, error: chain.error },
    })),
    groups: found,
  };
}

async function readChains(
  book: Chains,
  now: EpochMs,
): Promise<{ readonly groups: Map<string, Group>; readonly chains: ReadonlyMap<string, Chain> }> {
  const groups = new Map<string, Group>();
  const chains = new Map<string, Chain>();
  for await (const { chainKey, node } of book.all()) {
    const chain = chains.get(chainKey) ?? { snapshots: 0, unmeasured: 0, error: '', family: node.familyId };
    chain.snapshots += 1;
    if (isUnmeasured(node, now)) {
      chain.unmeasured += 1;
      chain.error = node.error ?? '';
    }
    chains.set(chainKey, chain);
    const id = parseResourceId(node.snapshotId);
    if (!id) continue;
    const key = groupKeyOf(id);
    const group = groups.get(key) ?? { ...id, hashes: [], settled: [] };
    groups.set(key, group);
    const hash = shortHash(node.snapshotId);
    group.hashes.push(hash);
    if (isSettled(node, now)) group.settled.push(hash);
  }
  return { groups, chains };
}

/** What no try and no bill has given a figure for. Disks whose sectors have no ranges are nobody's fault: those wait for the bill. */
function isUnmeasured(node: ChainNode, now: EpochMs): boolean {
  const { state, error, createdAt } = node;
  if (state !== 'kept' || error === null || error === 'no-ranges') return false;
  return measuredBy(node) === 'none' && now - createdAt > UNMEASURED_AFTER_MS;
}

function isSettled({ state, createdAt }: ChainNode, now: EpochMs): boolean {
  return state === 'kept' && now - createdAt > HOUR_MS;
}

async function readGroup(
  deps: BooksDeps,
  group: Group,
  foreign: Map<string, number>,
  now: EpochMs,
): Promise<GroupBooks> {
  const { subscriptionId, resourceGroup } = group;
  const listed = (await deps.remover.list(subscriptionId, resourceGroup)) ?? [];
  const locked = await deps.remover.lockedResources(subscriptionId, resourceGroup);
  const ours = new Set(group.hashes);
  const there = new Set<number>();
  const strange: Snapshot[] = [];
  for (const snapshot of listed) {
    const hash = shortHash(snapshot.id);
    there.add(hash);
    if (snapshot.tags[TAG_POINT] === undefined) {
      if (snapshot.familyId !== null) foreign.set(snapshot.familyId, (foreign.get(snapshot.familyId) ?? 0) + 1);
    } else if (!ours.has(hash) && now - snapshot.createdAt > SETTLED_AFTER_MS) strange.push(snapshot);
  }
  const gone = new Set(group.settled.filter((hash) => !there.has(hash)));
  const missing = gone.size === 0 ? { total: 0, ids: [] } : await confirmMissing(deps, group, gone, now);
  const unknown = await confirmUnknown(deps, strange);
  return {
    ...{ subscriptionId, resourceGroup },
    ...{ missing: missing.total, missingIds: missing.ids, unknown: unknown.total, unknownIds: unknown.ids },
    locked: locked.slice(0, NAMED),
  };
}

interface Confirmed {
  readonly total: number;
  readonly ids: string[];
}

/** Reads the chains anew: what was deleted by Holdfast meanwhile is in none any more. */
async function confirmMissing(
  deps: BooksDeps,
  group: Group,
  gone: ReadonlySet<number>,
  now: EpochMs,
): Promise<Confirmed> {
  const ids: string[] = [];
  let [total, asked] = [0, 0];
  for await (const { node } of deps.chains.all()) {
    const id = parseResourceId(node.snapshotId);
    if (!id || groupKeyOf(id) !== groupKeyOf(group)) continue;
    if (!isSettled(node, now) || !gone.has(shortHash(node.snapshotId))) continue;
    if (asked < NAMED) {
      asked += 1;
      if ((await deps.remover.get(node.snapshotId)) !== null) continue;
      ids.push(node.snapshotId);
    }
    total += 1;
  }
  return { total, ids };
}

/** A snapshot that no chain holds may still be a point's: one that failed, or that was never seen done. */
async function confirmUnknown({ catalogue }: BooksDeps, strange: readonly Snapshot[]): Promise<Confirmed> {
  const ids: string[] = [];
  let known = 0;
  for (const { id, tags } of strange.slice(0, NAMED)) {
    const point = (await catalogue.get(tags[TAG_POINT] ?? ''))?.point;
    const isNamed = point?.snapshots.some(({ snapshotId }) => snapshotId.toLowerCase() === id.toLowerCase());
    if (isNamed) known += 1;
    else ids.push(id);
  }
  return { total: strange.length - known, ids };
}

async function diskNames(book: Chains, wanted: ReadonlySet<string>): Promise<(key: string) => string> {
  const names = new Map<string, string>();
  if (wanted.size > 0)
    for await (const { key, diskName } of book.heads()) if (wanted.has(key)) names.set(key, diskName);
  return (key) => names.get(key) ?? key;
}

function groupKeyOf({ subscriptionId, resourceGroup }: Pick<Group, 'subscriptionId' | 'resourceGroup'>): string {
  return `${subscriptionId}|${resourceGroup}`.toLowerCase();
}

/** 48 bits: among a million snapshots two share one with a chance of 1 in 500, and then one that is gone counts as there. */
function shortHash(id: string): number {
  return Buffer.from(hashId('snapshot', id.toLowerCase()), 'base64url').readUIntBE(0, 6);
}

import { AppError } from '../base/errors.ts';
import { inParallel } from '../base/in-parallel.ts';
import { DAY_MS, type EpochMs, HOUR_MS, utcDay } from '../base/time.ts';
import {
  type ChainHead,
  chainKey,
  type GroupTags,
  openPriceBook,
  type PriceBook,
  redundancyOfSku,
} from '../cost/cost.ts';
import type { EstateReader } from '../inventory/inventory.ts';
import { isHeld, type PolicyBook, type StoredPolicy } from '../protect/protect.ts';
import { type PlanDeps, type Reclaim, weighChanges } from '../retain/retain.ts';
import type { Advice, Orphan } from './advice.ts';
import { hasAdvice, readAdvice, writeAdvice } from './advice-book.ts';
import { azureBackupCost } from './azure-backup-price.ts';
import { type ChangingDisk, findOutliers } from './decide-outliers.ts';
import { type ChainFacts, judgeChain } from './judge-chain.ts';
import { judgeOrphan } from './judge-orphan.ts';

/** Chains whose rows are read at the same time. */
const CHAINS_AT_ONCE = 8;
/** So long what changes of policies would free stands: a week, less the hours by which a run may come earlier. */
const RECLAIM_STANDS_MS = 7 * DAY_MS - 6 * HOUR_MS;
/** Orphans that are named; the sums are of all. */
const LISTED_MAX = 100;

export interface AdviceDeps extends PlanDeps {
  readonly estate: Pick<EstateReader, 'listDisks'>;
  readonly policies: Pick<PolicyBook, 'list'>;
}

/** A chain with its labels and price. */
interface SeenChain {
  readonly head: ChainHead;
  readonly facts: ChainFacts;
  readonly owner: string | null;
  readonly microUnitsPerGiBMonth: number | null;
}

/**
 * Works out once a day what finance can do something about, and keeps it: every chain is read, which no page could wait for.
 *
 * Shape:  false where this UTC day's is there already.
 * Errors: AppError where storage does not answer. A subscription that cannot be listed is named in the advice and judged by nothing.
 * Safety: reads only; running twice writes the same row.
 */
export async function adviseToday(deps: AdviceDeps, tags: GroupTags, now: EpochMs): Promise<boolean> {
  if (await hasAdvice(deps.store, utcDay(now))) return false;
  await writeAdvice(deps.store, await findAdvice(deps, tags, now, await readAdvice(deps.store, now)));
  return true;
}

async function findAdvice(deps: AdviceDeps, tags: GroupTags, now: EpochMs, before: Advice | null): Promise<Advice> {
  const stands = before !== null && now - before.reclaimableAt < RECLAIM_STANDS_MS;
  const prices = openPriceBook({ store: deps.store, source: deps.prices, log: deps.log }, deps.currency, now);
  const policies = await deps.policies.list();
  const chains = await readChains(deps, prices, tags, now);
  const { present, unseen } = await presentChains(deps, chains);
  const gone = chains.filter(
    ({ head }) => !present.has(head.key) && !unseen.includes(head.subscriptionId.toLowerCase()),
  );
  const orphans = gone.map((chain) => orphanOf(chain)).sort((a, b) => b.storedBytes - a.storedBytes);
  const listed = await inParallel(orphans.slice(0, LISTED_MAX), CHAINS_AT_ONCE, (orphan) =>
    withVerdict(deps, orphan, policies, now),
  );
  return {
    at: now,
    currency: deps.currency,
    chains: chains.length,
    orphans: {
      count: orphans.length,
      storedBytes: orphans.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
      microUnitsPerMonth: orphans.reduce((sum, { microUnitsPerMonth }) => sum + (microUnitsPerMonth ?? 0), 0),
      listed,
    },
    unseenSubscriptions: unseen,
    outliers: findOutliers(chains.filter(({ head }) => present.has(head.key)).map(outlierCase)),
    reclaimable: stands ? before.reclaimable : await reclaimable(deps, policies, now),
    reclaimableAt: stands ? before.reclaimableAt : now,
    azureBackup: azureBackupCost(machinesOf(chains)),
  };
}

async function readChains(
  deps: AdviceDeps,
  prices: PriceBook,
  tags: GroupTags,
  now: EpochMs,
): Promise<readonly SeenChain[]> {
  const chains: SeenChain[] = [];
  for await (const { head, nodes } of deps.chains.withNodes()) {
    const facts = judgeChain(nodes, now);
    if (facts === null) continue;
    const answer = await prices.priceOf(head.region, redundancyOfSku(head.snapshotSku));
    chains.push({
      head,
      facts,
      owner: tagOf(head.source.tags, tags.owner),
      microUnitsPerGiBMonth: answer.kind === 'known' ? answer.price.microUnitsPerGiBMonth : null,
    });
  }
  return chains;
}

/** Azure's tag names know no case. */
function tagOf(tags: Readonly<Record<string, string>>, name: string): string | null {
  return Object.entries(tags).find(([tag]) => tag.toLowerCase() === name.toLowerCase())?.[1] ?? null;
}

/** The chains whose disk is there: a disk made anew under the same name is another. */
async function presentChains(
  deps: AdviceDeps,
  chains: readonly SeenChain[],
): Promise<{ readonly present: ReadonlySet<string>; readonly unseen: readonly string[] }> {
  const present = new Set<string>();
  const unseen: string[] = [];
  for (const id of new Set(chains.map(({ head }) => head.subscriptionId.toLowerCase()))) {
    try {
      for (const disk of await deps.estate.listDisks(id)) present.add(chainKey(disk.uniqueId));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      deps.log.warn('the disks of a subscription cannot be listed: none of its chains is called an orphan', {
        subscription: id,
        code: error.code,
      });
      unseen.push(id);
    }
  }
  return { present, unseen };
}

function monthly(bytes: number, microUnitsPerGiBMonth: number | null): number | null {
  return microUnitsPerGiBMonth === null ? null : Math.round((bytes / 2 ** 30) * microUnitsPerGiBMonth);
}

type UnjudgedOrphan = Omit<Orphan, 'verdict' | 'why'> & { readonly sourceKey: string };

function orphanOf({ head, facts, owner, microUnitsPerGiBMonth }: SeenChain): UnjudgedOrphan {
  return {
    chainKey: head.key,
    diskName: head.diskName,
    sourceName: head.source.name,
    sourceKey: head.source.key,
    owner,
    resourceGroup: head.source.resourceGroup,
    policies: facts.policies,
    points: facts.points,
    storedBytes: facts.storedBytes,
    microUnitsPerMonth: monthly(facts.storedBytes, microUnitsPerGiBMonth),
    newestAt: facts.newestAt,
  };
}

async function withVerdict(
  { catalogue }: AdviceDeps,
  { sourceKey, ...orphan }: UnjudgedOrphan,
  policies: readonly StoredPolicy[],
  now: EpochMs,
): Promise<Orphan> {
  let held = 0;
  for await (const { point } of catalogue.ofSource(sourceKey, { limit: 500 })) if (isHeld(point, now)) held += 1;
  const own = policies.filter(({ policy }) => orphan.policies.includes(policy.name));
  return { ...orphan, ...judgeOrphan(own, held) };
}

function outlierCase({ head, facts, owner, microUnitsPerGiBMonth }: SeenChain): ChangingDisk {
  const { recentPerDay, earlierPerDay, usedBytes } = facts;
  const about = { chainKey: head.key, diskName: head.diskName, sourceName: head.source.name, owner };
  return { ...about, recentPerDay, earlierPerDay, usedBytes, microUnitsPerGiBMonth };
}

async function reclaimable(
  deps: AdviceDeps,
  policies: readonly StoredPolicy[],
  now: EpochMs,
): Promise<readonly Reclaim[]> {
  const found: Reclaim[] = [];
  for (const { policy, state } of policies) {
    if (state !== 'active') continue;
    try {
      found.push(...(await weighChanges(deps, policy, now)));
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'storage-unavailable') throw error;
      deps.log.warn('what a change of a policy would free is not known', { policy: policy.name, code: error.code });
    }
  }
  return found.sort((a, b) => b.microUnitsPerMonth - a.microUnitsPerMonth || b.freesBytes - a.freesBytes);
}

/** Virtual machines with what their chains hold: Azure Backup bills them by machine. Disks that are protected by themselves have no such fee. */
function machinesOf(chains: readonly SeenChain[]): readonly { usedBytes: number; storedBytes: number }[] {
  const byMachine = new Map<string, { usedBytes: number; storedBytes: number }>();
  for (const { head, facts } of chains) {
    if (head.source.kind !== 'virtualMachine') continue;
    const machine = byMachine.get(head.source.key) ?? { usedBytes: 0, storedBytes: 0 };
    machine.usedBytes += facts.usedBytes;
    machine.storedBytes += facts.storedBytes;
    byMachine.set(head.source.key, machine);
  }
  return [...byMachine.values()];
}

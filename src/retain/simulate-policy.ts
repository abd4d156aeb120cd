import { inParallel } from '../base/in-parallel.ts';
import { DAY_MS, type EpochMs } from '../base/time.ts';
import { type Chains, chainKey, openPriceBook, redundancyOfSku } from '../cost/cost.ts';
import type { SourceDisk } from '../inventory/inventory.ts';
import type { Policy } from '../policy/policy.ts';
import { type ModelDisk, measureDisk, modelBytes } from './byte-model.ts';
import type { PlanDeps } from './live-plan.ts';
import { type Played, planForward, slotsOf } from './plan-forward.ts';

/** Disks whose chains are read for the model; more are scaled up from these. */
const SAMPLED_DISKS = 200;
const CHAINS_AT_ONCE = 8;

/** What the model of bytes stands on. `assumedUsed`: no disk has been measured, so each counts as full. */
export interface ModelBasis {
  readonly disks: number;
  readonly measuredDisks: number;
  readonly usedBytes: number;
  readonly changeBytesPerPoint: number;
  readonly given: boolean;
  readonly assumedUsed: boolean;
}

/** A policy played forward. `basis` is null where nothing is known of the bytes; `budget` says how its budget was played. */
export interface Simulation {
  readonly policy: Policy;
  readonly from: EpochMs;
  readonly days: number;
  readonly currency: string;
  readonly sources: number;
  readonly played: Played;
  readonly basis: ModelBasis | null;
  readonly budgetMicroUnits: number | null;
}

/**
 * Plays a policy forward from now, as if its sources were protected from today on.
 *
 * Shape:  null where its schedules are due too often for so many days.
 * Units:  `changeBytes` is what a point of one disk is thought to change; null takes what was measured.
 */
export async function simulatePolicy(
  deps: PlanDeps,
  policy: Policy,
  request: { readonly from: EpochMs; readonly days: number; readonly changeBytes: number | null },
): Promise<Simulation | null> {
  const { from, days } = request;
  const meanGapMs = meanGap(policy, from, days);
  if (meanGapMs === null) return null;
  const found = await readDisks(deps, policy, from);
  const measured = found.disks.filter(({ measured: each }) => each !== null);
  const rates = measured.flatMap(({ measured: each }) => each?.bytesPerMs ?? []);
  const meanRate = rates.length > 0 ? rates.reduce((sum, rate) => sum + rate, 0) / rates.length : null;
  const rate = request.changeBytes === null ? meanRate : request.changeBytes / meanGapMs;
  const assumedUsed = measured.length === 0;
  const sample = assumedUsed ? found.disks : measured;
  const disks = sample.map(
    ({ disk, measured: each, microUnitsPerGiBMonth }): ModelDisk => ({
      usedBytes: each?.usedBytes ?? disk.sizeBytes,
      bytesPerMs: request.changeBytes === null ? (each?.bytesPerMs ?? rate ?? 0) : (rate ?? 0),
      microUnitsPerGiBMonth,
    }),
  );
  const scale = sample.length > 0 ? found.count / sample.length : 0;
  const model = rate === null || disks.length === 0 ? null : modelBytes(disks, scale);
  const groups = policy.budget?.per.kind === 'policy' ? 1 : found.groups;
  const budgetMicroUnits =
    policy.budget && model?.first.cost != null && policy.budget.amountPerMonth.currency === deps.currency
      ? policy.budget.amountPerMonth.microUnits * groups
      : null;
  const played = planForward(policy, { from, days, model, budgetMicroUnits });
  if (played === null) return null;
  const used = disks.reduce((sum, disk) => sum + disk.usedBytes, 0) * scale;
  const basis = model && {
    disks: found.count,
    measuredDisks: measured.length,
    usedBytes: Math.round(used),
    changeBytesPerPoint: Math.round(model.after(meanGapMs).bytes / Math.max(1, found.count)),
    given: request.changeBytes !== null,
    assumedUsed,
  };
  return { policy, from, days, currency: deps.currency, sources: found.sources, played, basis, budgetMicroUnits };
}

/** The mean time between slots; a day where there are fewer than two. Null where there are too many. */
function meanGap(policy: Policy, from: EpochMs, days: number): number | null {
  const slots = slotsOf(policy, from, from + days * DAY_MS);
  if (slots === null) return null;
  const [first, last] = [slots[0], slots.at(-1)];
  return first !== undefined && last !== undefined && last > first ? (last - first) / (slots.length - 1) : DAY_MS;
}

interface FoundDisk {
  readonly disk: SourceDisk;
  readonly measured: { usedBytes: number; bytesPerMs: number | null } | null;
  readonly microUnitsPerGiBMonth: number | null;
}

async function readDisks(deps: PlanDeps, policy: Policy, now: EpochMs) {
  const prices = openPriceBook({ store: deps.store, source: deps.prices, log: deps.log }, deps.currency, now);
  const sampled: { readonly disk: SourceDisk; readonly region: string }[] = [];
  const groups = new Set<string>();
  let count = 0;
  let sources = 0;
  for await (const { source } of deps.sources.ofPolicy(policy.name)) {
    sources += 1;
    const { per } = policy.budget ?? { per: { kind: 'policy' as const } };
    const tag = per.kind === 'tag' ? per.tag.toLowerCase() : '';
    const value = Object.entries(source.tags).find(([name]) => name.toLowerCase() === tag)?.[1] ?? '';
    groups.add(per.kind === 'subscription' ? source.subscriptionId.toLowerCase() : value);
    for (const disk of source.disks) {
      count += 1;
      if (sampled.length < SAMPLED_DISKS) sampled.push({ disk, region: source.region });
    }
  }
  const disks = await inParallel(sampled, CHAINS_AT_ONCE, async ({ disk, region }): Promise<FoundDisk> => {
    const answer = await prices.priceOf(region, redundancyOfSku(policy.snapshot.sku));
    return {
      disk,
      measured: await measure(deps.chains, chainKey(disk.uniqueId)),
      microUnitsPerGiBMonth: answer.kind === 'known' ? answer.price.microUnitsPerGiBMonth : null,
    };
  });
  return { disks, count, sources, groups: Math.max(1, groups.size) };
}

async function measure(chains: Chains, key: string): Promise<FoundDisk['measured']> {
  const nodes = await chains.nodes(key);
  const createdAt = new Map(nodes.map((node) => [node.key, node.createdAt]));
  return measureDisk(
    nodes.flatMap((node) => {
      const baseAt = node.base === null ? null : createdAt.get(node.base);
      if (node.writtenBytes === null || baseAt === undefined) return [];
      return [{ createdAt: node.createdAt, baseAt, writtenBytes: node.writtenBytes }];
    }),
  );
}

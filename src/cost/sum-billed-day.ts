import { GIB } from '../base/bytes.ts';
import { hashId, parseResourceId } from '../base/ids.ts';
import type { Store } from '../base/store.ts';
import { DAY_MS, daysInUtcMonth, type EpochMs } from '../base/time.ts';
import { readBilledFigures } from './billed-cost.ts';
import { type BilledDay, type BilledReason, readSummedDay, writeBilledDay } from './billed-days.ts';
import { isForeign } from './billed-owners.ts';
import type { StoredFigure } from './billed-row.ts';
import type { BilledState } from './billed-state.ts';
import { DayGroups } from './day-groups.ts';
import { type BilledChain, type DifferenceCode, decideDifference, type EstimatedChain } from './decide-difference.ts';
import { writeGroups } from './group-book.ts';
import type { ChainLabels, LedgerRow } from './ledger-row.ts';
import { readLedgerDay } from './ledger-table.ts';
import { BILLED_LAG_MAX_MS } from './plan-billed-reads.ts';

/** Whose chain it is where the ledger of the day does not say. */
export type LabelsOf = (chainKey: string) => ChainLabels | null;

interface Estimate extends EstimatedChain {
  readonly labels: ChainLabels;
}

interface Bill extends BilledChain {
  readonly chainKey: string;
  readonly sample: StoredFigure;
  readonly byPolicy: Map<string, { rows: number; bytes: number; microUnits: number }>;
}

/**
 * Sums a day of the bill and holds it against the ledger, chain by chain: the day's row in `billeddays`, and the billed sums of every group.
 *
 * Shape:  nothing is written for a day that Azure has shown nothing of, nor where nothing has changed.
 * Errors: 'data-unreadable', 'storage-unavailable', 'precondition-failed'.
 */
export async function sumBilledDay(
  { store, currency }: { readonly store: Store; readonly currency: string },
  day: string,
  {
    states,
    labelsOf,
    now,
  }: { readonly states: readonly BilledState[]; readonly labelsOf: LabelsOf; readonly now: EpochMs },
): Promise<void> {
  const bills = await readBills(store, day, currency, states);
  if (bills.resources === 0 && bills.foreignResources === 0) return;
  const estimates = await readEstimates(store, day, currency);
  const estimateMicroUnits = sum(estimates.values(), ({ microUnits }) => microUnits);
  const billedMicroUnits = sum(bills.byChain.values(), ({ microUnits }) => microUnits);
  const billedDay: BilledDay = {
    day,
    final: bills.final,
    resources: bills.resources,
    billedMicroUnits,
    billedBytes: sum(bills.byChain.values(), ({ byPolicy }) => sum(byPolicy.values(), ({ bytes }) => bytes)),
    foreignResources: bills.foreignResources,
    foreignMicroUnits: bills.foreignMicroUnits,
    estimateMicroUnits,
    estimateBytes: sum(estimates.values(), ({ storedBytes }) => storedBytes),
    differenceMicroUnits: billedMicroUnits - estimateMicroUnits,
    reasons: reasonsOf(day, estimates, bills.byChain, laggingBy(day, states, now)),
  };
  const madeFrom = nameOf(estimates, bills.byChain);
  const before = await readSummedDay(store, currency, day);
  if (before?.madeFrom !== madeFrom) {
    const groups = new DayGroups();
    for (const bill of bills.byChain.values()) {
      const labels = estimates.get(bill.chainKey)?.labels ?? labelsOf(bill.chainKey) ?? unknownLabels(bill);
      groups.add(billedAsRow(labels, bill));
    }
    await writeGroups(store, currency, day, groups, 'billed');
  } else if (JSON.stringify(before.day) === JSON.stringify(billedDay)) return;
  await writeBilledDay(store, currency, billedDay, madeFrom);
}

/** Whether Azure may still show more of a chain's day. */
function laggingBy(day: string, states: readonly BilledState[], now: EpochMs): (estimate: Estimate | null) => boolean {
  const through = new Map(states.map((state) => [state.subscriptionId, state.through ?? '']));
  const isYoung = now < Date.parse(day) + DAY_MS + BILLED_LAG_MAX_MS;
  return (estimate) =>
    isYoung || (estimate !== null && (through.get(estimate.labels.source.subscriptionId.toLowerCase()) ?? '') < day);
}

function reasonsOf(
  day: string,
  estimates: ReadonlyMap<string, Estimate>,
  bills: ReadonlyMap<string, Bill>,
  isLagging: (estimate: Estimate | null) => boolean,
): readonly BilledReason[] {
  const daysInMonth = daysInUtcMonth(Date.parse(day));
  const reasons = new Map<DifferenceCode, BilledReason>();
  for (const chainKey of new Set([...estimates.keys(), ...bills.keys()])) {
    const estimate = estimates.get(chainKey) ?? null;
    const at = { daysInMonth, lagging: isLagging(estimate) };
    for (const { code, microUnits } of decideDifference(estimate, bills.get(chainKey) ?? null, at)) {
      const before = reasons.get(code);
      reasons.set(code, {
        code,
        microUnits: (before?.microUnits ?? 0) + microUnits,
        chains: (before?.chains ?? 0) + 1,
      });
    }
  }
  return [...reasons.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
}

async function readBills(store: Store, day: string, currency: string, states: readonly BilledState[]) {
  const finalThrough = new Map(states.map((state) => [state.subscriptionId, state.finalThrough ?? '']));
  const daysInMonth = daysInUtcMonth(Date.parse(day));
  const byChain = new Map<string, Bill>();
  const resources = new Set<string>();
  const foreign = new Set<string>();
  let foreignMicroUnits = 0;
  let final = true;
  for await (const page of readBilledFigures(store, day)) {
    for (const figure of page) {
      if (figure.currency !== currency) continue;
      final &&= day <= (finalThrough.get(figure.subscriptionId) ?? '');
      if (isForeign(figure)) {
        foreign.add(figure.resourceId);
        foreignMicroUnits += figure.microUnits;
      } else {
        resources.add(figure.resourceId);
        addToBill(byChain, figure, daysInMonth);
      }
    }
  }
  return { byChain, resources: resources.size, foreignResources: foreign.size, foreignMicroUnits, final };
}

function addToBill(byChain: Map<string, Bill>, figure: StoredFigure, daysInMonth: number): void {
  const { quantity, microUnits } = figure;
  const chainKey = figure.owner?.chainKey ?? UNKNOWN;
  const before = byChain.get(chainKey);
  const byPolicy: Bill['byPolicy'] = before?.byPolicy ?? new Map();
  byChain.set(chainKey, {
    chainKey,
    rows: (before?.rows ?? 0) + 1,
    quantity: (before?.quantity ?? 0) + quantity,
    microUnits: (before?.microUnits ?? 0) + microUnits,
    sample: before?.sample ?? figure,
    byPolicy,
  });
  const policy = figure.owner?.policy ?? UNKNOWN;
  const share = byPolicy.get(policy) ?? { rows: 0, bytes: 0, microUnits: 0 };
  byPolicy.set(policy, share);
  share.rows += 1;
  share.bytes += Math.round(quantity * daysInMonth * GIB);
  share.microUnits += microUnits;
}

/** The name of what a day's sums are made from: the same name, the same sums. */
function nameOf(estimates: ReadonlyMap<string, Estimate>, bills: ReadonlyMap<string, Bill>): string {
  const parts = [...bills.values()].map(({ chainKey, byPolicy }) => {
    const hasLabels = estimates.has(chainKey);
    return JSON.stringify([chainKey, hasLabels, [...byPolicy].sort(([a], [b]) => (a < b ? -1 : 1))]);
  });
  return hashId(...parts.sort());
}

async function readEstimates(store: Store, day: string, currency: string): Promise<ReadonlyMap<string, Estimate>> {
  const estimates = new Map<string, Estimate>();
  for await (const page of readLedgerDay(store, day)) {
    for (const row of page) {
      if (row.currency !== currency) continue;
      // A chain and day may have corrections as further rows: all of them add up.
      const before = estimates.get(row.chainKey);
      estimates.set(row.chainKey, {
        labels: before?.labels ?? row,
        storedBytes: (before?.storedBytes ?? 0) + sum(row.shares, ({ storedBytes }) => storedBytes),
        microUnits: (before?.microUnits ?? 0) + sum(row.shares, ({ microUnits }) => microUnits),
        unmeasuredPoints: (before?.unmeasuredPoints ?? 0) + sum(row.shares, (share) => share.unmeasuredPoints),
        unpricedBytes: (before?.unpricedBytes ?? 0) + sum(row.shares, ({ unpricedBytes }) => unpricedBytes),
        microUnitsPerGiBMonth: row.microUnitsPerGiBMonth ?? before?.microUnitsPerGiBMonth ?? null,
      });
    }
  }
  return estimates;
}

/** What is billed, in the form that the sums of the ledger are made from: the same groups, so that both can stand side by side. */
function billedAsRow(labels: ChainLabels, bill: Bill): ChainLabels & Pick<LedgerRow, 'shares'> {
  const shares = [...bill.byPolicy].map(([policy, { rows, bytes, microUnits }]) => ({
    policy,
    points: rows,
    unmeasuredPoints: 0,
    storedBytes: bytes,
    unpricedBytes: 0,
    microUnits,
    microUnitsPerMonth: 0,
  }));
  return { ...labels, shares };
}

const UNKNOWN = '(unknown)';

function unknownLabels({ chainKey, sample: { resourceId, subscriptionId } }: Bill): ChainLabels {
  const resourceGroup = parseResourceId(resourceId)?.resourceGroup ?? '';
  const source = { key: UNKNOWN, kind: 'disk', id: resourceId, name: UNKNOWN, subscriptionId, resourceGroup } as const;
  return { chainKey, diskName: UNKNOWN, source: { ...source, region: '', tags: {} } };
}

function sum<T>(items: Iterable<T>, of: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
}

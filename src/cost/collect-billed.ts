import { GIB } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Store } from '../base/store.ts';
import { DAY_MS, daysInUtcMonth, type EpochMs, MINUTE_MS, utcDay } from '../base/time.ts';
import { readMeterNames, writeMeterNames } from './billed-cost.ts';
import { dropDueDays, listDueDays, noteDueDays } from './billed-days.ts';
import { type BilledOwners, readBilledOwners } from './billed-owners.ts';
import { listBilledStates, newBilledState, type StoredBilledState, writeBilledState } from './billed-state.ts';
import type { Chains } from './chains.ts';
import { noteBilled } from './note-billed.ts';
import { BILLED_LAG_MAX_MS, type BilledRead, firstDayToRead, latestOf, planBilledReads } from './plan-billed-reads.ts';
import type { BilledFigure, BilledSource } from './ports.ts';
import { recordBilled } from './record-billed.ts';
import { sumBilledDay } from './sum-billed-day.ts';

/** One run ends after this: the rest is read by the next. A function may run for 5 minutes on the smallest plan. */
const RUN_MAX_MS = 4 * MINUTE_MS;

export interface CollectDeps {
  readonly store: Store;
  readonly costs: BilledSource;
  readonly chains: Chains;
  readonly clock: Clock;
  readonly log: Log;
  readonly currency: string;
}

/** What a run has read. `left`: subscriptions that are to be asked again by the next run. */
export interface CollectedBills {
  readonly subscriptions: number;
  readonly rows: number;
  readonly corrections: number;
  readonly left: number;
}

/**
 * Reads the bill of every subscription that policies name or snapshots live in: each once a day, subscription by subscription.
 *
 * Shape:  null where all of today was read before. A subscription that fails is noted with its code, and the others are read.
 * Errors: 'storage-unavailable'.
 * Safety: may end anywhere: what was read is kept with how far it went, and the next run goes on there.
 */
export async function collectBilled(deps: CollectDeps, named: readonly string[]): Promise<CollectedBills | null> {
  const { store, clock } = deps;
  const startedAt = clock.now();
  const today = utcDay(startedAt);
  const known = new Map((await listBilledStates(store)).map((stored) => [stored.state.subscriptionId, stored]));
  const wanted = new Set(named.map((id) => id.toLowerCase()));
  const isRead = (id: string) => known.get(id)?.state.readOn === today;
  // A bill is read to its end after the last snapshot is gone.
  for (const [id, { state }] of known) if ((state.lastFigureOn ?? '') > (state.finalThrough ?? '')) wanted.add(id);
  const isDone = wanted.size > 0 && [...wanted].every(isRead) && (await listDueDays(store)).length === 0;
  if (isDone) return null;
  const owners = await readBilledOwners(deps.chains);
  for (const id of owners.subscriptionIds) wanted.add(id);
  // What failed before comes last: it must not keep the others waiting.
  const hasFailed = (id: string) => known.get(id)?.state.failure != null;
  const open = [...wanted]
    .filter((id) => !isRead(id))
    .sort((a, b) => Number(hasFailed(a)) - Number(hasFailed(b)) || (a < b ? -1 : 1));
  const run: Run = { ...deps, owners, billed: new Map(), rows: 0, corrections: 0 };
  let done = 0;
  for (const id of open) {
    if (clock.now() - startedAt > RUN_MAX_MS) break;
    const stored = known.get(id) ?? { state: newBilledState(id, firstDayToRead(startedAt)), etag: null };
    const outcome = await readSubscription(run, stored, startedAt + RUN_MAX_MS);
    if (outcome === 'read') done += 1;
    // Units are those of the tenant: the next subscription would be refused as well.
    if (outcome === 'throttled') break;
  }
  await sumDueDays(deps, owners);
  await noteBilled(deps, new Map([...run.billed].map(([id, { bytes }]) => [id, Math.round(bytes)])));
  return { subscriptions: open.length, rows: run.rows, corrections: run.corrections, left: open.length - done };
}

async function sumDueDays(deps: CollectDeps, { labelsByChain }: BilledOwners): Promise<void> {
  const due = await listDueDays(deps.store);
  if (due.length === 0) return;
  const states = (await listBilledStates(deps.store)).map(({ state }) => state);
  const labelsOf = (chainKey: string) => labelsByChain.get(chainKey) ?? null;
  for (const day of due) await sumBilledDay(deps, day, { states, labelsOf, now: deps.clock.now() });
  await dropDueDays(deps.store, due);
}

interface Run extends CollectDeps {
  readonly owners: BilledOwners;
  /** Of snapshots that could not be measured: what their last day says. */
  readonly billed: Map<string, { readonly day: string; readonly bytes: number }>;
  rows: number;
  corrections: number;
}

/** `read`: the subscription needs no more today. */
async function readSubscription(
  run: Run,
  first: StoredBilledState,
  until: EpochMs,
): Promise<'read' | 'left' | 'throttled'> {
  let stored = first;
  const { subscriptionId } = first.state;
  try {
    for (const read of planBilledReads(first.state, run.clock.now())) {
      if (run.clock.now() > until) return 'left';
      stored = await readOnce(run, stored, read);
    }
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'storage-unavailable' || error.code === 'data-unreadable') {
      throw error;
    }
    run.log.warn('the bill of a subscription cannot be read', { subscriptionId, ...error.facts, code: error.code });
    // Somebody else reads the same bill: how far it went is theirs to tell.
    if (error.code === 'precondition-failed') return 'left';
    await writeBilledState(run.store, { ...stored, state: { ...stored.state, failure: error.code } });
    return error.code === 'throttled' ? 'throttled' : 'left';
  }
  const now = run.clock.now();
  await writeBilledState(run.store, {
    ...stored,
    state: { ...stored.state, readOn: utcDay(now), readAt: now, failure: null },
  });
  return 'read';
}

async function readOnce(run: Run, stored: StoredBilledState, read: BilledRead): Promise<StoredBilledState> {
  const { store, costs, owners, clock } = run;
  const { state } = stored;
  const { subscriptionId } = state;
  const figures = await costs.snapshotFigures(subscriptionId, read);
  await learnMeters(run, subscriptionId, read, figures);
  const ownerOf = (resourceId: string) => owners.byResource.get(resourceId) ?? null;
  await noteDueDays(store, read);
  const recorded = await recordBilled(store, { subscriptionId, range: read, figures }, ownerOf, clock.now());
  noteBytes(run, figures);
  run.rows += recorded.rows;
  run.corrections += recorded.corrections;
  const due = utcDay(clock.now() - BILLED_LAG_MAX_MS - DAY_MS);
  const shown = [state.through, recorded.lastDay, [due, read.to].sort()[0] ?? due];
  return writeBilledState(store, {
    etag: stored.etag,
    state: {
      ...state,
      readThrough: latestOf(state.readThrough, read.to),
      finalThrough: read.closing ? latestOf(state.finalThrough, read.to) : state.finalThrough,
      lastFigureOn: latestOf(state.lastFigureOn, recorded.lastDay),
      through: shown.reduce(latestOf<string | null>, null),
      currency: figures[0]?.currency ?? state.currency,
    },
  });
}

/** Names are asked for where a meter is new: a few times in the life of an estate. */
async function learnMeters(run: Run, subscriptionId: string, read: BilledRead, figures: readonly BilledFigure[]) {
  const known = await readMeterNames(run.store);
  if (figures.every(({ meterId }) => known.has(meterId))) return;
  await writeMeterNames(run.store, await run.costs.snapshotMeters(subscriptionId, read));
}

function noteBytes({ owners, billed }: Run, figures: readonly BilledFigure[]): void {
  for (const { resourceId, day, quantity } of figures) {
    if (!owners.unmeasured.has(resourceId)) continue;
    const bytes = quantity * daysInUtcMonth(Date.parse(day)) * GIB;
    const before = billed.get(resourceId);
    if (!before || before.day < day) billed.set(resourceId, { day, bytes });
    else if (before.day === day) billed.set(resourceId, { day, bytes: before.bytes + bytes });
  }
}

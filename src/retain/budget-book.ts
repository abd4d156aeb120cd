import { readCells } from '../base/cells.ts';
import { hashId } from '../base/ids.ts';
import type { Row, Store, TableWrite } from '../base/store.ts';
import { type EpochMs, HOUR_MS } from '../base/time.ts';
import { policyKey } from '../schedule/point-names.ts';
import type { BudgetGroup, GivenUp, LiveBudget } from './live-budget.ts';

const PLANS = 'budgetplans';
const STATES = 'budgets';

/** A plan counts for two sweeps and a little: what is older says nothing about today's points. */
export const PLAN_COUNTS_MS = 13 * HOUR_MS;

/** What the last sweep's plan says of a point that it gives up. */
export interface PlannedLoss extends GivenUp {
  readonly plannedAt: EpochMs;
  /** The version of the policy that it was planned by. */
  readonly version: string;
}

/** How a budget came out at the last sweep, as health and reports show it. */
export interface BudgetState extends Pick<BudgetGroup, 'group' | 'amountMicroUnits' | 'costMicroUnits' | 'fits'> {
  readonly policy: string;
  readonly currency: string;
  readonly givenUp: number;
  readonly gapPercent: number;
  readonly exceedsByMicroUnits: number | null;
  readonly change: unknown;
  readonly partialSources: number;
  readonly at: EpochMs;
}

/**
 * What budgets have decided: the plan that deletions are held against, and how each budget stands.
 *
 * Shape:  table `budgetplans`, partition = policy, row key = point; table `budgets`, partition = policy, row key = what is covered together.
 */
export class BudgetBook {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Puts a sweep's plan in the place of the one before it: what is given up no longer is gone from it before anything is marked by the new one. */
  async replacePlan(
    policy: string,
    entries: readonly GivenUp[],
    plan: { readonly at: EpochMs; readonly version: string },
  ): Promise<void> {
    const partitionKey = policyKey(policy);
    const stays = new Set(entries.map(({ pointId }) => pointId));
    const writes: TableWrite[] = [];
    for await (const page of this.#store.table(PLANS).list({ partitionKey }))
      for (const { rowKey } of page) if (!stays.has(rowKey)) writes.push({ kind: 'delete', rowKey });
    for (const { pointId, older, newer } of entries) {
      const cells = { older: older ?? undefined, newer, plannedAt: plan.at, version: plan.version };
      writes.push({ kind: 'put', rowKey: pointId, cells });
    }
    if (writes.length > 0) await this.#store.table(PLANS).write(partitionKey, writes);
  }

  /** What the plan says of a point; null where it does not give it up. */
  async lossOf(policy: string, pointId: string): Promise<PlannedLoss | null> {
    const row = await this.#store.table(PLANS).get({ partitionKey: policyKey(policy), rowKey: pointId });
    if (!row) return null;
    const cells = readCells(row);
    return {
      pointId,
      older: cells.textOrNull('older'),
      newer: cells.text('newer'),
      plannedAt: cells.number('plannedAt'),
      version: cells.text('version'),
    };
  }

  /** Notes how a policy's budget stands; null takes it out, where the policy has none any more. */
  async noteStates(policy: string, budget: LiveBudget | null, currency: string, now: EpochMs): Promise<void> {
    const partitionKey = policyKey(policy);
    const writes = new Map<string, TableWrite>();
    for await (const page of this.#store.table(STATES).list({ partitionKey }))
      for (const { rowKey } of page) writes.set(rowKey, { kind: 'delete', rowKey });
    for (const state of budget?.groups ?? []) {
      const rowKey = hashId('budget', state.group);
      writes.set(rowKey, { kind: 'put', rowKey, cells: { policy, currency, at: now, ...stateCells(state) } });
    }
    if (writes.size > 0) await this.#store.table(STATES).write(partitionKey, [...writes.values()]);
  }

  /** How all budgets stand: one row for each policy and group. */
  async states(): Promise<readonly BudgetState[]> {
    const states: BudgetState[] = [];
    for await (const page of this.#store.table(STATES).scan()) states.push(...page.map(readState));
    return states;
  }
}

function stateCells({
  group,
  amountMicroUnits,
  costMicroUnits,
  fits,
  gapPercent,
  alarm,
  partial,
  givenUp,
}: BudgetGroup) {
  return {
    group,
    amountMicroUnits,
    costMicroUnits,
    fits,
    gapPercent: String(gapPercent),
    givenUp,
    partialSources: partial.length,
    exceedsByMicroUnits: alarm?.exceedsByMicroUnits,
    change: alarm ? JSON.stringify(alarm.change) : undefined,
  };
}

function readState(row: Row): BudgetState {
  const cells = readCells(row);
  const change = cells.textOrNull('change');
  return {
    policy: cells.text('policy'),
    group: cells.text('group'),
    currency: cells.text('currency'),
    amountMicroUnits: cells.number('amountMicroUnits'),
    costMicroUnits: cells.number('costMicroUnits'),
    fits: cells.flag('fits'),
    gapPercent: Number(cells.text('gapPercent')),
    givenUp: cells.number('givenUp'),
    exceedsByMicroUnits: cells.numberOrNull('exceedsByMicroUnits'),
    change: change === null ? null : (JSON.parse(change) as unknown),
    partialSources: cells.number('partialSources'),
    at: cells.number('at'),
  };
}

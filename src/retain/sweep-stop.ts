import { readCells } from '../base/cells.ts';
import type { Row, Store } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';
import { policyKey } from '../schedule/point-names.ts';

/** What a sweep would do. `takenSince`: the points the policy took since its last finished sweep. */
export interface SweepCounts {
  readonly points: number;
  readonly takenSince: number;
  readonly deletes: number;
}

/** A sweep that deletes no more than this never stops. */
const ALWAYS_ALLOWED = 10;

/**
 * Decides whether a sweep deletes suspiciously much: more than the policy's percentage, and more than twice what it took since the last finished
 * sweep, and more than ten points. A steady state that deletes as much as it takes therefore runs on.
 */
export function decideStop(counts: SweepCounts, maxDeletePercent: number): 'go' | 'stop' {
  const tooMany =
    counts.deletes * 100 > counts.points * maxDeletePercent &&
    counts.deletes > 2 * counts.takenSince &&
    counts.deletes > ALWAYS_ALLOWED;
  return tooMany ? 'stop' : 'go';
}

/** A stopped sweep that waits for somebody to say yes. */
export interface Approval {
  readonly policy: string;
  readonly deletes: number;
  readonly points: number;
  readonly askedAt: EpochMs;
  readonly approvedBy: string | null;
}

const TABLE = 'approvals';
const PARTITION = 'approval';

/**
 * Stopped sweeps and their approvals.
 *
 * Shape:  table `approvals`, one partition, row key = policy.
 * Safety: an approval covers at most the number of deletions that was shown, and one sweep.
 */
export class SweepApprovals {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async ask(policy: string, counts: SweepCounts, now: EpochMs): Promise<void> {
    await this.#store
      .table(TABLE)
      .put(keysOf(policy), { policy, deletes: counts.deletes, points: counts.points, askedAt: now });
  }

  async get(policy: string): Promise<Approval | null> {
    const row = await this.#store.table(TABLE).get(keysOf(policy));
    return row ? readApproval(row) : null;
  }

  async list(): Promise<readonly Approval[]> {
    const approvals: Approval[] = [];
    for await (const page of this.#store.table(TABLE).list({ partitionKey: PARTITION }))
      approvals.push(...page.map(readApproval));
    return approvals;
  }

  /** Says yes to what was asked; `nothing` where no sweep waits, `changed` where it asks for another number by now. */
  async approve(policy: string, deletes: number, by: string): Promise<'done' | 'nothing' | 'changed'> {
    const row = await this.#store.table(TABLE).get(keysOf(policy));
    if (!row) return 'nothing';
    const asked = readApproval(row);
    if (asked.deletes !== deletes) return 'changed';
    const written = await this.#store.table(TABLE).replace(keysOf(policy), { ...row.cells, approvedBy: by }, row.etag);
    return written.kind;
  }

  /** True where an approval covers so many deletions; it is used up by that. */
  async use(policy: string, deletes: number): Promise<boolean> {
    const approval = await this.get(policy);
    if (!approval || approval.approvedBy === null || approval.deletes < deletes) return false;
    await this.#store.table(TABLE).delete(keysOf(policy));
    return true;
  }
}

function keysOf(policy: string): { partitionKey: string; rowKey: string } {
  return { partitionKey: PARTITION, rowKey: policyKey(policy) };
}

function readApproval(row: Row): Approval {
  const cells = readCells(row);
  return {
    policy: cells.text('policy'),
    deletes: cells.number('deletes'),
    points: cells.number('points'),
    askedAt: cells.number('askedAt'),
    approvedBy: cells.textOrNull('approvedBy'),
  };
}

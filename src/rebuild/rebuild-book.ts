import * as z from 'zod';
import { readCells, readDocument } from '../base/cells.ts';
import { spreadText } from '../base/long-text.ts';
import type { Row, Store } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';
import { groupKey, type SnapshotGroup } from '../protect/protect.ts';
import type { Doubt } from './plan-points.ts';

const TABLE = 'rebuilds';
const PARTITION = 'rebuild';
/** Doubts that a group's row names; the rest is counted. */
const DOUBTS_NAMED = 100;

/** One rebuild of the catalogue from Azure. */
export interface Rebuild {
  readonly id: string;
  readonly startedAt: EpochMs;
  readonly by: string;
  readonly policiesRestored: readonly string[];
  readonly policiesUnreadable: readonly string[];
  readonly confirmedAt: EpochMs | null;
  readonly confirmedBy: string | null;
}

/** What one resource group gave. Shape: `doubts` names the first ones, `doubtCount` counts all. */
export interface RebuiltGroup extends SnapshotGroup {
  readonly state: 'waiting' | 'done' | 'gone';
  readonly points: number;
  readonly snapshots: number;
  readonly doubts: readonly Doubt[];
  readonly doubtCount: number;
}

const partsSchema = z.strictObject({ restored: z.array(z.string()), unreadable: z.array(z.string()) });
const doubtsSchema = z.array(
  z.strictObject({ id: z.string(), because: z.enum(['tags disagree', 'no disk named', 'not whole']) }),
);

/**
 * The rebuilds that were asked for, and how far they are.
 *
 * Shape:  table `rebuilds`: partition `rebuild`, row = id; beside it partition = id, row = resource group.
 */
export class RebuildBook {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async get(id: string): Promise<Rebuild | null> {
    const row = await this.#store.table(TABLE).get({ partitionKey: PARTITION, rowKey: id });
    return row ? readRebuild(row) : null;
  }

  /** Writes the groups of a rebuild that begins; a second time it changes nothing. */
  async addGroups(id: string, groups: readonly SnapshotGroup[]): Promise<void> {
    for (const group of groups) {
      const cells = {
        ...group,
        state: 'waiting',
        points: 0,
        snapshots: 0,
        doubtCount: 0,
        ...spreadText('doubts', '[]'),
      };
      await this.#store.table(TABLE).insert({ partitionKey: id, rowKey: groupKey(group) }, cells);
    }
  }

  /** Writes a rebuild whose work is on the agenda; a second time it changes nothing. */
  async start(rebuild: Rebuild): Promise<void> {
    const parts = { restored: rebuild.policiesRestored, unreadable: rebuild.policiesUnreadable };
    const cells = { startedAt: rebuild.startedAt, by: rebuild.by, ...spreadText('policies', JSON.stringify(parts)) };
    await this.#store.table(TABLE).insert({ partitionKey: PARTITION, rowKey: rebuild.id }, cells);
  }

  async group(id: string, key: string): Promise<RebuiltGroup | null> {
    const row = await this.#store.table(TABLE).get({ partitionKey: id, rowKey: key });
    return row ? readGroup(row) : null;
  }

  async groups(id: string): Promise<readonly RebuiltGroup[]> {
    const groups: RebuiltGroup[] = [];
    for await (const page of this.#store.table(TABLE).list({ partitionKey: id })) groups.push(...page.map(readGroup));
    return groups;
  }

  async finish(id: string, group: RebuiltGroup): Promise<void> {
    const { subscriptionId, resourceGroup, state, points, snapshots, doubtCount } = group;
    const doubts = JSON.stringify(group.doubts.slice(0, DOUBTS_NAMED));
    await this.#store
      .table(TABLE)
      .put(
        { partitionKey: id, rowKey: groupKey(group) },
        { subscriptionId, resourceGroup, state, points, snapshots, doubtCount, ...spreadText('doubts', doubts) },
      );
  }

  async noteConfirmed(rebuild: Rebuild, by: string, now: EpochMs): Promise<void> {
    const keys = { partitionKey: PARTITION, rowKey: rebuild.id };
    const row = await this.#store.table(TABLE).get(keys);
    if (!row || row.cells.confirmedAt !== undefined) return;
    await this.#store.table(TABLE).replace(keys, { ...row.cells, confirmedAt: now, confirmedBy: by }, row.etag);
  }
}

function readRebuild(row: Row): Rebuild {
  const cells = readCells(row);
  const { restored, unreadable } = readDocument(row, 'policies', partsSchema);
  return {
    id: row.rowKey,
    startedAt: cells.number('startedAt'),
    by: cells.text('by'),
    policiesRestored: restored,
    policiesUnreadable: unreadable,
    confirmedAt: cells.numberOrNull('confirmedAt'),
    confirmedBy: cells.textOrNull('confirmedBy'),
  };
}

function readGroup(row: Row): RebuiltGroup {
  const cells = readCells(row);
  const state = cells.text('state');
  return {
    subscriptionId: cells.text('subscriptionId'),
    resourceGroup: cells.text('resourceGroup'),
    state: state === 'done' || state === 'gone' ? state : 'waiting',
    points: cells.number('points'),
    snapshots: cells.number('snapshots'),
    doubts: readDocument(row, 'doubts', doubtsSchema),
    doubtCount: cells.number('doubtCount'),
  };
}

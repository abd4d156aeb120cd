import * as z from 'zod';
import { readDocument } from '../base/cells.ts';
import { spreadText } from '../base/long-text.ts';
import type { Store } from '../base/store.ts';
import type { Restore, RestoreKind } from './restore.ts';

const TABLE = 'restoretimes';
const PARTITION = 'kind';

/** How much the newest run counts in the running mean of a step's time. */
const NEWEST_SHARE = 0.3;

const timesSchema = z.record(z.string(), z.number());

/** How long each step of a kind of restore takes, by its name. Units: ms. */
export type StepTimes = Readonly<Record<string, number>>;

/** What earlier restores of a kind took, step by step; empty where there were none. */
export async function readStepTimes(store: Store, kind: RestoreKind): Promise<StepTimes> {
  const row = await store.table(TABLE).get({ partitionKey: PARTITION, rowKey: kind });
  return row ? readDocument(row, 'times', timesSchema) : {};
}

/** Lets a restore that has succeeded count. Where somebody else writes at the same moment, this one does not count: it is an estimate. */
export async function noteStepTimes(store: Store, restore: Restore): Promise<void> {
  const keys = { partitionKey: PARTITION, rowKey: restore.kind };
  const table = store.table(TABLE);
  const row = await table.get(keys);
  const before = row ? readDocument(row, 'times', timesSchema) : {};
  const times: Record<string, number> = { ...before };
  for (const { name, startedAt, finishedAt } of restore.steps) {
    if (finishedAt === null) continue;
    const took = finishedAt - startedAt;
    const known = before[name];
    times[name] = Math.round(known === undefined ? took : known + (took - known) * NEWEST_SHARE);
  }
  const cells = spreadText('times', JSON.stringify(times));
  if (row) await table.replace(keys, cells, row.etag);
  else await table.insert(keys, cells);
}

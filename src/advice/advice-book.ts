import { readDocument } from '../base/cells.ts';
import { spreadText } from '../base/long-text.ts';
import type { Store } from '../base/store.ts';
import { DAY_MS, type EpochMs, utcDay } from '../base/time.ts';
import { type Advice, adviceSchema } from './advice.ts';

const TABLE = 'advice';
const PARTITION = 'day';
/** Older advice says nothing about today's chains. */
const COUNTS_DAYS = 7;
/** So long it is kept at all. */
const KEEP_DAYS = 35;

/**
 * The newest advice; null where none of the last week is there.
 *
 * Shape:  table `advice`, one partition, row = UTC day.
 */
export async function readAdvice(store: Store, now: EpochMs): Promise<Advice | null> {
  let newest: Advice | null = null;
  const range = { partitionKey: PARTITION, from: utcDay(now - COUNTS_DAYS * DAY_MS), to: utcDay(now + DAY_MS) };
  for await (const page of store.table(TABLE).list(range))
    for (const row of page) newest = readDocument(row, 'advice', adviceSchema);
  return newest;
}

export async function hasAdvice(store: Store, day: string): Promise<boolean> {
  return (await store.table(TABLE).get({ partitionKey: PARTITION, rowKey: day })) !== null;
}

/** Keeps a day's advice, and takes out what is older than five weeks. */
export async function writeAdvice(store: Store, advice: Advice): Promise<void> {
  const table = store.table(TABLE);
  await table.put({ partitionKey: PARTITION, rowKey: utcDay(advice.at) }, spreadText('advice', JSON.stringify(advice)));
  for await (const page of table.list({ partitionKey: PARTITION, to: utcDay(advice.at - KEEP_DAYS * DAY_MS) }))
    for (const { rowKey } of page) await table.delete({ partitionKey: PARTITION, rowKey });
}

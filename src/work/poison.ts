import type { Clock } from '../base/clock.ts';
import { hashId } from '../base/ids.ts';
import type { Log } from '../base/log.ts';
import type { Store } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';

const TABLE = 'poison';
const PARTITION = 'poison';
const SHOWN_LENGTH = 2_000;

/** A message that failed again and again. */
export interface PoisonedMessage {
  readonly queue: string;
  readonly body: string;
  readonly at: EpochMs;
}

/** Notes a poisoned message where the health page and the operator see it; noting it again changes nothing. */
export async function notePoison(
  deps: { store: Store; clock: Clock; log: Log },
  queue: string,
  body: unknown,
): Promise<void> {
  const text = (JSON.stringify(body) ?? 'undefined').slice(0, SHOWN_LENGTH);
  deps.log.error('a message ended in the poison queue', { queue, body: text });
  await deps.store
    .table(TABLE)
    .insert({ partitionKey: PARTITION, rowKey: hashId(queue, text) }, { queue, body: text, at: deps.clock.now() });
}

/** The poisoned messages that are known, at most `limit`. */
export async function listPoison(store: Store, limit: number): Promise<readonly PoisonedMessage[]> {
  const found: PoisonedMessage[] = [];
  for await (const page of store.table(TABLE).list({ partitionKey: PARTITION, limit })) {
    for (const { cells } of page)
      found.push({ queue: String(cells.queue), body: String(cells.body), at: Number(cells.at) });
  }
  return found;
}

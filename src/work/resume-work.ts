import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Store } from '../base/store.ts';
import { MINUTE_MS } from '../base/time.ts';
import { messageOf, type QueueName, queueByKind } from './messages.ts';
import type { Agenda, WorkItem } from './work.ts';

/** Items put back on their queues by one run; the rest waits for the next minute. */
const ITEMS_PER_RUN = 2_000;

/** How long a message may take before its item is sent again. */
const RESEND_AFTER_MS = 10 * MINUTE_MS;

/**
 * Puts every overdue unfinished item back on its queue and moves its due time on, so that a message that is lost, poisoned or late is sent again.
 *
 * Shape:  the number of items sent. One storage call when nothing is due.
 * Safety: the item is moved before the message is sent: a crash in between sends it ten minutes later, never loses it.
 */
export async function resumeWork(deps: { store: Store; agenda: Agenda; clock: Clock; log: Log }): Promise<number> {
  const now = deps.clock.now();
  const due = await deps.agenda.due(now, ITEMS_PER_RUN);
  if (due.length === 0) return 0;
  const moved = due.map((item): WorkItem => ({ ...item, dueAt: now + RESEND_AFTER_MS }));
  await deps.agenda.change(moved, due);
  const byQueue = new Map<QueueName, WorkItem[]>();
  for (const item of moved) {
    const queue = queueByKind[item.kind];
    const items = byQueue.get(queue) ?? [];
    items.push(item);
    byQueue.set(queue, items);
  }
  for (const [queue, items] of byQueue) await deps.store.queue(queue).send(items.map(messageOf));
  deps.log.info('work resumed', { items: due.length, oldestOverdueMs: now - (due[0]?.dueAt ?? now) });
  return due.length;
}

import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Store } from '../base/store.ts';
import { MINUTE_MS } from '../base/time.ts';
import { messageOf, type QueueName, queueByKind } from './messages.ts';
import type { Agenda, WorkItem } from './work.ts';

/** How long a message may take before its item is sent again. */
const RESEND_AFTER_MS = 10 * MINUTE_MS;

/**
 * Puts overdue unfinished items back on their queues and moves their due time on, so that a message that is lost, poisoned or late is sent again.
 *
 * Safety: the item is moved before the message is sent: a crash in between sends it ten minutes later, never loses it.
 */
export async function resumeWork(
  deps: { store: Store; agenda: Agenda; clock: Clock; log: Log },
  due: readonly WorkItem[],
): Promise<void> {
  if (due.length === 0) return;
  const now = deps.clock.now();
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
}

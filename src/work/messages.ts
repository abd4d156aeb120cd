import * as z from 'zod';
import { AppError } from '../base/errors.ts';
import { type WorkItem, type WorkKind, workKinds } from './work.ts';

/** The queues of the app; each has a poison queue beside it. */
export const queueNames = ['snapshots', 'meters', 'prunes', 'restores'] as const;
export type QueueName = (typeof queueNames)[number];

/** Which queue carries which kind of work. */
export const queueByKind: Readonly<Record<WorkKind | 'sweep', QueueName>> = {
  take: 'snapshots',
  confirm: 'snapshots',
  meter: 'meters',
  sweep: 'prunes',
  delete: 'prunes',
  forget: 'prunes',
  restore: 'restores',
  drill: 'restores',
  // The quiet queue: each further one is asked for messages all day long, and each ask is paid.
  notify: 'restores',
  reprice: 'meters',
  report: 'meters',
  rebuild: 'prunes',
};

const messageSchema = z.strictObject({
  v: z.literal(1),
  kind: z.enum([...workKinds, 'sweep']),
  id: z.string().min(1).max(500),
  /** The agenda row this message was sent for; 0 where there is none. */
  dueAt: z.number().int().min(0),
});

/** A queue message: ids and no state. */
export type Message = z.infer<typeof messageSchema>;

export function messageOf(item: WorkItem): Message {
  return { v: 1, kind: item.kind, id: item.id, dueAt: item.dueAt };
}

/**
 * Reads a queue message.
 *
 * Errors: 'data-unreadable' for anything else than a message of this version: it goes to the poison queue and nothing is changed.
 */
export function readMessage(body: unknown): Message {
  const parsed = messageSchema.safeParse(body);
  if (!parsed.success) throw new AppError('data-unreadable', 'A queue message is of no known form', {});
  return parsed.data;
}

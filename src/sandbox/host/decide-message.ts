/** What becomes of a message: gone, back in the queue, over to the poison queue, or left alone until its time is over. */
export type MessageFate = 'run' | 'delete' | 'release' | 'poison' | 'leave';

const POISON_SUFFIX = '-poison';

/** The queue that takes what a queue cannot get done. */
export function poisonQueueOf(queueName: string): string {
  return queueName + POISON_SUFFIX;
}

/** Decides before the function runs: a message that was tried often enough, by a host that was killed each time, is not tried again. */
export function decideBeforeRun(
  message: { dequeueCount: number; readable: boolean },
  maxDequeueCount: number,
): MessageFate {
  return message.dequeueCount > maxDequeueCount || !message.readable ? 'poison' : 'run';
}

/**
 * Decides after the function ran.
 *
 * Source: the host's QueueProcessor: failed messages are released until `maxDequeueCount`, then moved; a poison queue has no poison queue, and its failed
 *         messages stay invisible until their time is over, so that they do not spin.
 */
export function decideAfterRun(
  run: { succeeded: boolean; dequeueCount: number; queueName: string },
  maxDequeueCount: number,
): MessageFate {
  if (run.succeeded) return 'delete';
  if (run.queueName.endsWith(POISON_SUFFIX)) return 'leave';
  return run.dequeueCount >= maxDequeueCount ? 'poison' : 'release';
}

/** Reads a message's base64 to text; null where it is none. */
export function decodeMessage(text: string): string | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  const bytes = Buffer.from(text, 'base64');
  const decoded = bytes.toString('utf8');
  return Buffer.from(decoded, 'utf8').equals(bytes) ? decoded : null;
}

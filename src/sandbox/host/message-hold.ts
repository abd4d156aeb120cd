import type { QueueClient, QueueMessage } from './queue-client.ts';

/** Keeps a received message invisible to others. */
export interface MessageHold {
  /** Ends the keeping; gives the message with its latest receipt. */
  release(): Promise<QueueMessage>;
}

/**
 * Holds a message for as long as its function runs, by setting its time anew at each third of it.
 *
 * Units:  real seconds.
 * Errors: a renewal that fails is left to the next one; a message that was lost meanwhile shows when it is deleted.
 */
export function holdMessage(queue: QueueClient, received: QueueMessage, seconds: number): MessageHold {
  let message = received;
  let renewal: Promise<void> = Promise.resolve();
  const renew = async () => {
    try {
      const popReceipt = await queue.hold(message, seconds);
      if (popReceipt !== null) message = { ...message, popReceipt };
    } catch {
      // The next renewal tries again: two of three may fail.
    }
  };
  const timer = setInterval(
    () => {
      renewal = renewal.then(renew);
    },
    (seconds * 1_000) / 3,
  );
  return {
    release: async () => {
      clearInterval(timer);
      await renewal;
      return message;
    },
  };
}

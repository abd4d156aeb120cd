import type { QueueClient } from '@azure/storage-queue';
import { assert } from '../base/assert.ts';
import type { Queue } from '../base/store.ts';
import {
  isBeingDeleted,
  isContainerMissing,
  MissingContainer,
  type StorageContext,
  storageCall,
  withContainer,
} from './storage-call.ts';

/** What a message may hold so that its base64 stays within 64 KiB. Source: https://learn.microsoft.com/azure/storage/queues/scalability-targets */
const MESSAGE_MAX_BYTES = 49_152;
const SENDS_AT_ONCE = 8;

/**
 * A queue of Queue Storage.
 *
 * Shape:  JSON in base64, as the Functions host reads it by default.
 * Errors: 'storage-unavailable'; messages before the one that failed are sent, and one whose answer was lost may be there twice: receivers take each message as a hint.
 */
export function createAzureQueue(client: QueueClient, context: StorageContext): Queue {
  const target = { operation: 'send', name: client.name };
  const sendOne = (text: string) =>
    withContainer(
      context,
      target,
      (abortSignal) => client.createIfNotExists({ abortSignal }),
      () =>
        storageCall(context, target, async ({ abortSignal }) => {
          try {
            await client.sendMessage(text, { abortSignal });
          } catch (error) {
            if (isContainerMissing(error) || isBeingDeleted(error)) throw new MissingContainer();
            throw error;
          }
        }),
    );
  return {
    send: async (messages) => {
      const texts = messages.map(encodeMessage);
      for (let start = 0; start < texts.length; start += SENDS_AT_ONCE) {
        await Promise.all(texts.slice(start, start + SENDS_AT_ONCE).map(sendOne));
      }
    },
  };
}

function encodeMessage(message: unknown): string {
  const bytes = Buffer.from(JSON.stringify(message), 'utf8');
  assert(bytes.length <= MESSAGE_MAX_BYTES, 'a queue message is too large');
  return bytes.toString('base64');
}

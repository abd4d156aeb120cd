import { setTimeout as sleep } from 'node:timers/promises';
import type { TypedData } from './core-module.ts';
import { decideAfterRun, decideBeforeRun, decodeMessage, type MessageFate, poisonQueueOf } from './decide-message.ts';
import type { QueueSettings } from './host-settings.ts';
import { type Invoker, newInvocationId } from './invoker.ts';
import type { LogSink } from './log-sink.ts';
import { holdMessage } from './message-hold.ts';
import type { QueueClient, QueueMessage } from './queue-client.ts';
import type { RegisteredFunction } from './registered-function.ts';

/** A queue that does not answer, or that holds messages which a killed host still keeps invisible, is looked at this often. Units: real milliseconds. */
const RETRY_MS = 100;

/** One queue trigger at work. */
export interface QueueListener {
  readonly queueUri: string;
  /** Says that there may be messages. */
  touch(): void;
  /** True when no message is visible as far as is known, and none is being worked on. */
  settled(): boolean;
  /** Resolves at the next moment at which it is settled. */
  whenSettled(): Promise<void>;
  /** Takes no more messages, and resolves when those taken are done. */
  stop(): Promise<void>;
}

/** What a listener works with. */
export interface ListenerParts {
  readonly target: RegisteredFunction;
  readonly queueName: string;
  readonly queueUri: string;
  readonly queue: QueueClient;
  readonly poisonQueue: QueueClient;
  readonly settings: QueueSettings;
  readonly invoker: Invoker;
  readonly log: LogSink;
  /** True on a frozen clock, where a failed message comes back at once. */
  readonly frozen: () => boolean;
  /** Told when a message went to the poison queue, with that queue's address. */
  readonly onPoisoned: (poisonQueueUri: string) => void;
}

/**
 * Starts to work off a queue: receives while it has room, runs the function, deletes, releases or poisons.
 *
 * Errors: a queue that does not answer is logged and asked again with the next touch.
 * Safety: at least once, as in Azure: a message whose host dies, or whose hold is lost, runs again.
 */
export function startQueueListener(parts: ListenerParts): QueueListener {
  const { queue, settings, log, target } = parts;
  let touched = true;
  let receiving = false;
  let stopped = false;
  // Until the queue was seen without any message, there may be some that a killed host still holds.
  let inherited = true;
  let complained = false;
  let working = 0;
  let waiters: (() => void)[] = [];

  const settled = () => !touched && !receiving && working === 0;
  const change = () => new Promise<void>((resolve) => waiters.push(resolve));
  const changed = () => {
    const woken = waiters;
    waiters = [];
    for (const wake of woken) wake();
    void receive();
  };
  const touch = () => {
    touched = true;
    void receive();
  };
  const warn = (message: string) =>
    log.write({ level: 'warning', category: 'system', message, functionName: target.name });

  const receive = async () => {
    if (receiving || stopped || !touched || working > settings.newBatchThreshold) return;
    receiving = true;
    touched = false;
    try {
      const messages = await queue.receive(settings.batchSize, settings.holdSeconds);
      if (messages.length > 0) touched = true;
      for (const message of messages) void work(message);
      if (messages.length === 0 && inherited) await lookForInherited();
      complained = false;
    } catch (error) {
      if (!complained) warn(`The queue cannot be read: ${error}`);
      complained = true;
      touched = true;
      await sleep(RETRY_MS);
    } finally {
      receiving = false;
      changed();
    }
  };
  const lookForInherited = async () => {
    inherited = (await queue.count()) > working;
    if (!inherited) return;
    touched = true;
    await sleep(RETRY_MS);
  };
  const work = async (message: QueueMessage) => {
    working += 1;
    try {
      if ((await workOff(parts, message)) === 'release') touched = true;
    } catch (error) {
      warn(`The message ${message.id} could not be settled and will come back: ${error}`);
    } finally {
      working -= 1;
      changed();
    }
  };

  void receive();
  return {
    queueUri: parts.queueUri,
    touch,
    settled,
    whenSettled: async () => {
      while (!settled() && !stopped) await change();
    },
    stop: async () => {
      stopped = true;
      while (receiving || working > 0) await change();
    },
  };
}

async function workOff(parts: ListenerParts, received: QueueMessage): Promise<MessageFate> {
  const { settings, queue, target, queueName } = parts;
  const text = decodeMessage(received.text);
  const first = decideBeforeRun(
    { dequeueCount: received.dequeueCount, readable: text !== null },
    settings.maxDequeueCount,
  );
  if (first === 'poison' || text === null) {
    await poison(parts, received);
    return 'poison';
  }

  const hold = holdMessage(queue, received, settings.holdSeconds);
  const end = await parts.invoker.invoke(target, {
    invocationId: newInvocationId(),
    inputData: [{ name: target.bindingName, data: { string: text } }],
    triggerMetadata: triggerMetadata(received, text),
  });
  const message = await hold.release();
  const run = { succeeded: end.kind === 'done', dequeueCount: received.dequeueCount, queueName };
  const fate = decideAfterRun(run, settings.maxDequeueCount);
  if (fate === 'delete') await queue.remove(message);
  if (fate === 'poison') await poison(parts, message);
  if (fate === 'release') {
    await queue.hold(message, parts.frozen() ? 0 : Math.ceil(settings.visibilityTimeoutMs / 1_000));
  }
  return fate;
}

/** First the copy, then the deletion: a crash in between doubles the message, the other order would lose it. */
async function poison(parts: ListenerParts, message: QueueMessage): Promise<void> {
  await parts.poisonQueue.send(message.text);
  await parts.queue.remove(message);
  parts.log.write({
    level: 'error',
    category: 'system',
    message: `The message ${message.id} was moved to ${poisonQueueOf(parts.queueName)} after ${message.dequeueCount} attempts`,
    functionName: parts.target.name,
  });
  parts.onPoisoned(poisonQueueOf(parts.queueUri));
}

/** Source: names and forms as the host's queue trigger gives them; the library turns the first letters small. */
function triggerMetadata(message: QueueMessage, text: string): Record<string, TypedData> {
  const time = (rfc1123: string) => ({ string: new Date(rfc1123).toISOString() });
  return {
    QueueTrigger: { string: text },
    Id: { string: message.id },
    PopReceipt: { string: message.popReceipt },
    DequeueCount: { json: String(message.dequeueCount) },
    InsertionTime: time(message.insertionTime),
    ExpirationTime: time(message.expirationTime),
    NextVisibleTime: time(message.nextVisibleTime),
  };
}

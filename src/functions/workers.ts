import { app } from '@azure/functions';
import { type App, useApp } from '../app.ts';
import { assert } from '../base/assert.ts';
import { meterTurn } from '../cost/meter-turn.ts';
import { confirmGroup } from '../protect/confirm-group.ts';
import { failPoisonedPoint, takePoint } from '../protect/take-point.ts';
import { advanceRestore, undoPoisonedRestore } from '../restore/advance-restore.ts';
import { deletePoint } from '../retain/delete-point.ts';
import { forgetPoint } from '../retain/forget-point.ts';
import { sweepPolicy } from '../retain/sweep-policy.ts';
import { type Message, type QueueName, queueNames, readMessage } from '../work/messages.ts';
import { notePoison } from '../work/poison.ts';

type Work = (holdfast: App, message: Message) => Promise<void>;

const workByKind: Readonly<Record<Message['kind'], Work>> = {
  take: takePoint,
  confirm: confirmGroup,
  meter: meterTurn,
  sweep: (holdfast, message) => sweepPolicy(holdfast, message.id),
  delete: deletePoint,
  forget: (holdfast, message) => forgetPoint({ ...holdfast, recordFreed: recordFreedOf(holdfast) }, message),
  restore: advanceRestore,
};

/** What becomes of a message that has failed again and again. What is not named here stays on the agenda and is sent again. */
const poisonedByKind: Partial<Readonly<Record<Message['kind'], Work>>> = {
  take: failPoisonedPoint,
  restore: undoPoisonedRestore,
};

const workerNames: Readonly<Record<QueueName, string>> = {
  snapshots: 'snapshot-worker',
  meters: 'meter-worker',
  prunes: 'prune-worker',
  restores: 'restore-worker',
};

for (const queue of queueNames) {
  app.storageQueue(workerNames[queue], {
    queueName: queue,
    connection: 'AzureWebJobsStorage',
    handler: async (body) => {
      const message = readMessage(body);
      const work = workByKind[message.kind];
      assert(work, 'every kind of message has its work');
      await work(await useApp(), message);
    },
  });
  app.storageQueue(`${workerNames[queue]}-poison`, {
    queueName: `${queue}-poison`,
    connection: 'AzureWebJobsStorage',
    handler: async (body) => {
      const holdfast = await useApp();
      await notePoison(holdfast, queue, body);
      const message = readMessage(body);
      await poisonedByKind[message.kind]?.(holdfast, message);
    },
  });
}

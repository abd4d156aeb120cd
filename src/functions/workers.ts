import { app } from '@azure/functions';
import { useApp } from '../app.ts';
import { type QueueName, queueNames } from '../work/messages.ts';
import { runMessage, runPoisoned } from './dispatch.ts';

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
    handler: async (body) => runMessage(await useApp(), body),
  });
  app.storageQueue(`${workerNames[queue]}-poison`, {
    queueName: `${queue}-poison`,
    connection: 'AzureWebJobsStorage',
    handler: async (body) => runPoisoned(await useApp(), queue, body),
  });
}

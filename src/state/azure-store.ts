import type { HttpClient } from '@azure/core-rest-pipeline';
import { TableClient } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { BlobContainer, Queue, Store, Table } from '../base/store.ts';
import { createAzureBlobs } from './azure-blobs.ts';
import { createAzureQueue } from './azure-queue.ts';
import { createAzureTable } from './azure-table.ts';
import { checkContainerName, checkTableName } from './check-row.ts';
import { type StorageContext, storageCall } from './storage-call.ts';

export interface StoreOptions {
  readonly blobServiceUri: string;
  readonly queueServiceUri: string;
  readonly tableServiceUri: string;
  readonly credential: TokenCredential;
  readonly clock: Clock;
  readonly log?: Log;
  /** Carries the requests for tables, in place of the SDK's own client. */
  readonly tableHttpClient?: HttpClient;
}

/**
 * Storage on an Azure storage account, signed in by token.
 *
 * Shape:  clients are made once per name and share the SDKs' keep-alive connections.
 * Safety: the SDKs' own retries are off: they sleep in real time and cannot tell a lost answer from a refusal.
 */
export function createStore(options: StoreOptions): Store {
  const context: StorageContext = { clock: options.clock, log: options.log };
  const once = { retryOptions: { maxTries: 1 } };
  // The clients of queues and blobs are large, and many a run needs neither.
  const blobService = onDemand(async () => {
    const { BlobServiceClient } = await import('@azure/storage-blob');
    return new BlobServiceClient(options.blobServiceUri, options.credential, once);
  });
  const queueService = onDemand(async () => {
    const { QueueServiceClient } = await import('@azure/storage-queue');
    return new QueueServiceClient(options.queueServiceUri, options.credential, once);
  });
  const tableClient = remember((name) => {
    checkTableName(name);
    const transport = options.tableHttpClient ? { httpClient: options.tableHttpClient } : {};
    const retryOptions = { maxRetries: 0 };
    return new TableClient(options.tableServiceUri, name, options.credential, { retryOptions, ...transport });
  });
  return {
    table: remember<Table>((name) => createAzureTable(tableClient(name), context)),
    queue: remember<Queue>((name) => {
      checkContainerName(name);
      return lateQueue(async () => createAzureQueue((await queueService()).getQueueClient(name), context));
    }),
    blobs: remember<BlobContainer>((name) => {
      checkContainerName(name);
      return lateBlobs(async () => createAzureBlobs((await blobService()).getContainerClient(name), context));
    }),
    dropTable: (name) =>
      storageCall(context, { operation: 'drop', name }, ({ abortSignal }) =>
        tableClient(name).deleteTable({ abortSignal }),
      ),
  };
}

function remember<T>(make: (name: string) => T): (name: string) => T {
  const made = new Map<string, T>();
  return (name) => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const fresh = make(name);
    made.set(name, fresh);
    return fresh;
  };
}

/** What is opened at its first use. */
function onDemand<T>(open: () => Promise<T>): () => Promise<T> {
  let opening: Promise<T> | null = null;
  return () => {
    opening ??= open();
    return opening;
  };
}

function lateQueue(open: () => Promise<Queue>): Queue {
  const queue = onDemand(open);
  return { send: async (messages) => (await queue()).send(messages) };
}

function lateBlobs(open: () => Promise<BlobContainer>): BlobContainer {
  const blobs = onDemand(open);
  return {
    read: async (name) => (await blobs()).read(name),
    write: async (name, content, contentType) => (await blobs()).write(name, content, contentType),
    writeStream: async (name, pieces) => (await blobs()).writeStream(name, pieces),
    size: async (name) => (await blobs()).size(name),
    delete: async (name) => (await blobs()).delete(name),
    list: async function* (prefix) {
      yield* (await blobs()).list(prefix);
    },
  };
}

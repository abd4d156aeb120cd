import type { HttpClient } from '@azure/core-rest-pipeline';
import { TableClient } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
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
  const blobService = new BlobServiceClient(options.blobServiceUri, options.credential, once);
  const queueService = new QueueServiceClient(options.queueServiceUri, options.credential, once);
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
      return createAzureQueue(queueService.getQueueClient(name), context);
    }),
    blobs: remember<BlobContainer>((name) => {
      checkContainerName(name);
      return createAzureBlobs(blobService.getContainerClient(name), context);
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

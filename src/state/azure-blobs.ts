import type { ContainerClient } from '@azure/storage-blob';
import type { BlobContainer } from '../base/store.ts';
import {
  isBeingDeleted,
  isContainerMissing,
  MissingContainer,
  type StorageContext,
  statusOf,
  storageCall,
  withContainer,
} from './storage-call.ts';

/** A container of Blob Storage. A missing one reads as empty and is created by the first write. */
export function createAzureBlobs(client: ContainerClient, context: StorageContext): BlobContainer {
  const name = client.containerName;
  return {
    read: (blob) =>
      storageCall(context, { operation: 'read', name }, async ({ abortSignal }) => {
        try {
          const answer = await client.getBlockBlobClient(blob).download(0, undefined, { abortSignal });
          const chunks: Buffer[] = [];
          for await (const chunk of answer.readableStreamBody ?? []) chunks.push(chunk as Buffer);
          return new Uint8Array(Buffer.concat(chunks));
        } catch (error) {
          if (statusOf(error) === 404) return null;
          throw error;
        }
      }),
    write: (blob, content) => {
      const target = { operation: 'write', name };
      const write = () =>
        storageCall(context, target, async ({ abortSignal }) => {
          try {
            await client.getBlockBlobClient(blob).upload(Buffer.from(content), content.byteLength, { abortSignal });
          } catch (error) {
            if (isContainerMissing(error) || isBeingDeleted(error)) throw new MissingContainer();
            throw error;
          }
        });
      return withContainer(context, target, (abortSignal) => client.createIfNotExists({ abortSignal }), write);
    },
    delete: (blob) =>
      storageCall(context, { operation: 'delete', name }, async ({ abortSignal }) => {
        try {
          await client.getBlockBlobClient(blob).delete({ abortSignal });
        } catch (error) {
          if (statusOf(error) !== 404) throw error;
        }
      }),
    list: (prefix) => listBlobs(client, context, prefix),
  };
}

async function* listBlobs(
  client: ContainerClient,
  context: StorageContext,
  prefix: string,
): AsyncGenerator<readonly string[]> {
  let continuationToken: string | undefined;
  do {
    const settings = continuationToken === undefined ? {} : { continuationToken };
    const page = await storageCall(
      context,
      { operation: 'list', name: client.containerName },
      async ({ abortSignal }) => {
        try {
          const answer = await client.listBlobsFlat({ prefix, abortSignal }).byPage(settings).next();
          if (answer.done) return null;
          const { segment, continuationToken: next } = answer.value;
          return { names: segment.blobItems.map((item) => item.name), next };
        } catch (error) {
          if (statusOf(error) === 404) return null;
          throw error;
        }
      },
    );
    if (page === null) return;
    if (page.names.length > 0) yield page.names;
    continuationToken = page.next;
  } while (continuationToken);
}

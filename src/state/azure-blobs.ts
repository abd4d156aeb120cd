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
    write: (blob, content, contentType) => {
      const target = { operation: 'write', name };
      const write = () =>
        storageCall(context, target, async ({ abortSignal }) => {
          try {
            await client.getBlockBlobClient(blob).upload(Buffer.from(content), content.byteLength, {
              abortSignal,
              ...(contentType === undefined ? {} : { blobHTTPHeaders: { blobContentType: contentType } }),
            });
          } catch (error) {
            if (isContainerMissing(error) || isBeingDeleted(error)) throw new MissingContainer();
            throw error;
          }
        });
      return withContainer(context, target, (abortSignal) => client.createIfNotExists({ abortSignal }), write);
    },
    writeStream: (blob, pieces) => writeBlocks(client, context, blob, pieces),
    size: (blob) =>
      storageCall(context, { operation: 'size', name }, async ({ abortSignal }) => {
        try {
          return (await client.getBlockBlobClient(blob).getProperties({ abortSignal })).contentLength ?? 0;
        } catch (error) {
          if (statusOf(error) === 404) return null;
          throw error;
        }
      }),
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

/** Bytes of one block: with 50,000 blocks a blob may have 390 GiB. Source: learn.microsoft.com/azure/storage/blobs/scalability-targets. */
const BLOCK_BYTES = 8 * 1_048_576;

/** Writes a blob in blocks that are each sent again where that is needed; nobody sees it before the list of them is written. */
async function writeBlocks(
  client: ContainerClient,
  context: StorageContext,
  name: string,
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> {
  const blob = client.getBlockBlobClient(name);
  const target = { operation: 'write', name: client.containerName };
  const ids: string[] = [];
  const create = (abortSignal: AbortSignal) => client.createIfNotExists({ abortSignal });
  const sending = (send: (abortSignal: AbortSignal) => Promise<unknown>) =>
    withContainer(context, target, create, () =>
      storageCall(context, target, async ({ abortSignal }) => {
        try {
          await send(abortSignal);
        } catch (error) {
          if (isContainerMissing(error) || isBeingDeleted(error)) throw new MissingContainer();
          throw error;
        }
      }),
    );
  for await (const block of blocksOf(pieces)) {
    const id = Buffer.from(String(ids.length).padStart(8, '0')).toString('base64');
    await sending((abortSignal) => blob.stageBlock(id, block, block.byteLength, { abortSignal }));
    ids.push(id);
  }
  await sending((abortSignal) => blob.commitBlockList(ids, { abortSignal }));
}

async function* blocksOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let held: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces) {
    held.push(piece);
    size += piece.byteLength;
    if (size < BLOCK_BYTES) continue;
    yield Buffer.concat(held);
    held = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(held);
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

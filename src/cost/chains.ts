import * as z from 'zod';
import { readCells, readDocument } from '../base/cells.ts';
import { hashId } from '../base/ids.ts';
import { inParallel } from '../base/in-parallel.ts';
import { spreadText } from '../base/long-text.ts';
import type { Cells, Row, Store, TableWrite } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';
import type { SourceKind } from '../policy/policy.ts';

const NODES = 'chains';
const HEADS = 'chainheads';
const EXTENTS = 'extents';

const NODES_AT_ONCE = 8;

/** The short name of a disk's chain: from Azure's own identity of the disk, so a disk made anew under the same name starts another. */
export function chainKey(diskUniqueId: string): string {
  return hashId('chain', diskUniqueId.toLowerCase());
}

/** One snapshot of a chain. `writtenBytes` is what it stores beyond its `base`, the kept node before it; null until it is metered. */
export interface ChainNode {
  readonly key: string;
  readonly pointId: string;
  readonly policy: string;
  readonly snapshotId: string;
  readonly familyId: string | null;
  readonly sizeBytes: number;
  readonly createdAt: EpochMs;
  readonly state: 'kept' | 'deleting';
  readonly base: string | null;
  readonly writtenBytes: number | null;
  readonly attempts: number;
  readonly error: string | null;
  readonly etag: string;
}

/** What a chain belongs to, as last seen: the labels of its costs. */
export interface ChainHead {
  readonly key: string;
  readonly diskId: string;
  readonly diskName: string;
  readonly region: string;
  readonly subscriptionId: string;
  readonly snapshotSku: string;
  readonly source: {
    readonly key: string;
    readonly kind: SourceKind;
    readonly id: string;
    readonly name: string;
    readonly resourceGroup: string;
    readonly tags: Readonly<Record<string, string>>;
  };
}

const headSchema = z.strictObject({
  key: z.string(),
  diskId: z.string(),
  diskName: z.string(),
  region: z.string(),
  subscriptionId: z.string(),
  snapshotSku: z.string(),
  source: z.strictObject({
    key: z.string(),
    kind: z.enum(['virtualMachine', 'disk']),
    id: z.string(),
    name: z.string(),
    resourceGroup: z.string(),
    tags: z.record(z.string(), z.string()),
  }),
});

export type NewNode = Pick<ChainNode, 'pointId' | 'policy' | 'snapshotId' | 'familyId' | 'sizeBytes' | 'createdAt'>;

/**
 * The chains: for each disk its kept snapshots, oldest first, whichever policy took them, and what each stores beyond the one before it.
 *
 * Shape:  table `chains`, partition = chain, row key = `<created, 15 digits>.<point>`; table `chainheads`, partition = subscription, row key = chain;
 *         blob container `extents`, `<chain>/<node>/<base or first>`: the ranges behind `writtenBytes`.
 * Safety: a chain is changed under its lease alone; every change of nodes is one transaction.
 */
export class Chains {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The nodes of a chain, oldest first: at most some 500, Azure's limit. */
  async nodes(key: string): Promise<readonly ChainNode[]> {
    const nodes: ChainNode[] = [];
    for await (const page of this.#store.table(NODES).list({ partitionKey: key })) nodes.push(...page.map(readNode));
    return nodes;
  }

  /** Adds snapshots that have succeeded, each to its disk's chain; again without harm. */
  async add(snapshots: readonly { readonly head: ChainHead; readonly node: NewNode }[]): Promise<void> {
    await this.#writeHeads(snapshots.map(({ head }) => head));
    await inParallel(snapshots, NODES_AT_ONCE, async ({ head, node }) => {
      const fresh: ChainNode = {
        ...node,
        key: nodeKey(node.createdAt, node.pointId),
        state: 'kept',
        base: null,
        writtenBytes: null,
        attempts: 0,
        error: null,
        etag: '',
      };
      await this.#store.table(NODES).insert({ partitionKey: head.key, rowKey: fresh.key }, nodeCells(fresh));
    });
  }

  /** A wave's heads share their subscription's partition: a hundred of them are one call. */
  async #writeHeads(heads: readonly ChainHead[]): Promise<void> {
    const bySubscription = Map.groupBy(heads, (head) => head.subscriptionId);
    for (const [subscriptionId, some] of bySubscription) {
      const latest = new Map(some.map((head) => [head.key, head]));
      await this.#store.table(HEADS).write(
        subscriptionId,
        [...latest].map(([key, head]) => ({
          kind: 'put',
          rowKey: key,
          cells: spreadText('head', JSON.stringify(head)),
        })),
      );
    }
  }

  /** Writes changed nodes and takes others out, whole or not at all; `refused` where one of them has changed meanwhile. */
  async change(
    key: string,
    changed: readonly ChainNode[],
    removed: readonly ChainNode[] = [],
  ): Promise<'done' | 'refused'> {
    const writes: TableWrite[] = [
      ...changed.map(
        (node): TableWrite => ({ kind: 'replace', rowKey: node.key, cells: nodeCells(node), etag: node.etag }),
      ),
      ...removed.map((node): TableWrite => ({ kind: 'delete', rowKey: node.key })),
    ];
    return this.#store.table(NODES).write(key, writes);
  }

  /** Every chain's labels, subscription by subscription. */
  async *heads(): AsyncIterable<ChainHead> {
    for await (const page of this.#store.table(HEADS).scan())
      for (const row of page) yield readDocument(row, 'head', headSchema);
  }

  async readExtents(key: string, node: ChainNode): Promise<Uint8Array | null> {
    return this.#store.blobs(EXTENTS).read(extentsName(key, node.key, node.base));
  }

  async writeExtents(key: string, nodeKeyText: string, base: string | null, content: Uint8Array): Promise<void> {
    await this.#store.blobs(EXTENTS).write(extentsName(key, nodeKeyText, base), content);
  }

  async dropExtents(key: string, nodeKeyText: string, base: string | null): Promise<void> {
    await this.#store.blobs(EXTENTS).delete(extentsName(key, nodeKeyText, base));
  }
}

function nodeKey(createdAt: EpochMs, pointId: string): string {
  return `${String(createdAt).padStart(15, '0')}.${pointId}`;
}

function extentsName(key: string, node: string, base: string | null): string {
  return `${key}/${node}/${base ?? 'first'}`;
}

function nodeCells(node: ChainNode): Cells {
  return {
    pointId: node.pointId,
    policy: node.policy,
    snapshotId: node.snapshotId,
    familyId: node.familyId ?? undefined,
    sizeBytes: node.sizeBytes,
    createdAt: node.createdAt,
    state: node.state,
    base: node.base ?? undefined,
    writtenBytes: node.writtenBytes ?? undefined,
    attempts: node.attempts,
    error: node.error ?? undefined,
  };
}

function readNode(row: Row): ChainNode {
  const cells = readCells(row);
  return {
    key: row.rowKey,
    pointId: cells.text('pointId'),
    policy: cells.text('policy'),
    snapshotId: cells.text('snapshotId'),
    familyId: cells.textOrNull('familyId'),
    sizeBytes: cells.number('sizeBytes'),
    createdAt: cells.number('createdAt'),
    state: cells.text('state') === 'deleting' ? 'deleting' : 'kept',
    base: cells.textOrNull('base'),
    writtenBytes: cells.numberOrNull('writtenBytes'),
    attempts: cells.number('attempts'),
    error: cells.textOrNull('error'),
    etag: row.etag,
  };
}

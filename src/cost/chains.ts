import * as z from 'zod';
import { readDocument } from '../base/cells.ts';
import { hashId } from '../base/ids.ts';
import { inParallel } from '../base/in-parallel.ts';
import { spreadText } from '../base/long-text.ts';
import type { Store, TableWrite } from '../base/store.ts';
import type { SourceKind } from '../policy/policy.ts';
import { type ChainNode, type NewNode, nodeCells, nodeKey, readNode } from './chain-node.ts';

const NODES = 'chains';
const HEADS = 'chainheads';
const EXTENTS = 'extents';
/** What the name of a measurement's progress ends with. */
const PROGRESS = '.part';

const NODES_AT_ONCE = 8;
const CHAINS_AT_ONCE = 8;
/** Chains that are held at the same time where all are looked at: a bound of memory. */
const CHAINS_HELD = 64;

/** The short name of a disk's chain: from Azure's own identity of the disk, so a disk made anew under the same name starts another. */
export function chainKey(diskUniqueId: string): string {
  return hashId('chain', diskUniqueId.toLowerCase());
}

/** What a chain belongs to, as last seen: the labels of its costs. */
export interface ChainHead {
  readonly key: string;
  readonly diskId: string;
  readonly diskName: string;
  readonly region: string;
  readonly subscriptionId: string;
  readonly snapshotSku: string;
  /** True where a snapshot of somebody else's was seen in its family: Holdfast cannot open that one, so the chain's figures are estimates. */
  readonly shared: boolean;
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
  shared: z.boolean().default(false),
  source: z.strictObject({
    key: z.string(),
    kind: z.enum(['virtualMachine', 'disk']),
    id: z.string(),
    name: z.string(),
    resourceGroup: z.string(),
    tags: z.record(z.string(), z.string()),
  }),
});

/**
 * The chains: for each disk its kept snapshots, oldest first, whichever policy took them, and what each stores beyond the one before it.
 *
 * Shape:  table `chains`, partition = chain, row key = `<created, 15 digits>.<point>`; table `chainheads`, partition = subscription, row key = chain;
 *         blob container `extents`, `<chain>/<node>/<base or first>`: the ranges behind `writtenBytes`; the same name with `.part` while a large disk is measured.
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
        billedBytes: null,
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

  /** Marks a chain in which a snapshot of somebody else's was seen: see `ChainHead`. Again without harm; a head that is written meanwhile is marked the next time. */
  async markShared(subscriptionId: string, key: string): Promise<void> {
    const keys = { partitionKey: subscriptionId, rowKey: key };
    const row = await this.#store.table(HEADS).get(keys);
    const head = row === null ? null : readDocument(row, 'head', headSchema);
    if (row === null || head === null || head.shared) return;
    await this.#store
      .table(HEADS)
      .replace(keys, spreadText('head', JSON.stringify({ ...head, shared: true })), row.etag);
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

  /**
   * Every chain with its nodes, in the order of `heads`, some of them read at the same time.
   *
   * Safety: a chain is read by a call of its own, so that it is never seen half before and half after a deletion.
   */
  async *withNodes(): AsyncIterable<{ readonly head: ChainHead; readonly nodes: readonly ChainNode[] }> {
    for await (const page of this.#store.table(HEADS).scan()) {
      for (let from = 0; from < page.length; from += CHAINS_HELD) {
        const heads = page.slice(from, from + CHAINS_HELD).map((row) => readDocument(row, 'head', headSchema));
        yield* await inParallel(heads, CHAINS_AT_ONCE, async (head) => ({ head, nodes: await this.nodes(head.key) }));
      }
    }
  }

  /** Every node of every chain, chain by chain: for what looks at all of them, a few times a day. */
  async *all(): AsyncIterable<{ readonly chainKey: string; readonly node: ChainNode }> {
    for await (const page of this.#store.table(NODES).scan())
      for (const row of page) yield { chainKey: row.partitionKey, node: readNode(row) };
  }

  async readExtents(key: string, node: ChainNode): Promise<Uint8Array | null> {
    return this.#store.blobs(EXTENTS).read(extentsName(key, node.key, node.base));
  }

  async writeExtents(key: string, nodeKeyText: string, base: string | null, content: Uint8Array): Promise<void> {
    await this.#store.blobs(EXTENTS).write(extentsName(key, nodeKeyText, base), content);
  }

  /** How far a measurement has come that was not finished; null for none. */
  async readProgress(key: string, nodeKeyText: string, base: string | null): Promise<Uint8Array | null> {
    return this.#store.blobs(EXTENTS).read(progressName(key, nodeKeyText, base));
  }

  async writeProgress(key: string, nodeKeyText: string, base: string | null, content: Uint8Array): Promise<void> {
    await this.#store.blobs(EXTENTS).write(progressName(key, nodeKeyText, base), content);
  }

  /** Drops the progress of a node, whatever it was measured against. */
  async dropProgress(key: string, nodeKeyText: string): Promise<void> {
    const blobs = this.#store.blobs(EXTENTS);
    for await (const names of blobs.list(`${key}/${nodeKeyText}/`))
      for (const name of names) if (name.endsWith(PROGRESS)) await blobs.delete(name);
  }

  async dropExtents(key: string, nodeKeyText: string, base: string | null): Promise<void> {
    await this.#store.blobs(EXTENTS).delete(extentsName(key, nodeKeyText, base));
  }
}

/** The snapshots behind it never change, so that what was read of them holds for ever. */
function progressName(key: string, node: string, base: string | null): string {
  return `${extentsName(key, node, base)}${PROGRESS}`;
}

function extentsName(key: string, node: string, base: string | null): string {
  return `${key}/${node}/${base ?? 'first'}`;
}

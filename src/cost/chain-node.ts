import { readCells } from '../base/cells.ts';
import type { Cells, Row } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';
import { CLOSED, isSameNetwork } from './network-state.ts';
import type { NetworkState } from './ports.ts';

/** Sectors of nearly all disks. Units: bytes. */
export const USUAL_SECTOR_BYTES = 512;

/**
 * One snapshot of a chain. `writtenBytes` is what it stores beyond its `base`, the kept node before it; null until it is metered.
 *
 * Shape:  `network` is how the network stood when Azure first showed the snapshot done, before anybody had opened it: what every opening puts back.
 *         `billedBytes` is what Azure bills for it, noted where its ranges cannot be had.
 */
export interface ChainNode {
  readonly key: string;
  readonly pointId: string;
  readonly policy: string;
  readonly snapshotId: string;
  readonly familyId: string | null;
  readonly sizeBytes: number;
  readonly sectorBytes: number;
  readonly network: NetworkState;
  readonly createdAt: EpochMs;
  readonly state: 'kept' | 'deleting';
  readonly base: string | null;
  readonly writtenBytes: number | null;
  readonly billedBytes: number | null;
  readonly attempts: number;
  readonly error: string | null;
  readonly etag: string;
}

export type NewNode = Pick<
  ChainNode,
  'pointId' | 'policy' | 'snapshotId' | 'familyId' | 'sizeBytes' | 'sectorBytes' | 'network' | 'createdAt'
>;

/** Where the figure of a node comes from: its ranges, Azure's bill, or nowhere (yet). */
export type MeasuredBy = 'ranges' | 'billed' | 'none';

/** Where a node's figure comes from. */
export function measuredBy({ writtenBytes, billedBytes }: Pick<ChainNode, 'writtenBytes' | 'billedBytes'>): MeasuredBy {
  if (writtenBytes !== null) return 'ranges';
  return billedBytes === null ? 'none' : 'billed';
}

/** What a node stores beyond the one before it, as far as anybody knows; null is not zero. */
export function nodeBytes({
  writtenBytes,
  billedBytes,
}: Pick<ChainNode, 'writtenBytes' | 'billedBytes'>): number | null {
  return writtenBytes ?? billedBytes;
}

/** Where a node stands in its chain: nodes sort by the moment of their snapshot. */
export function nodeKey(createdAt: EpochMs, pointId: string): string {
  return `${String(createdAt).padStart(15, '0')}.${pointId}`;
}

/** The columns of a node. */
export function nodeCells(node: ChainNode): Cells {
  return {
    pointId: node.pointId,
    policy: node.policy,
    snapshotId: node.snapshotId,
    familyId: node.familyId ?? undefined,
    sizeBytes: node.sizeBytes,
    sectorBytes: node.sectorBytes === USUAL_SECTOR_BYTES ? undefined : node.sectorBytes,
    ...networkCells(node.network),
    createdAt: node.createdAt,
    state: node.state,
    base: node.base ?? undefined,
    writtenBytes: node.writtenBytes ?? undefined,
    billedBytes: node.billedBytes ?? undefined,
    attempts: node.attempts,
    error: node.error ?? undefined,
  };
}

/** What is closed, as nearly all are, takes no room. */
function networkCells(network: NetworkState): Cells {
  if (isSameNetwork(network, CLOSED)) return {};
  const { policy, publicAccess, diskAccessId } = network;
  return { network: policy, publicAccess, diskAccessId: diskAccessId ?? undefined };
}

function readNetwork(row: Row): NetworkState {
  const cells = readCells(row);
  const policy = cells.textOrNull('network');
  if (policy === null) return CLOSED;
  return {
    policy: policy === 'AllowAll' || policy === 'AllowPrivate' ? policy : 'DenyAll',
    publicAccess: cells.textOrNull('publicAccess') === 'Enabled' ? 'Enabled' : 'Disabled',
    diskAccessId: cells.textOrNull('diskAccessId'),
  };
}

/** Reads a node. Errors: 'data-unreadable'. */
export function readNode(row: Row): ChainNode {
  const cells = readCells(row);
  return {
    key: row.rowKey,
    pointId: cells.text('pointId'),
    policy: cells.text('policy'),
    snapshotId: cells.text('snapshotId'),
    familyId: cells.textOrNull('familyId'),
    sizeBytes: cells.number('sizeBytes'),
    sectorBytes: cells.numberOrNull('sectorBytes') ?? USUAL_SECTOR_BYTES,
    network: readNetwork(row),
    createdAt: cells.number('createdAt'),
    state: cells.text('state') === 'deleting' ? 'deleting' : 'kept',
    base: cells.textOrNull('base'),
    writtenBytes: cells.numberOrNull('writtenBytes'),
    billedBytes: cells.numberOrNull('billedBytes'),
    attempts: cells.number('attempts'),
    error: cells.textOrNull('error'),
    etag: row.etag,
  };
}

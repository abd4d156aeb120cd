import type { NetworkState } from './ports.ts';

/** Closed to every network: how Holdfast makes its snapshots unless a policy says otherwise. */
export const CLOSED: NetworkState = { policy: 'DenyAll', publicAccess: 'Disabled', diskAccessId: null };

/**
 * True for a snapshot that has to be opened before it can be read, and closed afterwards.
 *
 * Shape:  false for one that private endpoints lead to: it is read that way or not at all. Opening it to everybody would undo what its owner chose.
 * Source: azure-compute-docs, disks-enable-private-links-for-import-export: AllowPrivate allows exports over the disk access resource alone.
 */
export function mustBeOpened({ policy, publicAccess }: NetworkState): boolean {
  return policy === 'DenyAll' || (policy === 'AllowAll' && publicAccess === 'Disabled');
}

/** True for two states that do not differ; ids know no case. */
export function isSameNetwork(a: NetworkState, b: NetworkState): boolean {
  const sameId = (a.diskAccessId ?? '').toLowerCase() === (b.diskAccessId ?? '').toLowerCase();
  return a.policy === b.policy && a.publicAccess === b.publicAccess && sameId;
}

import { isImmutable } from './decide-immutability.ts';
import { detachAll } from './machine-parts.ts';
import type { Group, Machine } from './resources.ts';
import type { AzureState } from './state.ts';

/** A message names this many at most. */
const HELD_SHOWN_MAX = 10;

/**
 * Why a group cannot be removed, or null.
 *
 * Source: ⚠ ARM reports what could not be removed under this code; here nothing is removed then, while Azure removes the rest.
 */
export function whyGroupStays(state: AzureState, group: Group): { code: string; message: string } | null {
  const now = state.clock.now();
  const held = [
    ...state.snapshots.all(group.key).filter((each) => isImmutable(each.immutability, now)),
    ...[...state.snapshots.all(group.key), ...state.disks.all(group.key)].filter(
      (each) => state.grants.active(each.key, now) !== null,
    ),
    ...state.disks.all(group.key).filter((each) => isElsewhere(state.machines.get(each.managedBy ?? ''), group)),
    ...state.interfaces.all(group.key).filter((each) => isElsewhere(state.interfaceOwner(each.id), group)),
  ];
  if (held.length === 0) return null;
  const ids = [...new Set(held.map((each) => each.id))].slice(0, HELD_SHOWN_MAX).join(', ');
  return {
    code: 'ResourceGroupDeletionBlocked',
    message: `Deletion of resource group '${group.name}' failed as resources with identifiers '${ids}' could not be deleted.`,
  };
}

function isElsewhere(machine: Machine | null | undefined, group: Group): boolean {
  return machine !== null && machine !== undefined && machine.groupKey !== group.key;
}

/** Removes a group and everything in it. */
export function removeGroup(state: AzureState, group: Group): void {
  for (const machine of [...state.machines.all(group.key)]) {
    detachAll(state, machine);
    state.machines.remove(machine);
  }
  for (const snapshot of [...state.snapshots.all(group.key)]) state.removeSnapshot(snapshot);
  for (const disk of [...state.disks.all(group.key)]) state.removeDisk(disk);
  for (const each of [...state.interfaces.all(group.key)]) state.interfaces.remove(each);
  for (const each of [...state.networks.all(group.key)]) state.networks.remove(each);
  state.groups.remove(group);
}

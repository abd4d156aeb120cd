import { ArmError, invalidParameter, notAllowed } from './arm-error.ts';
import { isUsable } from './background-copies.ts';
import { creationOf, sectorBytesOf } from './disk-kinds.ts';
import { type Json, numberAt, textAt, valueAt } from './json.ts';
import { SAS_PER_FAMILY_MAX, SAS_SECONDS_MAX } from './limits.ts';
import { begin } from './long-running.ts';
import type { Disk, Snapshot } from './resources.ts';
import type { ArmAnswer, ArmRequest } from './route.ts';
import type { AzureState } from './state.ts';

/** Version that the signature names. Source: signatures of managed disks carry 2018-03-28. */
const SAS_VERSION = '2018-03-28';

/**
 * beginGetAccess: gives a shared access signature, whose lifetime a second call extends.
 *
 * Errors: 400 for the body; 409 when the network policy denies all, the resource is not ready, or five of the family have one.
 * Source: incremental snapshot restrictions (five per family); ⚠ the error codes of these refusals are not documented.
 */
export function beginAccess(request: ArmRequest, resource: Disk | Snapshot): ArmAnswer {
  const { state } = request;
  const { access, seconds } = checkedBody(request.body);
  const now = state.clock.now();
  if ('volume' in resource ? resource.state !== 'Succeeded' : !isUsable(resource))
    throw notAllowed(`The resource '${resource.name}' is not in a state that allows access.`);
  if ('managedBy' in resource) checkDisk(state, resource);
  checkFormat('volume' in resource ? creationOf(resource.settings) : resource.creation, request.body);
  if (resource.settings.networkAccessPolicy === 'DenyAll') {
    throw notAllowed(`The network access policy of '${resource.name}' is DenyAll: it can not be exported.`);
  }
  const known = state.grants.active(resource.key, now);
  const expiresMs = now + seconds * 1_000;
  if (known !== null) known.expiresMs = Math.max(known.expiresMs, expiresMs);
  else {
    const familyId = 'familyId' in resource ? resource.familyId : null;
    if (familyId !== null && state.grants.countOfFamily(familyId, now) >= SAS_PER_FAMILY_MAX) {
      throw notAllowed(
        `Access is granted to ${SAS_PER_FAMILY_MAX} snapshots of the family '${familyId}' already. End the access to one of them first.`,
      );
    }
    const guid = state.nextGuid();
    state.grants.add({ resourceKey: resource.key, familyId, guid, secret: state.sasSecret, access, expiresMs });
    if ('volume' in resource)
      state.exports.set(resource.key, state.volumeNow(resource).snapshot({ incremental: false }));
  }
  return begin(request, {
    subscriptionId: resource.subscriptionId,
    region: resource.region,
    place: 'Microsoft.Compute/DiskOperations',
    durationMs: state.settings.operationMs,
    complete: () => ({ accessSAS: sasUrl(state, resource.key) }),
    fail: () => state.grants.revoke(resource.key),
  });
}

/** Source: ACD, incremental snapshots: what has sectors of 4096 bytes is exported as VHDX. ⚠ What is given without a format is not documented. Errors: 400 as VHD. */
function checkFormat(creation: Json, body: unknown): void {
  if (sectorBytesOf(creation) === 512) return;
  if ((textAt(body, 'fileFormat') ?? '').toUpperCase() === 'VHD') {
    throw invalidParameter('fileFormat', 'What has sectors of 4096 bytes is exported as VHDX.');
  }
}

/** endGetAccess: ends it at once; without one there is nothing to do. */
export function endAccess(request: ArmRequest, resource: Disk | Snapshot): ArmAnswer {
  const { state } = request;
  return begin(request, {
    subscriptionId: resource.subscriptionId,
    region: resource.region,
    place: 'Microsoft.Compute/DiskOperations',
    durationMs: state.settings.operationMs,
    complete: () => {
      state.grants.revoke(resource.key);
      state.exports.delete(resource.key);
      return null;
    },
  });
}

/** The URL of a resource's grant. Shape: `/md/<token>/abcd`, as page-blob clients take addresses of hosts that are no account. */
function sasUrl(state: AzureState, key: string): string | null {
  const grant = state.grants.active(key, state.clock.now());
  if (grant === null) return null;
  const query = new URLSearchParams({
    sv: SAS_VERSION,
    sr: 'b',
    si: grant.token,
    se: new Date(grant.expiresMs).toISOString(),
    sig: grant.signature,
  });
  return `${state.baseUrl}/md/${grant.token}/abcd?${query}`;
}

function checkedBody(body: unknown): { access: 'Read'; seconds: number } {
  const access = textAt(body, 'access') ?? '';
  const seconds = numberAt(body, 'durationInSeconds') ?? 0;
  if (access.toLowerCase() === 'write')
    throw new ArmError(501, 'NotSupportedBySandbox', 'The sandbox gives no access to write.');
  if (access.toLowerCase() !== 'read')
    throw invalidParameter('access', `The value '${access}' of access is not one of Read, Write.`);
  if (seconds < 1 || seconds > SAS_SECONDS_MAX) {
    throw invalidParameter('durationInSeconds', `durationInSeconds must lie between 1 and ${SAS_SECONDS_MAX}.`);
  }
  if (valueAt(body, 'getSecureVMGuestStateSAS') === true) {
    throw new ArmError(501, 'NotSupportedBySandbox', 'The sandbox keeps no guest state of confidential machines.');
  }
  return { access: 'Read', seconds };
}

/** A disk that a running machine has cannot be exported. Source: SDK, DiskState: ActiveSAS needs an unattached or reserved disk. */
function checkDisk(state: AzureState, disk: Disk): void {
  const machine = disk.managedBy === null ? undefined : state.machines.get(disk.managedBy);
  if (machine === undefined || machine.power === 'deallocated') return;
  throw notAllowed(
    `Cannot grant access to disk '${disk.name}': it is attached to the running machine '${machine.id}'.`,
  );
}

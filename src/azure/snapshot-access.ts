import type { SnapshotUpdate } from '@azure/arm-compute';
import { AppError, isAppError } from '../base/errors.ts';
import { parseResourceId, type ResourceId } from '../base/ids.ts';
import { SECOND_MS } from '../base/time.ts';
import { CLOSED, mustBeOpened } from '../cost/cost.ts';
import type { NetworkState, SnapshotAccess } from '../cost/ports.ts';
import type { DiskAccess } from '../drill/ports.ts';
import type { Arm } from './arm-client.ts';
import { readRetryAfterMs } from './arm-error.ts';
import { NETWORK_ACCESS, parseSnapshotId } from './snapshots.ts';
import { type FirstAnswer, submit } from './submit.ts';

/** Waits while the call before has not settled in Azure. Units: ms. */
const SETTLE_WAITS_MS = [1_000, 2_000, 4_000, 8_000];
/** Before the first look, and between looks, where Azure names no time. Units: ms. */
const POLL_MS = SECOND_MS;
/** Granting takes seconds: what is not there after so many looks does not come. */
const POLLS_MAX = 30;

/**
 * Opens and closes snapshots for reading: see `SnapshotAccess`.
 *
 * Shape:  open is a PATCH that is not waited for, the grant, and one look at its result where that ends in time; close is the revocation and a PATCH.
 *         What was found open to whoever reads it is not patched.
 * Safety: whatever fails in `open` is taken back before the failure is told, so that no snapshot is left open by half.
 */
export function createSnapshotAccess(arm: Arm): SnapshotAccess {
  const targetOf = (snapshotId: string): Target => ({ ...parseSnapshotId(snapshotId), kind: 'snapshots' });
  return {
    open: (snapshotId, durationSeconds, found = CLOSED) => open(arm, targetOf(snapshotId), durationSeconds, found),
    close: (snapshotId, found = CLOSED) => close(arm, targetOf(snapshotId), found),
  };
}

/** Opens and closes disks for reading, in the same calls: see `DiskAccess`. Disks that a restore makes are closed to the network. */
export function createDiskAccess(arm: Arm): DiskAccess {
  const targetOf = (diskId: string): Target => {
    const id = parseResourceId(diskId);
    if (id?.type.toLowerCase() === 'microsoft.compute/disks') return { ...id, kind: 'disks' };
    throw new AppError('data-unreadable', 'This is not the id of a disk', { id: diskId });
  };
  return {
    open: (diskId, durationSeconds) => open(arm, targetOf(diskId), durationSeconds, CLOSED),
    close: (diskId) => close(arm, targetOf(diskId), CLOSED),
  };
}

/** What is opened: disks and snapshots have these calls in common. */
type Target = ResourceId & { readonly kind: 'snapshots' | 'disks' };

async function open(arm: Arm, id: Target, durationSeconds: number, found: NetworkState): Promise<string> {
  try {
    if (mustBeOpened(found)) await patchAccess(arm, id, NETWORK_ACCESS.allow);
    return await grant(arm, id, durationSeconds);
  } catch (error) {
    // Somebody else's failure, not this one's, if closing fails too: the grant ends by itself at its time.
    if (!isAppError(error, 'not-found')) await close(arm, id, found).catch(() => undefined);
    throw error;
  }
}

async function close(arm: Arm, id: Target, found: NetworkState): Promise<void> {
  const revoked = await attempt(() =>
    settled(arm, () =>
      submit((options) => arm.compute(id.subscriptionId)[id.kind].revokeAccess(id.resourceGroup, id.name, options)),
    ),
  );
  if (isAppError(revoked, 'not-found')) return;
  // The network is closed even where the grant could not be revoked: each bars the bytes by itself.
  const patched = mustBeOpened(found) ? await attempt(() => patchAccess(arm, id, wireNetwork(found))) : null;
  for (const failure of [revoked, patched]) {
    if (failure !== null && !isAppError(failure, 'not-found')) throw failure;
  }
}

async function attempt(call: () => Promise<unknown>): Promise<unknown> {
  try {
    await call();
    return null;
  } catch (error) {
    return error;
  }
}

type WireNetwork = Pick<SnapshotUpdate, 'networkAccessPolicy' | 'publicNetworkAccess' | 'diskAccessId'>;

/** ⚠ Whether opening drops the disk access resource is not documented: where there was one, it is named again. */
function wireNetwork({ policy, publicAccess, diskAccessId }: NetworkState): WireNetwork {
  const network = { networkAccessPolicy: policy, publicNetworkAccess: publicAccess };
  return diskAccessId === null ? network : { ...network, diskAccessId };
}

async function patchAccess(arm: Arm, id: Target, network: WireNetwork): Promise<void> {
  await settled(arm, () =>
    submit((options) => arm.compute(id.subscriptionId)[id.kind].update(id.resourceGroup, id.name, network, options)),
  );
}

/** Calls, and again for a short while as long as Azure says that the state of the snapshot does not allow it yet. */
async function settled<T>(arm: Arm, call: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      const waitMs = SETTLE_WAITS_MS[tries];
      if (waitMs === undefined || !isAppError(error, 'conflict')) throw error;
      await arm.clock.wait(waitMs);
    }
  }
}

async function grant(arm: Arm, id: Target, durationInSeconds: number): Promise<string> {
  const answer = await settled(arm, () =>
    submit((options) =>
      arm
        .compute(id.subscriptionId)
        [id.kind].grantAccess(id.resourceGroup, id.name, { access: 'Read', durationInSeconds }, options),
    ),
  );
  return readAccessUrl(answer.body) ?? (await followGrant(arm, answer));
}

async function followGrant(arm: Arm, first: FirstAnswer): Promise<string> {
  const url = first.headers.location ?? first.headers['azure-asyncoperation'];
  if (url === undefined) throw failed('Azure granted access without saying where to fetch it');
  let retryAfter = first.headers['retry-after'];
  for (let polls = 0; polls < POLLS_MAX; polls += 1) {
    await arm.clock.wait(readRetryAfterMs(retryAfter) ?? POLL_MS);
    const { headers, body } = await arm.send('GET', url);
    const accessUrl = readAccessUrl(body);
    if (accessUrl !== null) return accessUrl;
    const { status } = (body ?? {}) as { status?: unknown };
    if (status === 'Failed' || status === 'Canceled')
      throw failed('Azure could not grant access to a disk or snapshot');
    retryAfter = headers['retry-after'];
  }
  throw failed('Azure did not grant access to a disk or snapshot in time');
}

function failed(message: string): AppError {
  return new AppError('operation-failed', message);
}

/** The access URL, from the result itself or from the status document that holds it. */
function readAccessUrl(body: unknown): string | null {
  const { accessSAS, properties } = (body ?? {}) as {
    accessSAS?: unknown;
    properties?: { output?: { accessSAS?: unknown } };
  };
  const found = accessSAS ?? properties?.output?.accessSAS;
  return typeof found === 'string' && found !== '' ? found : null;
}

import { CopyOrderError, type SnapshotBytes, SnapshotCopies } from '../bytes/bytes.ts';
import { ArmError, invalidParameter, notAllowed } from './arm-error.ts';
import { isUsable } from './background-copies.ts';
import { oneOf } from './body-rules.ts';
import { type Json, textAt } from './json.ts';
import { COPIES_PER_DISK_MAX, COPIES_PER_REGION_MAX, ENHANCED_COPY_SPEEDUP } from './limits.ts';
import type { BackgroundCopy, Group, Snapshot } from './resources.ts';
import type { AzureState } from './state.ts';

const MIB = 2 ** 20;

/**
 * The bytes of a copy of a snapshot in another region, and how they get there.
 *
 * Shape:  the copies of one chain in one region and subscription are a family of their own: the first holds everything, later ones what changed.
 * Errors: 400 for what cannot be copied at all; 409 out of order or while another of the disk is under way; 429 beyond a hundred in the region.
 * Source: ACD, copy incremental snapshots across regions, 07/08/2024. ⚠ It names no error codes.
 */
export function startRegionCopy(
  state: AzureState,
  source: Snapshot,
  group: Group,
  asked: {
    readonly region: string;
    readonly incremental: boolean;
    readonly creation: Json;
  },
): { bytes: SnapshotBytes; background: BackgroundCopy } {
  if (!asked.incremental || !source.incremental) {
    throw invalidParameter('incremental', 'Only incremental snapshots are copied with CopyStart.');
  }
  if (source.region === asked.region) {
    throw invalidParameter(
      'creationData.createOption',
      `The source '${source.name}' is in ${asked.region} already: createOption Copy copies inside a region.`,
    );
  }
  if (!isUsable(source)) throw notAllowed(`The snapshot '${source.name}' is not ready to be copied.`);
  checkRoom(state, source, group, asked.region);
  const speed = oneOf(
    'creationData.provisionedBandwidthCopySpeed',
    textAt(asked.creation, 'provisionedBandwidthCopySpeed') ?? 'None',
    ['None', 'Enhanced'] as const,
  );
  const bytes = copyOf(state, source, group, asked.region);
  const bytesPerSecond = state.settings.copyMiBPerSecond * MIB * (speed === 'Enhanced' ? ENHANCED_COPY_SPEEDUP : 1);
  const nominalMs = Math.max(state.settings.copyLeastMs, Math.ceil((bytes.storedBytes() / bytesPerSecond) * 1_000));
  const startedMs = state.clock.now();
  return {
    bytes,
    background: {
      kind: 'region',
      sourceKey: source.key,
      startedMs,
      nominalMs,
      state: 'running',
      stoppedPercent: 0,
    },
  };
}

function checkRoom(state: AzureState, source: Snapshot, group: Group, region: string): void {
  if (state.copies.ofDisk('region', source.originUniqueId) >= COPIES_PER_DISK_MAX) {
    throw notAllowed(`Another snapshot of the disk '${source.sourceName}' is being copied. Wait until it is done.`);
  }
  if (state.copies.intoRegion(group.subscriptionKey, region) >= COPIES_PER_REGION_MAX) {
    throw new ArmError(
      429,
      'TooManyRequests',
      `${COPIES_PER_REGION_MAX} incremental snapshots are being copied to ${region} already.`,
    );
  }
}

function copyOf(state: AzureState, source: Snapshot, group: Group, region: string): SnapshotBytes {
  const key = `${source.familyId}|${group.subscriptionKey}|${region}`;
  let line = state.copyLines.get(key);
  if (line === undefined) {
    line = { copies: new SnapshotCopies(source.sequence), lastSequence: 0 };
    state.copyLines.set(key, line);
  }
  // By number too: two snapshots with nothing written between them hold the same.
  if (source.sequence < line.lastSequence) throw tooOld(source);
  try {
    const bytes = line.copies.copy(source.bytes);
    line.lastSequence = source.sequence;
    return bytes;
  } catch (error) {
    if (!(error instanceof CopyOrderError)) throw error;
    throw tooOld(source);
  }
}

function tooOld(source: Snapshot): ArmError {
  return notAllowed(
    `Snapshots of the disk '${source.sourceName}' are copied in the order of their creation: '${source.name}' is older than one that was copied.`,
  );
}

import { type EpochMs, formatIso } from '../base/time.ts';
import { type ChainNode, type Chains, chainKey, measuredBy, nodeBytes } from '../cost/cost.ts';
import { isHeld, type Point, type PointSnapshot } from './point.ts';

/** A point as the API shows it. */
export type ShownPoint = Awaited<ReturnType<PointView['show']>>;

/**
 * Shows points as the API does, reading each chain once.
 *
 * Shape:  times are ISO 8601 in UTC; `storedBytes` is what the point's snapshots store beyond the ones before them, null until it is measured;
 *         `measured` says whether they come from its ranges, from Azure's bill, or from nowhere.
 */
export class PointView {
  readonly #chains: Chains;
  readonly #nodesByChain = new Map<string, Promise<ReadonlyMap<string, ChainNode>>>();

  constructor(chains: Chains) {
    this.#chains = chains;
  }

  async show(point: Point, now: EpochMs) {
    const snapshots = await Promise.all(point.snapshots.map((snapshot) => this.#showSnapshot(point.id, snapshot)));
    const bytes = snapshots.map((snapshot) => snapshot.storedBytes);
    return {
      id: point.id,
      source: point.source.key,
      sourceName: point.source.name,
      policy: point.policy,
      slot: formatIso(point.slot),
      schedules: point.schedules,
      trigger: point.trigger,
      state: point.state === 'planned' || point.state === 'started' ? 'pending' : point.state,
      takenAt: iso(point.takenAt),
      consistency: point.snapshots.length > 1 ? 'disk' : 'crash',
      skewMs: point.skewMs,
      storedBytes: bytes.every((value) => value !== null) ? bytes.reduce((sum, value) => sum + value, 0) : null,
      held:
        isHeld(point, now) && point.hold
          ? { reason: point.hold.reason, until: iso(point.hold.until), by: point.hold.by }
          : null,
      marked: point.mark ? { because: point.mark.because, deleteAfter: formatIso(point.mark.deleteAfter) } : null,
      error: point.error,
      snapshots,
    };
  }

  async #showSnapshot(pointId: string, snapshot: PointSnapshot) {
    const key = chainKey(snapshot.diskUniqueId);
    const reading = this.#nodesByChain.get(key) ?? this.#read(key);
    this.#nodesByChain.set(key, reading);
    const node = (await reading).get(pointId);
    return {
      id: snapshot.snapshotId,
      disk: snapshot.diskName,
      diskId: snapshot.diskId,
      lun: snapshot.lun,
      sizeBytes: snapshot.sizeBytes,
      state: snapshot.state,
      createdAt: iso(snapshot.createdAt),
      storedBytes: node ? nodeBytes(node) : null,
      measured: node ? measuredBy(node) : 'none',
    };
  }

  async #read(key: string): Promise<ReadonlyMap<string, ChainNode>> {
    return new Map((await this.#chains.nodes(key)).map((node) => [node.pointId, node]));
  }
}

function iso(instant: EpochMs | null): string | null {
  return instant === null ? null : formatIso(instant);
}

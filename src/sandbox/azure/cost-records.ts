import { hasBytes } from './background-copies.ts';
import type { Collection } from './collection.ts';
import type { Snapshot } from './resources.ts';
import { type SnapshotMeter, snapshotMeterOf } from './retail-prices.ts';

/** What a day's records say of a snapshot beside its size. Shape: as cost data writes it, ids in lower case. */
export interface BilledSnapshot {
  readonly resourceId: string;
  readonly subscriptionKey: string;
  readonly groupKey: string;
  readonly group: string;
  readonly region: string;
  readonly meter: SnapshotMeter;
}

/** The records of one UTC day. Units: `dayMs` its first moment; bytes used at its end, one a snapshot. */
export interface CostDay {
  readonly dayMs: number;
  readonly snapshots: readonly BilledSnapshot[];
  readonly usedBytes: Float64Array;
}

const DAY_MS = 86_400_000;
/** How far back cost data goes. Units: days. Source: Cost Management keeps 37 months for queries. */
const DAYS_KEPT_MAX = 37 * 31;

/** What was used at the end of each UTC day: the daily records that a bill is made of. */
export class CostRecords {
  private readonly days: CostDay[] = [];
  private readonly known = new WeakMap<Snapshot, BilledSnapshot>();
  private endMs: number;

  constructor(startMs: number) {
    this.endMs = (Math.floor(startMs / DAY_MS) + 1) * DAY_MS;
  }

  /** When the day ends that is recorded next. Units: epoch milliseconds. */
  get nextEndMs(): number {
    return this.endMs;
  }

  /** Records what there is at the end of the day, which is now for everything that the sandbox knows. */
  closeDay(snapshots: Collection<Snapshot>): void {
    const billed: BilledSnapshot[] = [];
    const used: number[] = [];
    for (const snapshot of snapshots.values()) {
      if (!hasBytes(snapshot)) continue;
      billed.push(this.billedOf(snapshot));
      used.push(snapshot.bytes.storedBytes());
    }
    this.days.push({ dayMs: this.endMs - DAY_MS, snapshots: billed, usedBytes: Float64Array.from(used) });
    if (this.days.length > DAYS_KEPT_MAX) this.days.shift();
    this.endMs += DAY_MS;
  }

  /** Days from one moment to another, both inside. */
  between(fromMs: number, toMs: number): CostDay[] {
    return this.days.filter((each) => each.dayMs >= Math.floor(fromMs / DAY_MS) * DAY_MS && each.dayMs <= toMs);
  }

  /** One object a snapshot and kind of storage, shared by all days. */
  private billedOf(snapshot: Snapshot): BilledSnapshot {
    const known = this.known.get(snapshot);
    const meter = snapshotMeterOf(snapshot.region, snapshot.sku);
    if (known !== undefined && known.meter === meter) return known;
    const billed: BilledSnapshot = {
      resourceId: snapshot.key,
      subscriptionKey: snapshot.subscriptionKey,
      groupKey: snapshot.groupKey,
      group: snapshot.group.toLowerCase(),
      region: snapshot.region,
      meter,
    };
    this.known.set(snapshot, billed);
    return billed;
  }
}

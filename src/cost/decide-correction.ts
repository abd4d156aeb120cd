import { assert } from '../base/assert.ts';
import type { ChainNode } from './chain-node.ts';
import { nodeBytes } from './chain-node.ts';
import {
  type CorrectionReason,
  type LiveChain,
  type PointShare,
  type PolicyShare,
  type RowPrice,
  sharePoints,
  type ValuedRow,
  valueAt,
} from './ledger-row.ts';

/** What stands in the ledger for one chain and day, all its rows taken together. */
export interface RecordedDay {
  readonly rows: readonly ValuedRow[];
  readonly price: RowPrice | null;
  /** Oldest first, as on that day. */
  readonly points: readonly PointShare[];
}

/** Adds up the rows of one chain and day, the first one first. */
export function sumRows(rows: readonly ValuedRow[]): RecordedDay {
  const points = new Map<string, PointShare>();
  let price: RowPrice | null = null;
  for (const row of rows) {
    if (row.microUnitsPerGiBMonth !== null && row.priceAsOf !== null)
      price = { microUnitsPerGiBMonth: row.microUnitsPerGiBMonth, asOf: row.priceAsOf };
    for (const share of row.pointShares) {
      const before = points.get(share.pointId);
      const storedBytes =
        share.storedBytes === null ? (before?.storedBytes ?? null) : (before?.storedBytes ?? 0) + share.storedBytes;
      points.set(share.pointId, { ...share, storedBytes, microUnits: (before?.microUnits ?? 0) + share.microUnits });
    }
  }
  return { rows, price, points: [...points.values()] };
}

/** What the day should have been: bytes of points that nobody knew then, and the price. */
export interface DayTruth {
  readonly bytesByPoint: ReadonlyMap<string, number>;
  readonly price: RowPrice | null;
}

/**
 * Decides what has to be added to a closed day so that its rows sum to the truth: exactly what they would be had it been known when the day was
 * closed.
 *
 * Shape:  a row of differences, negative where too much was recorded; null where nothing differs.
 */
export function decideCorrection(
  recorded: RecordedDay,
  truth: DayTruth,
  reason: CorrectionReason,
  daysInMonth: number,
): ValuedRow | null {
  const [first] = recorded.rows;
  assert(first, 'a chain has a row on a day that is corrected');
  const points = recorded.points.map(({ pointId, policy, storedBytes }) => ({
    ...{ pointId, policy },
    storedBytes: storedBytes ?? truth.bytesByPoint.get(pointId) ?? null,
  }));
  const { chainKey, diskName, source, sku } = first;
  const chain: LiveChain = { chainKey, diskName, source, sku, points };
  const target = sharePoints(chain, valueAt(chain, truth.price, first.currency, daysInMonth));
  const shares = target.shares
    .map((share) => subtractShare(share, recorded.rows))
    .filter(({ policy: _, ...amounts }) => Object.values(amounts).some((amount) => amount !== 0));
  // A price that changes no money yet is recorded all the same: what is measured later is valued at it.
  const isPriceKept = recorded.price?.microUnitsPerGiBMonth === truth.price?.microUnitsPerGiBMonth;
  if (shares.length === 0 && isPriceKept) return null;
  const pointShares = target.pointShares
    .map((share, index) => subtractPoint(share, recorded.points[index]))
    .filter(({ storedBytes, microUnits }) => (storedBytes ?? 0) !== 0 || microUnits !== 0);
  return { ...target, shares, pointShares: [...zeroMeasured(target, recorded), ...pointShares], correction: reason };
}

/** A point that turned out to hold nothing has no difference to show, but is known now. */
function zeroMeasured(target: ValuedRow, recorded: RecordedDay): readonly PointShare[] {
  return target.pointShares.filter(
    ({ storedBytes, microUnits }, index) =>
      storedBytes === 0 && microUnits === 0 && recorded.points[index]?.storedBytes === null,
  );
}

function subtractPoint(share: PointShare, before: PointShare | undefined): PointShare {
  const storedBytes = share.storedBytes === null ? null : share.storedBytes - (before?.storedBytes ?? 0);
  return { ...share, storedBytes, microUnits: share.microUnits - (before?.microUnits ?? 0) };
}

function subtractShare(target: PolicyShare, rows: readonly ValuedRow[]): PolicyShare {
  const rest = { ...target };
  for (const share of rows.flatMap((row) => row.shares)) {
    if (share.policy !== target.policy) continue;
    rest.points -= share.points;
    rest.unmeasuredPoints -= share.unmeasuredPoints;
    rest.storedBytes -= share.storedBytes;
    rest.unpricedBytes -= share.unpricedBytes;
    rest.microUnits -= share.microUnits;
    rest.microUnitsPerMonth -= share.microUnitsPerMonth;
  }
  return rest;
}

/**
 * The bytes of points that were not measured when a day was closed and are by now.
 *
 * Safety: only where the point still stands on the one it stood on that day. When the one before it was deleted meanwhile, Azure has merged that one's
 *         bytes into it: what it holds today is then not what it held, and the day stays marked as not measured rather than be told wrong.
 */
export function lateBytes(
  points: readonly Pick<PointShare, 'pointId' | 'storedBytes'>[],
  nodes: readonly ChainNode[],
): ReadonlyMap<string, number> {
  const known = new Map<string, number>();
  for (const [index, { pointId, storedBytes }] of points.entries()) {
    if (storedBytes !== null) continue;
    const at = nodes.findIndex((node) => node.pointId === pointId);
    const node = nodes[at];
    const bytes = node ? nodeBytes(node) : null;
    if (!node || bytes === null) continue;
    const before = nodes[at - 1];
    const sameBefore = before?.pointId === points[index - 1]?.pointId;
    const isBase = before && before.familyId === node.familyId ? node.base === before.key : node.base === null;
    const asBilled = node.writtenBytes === null;
    if (sameBefore && (isBase || asBilled)) known.set(pointId, bytes);
  }
  return known;
}

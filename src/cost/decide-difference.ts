import { GIB } from '../base/bytes.ts';

/**
 * Why a bill and an estimate differ:
 * `lag`: Azure has not shown (all of) it yet. `rounding`: each row is rounded to a micro-unit. `price`: Azure bills another price than the list or the sheet
 * says. `bytes`: Azure bills another size than was measured. `unmeasured`, `unpriced`: the estimate lacks points or a price. `no-estimate`: billed, and
 * not in the ledger. `not-billed`: in the ledger, and not billed though it had the time.
 */
export const differenceCodes = [
  'lag',
  'rounding',
  'price',
  'bytes',
  'unmeasured',
  'unpriced',
  'no-estimate',
  'not-billed',
] as const;
export type DifferenceCode = (typeof differenceCodes)[number];

/** A part of a difference. Units: micro-units, billed minus estimated. */
export interface DifferencePart {
  readonly code: DifferenceCode;
  readonly microUnits: number;
}

/** What the ledger says of a chain on one day. */
export interface EstimatedChain {
  readonly storedBytes: number;
  readonly microUnits: number;
  readonly unmeasuredPoints: number;
  readonly unpricedBytes: number;
  /** Null where the price is missing. */
  readonly microUnitsPerGiBMonth: number | null;
}

/** What Azure bills for a chain's snapshots on one day. Units: `quantity` in GiB and months. */
export interface BilledChain {
  readonly rows: number;
  readonly quantity: number;
  readonly microUnits: number;
}

/**
 * Takes a chain's difference apart by its reasons.
 *
 * Shape:  parts that are not zero and add up to billed minus estimated exactly; [] where both agree. `lagging`: Azure may still show more of this day.
 */
export function decideDifference(
  estimate: EstimatedChain | null,
  billed: BilledChain | null,
  { daysInMonth, lagging }: { readonly daysInMonth: number; readonly lagging: boolean },
): readonly DifferencePart[] {
  const difference = (billed?.microUnits ?? 0) - (estimate?.microUnits ?? 0);
  if (difference === 0) return [];
  // Each row of the bill and the one of the ledger is off by half a micro-unit at most.
  const tolerance = Math.ceil(((billed?.rows ?? 0) + 1) / 2);
  const whole = (code: DifferenceCode) => [{ code, microUnits: difference }];
  if (estimate === null) return whole('no-estimate');
  if (billed === null) return whole(lagging ? 'lag' : Math.abs(difference) <= tolerance ? 'rounding' : 'not-billed');
  if (Math.abs(difference) <= tolerance) return whole('rounding');
  if (estimate.microUnitsPerGiBMonth === null || estimate.unpricedBytes > 0) return whole('unpriced');
  const ofPrice = Math.round(billed.microUnits - billed.quantity * estimate.microUnitsPerGiBMonth);
  const ofBytes = difference - ofPrice;
  const parts: DifferencePart[] = [];
  const add = (code: DifferenceCode, microUnits: number) => {
    if (microUnits !== 0) parts.push({ code, microUnits });
  };
  add(Math.abs(ofPrice) <= tolerance ? 'rounding' : 'price', ofPrice);
  add(codeOfBytes(estimate, billed, { daysInMonth, lagging, ofBytes, tolerance }), ofBytes);
  return joined(parts);
}

function codeOfBytes(
  estimate: EstimatedChain,
  billed: BilledChain,
  at: {
    readonly daysInMonth: number;
    readonly lagging: boolean;
    readonly ofBytes: number;
    readonly tolerance: number;
  },
): DifferenceCode {
  if (Math.abs(at.ofBytes) <= at.tolerance) return 'rounding';
  const billedBytes = billed.quantity * at.daysInMonth * GIB;
  if (estimate.unmeasuredPoints > 0 && billedBytes > estimate.storedBytes) return 'unmeasured';
  return at.lagging && billedBytes < estimate.storedBytes ? 'lag' : 'bytes';
}

function joined(parts: readonly DifferencePart[]): readonly DifferencePart[] {
  const [first, second] = parts;
  if (!first || !second || first.code !== second.code) return parts;
  const microUnits = first.microUnits + second.microUnits;
  return microUnits === 0 ? [] : [{ code: first.code, microUnits }];
}

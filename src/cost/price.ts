import { GIB } from '../base/bytes.ts';
import type { Price } from './ports.ts';

export type Redundancy = 'LRS' | 'ZRS';

/**
 * The redundancy that a snapshot's SKU is billed by: `Standard_ZRS` is ZRS.
 *
 * Shape:  null for a SKU that Holdfast does not know, whose price then is missing rather than guessed.
 */
export function redundancyOfSku(sku: string): Redundancy | null {
  const redundancy = /^Standard_(LRS|ZRS)$/i.exec(sku)?.[1]?.toUpperCase();
  return redundancy === 'LRS' || redundancy === 'ZRS' ? redundancy : null;
}

/** What bytes cost when they are stored for a whole month. Micro-units, rounded half up. */
export function monthlyCostMicroUnits(bytes: number, price: Pick<Price, 'microUnitsPerGiBMonth'>): number {
  return divideHalfUp(BigInt(bytes) * BigInt(price.microUnitsPerGiBMonth), BigInt(GIB));
}

/**
 * What bytes cost for one day of a month. Micro-units, rounded half up: once for each row of the ledger and never again.
 *
 * Source: Azure's usage record of a day is GiB / days of the month (azure-compute-docs, disks-incremental-snapshots.md).
 */
export function dailyCostMicroUnits(
  bytes: number,
  price: Pick<Price, 'microUnitsPerGiBMonth'>,
  daysInMonth: number,
): number {
  return divideHalfUp(BigInt(bytes) * BigInt(price.microUnitsPerGiBMonth), BigInt(GIB) * BigInt(daysInMonth));
}

/** In integers of any size: 64 TiB times a price goes beyond what a double holds exactly. */
export function divideHalfUp(dividend: bigint, divisor: bigint): number {
  return Number((2n * dividend + divisor) / (2n * divisor));
}

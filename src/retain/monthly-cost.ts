import { GIB } from '../base/bytes.ts';

/**
 * What stored bytes cost a month.
 *
 * Units:  micro-units, rounded half up. Counted in whole numbers of any size: bytes times price is beyond 2^53.
 */
export function monthlyMicroUnits(bytes: number, microUnitsPerGiBMonth: number): number {
  return Number((BigInt(bytes) * BigInt(microUnitsPerGiBMonth) * 2n + BigInt(GIB)) / BigInt(2 * GIB));
}

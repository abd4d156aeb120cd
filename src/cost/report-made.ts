import type { Store } from '../base/store.ts';
import type { MadeFor, MadeRow } from './ledger-row.ts';
import { readMade } from './ledger-table.ts';

/**
 * Disks that Holdfast made and that still exist, by what they were made for.
 *
 * Units:  bytes; micro-units a month. `unpriced` of the disks have no known price and are not in the money.
 */
export interface MadeLine {
  readonly madeFor: MadeFor;
  readonly disks: number;
  readonly bytes: number;
  readonly microUnitsPerMonth: number;
  readonly unpriced: number;
}

/** Reads the made disks of a closed day, dearest purpose first. */
export async function readMadeLines(store: Store, day: string, currency: string): Promise<readonly MadeLine[]> {
  const byPurpose = new Map<MadeFor, MadeLine>();
  for await (const page of readMade(store, day)) {
    for (const row of page)
      if (row.currency === currency) byPurpose.set(row.madeFor, plus(byPurpose.get(row.madeFor), row));
  }
  return [...byPurpose.values()].sort((a, b) => b.microUnitsPerMonth - a.microUnitsPerMonth || b.bytes - a.bytes);
}

function plus(sum: MadeLine | undefined, { madeFor, sizeBytes, microUnitsPerMonth }: MadeRow): MadeLine {
  return {
    madeFor,
    disks: (sum?.disks ?? 0) + 1,
    bytes: (sum?.bytes ?? 0) + sizeBytes,
    microUnitsPerMonth: (sum?.microUnitsPerMonth ?? 0) + (microUnitsPerMonth ?? 0),
    unpriced: (sum?.unpriced ?? 0) + (microUnitsPerMonth === null ? 1 : 0),
  };
}

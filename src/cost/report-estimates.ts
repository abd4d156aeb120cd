import { GIB } from '../base/bytes.ts';
import type { Store } from '../base/store.ts';
import { daysInUtcMonth } from '../base/time.ts';
import { readValuedRow } from './ledger-cells.ts';
import { monthTable } from './ledger-table.ts';

/** What the ledger estimates of one snapshot on one day. Units: micro-units; GiB-months. */
export interface PointEstimate {
  readonly microUnits: number;
  readonly quantity: number;
}

/** The estimates of a closed day by `<chain>|<point>`, corrections added; empty for a day that is not closed. */
export async function readEstimates(
  store: Store,
  day: string,
  currency: string,
): Promise<ReadonlyMap<string, PointEstimate>> {
  const gibDays = GIB * daysInUtcMonth(Date.parse(day));
  const estimates = new Map<string, PointEstimate>();
  for await (const page of store.table(monthTable(day)).list({ partitionKey: day })) {
    for (const row of page.map(readValuedRow)) {
      if (row.currency !== currency) continue;
      for (const { pointId, storedBytes, microUnits } of row.pointShares) {
        const key = `${row.chainKey}|${pointId}`;
        const sum = estimates.get(key);
        estimates.set(key, {
          microUnits: (sum?.microUnits ?? 0) + microUnits,
          quantity: (sum?.quantity ?? 0) + (storedBytes ?? 0) / gibDays,
        });
      }
    }
  }
  return estimates;
}

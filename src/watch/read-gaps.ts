import { readCells } from '../base/cells.ts';
import type { Store } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';
import { policyKey } from '../schedule/point-names.ts';

/** A slot that nothing was planned for. */
export interface Gap {
  readonly schedule: string;
  readonly slot: EpochMs;
  readonly because: string;
}

/** Reads the missed slots of a policy from a moment on, newest first, at most `limit` of the oldest. */
export async function readGaps(store: Store, policy: string, from: EpochMs, limit: number): Promise<readonly Gap[]> {
  const gaps: Gap[] = [];
  const range = { partitionKey: policyKey(policy), from: String(from).padStart(15, '0'), limit };
  for await (const page of store.table('gaps').list(range)) {
    for (const row of page) {
      const cells = readCells(row);
      gaps.push({ schedule: cells.text('schedule'), slot: cells.number('slot'), because: cells.text('because') });
    }
  }
  return gaps.reverse();
}

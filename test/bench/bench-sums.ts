import { DayGroups } from '../../src/cost/day-groups.ts';
import { readUse } from './bench-process.ts';
import { DAYS, ledgerRows } from './bench-rows.ts';

/** What summing the ledger takes. */
export interface SumFigures {
  readonly sumMs: number;
  readonly cpuMs: number;
  readonly peakBytes: number;
}

/** Sums every row of every day by every dimension, in a process with the heap that the app has. The rows are made beforehand. */
function sumLedger(): SumFigures {
  const rows = ledgerRows(2);
  const [started, cpu] = [performance.now(), process.cpuUsage()];
  for (let index = 0; index < DAYS; index += 1) {
    const groups = new DayGroups();
    for (const row of rows) groups.add(row);
    for (const _ of groups.dimensions());
  }
  const { user, system } = process.cpuUsage(cpu);
  const peakBytes = readUse(process.pid)?.peakBytes ?? 0;
  return { sumMs: performance.now() - started, cpuMs: (user + system) / 1_000, peakBytes };
}

process.once('message', () => {
  process.send?.(sumLedger());
  process.disconnect();
});

import { DayGroups } from '../../src/cost/day-groups.ts';
import { decodeExtents, type Extents, encodeExtents, mergeExtents, writtenBytes } from '../../src/cost/extents.ts';
import { writeGroups } from '../../src/cost/group-book.ts';
import { type LedgerRow, valueChain } from '../../src/cost/ledger-row.ts';
import { RangeBuilder } from '../../src/cost/range-sets.ts';
import { readCostReport } from '../../src/cost/read-cost-report.ts';
import { shiftDay } from '../../src/cost/report-query.ts';
import { costHtml } from '../../src/reports/cost-html.ts';
import { chain, ledgerBench, price } from '../cost/ledger-bench.ts';

type Figure = { name: string; value: number; unit: string; target?: string };

const RANGES = 1_000_000;
const DISKS = 10_000;
const DAYS = 400;
const FIRST_DAY = '2025-10-19';
const LAST_DAY = shiftDay(FIRST_DAY, DAYS - 1);

/** The figures of the cost room: extents of a busy disk, and the ledger of a large estate. */
export async function run(): Promise<Figure[]> {
  // The ledger first: what the extents leave behind would count as its memory.
  const ledger = await measureLedger();
  return [...measureExtents(), ...ledger];
}

function measureExtents(): Figure[] {
  const random = randomNumbers(1);
  const [earlier, later] = [randomExtents(random), randomExtents(random)];
  const merge = timed(() => mergeExtents(earlier, later));
  const encode = timed(() => encodeExtents(earlier));
  const decode = timed(() => decodeExtents(encode.result));
  if (writtenBytes(decode.result) !== writtenBytes(earlier)) throw new Error('the extents did not come back');
  const what = '1,000,000 changed ranges';
  return [
    { name: `merge of two points of ${what}`, value: round(merge.ms), unit: 'ms', target: '< 200' },
    { name: `encoding ${what}`, value: round(encode.ms), unit: 'ms', target: '< 500' },
    { name: `decoding ${what}`, value: round(decode.ms), unit: 'ms', target: '< 200' },
    { name: `blob of ${what}`, value: round(encode.result.length / 2 ** 20), unit: 'MiB' },
  ];
}

/** The rows are made as they are read, so that the product's own aggregation is what takes time and memory. */
async function measureLedger(): Promise<Figure[]> {
  const { store, depsAt } = ledgerBench();
  const random = randomNumbers(2);
  const rows = Array.from({ length: DISKS }, (_, disk) => ledgerRow(disk, random));
  let sumMs = 0;
  let peakBytes = 0;
  for (let index = 0; index < DAYS; index += 1) {
    const day = shiftDay(FIRST_DAY, index);
    const groups = new DayGroups();
    sumMs += timed(() => {
      for (const row of rows) groups.add(row);
      for (const _ of groups.dimensions());
    }).ms;
    // The page reads the last month. Its tables are in memory here, in Azure they are not: memory is taken before they fill.
    if (index >= DAYS - 30) await writeGroups(store, 'EUR', day, groups);
    else peakBytes = Math.max(peakBytes, process.memoryUsage().rss);
  }
  const now = Date.parse(LAST_DAY) + 86_400_000 + 3_600_000;
  const query = { from: shiftDay(LAST_DAY, -29), to: LAST_DAY, groupBy: 'policy' as const };
  const started = performance.now();
  const page = await costHtml(await readCostReport(depsAt(now), query, null, now));
  const pageMs = performance.now() - started;
  return [
    { name: '4,000,000 ledger rows summed by every dimension', value: round(sumMs / 1_000), unit: 's' },
    { name: 'process memory meanwhile', value: round(peakBytes / 2 ** 20), unit: 'MiB', target: '< 300' },
    {
      name: 'page of a month over 10,000 disks, tables in memory',
      value: round(pageMs),
      unit: 'ms',
      target: '< 2,000',
    },
    { name: 'size of that page', value: round(page.length / 1_024), unit: 'KiB' },
  ];
}

function ledgerRow(disk: number, random: () => number): LedgerRow {
  const points = [0, 1, 2].map((index) => [`policy${(disk + index) % 5}`, Math.floor(random() * 2 ** 36)] as const);
  const machine = `vm${Math.floor(disk / 3)}`;
  const live = chain(`${machine}-disk${disk}`, points, {
    subscriptionId: `s${disk % 20}`,
    resourceGroup: `rg${disk % 200}`,
    tags: { owner: `owner${disk % 50}@example.com`, costCentre: String(disk % 300), name: machine },
  });
  return valueChain(live, { kind: 'known', price, asOf: FIRST_DAY }, 'EUR', 30);
}

function randomExtents(random: () => number): Extents {
  const written = new RangeBuilder(RANGES);
  const cleared = new RangeBuilder();
  let at = 0;
  for (let index = 0; index < RANGES; index += 1) {
    at += Math.ceil(-Math.log(random() + 1e-12) * 400) * 4_096;
    const end = at + (random() < 0.7 ? 4_096 : Math.ceil(random() * 64) * 4_096);
    (index % 10 === 9 ? cleared : written).add(at, end);
    at = end;
  }
  return { written: written.build(), cleared: cleared.build() };
}

function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function timed<T>(work: () => T): { readonly result: T; readonly ms: number } {
  const started = performance.now();
  const result = work();
  return { result, ms: performance.now() - started };
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}

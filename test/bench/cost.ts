import { fork } from 'node:child_process';
import { join } from 'node:path';
import { getCACertificates, rootCertificates } from 'node:tls';
import { systemClock } from '../../src/base/clock.ts';
import type { Store } from '../../src/base/store.ts';
import { DayGroups } from '../../src/cost/day-groups.ts';
import { decodeExtents, type Extents, encodeExtents, mergeExtents, writtenBytes } from '../../src/cost/extents.ts';
import { writeGroups } from '../../src/cost/group-book.ts';
import { ledgerCells } from '../../src/cost/ledger-cells.ts';
import type { LedgerRow } from '../../src/cost/ledger-row.ts';
import { monthTable } from '../../src/cost/ledger-table.ts';
import { RangeBuilder } from '../../src/cost/range-sets.ts';
import { shiftDay } from '../../src/cost/report-query.ts';
import { createStore } from '../../src/state/azure-store.ts';
import { silent } from '../cost/ledger-bench.ts';
import { startTestStorage, type TestStorage } from '../support/azurite.ts';
import type { PageFigures, PageOrder } from './bench-page.ts';
import { DAYS, DISKS, FIRST_DAY, ledgerRows, randomNumbers } from './bench-rows.ts';
import type { SumFigures } from './bench-sums.ts';

type Figure = { name: string; value: number; unit: string; target?: string };

const RANGES = 1_000_000;
const PAGE_DAYS = 30;
const LEDGER_ROWS = 100_000;
/** As the app runs in Azure. */
const HEAP = ['--max-old-space-size=256', '--max-semi-space-size=16'];
const LAST_DAY = shiftDay(FIRST_DAY, DAYS - 1);

/** The figures of the cost room: extents of a busy disk, and the ledger of a large estate. */
export async function run(): Promise<Figure[]> {
  // The ledger first: what the extents leave behind would count as its memory.
  const ledger = await measureLedger();
  return [...measureExtents(), ...ledger, ...(await measurePage())];
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

/** Four million rows through the product's own aggregation. */
async function measureLedger(): Promise<Figure[]> {
  const sums = await apart<SumFigures>('bench-sums.ts', {});
  return [
    { name: '4,000,000 ledger rows summed by every dimension', value: round(sums.sumMs / 1_000), unit: 's' },
    { name: 'processor time of that', value: round(sums.cpuMs / 1_000), unit: 's' },
    { name: 'peak memory of it', value: round(sums.peakBytes / 2 ** 20), unit: 'MiB', target: '< 300' },
  ];
}

/** The monthly page from Azurite, where the sums of a month over all disks stand beside 100,000 ledger rows; read by a process of its own. */
async function measurePage(): Promise<Figure[]> {
  const storage = await startTestStorage();
  try {
    const store = createStore({ ...storage, clock: systemClock, log: silent });
    const rows = ledgerRows(3);
    const closing: number[] = [];
    for (let index = DAYS - PAGE_DAYS; index < DAYS; index += 1) {
      const groups = new DayGroups();
      for (const row of rows) groups.add(row);
      const started = performance.now();
      await writeGroups(store, 'EUR', shiftDay(FIRST_DAY, index), groups);
      closing.push(performance.now() - started);
    }
    await fillLedger(store, rows);
    const child = await readPageApart(storage);
    return [
      {
        name: 'sums of a day over 10,000 disks written, the slowest of a month',
        value: round(Math.max(...closing) / 1_000),
        unit: 's',
      },
      {
        name: 'page of a month over 10,000 disks, Azurite, beside 100,000 ledger rows',
        value: round(child.pageMs),
        unit: 'ms',
        target: '< 2,000',
      },
      { name: 'the same again', value: round(child.againMs), unit: 'ms', target: '< 2,000' },
      { name: 'processor time of that page', value: round(child.pageCpuMs), unit: 'ms' },
      {
        name: 'peak memory of the process that makes it',
        value: round(child.peakBytes / 2 ** 20),
        unit: 'MiB',
        target: '< 300',
      },
      { name: 'size of that page', value: round(child.pageBytes / 1_024), unit: 'KiB' },
      { name: 'CSV by disk of that month', value: round(child.csvMs), unit: 'ms' },
      { name: 'records of it', value: child.csvRecords, unit: '' },
    ];
  } finally {
    await storage.stop();
  }
}

/** 100,000 rows of the month that the page is about. */
async function fillLedger(store: Store, rows: readonly LedgerRow[]): Promise<void> {
  for (let index = 0; index < LEDGER_ROWS / DISKS; index += 1) {
    const day = shiftDay(LAST_DAY, -index);
    const writes = rows.map((row) => ({
      kind: 'insert' as const,
      rowKey: row.chainKey,
      cells: ledgerCells({ ...row, pointShares: [] }),
    }));
    await store.table(monthTable(day)).write(day, writes);
  }
}

function readPageApart(storage: TestStorage): Promise<PageFigures> {
  const { blobServiceUri, queueServiceUri, tableServiceUri } = storage;
  return apart<PageFigures>('bench-page.ts', {
    storage: { blobServiceUri, queueServiceUri, tableServiceUri },
    // The one that was made for this run.
    certificatePem: getCACertificates('default')
      .filter((pem) => !rootCertificates.includes(pem))
      .join('\n'),
    from: shiftDay(LAST_DAY, 1 - PAGE_DAYS),
    to: LAST_DAY,
  } satisfies PageOrder);
}

/** Runs a file of this folder in a process with the heap that the app has in Azure. */
function apart<T>(file: string, order: object): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, file), { execArgv: HEAP });
    child.once('message', (figures) => resolve(figures as T));
    child.once('error', reject);
    child.once('exit', (code) => code !== 0 && reject(new Error(`${file} ended with ${code}`)));
    child.send(order);
  });
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

function timed<T>(work: () => T): { readonly result: T; readonly ms: number } {
  const started = performance.now();
  const result = work();
  return { result, ms: performance.now() - started };
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}

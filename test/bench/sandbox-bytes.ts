import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type SnapshotBytes, VolumeBytes, Workload } from '../../src/sandbox/bytes/bytes.ts';
import { answerPageBlob } from '../../src/sandbox/bytes/page-blob-endpoint.ts';

type Figure = { name: string; value: number; unit: string; target?: string };

const DAY_MS = 86_400_000;
const MIB = 2 ** 20;
const TIB = 2 ** 40;
/** The whole estate takes a minute to write: a part is measured and scaled, which the name says. */
const DISKS_MEASURED = 30;
const DISKS_TOTAL = 1_000;
/** What one answer of the endpoint holds at most. */
const ANSWER_RANGES = 10_000;

/** The figures of the disks' bytes: memory, differences over a long chain, ranged reads. */
export async function run(): Promise<Figure[]> {
  const memory = measureMemory();
  const figures = [memory, ...measureDifferences(), ...measureReads()];
  return [...figures, await measureEndpoint()];
}

function measureMemory(): Figure {
  const before = usedMemory();
  const disks: VolumeBytes[] = [];
  const kept: SnapshotBytes[] = [];
  for (let disk = 0; disk < DISKS_MEASURED; disk += 1) {
    const volume = new VolumeBytes({ sizeBytes: TIB, seed: disk });
    const workload = new Workload({
      volume,
      seed: disk,
      startMs: 0,
      bytesPerDay: 64 * MIB,
      writesPerDay: 1_000,
      hotFraction: 0.3,
    });
    for (let day = 1; day <= 100; day += 1) {
      workload.advanceTo(day * DAY_MS);
      kept.push(volume.snapshot({ incremental: true }));
    }
    disks.push(volume);
  }
  const bytes = (usedMemory() - before) * (DISKS_TOTAL / disks.length);
  if (kept.length !== DISKS_MEASURED * 100) throw new Error('not all snapshots were taken');
  return {
    name: `1,000 disks x 100 snapshots x 1,000 ranges (scaled from ${DISKS_MEASURED} disks)`,
    value: round(bytes / 2 ** 30),
    unit: 'GiB',
    target: '< 2',
  };
}

function measureDifferences(): Figure[] {
  const volume = new VolumeBytes({ sizeBytes: TIB, seed: 1 });
  const workload = new Workload({
    volume,
    seed: 1,
    startMs: 0,
    bytesPerDay: 256 * MIB,
    clearBytesPerDay: 32 * MIB,
    writesPerDay: 3_000,
    hotFraction: 0.5,
  });
  const chain: SnapshotBytes[] = [];
  for (let day = 1; day <= 500; day += 1) {
    workload.advanceTo(day * DAY_MS);
    chain.push(volume.snapshot({ incremental: true }));
  }
  const pairs: readonly [string, number, number][] = [
    ['first to last', 0, 499],
    ['second to middle', 1, 250],
    ['neighbours', 498, 499],
  ];
  return pairs.flatMap(([name, from, to]) => {
    const [earlier, later] = [chain[from], chain[to]];
    if (earlier === undefined || later === undefined) throw new Error('the chain is too short');
    const ranges = later.listing(earlier, 0, TIB).count;
    const asked = `difference, 500 snapshots of 3,000 writes, ${name} (${ranges.toLocaleString('en')} ranges)`;
    const firstAnswerMs = median(15, () => later.listing(earlier, 0, TIB).slice(0, ANSWER_RANGES));
    const allMs = median(7, () => later.changedSince(earlier, 0, TIB));
    return [
      { name: `${asked}, up to the first answer`, value: round(firstAnswerMs), unit: 'ms', target: '< 50' },
      { name: `${asked}, each as an object`, value: round(allMs), unit: 'ms' },
    ];
  });
}

function measureReads(): Figure[] {
  const volume = new VolumeBytes({
    sizeBytes: TIB,
    seed: 1,
    source: { kind: 'seeded', allocated: [{ offset: 0, length: 512 * MIB }] },
  });
  const workload = new Workload({ volume, seed: 1, startMs: 0, bytesPerDay: 64 * MIB, writesPerDay: 1_000 });
  const oldest = volume.snapshot({ incremental: true });
  for (let day = 1; day <= 100; day += 1) {
    workload.advanceTo(day * DAY_MS);
    volume.snapshot({ incremental: true });
  }
  return [4 * MIB, 65_536].map((length) => {
    const ms = median(3, () => {
      for (let offset = 0; offset < 256 * MIB; offset += length) oldest.read(offset, length);
    });
    return {
      name: `ranged reads of ${length / 1_024} KiB, oldest of 101 snapshots`,
      value: round(256 / (ms / 1_000)),
      unit: 'MiB/s',
      target: '> 300',
    };
  });
}

/** Client and endpoint share this process and its core. */
async function measureEndpoint(): Promise<Figure> {
  const volume = new VolumeBytes({
    sizeBytes: TIB,
    seed: 1,
    source: { kind: 'seeded', allocated: [{ offset: 0, length: TIB }] },
  });
  const snapshot = volume.snapshot({ incremental: true });
  const server = createServer((incoming, response) => {
    void answerPageBlob(incoming, response, { snapshot, etag: '"1"', lastModified: 0 }, () => null);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = (server.address() as AddressInfo).port;
  const started = performance.now();
  await new Promise<void>((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', headers: { range: `bytes=0-${512 * MIB - 1}` } }, (response) => {
      response.resume().on('end', resolve).on('error', reject);
    });
    sent.on('error', reject).end();
  });
  const seconds = (performance.now() - started) / 1_000;
  server.closeAllConnections();
  server.close();
  return {
    name: 'ranged read of 512 MiB through the endpoint (http, client in the same process)',
    value: round(512 / seconds),
    unit: 'MiB/s',
    target: '> 300',
  };
}

function median(times: number, act: () => unknown): number {
  const measured = Array.from({ length: times }, () => {
    const started = performance.now();
    act();
    return performance.now() - started;
  });
  return measured.sort((a, b) => a - b)[Math.floor(times / 2)] ?? 0;
}

function usedMemory(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

if (import.meta.main) console.table(await run());

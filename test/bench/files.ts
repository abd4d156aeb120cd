import { fork } from 'node:child_process';
import { join } from 'node:path';
import { createArm } from '../../src/azure/arm-client.ts';
import { createDiskBytes } from '../../src/azure/disk-bytes.ts';
import { createRateLimiter } from '../../src/azure/rate-limiter.ts';
import { createSnapshotAccess } from '../../src/azure/snapshot-access.ts';
import { createSnapshots } from '../../src/azure/snapshots.ts';
import { readDisk } from '../../src/files/read-disk.ts';
import { tools } from '../files/images.ts';
import { SUBSCRIPTION_ID, startTestAzure, type TestAzure } from '../support/sandbox-azure.ts';

type Figure = { name: string; value: number; unit: string; target?: string };

const IMAGES = join(import.meta.dirname, '../../src/sandbox/images');
const MIB = 2 ** 20;
const GROUP = 'rg-bench';
/** Sandboxes that have the group already. */
const groups = new Set<TestAzure>();

/** The limits of the app's own process in Azure. */
const HEAP = ['--max-old-space-size=256', '--max-semi-space-size=16', '--expose-gc'];
/** Told to the process that measures. */
const APART = '--apart';

/** The figures of reading files, from snapshots of the sandbox over https as from Azure, in a process with the memory of one in Azure. */
export function run(): Promise<Figure[]> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, [APART], { execArgv: HEAP });
    child.once('message', (figures) => resolve(figures as Figure[]));
    child.once('error', reject);
    child.once('exit', (code) => code !== 0 && reject(new Error(`the bench of files ended with ${code}`)));
  });
}

async function measure(): Promise<Figure[]> {
  const azure = await startTestAzure();
  try {
    return [...(await measureExt(azure)), ...(await measureNtfs(azure))];
  } finally {
    await azure.stop();
  }
}

async function measureExt(azure: TestAzure): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  const file = await openImage(azure, 'ext4-1tib', 1_024);
  const names = ['srv', 'data', 'readings.csv'];
  const { ms } = await timed(async () => {
    const fileSystem = await file.open();
    const entry = await fileSystem.stat(names);
    let bytes = 0;
    for await (const piece of fileSystem.read(names, 0, entry?.sizeBytes ?? 0)) bytes += piece.length;
    if (bytes !== MIB) throw new Error(`the file has ${bytes} bytes`);
  });
  figures.push({ name: 'ext4, 1 TiB: a file of 1 MiB', value: Math.round(ms), unit: 'ms', target: '< 2,000' });
  figures.push({
    name: 'ext4, 1 TiB: read for it',
    value: round(file.counts().bytes / MIB),
    unit: 'MiB',
    target: '< 2.86 (3 MB)',
  });
  const folder = await openImage(azure, 'ext4-1tib', 1_024);
  const listing = await timed(async () => {
    const page = await (await folder.open()).list(['many'], { after: null, limit: 10_000 });
    if (page?.entries.length !== 10_000) throw new Error(`the folder has ${page?.entries.length} entries`);
  });
  figures.push({
    name: 'ext4: a listing of 10,000 entries',
    value: Math.round(listing.ms),
    unit: 'ms',
    target: '< 3,000',
  });
  figures.push({
    name: 'ext4: memory of the process then',
    value: Math.round(process.memoryUsage().rss / MIB),
    unit: 'MiB',
    target: '< 350',
  });
  return figures;
}

async function measureNtfs(azure: TestAzure): Promise<readonly Figure[]> {
  const before = memory();
  const disk = await openImage(azure, 'ntfs-20000', 4);
  const opened = await timed(async () => {
    const fileSystem = await disk.open();
    const page = await fileSystem.list(['folder 123'], { after: null, limit: 1_000 });
    if (page?.entries.length !== 100) throw new Error('the folder is not whole');
    return fileSystem;
  });
  const { bytes } = disk.counts();
  const heap = memory() - before;
  const read = await timed(async () => {
    for await (const piece of opened.value.read(['folder 123', 'file 045.txt'], 0, 100))
      if (Buffer.from(piece).toString() !== '123 45') throw new Error('the file differs');
  });
  const figures = [
    { name: 'NTFS of 20,000 files: opened and listed', value: Math.round(opened.ms), unit: 'ms' },
    { name: 'NTFS of 20,000 files: read for it', value: round(bytes / MIB), unit: 'MiB', target: '< 30' },
    { name: 'NTFS of 20,000 files: heap kept', value: round(heap), unit: 'MiB', target: '< 30' },
    { name: 'NTFS: one of its files then', value: Math.round(read.ms), unit: 'ms' },
    {
      name: 'NTFS: memory of the process then',
      value: Math.round(process.memoryUsage().rss / MIB),
      unit: 'MiB',
      target: '< 350',
    },
  ];
  await opened.value.close();
  return figures;
}

async function openImage(azure: TestAzure, image: string, sizeGiB: number) {
  const { clock } = azure;
  const name = `${image}-${Math.round(performance.now())}`;
  const place = { resourceGroup: GROUP, region: 'westeurope' };
  const isFirst = !groups.has(azure);
  groups.add(azure);
  await azure.admin('POST', 'estate', {
    resourceGroups: isFirst ? [{ name: GROUP, region: 'westeurope' }] : [],
    disks: [{ ...place, name, sizeGiB, image: join(IMAGES, `${image}.blocks.gz`) }],
  });
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const arm = createArm({
    endpoint: azure.armUrl,
    audience: 'https://management.azure.com',
    credential: azure.credential,
    clock,
    limiter: createRateLimiter(clock),
    log,
  });
  const id = (type: string) =>
    `/subscriptions/${SUBSCRIPTION_ID}/resourceGroups/${GROUP}/providers/Microsoft.Compute/${type}/${name}`;
  await createSnapshots(arm).start({
    subscriptionId: SUBSCRIPTION_ID,
    ...place,
    name,
    diskId: id('disks'),
    sku: 'Standard_ZRS',
    tags: {},
    networkAccess: 'deny',
  });
  await clock.wait(120_000);
  const url = await createSnapshotAccess(arm).open(id('snapshots'), 3_600);
  const source = createDiskBytes({ clock });
  const sizeBytes = sizeGiB * 1_024 * MIB;
  const contents = await readDisk({ sizeBytes, fetch: (offset, length) => source.read(url, offset, length) }, tools);
  return {
    counts: contents.counts,
    open: () => {
      const [volume] = contents.volumes;
      if (!volume) throw new Error('the image has no volume');
      return contents.open(volume);
    },
  };
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly ms: number; readonly value: T }> {
  const startedAt = performance.now();
  const value = await work();
  return { ms: performance.now() - startedAt, value };
}

/** What is kept by our own code, after what is not needed was thrown away. Units: MiB. */
function memory(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / MIB;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

if (process.argv.includes(APART)) {
  process.send?.(await measure());
  process.disconnect();
}

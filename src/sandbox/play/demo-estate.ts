import { join } from 'node:path';
import type { Estate, EstateDisk, EstateMachine } from '../azure/estate.ts';
import { SUBSCRIPTION_ID } from '../azure/seed-estate.ts';

const MIB = 2 ** 20;
const REGION = 'westeurope';
/** Holdfast's own resource group, where its snapshots live. */
export const HOLDFAST_GROUP = `rg-holdfast-${REGION}`;
/** A small file system, made by the script beside it. */
const EXT4_IMAGE = join(import.meta.dirname, '../images/ext4.img.gz');
const EXT4_DELETED = join(import.meta.dirname, '../images/ext4-deleted.blocks.gz');

type PolicyName = 'gold' | 'bronze';

/** A disk in a line: size, what is on it at the start, what is written and freed a day. Units: GiB, MiB. */
interface DemoDisk {
  readonly name: string;
  readonly sizeGiB: number;
  readonly usedMiB: number;
  readonly writtenMiBPerDay: number;
  readonly clearedMiBPerDay?: number;
  readonly sku?: string;
  readonly image?: string;
}

interface DemoMachine {
  readonly name: string;
  readonly group: string;
  readonly policy: PolicyName;
  readonly owner: string;
  readonly costCentre: string;
  readonly environment: string;
  readonly size: string;
  readonly osType: 'Linux' | 'Windows';
  readonly disks: readonly [DemoDisk, ...DemoDisk[]];
}

const shop = { group: 'rg-shop-prod', owner: 'shop-team', costCentre: '4711', environment: 'production' };
const office = { group: 'rg-office', owner: 'workplace', costCentre: '2100', environment: 'production' };
const data = { group: 'rg-data-prod', owner: 'data-platform', costCentre: '5300', environment: 'production' };

/** The machines of a shop, its data platform and its office: the OS disk first. Gold: 4 with 10 disks. Bronze: 4 with 9, and one disk by itself. */
const machines: readonly DemoMachine[] = [
  {
    ...shop,
    name: 'vm-shop-web-01',
    policy: 'gold',
    size: 'Standard_D2s_v5',
    osType: 'Linux',
    disks: [
      { name: 'vm-shop-web-01-os', sizeGiB: 64, usedMiB: 9_300, writtenMiBPerDay: 220, clearedMiBPerDay: 40 },
      { name: 'vm-shop-web-01-files', sizeGiB: 32, usedMiB: 0, writtenMiBPerDay: 0, image: EXT4_IMAGE },
    ],
  },
  {
    ...shop,
    name: 'vm-shop-db-01',
    policy: 'gold',
    size: 'Standard_E8s_v5',
    osType: 'Linux',
    disks: [
      { name: 'vm-shop-db-01-os', sizeGiB: 64, usedMiB: 7_800, writtenMiBPerDay: 90 },
      { name: 'vm-shop-db-01-data', sizeGiB: 1_024, usedMiB: 310_000, writtenMiBPerDay: 6_400, clearedMiBPerDay: 300 },
      { name: 'vm-shop-db-01-log', sizeGiB: 256, usedMiB: 40_000, writtenMiBPerDay: 9_000, clearedMiBPerDay: 2_500 },
    ],
  },
  {
    ...data,
    name: 'vm-data-lake-01',
    policy: 'gold',
    size: 'Standard_E16s_v5',
    osType: 'Linux',
    disks: [
      { name: 'vm-data-lake-01-os', sizeGiB: 128, usedMiB: 11_000, writtenMiBPerDay: 130 },
      { name: 'vm-data-lake-01-data1', sizeGiB: 4_096, usedMiB: 1_350_000, writtenMiBPerDay: 18_000 },
      {
        name: 'vm-data-lake-01-data2',
        sizeGiB: 2_048,
        usedMiB: 720_000,
        writtenMiBPerDay: 4_200,
        clearedMiBPerDay: 900,
      },
    ],
  },
  {
    ...data,
    name: 'vm-data-etl-01',
    policy: 'gold',
    size: 'Standard_D8s_v5',
    osType: 'Linux',
    disks: [
      { name: 'vm-data-etl-01-os', sizeGiB: 128, usedMiB: 10_200, writtenMiBPerDay: 160 },
      { name: 'vm-data-etl-01-work', sizeGiB: 512, usedMiB: 96_000, writtenMiBPerDay: 12_000, clearedMiBPerDay: 9_000 },
    ],
  },
  {
    ...office,
    name: 'vm-office-ad-01',
    policy: 'bronze',
    size: 'Standard_B2ms',
    osType: 'Windows',
    disks: [
      { name: 'vm-office-ad-01-os', sizeGiB: 128, usedMiB: 24_000, writtenMiBPerDay: 350 },
      { name: 'vm-office-ad-01-ntds', sizeGiB: 32, usedMiB: 900, writtenMiBPerDay: 24 },
    ],
  },
  {
    ...office,
    name: 'vm-office-files-01',
    policy: 'bronze',
    size: 'Standard_D4s_v5',
    osType: 'Windows',
    disks: [
      { name: 'vm-office-files-01-os', sizeGiB: 128, usedMiB: 26_000, writtenMiBPerDay: 280 },
      {
        name: 'vm-office-files-01-share',
        sizeGiB: 2_048,
        usedMiB: 880_000,
        writtenMiBPerDay: 3_100,
        clearedMiBPerDay: 700,
      },
      { name: 'vm-office-files-01-home', sizeGiB: 1_024, usedMiB: 410_000, writtenMiBPerDay: 1_900 },
    ],
  },
  {
    ...office,
    name: 'vm-office-print-01',
    policy: 'bronze',
    owner: 'facilities',
    size: 'Standard_B2s',
    osType: 'Windows',
    disks: [{ name: 'vm-office-print-01-os', sizeGiB: 64, usedMiB: 18_000, writtenMiBPerDay: 60 }],
  },
  {
    ...shop,
    name: 'vm-shop-test-01',
    group: 'rg-shop-test',
    policy: 'bronze',
    environment: 'test',
    size: 'Standard_D4s_v5',
    osType: 'Linux',
    disks: [
      { name: 'vm-shop-test-01-os', sizeGiB: 64, usedMiB: 8_900, writtenMiBPerDay: 420, clearedMiBPerDay: 200 },
      { name: 'vm-shop-test-01-data', sizeGiB: 128, usedMiB: 512, writtenMiBPerDay: 48, clearedMiBPerDay: 6 },
      {
        name: 'vm-shop-test-01-cache',
        sizeGiB: 256,
        usedMiB: 30_000,
        writtenMiBPerDay: 15_000,
        clearedMiBPerDay: 11_000,
      },
    ],
  },
];

const archive = {
  ...office,
  disk: { name: 'disk-archive', sizeGiB: 512, usedMiB: 260_000, writtenMiBPerDay: 0, sku: 'StandardSSD_LRS' },
};

/** How long the demo plays unless told otherwise. */
const DAYS_USUAL = 30;
/** A file of the ext4 disk is deleted so many days before the end, for somebody to look for. */
const DELETED_DAYS_AGO = 3;

/** The estate of `npm start`: 8 virtual machines and 20 disks from 32 GiB to 4 TiB in one subscription. */
export function demoEstate(days = DAYS_USUAL): Estate {
  const groups = [...new Set([...machines.map(({ group }) => group), HOLDFAST_GROUP])];
  return {
    subscriptions: [{ id: SUBSCRIPTION_ID, name: 'Sandbox Shop' }],
    resourceGroups: groups.map((name) => ({ name, region: REGION })),
    disks: [
      ...machines.flatMap((machine) =>
        machine.disks.map((disk, at) => seededDisk(machine, disk, at === 0 ? machine.osType : null, days)),
      ),
      seededDisk({ ...archive, policy: 'bronze' }, archive.disk, null, days),
    ],
    virtualMachines: machines.map(seededMachine),
  };
}

/** How many disks a policy must protect, by the name of their source. */
export function disksBySource(policy: PolicyName): Readonly<Record<string, number>> {
  const own = machines.filter((machine) => machine.policy === policy).map(({ name, disks }) => [name, disks.length]);
  return Object.fromEntries(policy === 'bronze' ? [...own, [archive.disk.name, 1]] : own);
}

/** What `npm start` brings back at the end: a small disk that changes, from a machine with several. */
export const RESTORED = { source: 'vm-shop-test-01', disk: 'vm-shop-test-01-data', resourceGroup: 'rg-shop-test' };

function tagsOf(of: { owner: string; costCentre: string; environment: string }): Record<string, string> {
  return { owner: of.owner, costCentre: of.costCentre, environment: of.environment };
}

function seededDisk(
  of: { group: string; owner: string; costCentre: string; environment: string; policy?: PolicyName; osType?: string },
  disk: DemoDisk,
  osType: 'Linux' | 'Windows' | null,
  days: number,
): EstateDisk {
  const single = of.osType === undefined;
  return {
    resourceGroup: of.group,
    name: disk.name,
    region: REGION,
    sizeGiB: disk.sizeGiB,
    sku: disk.sku ?? 'Premium_LRS',
    ...(osType === null ? {} : { osType }),
    // A disk of a machine is protected with its machine; only one by itself asks for a policy of its own.
    tags: single && of.policy ? { ...tagsOf(of), 'holdfast-policy': of.policy } : tagsOf(of),
    ...(disk.image === undefined ? { allocatedBytes: disk.usedMiB * MIB } : { image: disk.image, ...changesOf(days) }),
    ...(disk.writtenMiBPerDay === 0
      ? {}
      : {
          workload: {
            bytesPerDay: disk.writtenMiBPerDay * MIB,
            clearBytesPerDay: (disk.clearedMiBPerDay ?? 0) * MIB,
            hotFraction: 0.6,
            writesPerDay: writesPerDay(disk.writtenMiBPerDay),
          },
        }),
  };
}

function changesOf(days: number): Pick<EstateDisk, 'changes'> {
  return days > DELETED_DAYS_AGO
    ? { changes: [{ afterHours: (days - DELETED_DAYS_AGO) * 24, image: EXT4_DELETED }] }
    : {};
}

/** Larger disks write in larger pieces: some hundred changed ranges a day are enough to tell the disks apart. */
function writesPerDay(writtenMiB: number): number {
  return Math.min(600, Math.max(48, Math.round(writtenMiB / 2)));
}

function seededMachine(machine: DemoMachine): EstateMachine {
  const [os, ...rest] = machine.disks;
  return {
    resourceGroup: machine.group,
    name: machine.name,
    region: REGION,
    size: machine.size,
    tags: { ...tagsOf(machine), 'holdfast-policy': machine.policy },
    osDisk: os.name,
    dataDisks: rest.map((disk, lun) => ({ lun, disk: disk.name, caching: 'ReadOnly' })),
  };
}

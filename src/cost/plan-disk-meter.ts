import { GIB } from '../base/bytes.ts';
import type { DiskMeter } from './ports.ts';

/** Sizes that disks are billed in, with the number of their tier. Units: GiB. */
const TIERS: readonly (readonly [sizeGiB: number, tier: number])[] = [
  [4, 1], [8, 2], [16, 3], [32, 4], [64, 6], [128, 10], [256, 15], [512, 20], [1_024, 30], [2_048, 40], [4_096, 50], [8_192, 60],
  [16_384, 70], [32_767, 80],
]; // biome-ignore format: a table

/** The smallest size of hard disks: smaller ones are billed as it. Units: GiB. */
const SMALLEST_HDD_GIB = 32;

const productBySku: Readonly<Record<string, readonly [product: string, letter: string]>> = {
  premium: ['Premium SSD Managed Disks', 'P'],
  standardssd: ['Standard SSD Managed Disks', 'E'],
  standard: ['Standard HDD Managed Disks', 'S'],
};

/**
 * The meter that a managed disk is billed by: the tier that its provisioned size fits in, whatever is stored in it.
 *
 * Shape:  null for disks that are billed otherwise (Premium SSD v2 and Ultra: by size and performance, by the hour).
 * Source: learn.microsoft.com/azure/virtual-machines/disks-types and disks-understand-billing (tiers, sizes up to the next one); Retail Prices API, meters
 *         such as `P10 LRS Disk` in units of `1/Month`. `P10 LRS Disk Mount` is another meter: of disks that several machines share.
 */
export function planDiskMeter(sku: string, sizeBytes: number): DiskMeter | null {
  const [kind = '', redundancy = ''] = sku.split('_');
  const product = productBySku[kind.toLowerCase()];
  if (!product || !/^(LRS|ZRS)$/i.test(redundancy)) return null;
  const [productName, letter] = product;
  const sizeGiB = Math.max(sizeBytes / GIB, letter === 'S' ? SMALLEST_HDD_GIB : 0);
  const tier = TIERS.find(([most]) => sizeGiB <= most)?.[1];
  return tier === undefined ? null : { productName, meterName: `${letter}${tier} ${redundancy.toUpperCase()} Disk` };
}

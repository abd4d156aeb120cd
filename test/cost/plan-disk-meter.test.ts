import { describe, expect, it } from 'vitest';
import { planDiskMeter } from '../../src/cost/plan-disk-meter.ts';
import { gib } from './ledger-bench.ts';

describe('planDiskMeter', () => {
  it.each([
    { sku: 'Premium_LRS', sizeGiB: 128, meter: 'P10 LRS Disk' },
    { sku: 'Premium_LRS', sizeGiB: 129, meter: 'P15 LRS Disk' },
    { sku: 'Premium_LRS', sizeGiB: 1, meter: 'P1 LRS Disk' },
    { sku: 'Premium_ZRS', sizeGiB: 1_024, meter: 'P30 ZRS Disk' },
    { sku: 'StandardSSD_LRS', sizeGiB: 32, meter: 'E4 LRS Disk' },
    { sku: 'Standard_LRS', sizeGiB: 4, meter: 'S4 LRS Disk' },
    { sku: 'Standard_LRS', sizeGiB: 32_767, meter: 'S80 LRS Disk' },
    { sku: 'PremiumV2_LRS', sizeGiB: 128, meter: undefined },
    { sku: 'UltraSSD_LRS', sizeGiB: 128, meter: undefined },
    { sku: 'Premium_LRS', sizeGiB: 65_536, meter: undefined },
    { sku: 'Something', sizeGiB: 128, meter: undefined },
  ])('bills $sku of $sizeGiB GiB as $meter', ({ sku, sizeGiB, meter }) => {
    expect(planDiskMeter(sku, gib(sizeGiB))?.meterName).toBe(meter);
  });
});

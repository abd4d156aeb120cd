import { countDay } from './bench-month.ts';
import { AZURE_BACKUP_USD, PRICES_OF, priceMonth } from './bench-price-list.ts';
import { readTriggers } from './bench-triggers.ts';
import { usageOfMonth } from './bench-usage.ts';
import type { Figure } from './run.ts';

const ESTATES = [10, 100, 1_000];

/** What Holdfast itself costs a month, without the snapshots: counted operations and executions times list prices, beside Azure Backup's fee. */
export async function run(): Promise<readonly Figure[]> {
  const triggers = await readTriggers();
  const figures: Figure[] = [];
  for (const disks of ESTATES) {
    const day = await countDay(disks);
    const usage = usageOfMonth(day, triggers, disks, day.sharedMs);
    const granted = priceMonth(usage, true);
    const listed = priceMonth(usage, false);
    const alone = priceMonth(usageOfMonth(day, triggers, disks, day.aloneMs), false);
    const named = (what: string) => `${disks.toLocaleString('en-US')} disks: ${what}`;
    figures.push(
      { name: named('executions'), value: Math.round(usage.execution), unit: 'a month' },
      { name: named('instance time'), value: Math.round(usage.gigabyteSecond), unit: 'GB-s a month' },
      { name: named('table operations'), value: usage.tableOperation, unit: 'a month' },
      { name: named('queue operations'), value: Math.round(usage.queueOperation), unit: 'a month' },
      { name: named('blob writes'), value: Math.round(usage.blobWrite), unit: 'a month' },
      {
        name: named(`with the free amounts (list prices of ${PRICES_OF})`),
        value: granted.totalUsd,
        unit: 'USD a month',
        ...(disks === 100 ? { target: '< 1 EUR' } : {}),
      },
      { name: named('without the free amounts'), value: listed.totalUsd, unit: 'USD a month' },
      { name: named('… and no two messages on one instance'), value: alone.totalUsd, unit: 'USD a month' },
      ...Object.entries(listed.usdByItem).map(([item, usd]) => ({
        name: named(`of that ${item}`),
        value: usd,
        unit: 'USD a month',
      })),
      {
        name: named('Azure Backup, instances up to 50 GB'),
        value: disks * AZURE_BACKUP_USD.upTo50GB,
        unit: 'USD a month',
      },
      {
        name: named('Azure Backup, instances up to 500 GB'),
        value: disks * AZURE_BACKUP_USD.upTo500GB,
        unit: 'USD a month',
      },
    );
  }
  return figures;
}

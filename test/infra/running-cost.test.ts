import { describe, expect, it } from 'vitest';
import { type Counts, countDay } from '../bench/bench-month.ts';
import { AZURE_BACKUP_USD, LIST_PRICES, PRICES_OF, priceMonth, type Usage } from '../bench/bench-price-list.ts';
import { readTriggers } from '../bench/bench-triggers.ts';
import { runsOfMonth, usageOfMonth } from '../bench/bench-usage.ts';
import { readInfra } from './infra-files.ts';

const nothing = Object.fromEntries(Object.keys(LIST_PRICES).map((name) => [name, 0])) as Usage;
const idle: Counts = {
  tableOperations: 1_440,
  queueOperations: 0,
  blobReads: 0,
  blobWrites: 0,
  messages: 0,
  sharedMs: 0,
  aloneMs: 0,
  awakeMs: 0,
  azureCalls: 0,
};

describe('the price of a month', () => {
  it.each([
    { name: 'nothing', usage: nothing, listed: 0, granted: 0 },
    { name: 'within a free amount', usage: { ...nothing, gigabyteSecond: 50_000 }, listed: 1.3, granted: 0 },
    { name: 'past a free amount', usage: { ...nothing, gigabyteSecond: 150_000 }, listed: 3.9, granted: 1.3 },
    { name: 'executions', usage: { ...nothing, execution: 1_250_000 }, listed: 0.5, granted: 0.4 },
    { name: 'no free amount', usage: { ...nothing, tableOperation: 1_000_000 }, listed: 0.036, granted: 0.036 },
  ])('$name', ({ usage, listed, granted }) => {
    expect(priceMonth(usage, false).totalUsd).toBeCloseTo(listed, 9);
    expect(priceMonth(usage, true).totalUsd).toBeCloseTo(granted, 9);
  });

  it.each([
    ['0 * * * * *', 43_200],
    ['0 20 * * * *', 720],
    ['0 45 1,7,13,19 * * *', 120],
  ])('a timer of %s runs %i times', (schedule, runs) => {
    expect(runsOfMonth(schedule)).toBe(runs);
  });

  it('an idle month is its ticks: a second of half a gigabyte and a blob write each', () => {
    const timer = { name: 'tick', schedule: '0 * * * * *', monitored: true };
    const usage = usageOfMonth(idle, { timers: [timer], queues: [] }, 0, 0);
    expect(usage).toMatchObject({
      execution: 43_200,
      gigabyteSecond: 21_600,
      tableOperation: 43_200,
      blobWrite: 43_200,
    });
    const unnoted = usageOfMonth(idle, { timers: [{ ...timer, monitored: false }], queues: [] }, 0, 0);
    expect(unnoted.blobWrite).toBe(0);
  });
});

describe('the table in infra/README.md', () => {
  const row = /^\| 10 \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$/m;
  const [granted, listed, small, large] = (row.exec(readInfra('README.md')) ?? []).slice(1).map(Number);

  it('is what the app asks of Azure today, to a tenth', async () => {
    const disks = 10;
    const [day, triggers] = [await countDay(disks), await readTriggers()];
    const usage = usageOfMonth(day, triggers, disks, day.sharedMs);
    expect(Math.abs(priceMonth(usage, true).totalUsd / Number(granted) - 1)).toBeLessThan(0.1);
    expect(Math.abs(priceMonth(usage, false).totalUsd / Number(listed) - 1)).toBeLessThan(0.1);
  });

  it('names the day of the prices, and has Azure Backup beside it', () => {
    expect(readInfra('README.md')).toContain(`list prices of ${PRICES_OF}`);
    expect([small, large]).toEqual([10 * AZURE_BACKUP_USD.upTo50GB, 10 * AZURE_BACKUP_USD.upTo500GB]);
  });
});

import * as z from 'zod';
import { readCells, readDocument } from '../base/cells.ts';
import { spreadText } from '../base/long-text.ts';
import type { Row, Store } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';
import type { MonthState } from './plan-months.ts';
import type { MonthSummary } from './ports.ts';

const TABLE = 'sentmonths';
const PARTITION = 'month';

const summarySchema = z.strictObject({
  currency: z.string(),
  costMicroUnits: z.int(),
  billedMicroUnits: z.int().nullable(),
  savedMicroUnitsPerMonth: z.int(),
  topGroups: z.array(z.strictObject({ name: z.string(), costMicroUnits: z.int() })),
});

/** One blob of a month. `sha256` is of its bytes, in hex. */
const fileSchema = z.strictObject({ name: z.string(), bytes: z.int(), sha256: z.string() });
export type MonthFile = z.infer<typeof fileSchema>;

/** A month that was written. */
export interface SentMonth {
  readonly month: string;
  readonly state: MonthState;
  readonly writtenAt: EpochMs;
  readonly files: readonly MonthFile[];
  readonly summary: MonthSummary;
}

/** The months that were written, oldest first. Shape: table `sentmonths`, one partition, row = month. */
export async function listSentMonths(store: Store): Promise<readonly SentMonth[]> {
  const months: SentMonth[] = [];
  for await (const page of store.table(TABLE).list({ partitionKey: PARTITION })) months.push(...page.map(readMonth));
  return months;
}

/** One month; null where it was not written. */
export async function readSentMonth(store: Store, month: string): Promise<SentMonth | null> {
  const row = await store.table(TABLE).get({ partitionKey: PARTITION, rowKey: month });
  return row && readMonth(row);
}

/** Notes a month as written. Safety: only under the month's lease, and never over a final one. */
export async function writeSentMonth(store: Store, sent: SentMonth): Promise<void> {
  const { month, state, writtenAt, files, summary } = sent;
  await store.table(TABLE).put(
    { partitionKey: PARTITION, rowKey: month },
    {
      state,
      writtenAt,
      ...spreadText('files', JSON.stringify(files)),
      ...spreadText('summary', JSON.stringify(summary)),
    },
  );
}

function readMonth(row: Row): SentMonth {
  const cells = readCells(row);
  return {
    month: row.rowKey,
    state: cells.text('state') === 'final' ? 'final' : 'preliminary',
    writtenAt: cells.number('writtenAt'),
    files: readDocument(row, 'files', z.array(fileSchema)),
    summary: readDocument(row, 'summary', summarySchema),
  };
}

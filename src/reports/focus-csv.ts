import { FOCUS_COLUMNS, type FocusRow } from '../cost/cost.ts';
import { csvRecord } from './csv.ts';

/**
 * FOCUS rows as CSV, record by record.
 *
 * Safety: as every CSV here: no text that a spreadsheet would run.
 */
export async function* focusCsv(rows: AsyncIterable<FocusRow>): AsyncIterable<string> {
  yield csvRecord(FOCUS_COLUMNS);
  for await (const row of rows) yield csvRecord(FOCUS_COLUMNS.map((column) => row[column]));
}

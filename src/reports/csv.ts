/** A cell of a CSV file. Null is an empty cell. */
export type CsvCell = string | number | null;

/**
 * Writes one record, its line end included.
 *
 * Safety: a text that a spreadsheet would take for a formula gets an apostrophe before it; numbers stay numbers.
 * Source: RFC 4180; OWASP, CSV Injection (= + - @, tab and carriage return; line feed and the full-width forms are taken as well).
 */
export function csvRecord(cells: readonly CsvCell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

function csvCell(cell: CsvCell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell).replace('e', 'E');
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A record of a CSV file with the line that it begins on, counted from 1. */
export interface CsvLine {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Why a text is no CSV file. */
export interface CsvFault {
  readonly line: number;
  readonly message: string;
}

/**
 * Reads a CSV file: lines may end with LF or CRLF, a byte order mark and empty lines are passed over.
 *
 * Shape:  the records, or where the text stops being CSV. `separator`: one character; spreadsheets of many countries write `;`.
 * Source: RFC 4180.
 */
export function readCsv(text: string, separator: string): readonly CsvLine[] | CsvFault {
  const source = text.replace(/^\ufeff/, '');
  const lines: CsvLine[] = [];
  let cells: string[] = [];
  let line = 1;
  let begins = 1;
  for (let at = 0; at <= source.length; ) {
    const cell = readCell(source, at, separator);
    if ('message' in cell) return { line, message: cell.message };
    cells.push(cell.text);
    line += cell.lines;
    at = cell.end;
    if (source[at] === separator) {
      at += 1;
      continue;
    }
    if (cells.length > 1 || cells[0] !== '') lines.push({ line: begins, cells });
    cells = [];
    at += source.startsWith('\r\n', at) ? 2 : 1;
    line += 1;
    begins = line;
  }
  return lines;
}

function readCell(source: string, start: number, separator: string) {
  if (source[start] !== '"') {
    let end = start;
    while (
      end < source.length &&
      source[end] !== separator &&
      source[end] !== '\n' &&
      !source.startsWith('\r\n', end)
    ) {
      if (source[end] === '"') return { message: 'a quote stands inside a cell that does not begin with one' };
      end += 1;
    }
    return { text: source.slice(start, end), end, lines: 0 };
  }
  let text = '';
  for (let at = start + 1; at < source.length; at += 1) {
    if (source[at] !== '"') text += source[at];
    else if (source[at + 1] === '"') {
      text += '"';
      at += 1;
    } else {
      const after = source[at + 1];
      if (after !== undefined && after !== separator && after !== '\n' && !source.startsWith('\r\n', at + 1)) {
        return { message: 'something stands behind the closing quote of a cell' };
      }
      return { text, end: at + 1, lines: text.split('\n').length - 1 };
    }
  }
  return { message: 'a quote is not closed' };
}

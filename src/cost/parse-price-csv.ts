import type { Parsed, Problem } from '../base/problem.ts';
import { parsePriceSheet, type SheetRules } from './parse-price-sheet.ts';
import type { PriceSheet } from './price-sheet.ts';
import { readCsv } from './read-csv.ts';

const COLUMNS = ['region', 'sku', 'price', 'currency', 'unit', 'from', 'to', 'meterid'] as const;
type Column = (typeof COLUMNS)[number];
const REQUIRED: readonly Column[] = ['region', 'sku', 'price', 'currency', 'from'];
/** Names as people know them from the JSON form. */
const SHOWN: Readonly<Partial<Record<Column, string>>> = { meterid: 'meterId' };

/**
 * Reads a price sheet from CSV: a head with the columns' names in any order, then one price a line; every line names its currency.
 *
 * Shape:  problems name lines and columns (`line 3, price`). The separator is what the head uses: a comma, a semicolon or a tab.
 */
export function parsePriceCsv(text: string, rules: SheetRules): Parsed<PriceSheet> {
  const head = text.replace(/^\ufeff/, '').split(/\r?\n/, 1)[0] ?? '';
  const separator = [',', ';', '\t'].find((each) => head.includes(each)) ?? ',';
  const read = readCsv(text, separator);
  if ('message' in read)
    return wrong([{ path: `line ${read.line}`, message: read.message, allowed: 'CSV by RFC 4180' }]);
  const [names, ...lines] = read;
  const found = (names?.cells ?? []).map((name) => name.trim().toLowerCase());
  const problems = headProblems(found);
  if (problems.length > 0) return wrong(problems);
  const at = (column: Column) => found.indexOf(column);
  const cell = (cells: readonly string[], column: Column) => (at(column) < 0 ? '' : (cells[at(column)] ?? '').trim());
  for (const { line, cells } of lines) {
    if (cells.length === found.length) continue;
    problems.push({
      path: `line ${line}`,
      message: 'has another number of cells than the head',
      found: String(cells.length),
      allowed: String(found.length),
    });
  }
  const currencies = new Set(lines.map(({ cells }) => cell(cells, 'currency')));
  const [currency = ''] = currencies;
  if (currencies.size > 1) {
    for (const { line, cells } of lines) {
      if (cell(cells, 'currency') === rules.currency) continue;
      const message = 'is not the currency of the reports';
      problems.push({
        path: `line ${line}, currency`,
        message,
        found: cell(cells, 'currency'),
        allowed: rules.currency,
      });
    }
  }
  const prices = lines.map(({ cells }) => ({
    region: cell(cells, 'region'),
    sku: cell(cells, 'sku'),
    price: cell(cells, 'price'),
    from: cell(cells, 'from'),
    ...(cell(cells, 'unit') === '' ? {} : { unit: cell(cells, 'unit') }),
    to: cell(cells, 'to') || null,
    meterId: cell(cells, 'meterid') || null,
  }));
  const lineOf = (index: number, field: string) =>
    `line ${lines[index]?.line ?? index}${field === '' ? '' : `, ${field}`}`;
  const document = { currency: currencies.size > 1 ? rules.currency : currency, prices };
  const parsed = parsePriceSheet(document, { ...rules, pathOf: lineOf });
  if (parsed.ok && problems.length === 0) return parsed;
  return wrong([...problems, ...(parsed.ok ? [] : parsed.problems)]);
}

function headProblems(found: readonly string[]): Problem[] {
  const allowed = COLUMNS.map((column) => SHOWN[column] ?? column).join(', ');
  const problems: Problem[] = [];
  for (const column of REQUIRED) {
    if (!found.includes(column))
      problems.push({ path: `line 1, ${column}`, message: 'is a column that is missing', allowed });
  }
  for (const [index, name] of found.entries()) {
    const known = COLUMNS.some((column) => column === name);
    if (!known) problems.push({ path: 'line 1', message: 'is no known column', found: name.slice(0, 80), allowed });
    else if (found.indexOf(name) < index)
      problems.push({ path: 'line 1', message: 'is a column that stands twice', found: name, allowed });
  }
  return problems;
}

function wrong(problems: readonly Problem[]): Parsed<PriceSheet> {
  const lineOf = ({ path }: Problem) => Number(/^line (\d+)/.exec(path)?.[1] ?? 0);
  return { ok: false, problems: problems.toSorted((a, b) => lineOf(a) - lineOf(b)) };
}

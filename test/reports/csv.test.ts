import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvRecord } from '../../src/reports/csv.ts';
import { readCsv } from './read-csv.ts';

describe('csvRecord', () => {
  const cases: readonly { name: string; cell: string | number | null; written: string }[] = [
    { name: 'plain text', cell: 'web01', written: 'web01' },
    { name: 'a comma', cell: 'a,b', written: '"a,b"' },
    { name: 'quotes', cell: 'the "web"', written: '"the ""web"""' },
    { name: 'a line end', cell: 'a\nb', written: '"a\nb"' },
    { name: 'a formula', cell: '=HYPERLINK("http://x";"y")', written: '"\'=HYPERLINK(""http://x"";""y"")"' },
    { name: 'a plus', cell: '+1', written: "'+1" },
    { name: 'a minus in a text', cell: '-1', written: "'-1" },
    { name: 'an at sign', cell: '@SUM(A1)', written: "'@SUM(A1)" },
    { name: 'a tab', cell: '\t=1', written: "'\t=1" },
    { name: 'a carriage return', cell: '\r=1', written: '"\'\r=1"' },
    { name: 'a full-width formula', cell: '＝1+1', written: "'＝1+1" },
    { name: 'a negative number stays a number', cell: -1.5, written: '-1.5' },
    { name: 'nothing', cell: null, written: '' },
  ];
  it.each(cases)('$name', ({ cell, written }) => {
    expect(csvRecord([cell])).toBe(`${written}\r\n`);
  });

  it('always reads back as it was, but for the apostrophe before a formula', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', '=', '-', "'", 'é', ' ') });
    fc.assert(
      fc.property(fc.array(fc.array(text, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 }), (rows) => {
        const read = readCsv(rows.map((row) => csvRecord(row)).join(''));
        expect(read).toEqual(rows.map((row) => row.map((cell) => (/^[=\-\r\n]/.test(cell) ? `'${cell}` : cell))));
        for (const cell of read.flat()) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseReportQuery, REPORT_DAYS_MAX } from '../../src/cost/report-query.ts';

const now = Date.parse('2026-11-22T05:00:00Z');
const parse = (text: string) => parseReportQuery(new URLSearchParams(text), now);

describe('parseReportQuery', () => {
  const good = [
    { query: '', value: { from: '2026-10-24', to: '2026-11-22', groupBy: 'policy', format: 'json' } },
    { query: 'to=2026-03-01', value: { from: '2026-01-31', to: '2026-03-01' } },
    { query: 'from=2026-11-01&to=2026-12-31', value: { from: '2026-11-01', to: '2026-11-22' } },
    { query: 'from=2026-11-22', value: { from: '2026-11-22', to: '2026-11-22' } },
    { query: 'from=2025-10-19&to=2026-11-22', value: { from: '2025-10-19' } },
    { query: 'groupBy=tag:Cost%20Centre&format=html', value: { groupBy: 'tag:cost centre', format: 'html' } },
    { query: 'groupBy=owner&format=focus', value: { groupBy: 'owner', format: 'focus' } },
    { query: 'groupBy=costCentre&format=xlsx', value: { groupBy: 'costCentre', format: 'xlsx' } },
    { query: 'groupBy=resourceGroup&format=csv', value: { groupBy: 'resourceGroup', format: 'csv' } },
  ];
  it.each(good)('reads "$query"', ({ query, value }) => {
    expect(parse(query)).toMatchObject({ ok: true, value });
  });

  const bad: readonly { query: string; paths: readonly string[]; says: string }[] = [
    { query: 'from=2026-11-22&to=2026-11-21', paths: ['$.from'], says: 'after the end' },
    { query: 'from=2025-10-18&to=2026-11-22', paths: ['$.from'], says: 'too far' },
    { query: 'from=0001-01-01', paths: ['$.from'], says: 'too far' },
    { query: 'from=2026-11-23&to=2026-11-24', paths: ['$.from'], says: 'future' },
    { query: 'from=2026-02-30', paths: ['$.from'], says: 'no day' },
    { query: 'from=yesterday&to=2026-11-1', paths: ['$.to', '$.from'], says: 'no day' },
    { query: 'from=2026-11-01T00:00:00Z', paths: ['$.from'], says: 'no day' },
    { query: 'groupBy=colour', paths: ['$.groupBy'], says: 'no group' },
    { query: 'groupBy=total', paths: ['$.groupBy'], says: 'no group' },
    { query: 'groupBy=tag:', paths: ['$.groupBy'], says: 'no group' },
    { query: `groupBy=tag:${'x'.repeat(513)}`, paths: ['$.groupBy'], says: 'no group' },
    { query: 'format=docx', paths: ['$.format'], says: 'no format' },
    { query: 'format=json&format=csv', paths: ['$.format'], says: 'more than once' },
    { query: 'groupby=vm', paths: ['$.groupby'], says: 'not a parameter' },
    { query: 'from=x&groupBy=y&format=z&q=1', paths: ['$.q', '$.from', '$.groupBy', '$.format'], says: '' },
  ];
  it.each(bad)('refuses "$query"', ({ query, paths, says }) => {
    const parsed = parse(query);
    if (parsed.ok) throw new Error('was read');
    expect(parsed.problems.map(({ path }) => path)).toEqual(paths);
    expect(parsed.problems[0]?.message).toContain(says);
  });

  it('never lets more than the most days or a reversed range through', () => {
    const day = fc
      .integer({ min: 0, max: 40_000 })
      .map((days) => new Date(days * 86_400_000).toISOString().slice(0, 10));
    fc.assert(
      fc.property(day, day, (from, to) => {
        const parsed = parse(`from=${from}&to=${to}`);
        if (!parsed.ok) return;
        const days = (Date.parse(parsed.value.to) - Date.parse(parsed.value.from)) / 86_400_000 + 1;
        expect(days).toBeGreaterThanOrEqual(1);
        expect(days).toBeLessThanOrEqual(REPORT_DAYS_MAX);
      }),
    );
  });
});

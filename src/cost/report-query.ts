import { type Parsed, type Problem, showFound } from '../base/problem.ts';
import { DAY_MS, type EpochMs, utcDay } from '../base/time.ts';
import { type GroupBy, groupings } from './day-groups.ts';

export const REPORT_DAYS_MAX = 400;
const DEFAULT_DAYS = 30;
const TAG_NAME_MAX = 512;

const formats = ['json', 'csv', 'focus', 'html', 'xlsx'] as const;
export type ReportFormat = (typeof formats)[number];

/** What a cost report shows. Days are UTC, both included; `to` is today at the latest. */
export interface ReportQuery {
  readonly from: string;
  readonly to: string;
  readonly groupBy: GroupBy;
  readonly format: ReportFormat;
}

const known = ['from', 'to', 'groupBy', 'format'] as const;
type Name = (typeof known)[number];

/**
 * Reads the query of `GET reports/cost`: all problems at once. Without `from` it is the 30 days up to `to`; without `to` that is today.
 *
 * Shape:  `pairs` as URLSearchParams gives them, so that what is given twice is seen.
 */
export function parseReportQuery(pairs: Iterable<readonly [string, string]>, now: EpochMs): Parsed<ReportQuery> {
  const problems: Problem[] = [];
  const given = collect(pairs, problems);
  const today = utcDay(now);
  const to = readDay(given.get('to'), 'to', problems) ?? today;
  const end = utcDay(Math.min(Date.parse(to), now));
  const from = readDay(given.get('from'), 'from', problems) ?? shiftDay(end, 1 - DEFAULT_DAYS);
  const groupBy = readGroupBy(given.get('groupBy') ?? 'policy', problems);
  const format = readFormat(given.get('format') ?? 'json', problems);
  if (problems.length === 0) problems.push(...rangeProblems(from, to, today));
  if (problems.length > 0 || groupBy === null || format === null) return { ok: false, problems };
  return { ok: true, value: { from, to: end, groupBy, format } };
}

/** The day so many days later. */
export function shiftDay(day: string, days: number): string {
  return utcDay(Date.parse(day) + days * DAY_MS);
}

function collect(pairs: Iterable<readonly [string, string]>, problems: Problem[]): ReadonlyMap<Name, string> {
  const given = new Map<Name, string>();
  for (const [name, value] of pairs) {
    const path = `$.${name}`;
    const wanted = known.find((candidate) => candidate === name);
    if (!wanted) problems.push({ path, message: 'is not a parameter of this report', allowed: known.join(', ') });
    else if (given.has(wanted)) problems.push({ path, message: 'is given more than once' });
    else given.set(wanted, value);
  }
  return given;
}

function readDay(text: string | undefined, name: Name, problems: Problem[]): string | null {
  if (text === undefined) return null;
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  // A day that its month lacks rolls over or is no date, depending on the engine: both are refused.
  if (!Number.isNaN(at) && utcDay(at) === text) return text;
  problems.push({
    path: `$.${name}`,
    message: 'is no day',
    found: showFound(text),
    allowed: 'a UTC day such as 2026-03-01',
  });
  return null;
}

function readGroupBy(text: string, problems: Problem[]): GroupBy | null {
  const fixed = groupings.find((grouping) => grouping === text);
  if (fixed) return fixed;
  const tag = /^tag:(.+)$/s.exec(text)?.[1]?.trim().toLowerCase();
  if (tag && tag.length <= TAG_NAME_MAX) return `tag:${tag}`;
  const allowed = `${groupings.join(', ')} or tag:<name>`;
  problems.push({ path: '$.groupBy', message: 'is no group', found: showFound(text), allowed });
  return null;
}

function readFormat(text: string, problems: Problem[]): ReportFormat | null {
  const format = formats.find((candidate) => candidate === text);
  if (format) return format;
  problems.push({ path: '$.format', message: 'is no format', found: showFound(text), allowed: formats.join(', ') });
  return null;
}

function rangeProblems(from: string, to: string, today: string): readonly Problem[] {
  const found = `${from} to ${to}`;
  if (from > to) return [{ path: '$.from', message: 'lies after the end', found, allowed: 'a day up to `to`' }];
  if (from > today) return [{ path: '$.from', message: 'lies in the future', found, allowed: `a day up to ${today}` }];
  if (shiftDay(from, REPORT_DAYS_MAX - 1) < to) {
    return [
      { path: '$.from', message: 'lies too far before the end', found, allowed: `at most ${REPORT_DAYS_MAX} days` },
    ];
  }
  return [];
}

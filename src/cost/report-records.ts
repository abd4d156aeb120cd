import type { EpochMs } from '../base/time.ts';
import { type Dimension, dimensionOf, type Group } from './day-groups.ts';
import { addFigures, type Figures, isZero, noFigures, subtractFigures } from './figures.ts';
import type { LiveChain } from './ledger-row.ts';
import { openSums, type ReportDeps, type SumsReader } from './read-cost-report.ts';
import type { DayState } from './report-days.ts';
import { restGroup } from './report-groups.ts';
import { dayStates } from './report-model.ts';
import type { ReportQuery } from './report-query.ts';

/** One day of one group, estimated or billed. `figures` is null for a day without any. */
export interface ReportRecord {
  readonly kind: 'estimate' | 'billed' | 'none';
  readonly day: string;
  readonly state: DayState;
  readonly group: Group | null;
  readonly figures: Readonly<Figures> | null;
}

/**
 * The report's days and groups one by one, as they are read: four million of them are never all in memory.
 *
 * Shape:  days without figures first, then the estimates group by group, then what is billed. Both kinds add up to their totals, day by day: what the
 *         groups leave is a group of its own.
 * Errors: as the report's.
 */
export async function* readReportRecords(
  deps: ReportDeps,
  query: Pick<ReportQuery, 'from' | 'to' | 'groupBy'>,
  live: AsyncIterable<LiveChain> | null,
  now: EpochMs,
): AsyncIterable<ReportRecord> {
  const dimension = dimensionOf(query.groupBy, deps.tags);
  const range = { from: query.from, to: query.to };
  const sums = await openSums(deps, live, now);
  const totalByDay = await totals(sums.estimated('total', range));
  const states = dayStates(range, totalByDay, now);
  for (const [day, state] of states) {
    if (state === 'missing') yield { kind: 'none', day, state, group: null, figures: null };
  }
  yield* recordsOf('estimate', sums.estimated(dimension, range), { dimension, totalByDay, states });
  const billedByDay = await totals(sums.billed('total', range));
  yield* recordsOf('billed', sums.billed(dimension, range), { dimension, totalByDay: billedByDay, states });
}

async function totals(days: ReturnType<SumsReader['estimated']>): Promise<ReadonlyMap<string, Readonly<Figures>>> {
  const byDay = new Map<string, Readonly<Figures>>();
  for await (const { day, figures } of days) byDay.set(day, figures);
  return byDay;
}

async function* recordsOf(
  kind: 'estimate' | 'billed',
  days: ReturnType<SumsReader['estimated']>,
  about: {
    readonly dimension: Dimension;
    readonly totalByDay: ReadonlyMap<string, Readonly<Figures>>;
    readonly states: ReadonlyMap<string, DayState>;
  },
): AsyncIterable<ReportRecord> {
  const { dimension, totalByDay, states } = about;
  const stateOf = (day: string) => states.get(day) ?? 'missing';
  const sumByDay = new Map([...totalByDay.keys()].map((day) => [day, noFigures()]));
  for await (const { day, group, figures } of days) {
    const sum = sumByDay.get(day);
    // The total is written last: a day without it is being closed right now.
    if (!sum) continue;
    addFigures(sum, figures);
    if (!isZero(figures)) yield { kind, day, state: stateOf(day), group, figures };
  }
  for (const [day, total] of totalByDay) {
    const rest = subtractFigures(total, sumByDay.get(day) ?? noFigures());
    if (!isZero(rest)) yield { kind, day, state: stateOf(day), group: restGroup(dimension), figures: rest };
  }
}

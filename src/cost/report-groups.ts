import type { Dimension, Group } from './day-groups.ts';
import { addFigures, type Figures, isZero, noFigures, subtractFigures } from './figures.ts';
import type { GroupDay } from './group-book.ts';

/** What a group comes to on each of the report's days, in their order; 0 where it has nothing. Packed: ten thousand disks have four million of these. */
export interface DailyFigures {
  readonly microUnits: Float64Array;
  readonly storedBytes: Float64Array;
}

/**
 * One group over the report's days. The groups of a breakdown add up to the totals, day by day and in every figure.
 *
 * Units:  bytes; micro-units.
 */
export interface ReportGroup {
  readonly group: Group;
  /** As of the report's last day with figures. */
  readonly now: Readonly<Figures>;
  /** Sums over the report's days; bytes and points in them have no meaning but for what was freed. */
  readonly period: Readonly<Figures>;
  /** Money of the current UTC month so far, today at its present size included. */
  readonly monthMicroUnits: number;
  /** Money of the UTC month before. */
  readonly lastMonthMicroUnits: number;
  /** What Azure has billed for the report's days that are billed, and what was estimated for just those. */
  readonly billedMicroUnits: number;
  readonly estimateOfBilledMicroUnits: number;
  /** Null where only sums were asked for. */
  readonly daily: DailyFigures | null;
}

/** The days that a report is about. */
export interface ReportFrame {
  readonly dayNames: readonly string[];
  readonly month: string;
  readonly lastMonth: string;
  readonly asOf: string | null;
  /** The figures of every day that is closed or open, also before the report's first day. */
  readonly totalByDay: ReadonlyMap<string, Readonly<Figures>>;
  /** The report's days that Azure has billed. */
  readonly billedDays: ReadonlySet<string>;
}

const NOTHING: Readonly<Figures> = Object.freeze(noFigures());
const UNTAGGED: Group = { key: '(untagged)', label: '(untagged)', detail: '' };
const REST: Group = { key: '(not attributed)', label: '(not attributed)', detail: '' };

/** The group of what the total of a dimension holds beyond its groups. */
export function restGroup(dimension: Dimension): Group {
  return dimension.startsWith('tag:') ? UNTAGGED : REST;
}

interface Line {
  group: Group;
  now: Readonly<Figures>;
  readonly period: Figures;
  monthMicroUnits: number;
  lastMonthMicroUnits: number;
  billedMicroUnits: number;
  estimateOfBilledMicroUnits: number;
  readonly daily: DailyFigures | null;
}

/** Adds the groups of one dimension up as they are read, and what the total holds beyond them; no day of a group is kept but its money and bytes. */
export class GroupLines {
  readonly #frame: ReportFrame;
  readonly #placeOfDay: ReadonlyMap<string, number>;
  readonly #lines = new Map<string, Line>();
  readonly #sumByDay: ReadonlyMap<string, Figures>;

  constructor(frame: ReportFrame) {
    this.#frame = frame;
    this.#placeOfDay = new Map(frame.dayNames.map((day, place) => [day, place]));
    this.#sumByDay = new Map([...frame.totalByDay.keys()].map((day) => [day, noFigures()]));
  }

  add({ day, group, figures }: GroupDay): void {
    const sum = this.#sumByDay.get(day);
    // The total is written last: a day without it is being closed right now.
    if (!sum) return;
    addFigures(sum, figures);
    const line = this.#lineOf(group);
    // The latest day's label is the one to show: machines are renamed, disks move.
    line.group = group;
    this.#put(line, day, figures);
  }

  addBilled({ day, group, figures }: GroupDay): void {
    if (this.#frame.billedDays.has(day)) this.#lineOf(group).billedMicroUnits += figures.microUnits;
  }

  /** Dearest of the period first. `rest` names what the total holds beyond the groups; it is a line of its own where that is anything. */
  finish(rest: Group, billedMicroUnits: number): readonly ReportGroup[] {
    const lines: Line[] = [...this.#lines.values()];
    const remainder = this.#newLine(rest);
    let isAnything = false;
    for (const [day, total] of this.#frame.totalByDay) {
      const figures = subtractFigures(total, this.#sumByDay.get(day) ?? NOTHING);
      if (isZero(figures)) continue;
      isAnything = true;
      this.#put(remainder, day, figures);
    }
    remainder.billedMicroUnits = billedMicroUnits - lines.reduce((sum, line) => sum + line.billedMicroUnits, 0);
    if (isAnything || remainder.billedMicroUnits !== 0) lines.push(remainder);
    return lines.sort(byCost);
  }

  #lineOf(group: Group): Line {
    let line = this.#lines.get(group.key);
    if (!line) {
      line = this.#newLine(group);
      this.#lines.set(group.key, line);
    }
    return line;
  }

  #newLine(group: Group): Line {
    const days = this.#frame.dayNames.length;
    return {
      group,
      now: NOTHING,
      period: noFigures(),
      monthMicroUnits: 0,
      lastMonthMicroUnits: 0,
      billedMicroUnits: 0,
      estimateOfBilledMicroUnits: 0,
      daily: { microUnits: new Float64Array(days), storedBytes: new Float64Array(days) },
    };
  }

  #put(line: Line, day: string, figures: Readonly<Figures>): void {
    const { month, lastMonth, asOf, billedDays } = this.#frame;
    if (day.startsWith(month)) line.monthMicroUnits += figures.microUnits;
    if (day.startsWith(lastMonth)) line.lastMonthMicroUnits += figures.microUnits;
    if (day === asOf) line.now = figures;
    const place = this.#placeOfDay.get(day);
    if (place === undefined) return;
    addFigures(line.period, figures);
    if (billedDays.has(day)) line.estimateOfBilledMicroUnits += figures.microUnits;
    if (!line.daily) return;
    line.daily.microUnits[place] = figures.microUnits;
    line.daily.storedBytes[place] = figures.storedBytes;
  }
}

function byCost(a: ReportGroup, b: ReportGroup): number {
  return (
    b.period.microUnits - a.period.microUnits ||
    b.now.storedBytes - a.now.storedBytes ||
    (a.group.label < b.group.label ? -1 : a.group.label > b.group.label ? 1 : a.group.key < b.group.key ? -1 : 1)
  );
}

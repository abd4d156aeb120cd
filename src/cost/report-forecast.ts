/** Days that the forecast looks back on: four weeks, so that every weekday counts the same. */
export const FORECAST_WINDOW_DAYS = 28;
/** With fewer closed days than this a range would be a guess: the forecast then has none. */
export const FORECAST_RANGE_DAYS = 7;
/** Fewer than this, and there is no slope either: the month goes on as it stands. */
const SLOPE_DAYS = 3;
/** Slopes between days that lie closer together than this say more of the weekday than of the trend. */
const SLOPE_GAP_DAYS = 3;
/** 80 of 100 values of a normal distribution lie within so many standard deviations. */
const EIGHTY_PERCENT = 1.2816;
/** The standard deviation of a normal distribution as a multiple of the median distance from its median. */
const SIGMA_PER_MEDIAN_DISTANCE = 1.4826;

/** What a day's bytes cost for a whole month. Days are UTC; they need not follow each other. */
export interface RateDay {
  /** Days since any one day. */
  readonly at: number;
  readonly microUnitsPerMonth: number;
}

/**
 * What the month will have cost at its end.
 *
 * Shape:  `low` and `high` hold four of five outcomes; null where too few days are known. `method` is for people.
 * Units:  micro-units.
 */
export interface Forecast {
  readonly microUnits: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly daysUsed: number;
  readonly daysLeft: number;
  readonly method: string;
}

/**
 * Forecasts a month to its end: what it has cost, and each day left at the level of the last week moved on by the trend of the last four.
 *
 * Shape:  null without a single day. The trend is the median of the slopes between days, so that one odd day changes nothing; the range takes the slopes'
 *         10th and 90th percentile and the days' own spread about the line. Pure.
 * Source: P. K. Sen, "Estimates of the Regression Coefficient Based on Kendall's Tau", Journal of the American Statistical Association 63 (1968).
 */
export function forecastMonth(month: {
  /** What the month's known days have cost. */
  readonly spentMicroUnits: number;
  /** Days of the month after the last known one. */
  readonly daysLeft: number;
  readonly daysInMonth: number;
  /** The last days that are known, oldest first. */
  readonly days: readonly RateDay[];
}): Forecast | null {
  const { spentMicroUnits, daysLeft, daysInMonth } = month;
  const days = month.days.slice(-FORECAST_WINDOW_DAYS);
  const last = days.at(-1);
  if (!last) return null;
  const slopes = days.length < SLOPE_DAYS ? [] : slopesOf(days);
  const slope = median(slopes);
  const level = median(
    days
      .filter(({ at }) => at > last.at - 7)
      .map(({ at, microUnitsPerMonth }) => microUnitsPerMonth + slope * (last.at - at)),
  );
  const project = (from: number, by: number) => {
    let sum = 0;
    for (let ahead = 1; ahead <= daysLeft; ahead += 1) sum += Math.max(0, from + by * ahead);
    return spentMicroUnits + Math.round(sum / daysInMonth);
  };
  const base = { microUnits: project(level, slope), daysUsed: days.length, daysLeft };
  if (days.length < FORECAST_RANGE_DAYS)
    return {
      ...base,
      low: null,
      high: null,
      method: `the level of the last ${days.length} known days; too few for a range`,
    };
  const distances = days.map(({ at, microUnitsPerMonth }) =>
    Math.abs(microUnitsPerMonth - (level + slope * (at - last.at))),
  );
  const spread = EIGHTY_PERCENT * SIGMA_PER_MEDIAN_DISTANCE * median(distances);
  return {
    ...base,
    low: Math.min(base.microUnits, project(level - spread, quantile(slopes, 0.1))),
    high: Math.max(base.microUnits, project(level + spread, quantile(slopes, 0.9))),
    method: `the level of the last week and the median trend (Theil–Sen) of the last ${days.length} known days; the range holds four of five outcomes`,
  };
}

function slopesOf(days: readonly RateDay[]): readonly number[] {
  const slopes: number[] = [];
  for (const [index, from] of days.entries()) {
    for (const to of days.slice(index + 1)) {
      const gap = to.at - from.at;
      if (gap >= SLOPE_GAP_DAYS || days.length <= SLOPE_GAP_DAYS)
        slopes.push((to.microUnitsPerMonth - from.microUnitsPerMonth) / gap);
    }
  }
  return slopes;
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** By linear interpolation between the ordered values; 0 without any. */
function quantile(values: readonly number[], part: number): number {
  if (values.length === 0) return 0;
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * part;
  const [below, above] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
  return below + (above - below) * (place - Math.floor(place));
}

import type { CalendarDuration } from '../../src/base/time.ts';
import { parseDuration, parseZone, type ZoneId } from '../../src/base/time.ts';
import type { Retention } from '../../src/policy/policy.ts';
import type { RetentionPoint } from '../../src/retain/verdict.ts';

/** A retention with only the given rules. Durations as text. */
export function retention(rules: Readonly<Record<string, number | string | undefined>> = {}): Retention {
  const none: Record<string, unknown> = {
    keepLast: null,
    keepHourly: null,
    keepDaily: null,
    keepWeekly: null,
    keepMonthly: null,
    keepYearly: null,
    keepWithin: null,
    keepWithinHourly: null,
    keepWithinDaily: null,
    keepWithinWeekly: null,
    keepWithinMonthly: null,
    keepWithinYearly: null,
    maxAge: null,
    minimum: 1,
    graceHours: 24,
    maxDeletePercent: 20,
  };
  for (const [name, value] of Object.entries(rules)) {
    if (value === undefined) continue;
    none[name] = typeof value === 'string' && value !== 'all' ? duration(value) : value;
  }
  return none as unknown as Retention;
}

export function duration(text: string): CalendarDuration {
  const parsed = parseDuration(text);
  if (!parsed) throw new Error(`${text} is no duration`);
  return parsed;
}

export function zone(name: string): ZoneId {
  const parsed = parseZone(name);
  if (!parsed) throw new Error(`${name} is no zone`);
  return parsed;
}

/** A succeeded point, unless told otherwise. */
export function point(id: string, takenAt: string | number, rest: Partial<RetentionPoint> = {}): RetentionPoint {
  const at = typeof takenAt === 'number' ? takenAt : Date.parse(takenAt);
  return { id, takenAt: at, state: 'succeeded', held: false, immutable: false, ...rest };
}

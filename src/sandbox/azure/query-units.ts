import { QUERY_UNIT_WINDOWS } from './limits.ts';

/** Whether a cost query may pass, and the headers that say how much is left. */
export interface UnitVerdict {
  readonly passed: boolean;
  readonly retryAfterSeconds: number;
  readonly headers: Record<string, string>;
}

const HEADER = 'x-ms-ratelimit-microsoft.costmanagement-qpu';

/** The query processing units of the tenant: three windows at once. Units: the sandbox clock. */
export class QueryUnits {
  private spent: { atMs: number; units: number }[] = [];

  /** Takes the units of one query, or none. Source: Cost Management, manage costs with automation. */
  take(units: number, nowMs: number): UnitVerdict {
    const longest = Math.max(...QUERY_UNIT_WINDOWS.map((each) => each.windowMs));
    this.spent = this.spent.filter((each) => each.atMs > nowMs - longest);
    let retryAfterMs = 0;
    const left: string[] = [];
    for (const { name, windowMs, units: most } of QUERY_UNIT_WINDOWS) {
      const inside = this.spent.filter((each) => each.atMs > nowMs - windowMs);
      const used = inside.reduce((sum, each) => sum + each.units, 0);
      left.push(`${name}:${Math.max(0, most - used)}`);
      if (used + units <= most) continue;
      retryAfterMs = Math.max(retryAfterMs, freeAt(inside, used + units - most, windowMs) - nowMs);
    }
    const passed = retryAfterMs === 0;
    if (passed) this.spent.push({ atMs: nowMs, units });
    const retryAfterSeconds = Math.ceil(retryAfterMs / 1_000);
    return {
      passed,
      retryAfterSeconds,
      headers: {
        [`${HEADER}-consumed`]: String(passed ? units : 0),
        [`${HEADER}-remaining`]: left.join(','),
        ...(passed ? {} : { [`${HEADER}-retry-after`]: String(retryAfterSeconds) }),
      },
    };
  }
}

/** When so many units will have left the window. */
function freeAt(inside: readonly { atMs: number; units: number }[], needed: number, windowMs: number): number {
  let freed = 0;
  for (const { atMs, units } of inside) {
    freed += units;
    if (freed >= needed) return atMs + windowMs;
  }
  return (inside.at(-1)?.atMs ?? 0) + windowMs;
}

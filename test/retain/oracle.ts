import { bucketKey, type Period, periods, subtractDuration, type ZoneId } from '../../src/base/time.ts';
import type { Retention } from '../../src/policy/policy.ts';
import type { RetentionPoint } from '../../src/retain/verdict.ts';

const capital = (period: string) => (period[0] as string).toUpperCase() + period.slice(1);

/**
 * The contract once more, as directly as it can be written: one text per reason ("daily 2 2026-03-01"), no bits, no numbers for buckets.
 * It shares nothing with the product but the calendar.
 */
export function oracle(
  points: readonly RetentionPoint[],
  retention: Retention,
  zone: ZoneId,
  now: number,
): Map<string, { readonly keep: boolean; readonly reasons: readonly string[] }> {
  const sorted = [...points].sort((a, b) => b.takenAt - a.takenAt || (a.id < b.id ? -1 : 1));
  const good = sorted.filter((point) => point.state === 'succeeded' && point.takenAt <= now);
  const walked = good.filter((point) => !point.held);
  const newest = good[0]?.takenAt ?? 0;
  const oldest = walked.at(-1);
  const rules = new Map<string, string[]>(points.map(({ id }) => [id, []]));
  const say = (point: RetentionPoint, text: string) => rules.get(point.id)?.push(text);
  let anyRule = false;

  for (const period of [null, ...periods] as (Period | null)[]) {
    const count = retention[`keep${capital(period ?? 'last')}` as 'keepLast'];
    if (count === null) continue;
    anyRule = true;
    let taken = 0;
    let last: string | null = null;
    for (const point of walked) {
      if (count !== 'all' && taken >= count) break;
      const bucket = period === null ? point.id : bucketKey(point.takenAt, period, zone);
      if (bucket !== last) {
        taken += 1;
        say(point, period === null ? `last ${taken}` : `${period} ${taken} ${bucket}`);
      } else if (point === oldest) say(point, `oldest ${period}`);
      last = bucket;
    }
  }
  for (const period of [null, ...periods] as (Period | null)[]) {
    const within = retention[`keepWithin${period === null ? '' : capital(period)}` as 'keepWithin'];
    if (within === null) continue;
    anyRule = true;
    let last: string | null = null;
    for (const point of walked) {
      if (point.takenAt <= subtractDuration(newest, within, zone)) continue;
      const bucket = period === null ? point.id : bucketKey(point.takenAt, period, zone);
      if (bucket !== last) say(point, period === null ? 'within' : `within-${period} ${bucket}`);
      else if (point === oldest) say(point, `oldest within-${period}`);
      last = bucket;
    }
  }
  const answer = new Map<string, { keep: boolean; reasons: string[] }>();
  for (const point of sorted) {
    const guards = [
      ...(good.slice(0, retention.minimum).includes(point) ? ['minimum'] : []),
      ...(point.held ? ['held'] : []),
      ...(point.immutable ? ['immutable'] : []),
      ...(point.state === 'pending' ? ['pending'] : []),
      ...(point.takenAt > now ? ['future'] : []),
    ];
    const byRules = anyRule || !walked.includes(point) ? (rules.get(point.id) ?? []) : ['no-policy'];
    const aged = retention.maxAge !== null && point.takenAt < subtractDuration(now, retention.maxAge, zone);
    const keeps = [...guards, ...(aged && walked.includes(point) ? [] : byRules)];
    if (keeps.length > 0) answer.set(point.id, { keep: true, reasons: keeps });
    else if (point.state === 'failed') answer.set(point.id, { keep: false, reasons: ['failed'] });
    else answer.set(point.id, { keep: false, reasons: [byRules.length > 0 ? 'max-age' : 'unkept'] });
  }
  return answer;
}

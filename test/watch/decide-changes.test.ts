import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, MINUTE_MS } from '../../src/base/time.ts';
import type { Condition } from '../../src/watch/decide-changes.ts';
import { decideChanges, idOf, MAX_OF_KIND } from '../../src/watch/decide-changes.ts';
import type { Sighting } from '../../src/watch/decide-conditions.ts';
import { planNotices } from '../../src/watch/plan-notices.ts';

const QUARTER_MS = 15 * MINUTE_MS;
const START = Date.UTC(2026, 2, 1);
const sight = (subject: string, changes: Partial<Sighting> = {}): Sighting => ({
  ...{ kind: 'rpo-over-target', subject, group: 'gold', name: subject, facts: {} },
  ...changes,
});

/** Looks at one sequence of sightings, each told right away. */
function look(kept: readonly Condition[], seen: readonly Sighting[], now: number) {
  const changes = decideChanges(kept, seen, now);
  const notices = planNotices(changes.standing, changes.leftOutByKind);
  const told = new Set(notices.flatMap(({ tells }) => tells.map(idOf)));
  return {
    changes,
    notices: notices.map(({ notice }) => notice),
    kept: changes.standing.map((condition) => (told.has(idOf(condition)) ? { ...condition, told: true } : condition)),
  };
}

describe('what becomes of conditions', () => {
  it('opens once, stays, and clears after half an hour without it', () => {
    const first = look([], [sight('a')], START);
    expect(first.notices.map(({ key, severity }) => [key, severity])).toEqual([
      [`alert|rpo-over-target|gold|${START}`, 'critical'],
    ]);
    const second = look(first.kept, [sight('a')], START + QUARTER_MS);
    expect([second.notices, second.changes.write]).toEqual([[], []]);
    const gone = look(second.kept, [], START + 2 * QUARTER_MS);
    expect(gone.notices).toEqual([]);
    expect(look(gone.kept, [], START + 3 * QUARTER_MS).notices).toEqual([]);
    const cleared = look(gone.kept, [], START + 4 * QUARTER_MS);
    expect(cleared.notices.map(({ key, severity }) => [key, severity])).toEqual([
      [`alert|rpo-over-target|gold|${START}|cleared`, 'resolved'],
    ]);
    expect(look(cleared.kept, [], START + 5 * QUARTER_MS).changes.write).toEqual([]);
    expect(look(cleared.kept, [], START + 2 * DAY_MS).changes.forget).toHaveLength(1);
  });

  it('comes back within half an hour: the same condition, nobody is told', () => {
    const { kept } = look([], [sight('a')], START);
    const gone = look(kept, [], START + QUARTER_MS);
    const back = look(gone.kept, [sight('a')], START + 2 * QUARTER_MS);
    expect([back.notices, back.kept[0]?.openedAt, back.kept[0]?.goneSince]).toEqual([[], START, null]);
  });

  it('comes back later: a new one, under a new key, and has to be quiet for longer', () => {
    let kept = look([], [sight('a')], START).kept;
    kept = look(kept, [], START + QUARTER_MS).kept;
    kept = look(kept, [], START + 3 * QUARTER_MS).kept;
    const again = look(kept, [sight('a')], START + 4 * QUARTER_MS);
    expect(again.notices[0]?.key).toBe(`alert|rpo-over-target|gold|${START + 4 * QUARTER_MS}`);
    kept = look(again.kept, [], START + 5 * QUARTER_MS).kept;
    expect(look(kept, [], START + 8 * QUARTER_MS).notices).toEqual([]);
    expect(look(kept, [], START + 9 * QUARTER_MS).notices).toHaveLength(1);
  });

  it('tells what opened together in one message, and its end when the last has cleared', () => {
    const both = look([], [sight('a'), sight('b')], START);
    expect(both.notices.map(({ title }) => title)).toEqual(['Sources are older than their target: 2 in gold']);
    const one = look(both.kept, [sight('b')], START + QUARTER_MS);
    const half = look(one.kept, [sight('b')], START + 3 * QUARTER_MS);
    expect(half.notices).toEqual([]);
    const none = look(half.kept, [], START + 4 * QUARTER_MS);
    expect(look(none.kept, [], START + 6 * QUARTER_MS).notices.map(({ severity }) => severity)).toEqual(['resolved']);
  });

  it('is told after a crash that nobody was told in, under the same key', () => {
    const { standing } = decideChanges([], [sight('a')], START);
    const later = decideChanges(standing, [sight('a')], START + QUARTER_MS);
    expect(planNotices(later.standing, new Map()).map(({ notice }) => notice.key)).toEqual([
      `alert|rpo-over-target|gold|${START}`,
    ]);
  });

  it('keeps a bounded number of a kind and counts the others', () => {
    const many = Array.from({ length: 250 }, (_, at) => sight(`s${String(at).padStart(3, '0')}`));
    const { changes, notices } = look([], [...many, sight('x', { kind: 'drift' })], START);
    expect(changes.standing).toHaveLength(MAX_OF_KIND + 1);
    expect(changes.leftOutByKind.get('rpo-over-target')).toBe(150);
    expect(notices).toHaveLength(2);
    expect(notices[0]?.facts).toHaveLength(10);
    expect(notices[0]?.facts.at(-1)).toEqual({ name: 'and not listed', value: '150' });
  });

  it('never has two of the same, tells each opening and each end at most once, and clears whatever stays away', () => {
    const steps = fc.array(fc.subarray(['a', 'b', 'c']), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (sequence) => {
        const keys: string[] = [];
        let kept: readonly Condition[] = [];
        let now = START;
        const quiet = Array.from({ length: 40 }, () => [] as string[]);
        for (const seen of [...sequence, ...quiet]) {
          now += QUARTER_MS;
          const next = look(
            kept,
            seen.map((subject) => sight(subject)),
            now,
          );
          keys.push(...next.notices.map(({ key }) => key));
          kept = next.kept;
          expect(new Set(kept.map(idOf)).size).toBe(kept.length);
          const open = kept.filter(({ clearedAt }) => clearedAt === null).map(({ subject }) => subject);
          for (const subject of seen) expect(open).toContain(subject);
        }
        expect(new Set(keys).size).toBe(keys.length);
        expect(kept.filter(({ clearedAt }) => clearedAt === null)).toEqual([]);
        for (const key of keys.filter((each) => each.endsWith('|cleared')))
          expect(keys).toContain(key.slice(0, -'|cleared'.length));
      }),
    );
  });
});

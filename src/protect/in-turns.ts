/**
 * Puts things in an order in which every group has its turn: the first of each, then the second of each. Pure.
 *
 * Groups stand for subscriptions here, each with buckets of its own: in the order of their ids a wave would empty one bucket after the other, and every
 * worker would wait for the same one.
 */
export function inTurns<T>(things: readonly T[], groupOf: (thing: T) => string): readonly T[] {
  const groups = new Map<string, T[]>();
  for (const thing of things) {
    const key = groupOf(thing);
    const group = groups.get(key);
    if (group) group.push(thing);
    else groups.set(key, [thing]);
  }
  const ordered: T[] = [];
  const longest = Math.max(0, ...[...groups.values()].map((group) => group.length));
  for (let turn = 0; turn < longest; turn += 1) {
    for (const group of groups.values()) {
      const thing = group[turn];
      if (thing !== undefined) ordered.push(thing);
    }
  }
  return ordered;
}

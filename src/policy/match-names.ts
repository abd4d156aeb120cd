import type { Matcher } from './policy.ts';

/** What a condition looks at. A LUN is null where there is none: the OS disk, a disk that is attached to nothing, a virtual machine. */
export interface Matchable {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly lun?: number | null;
}

/** True where a condition holds. Names and tag names are compared without regard to case, tag values with it, as Azure does. */
export function matches(matcher: Matcher, thing: Matchable): boolean {
  switch (matcher.kind) {
    case 'name':
      return matchesGlob(matcher.name, thing.name);
    case 'lun':
      return thing.lun === matcher.lun;
    case 'tagEquals':
      return tagValue(thing.tags, matcher.tag) === matcher.equals;
    case 'tagIn': {
      const value = tagValue(thing.tags, matcher.tag);
      return value !== undefined && matcher.in.includes(value);
    }
    case 'tagExists':
      return (tagValue(thing.tags, matcher.tag) !== undefined) === matcher.exists;
  }
}

/**
 * Holds a name to a pattern: `*` stands for any characters or none, `?` for exactly one. Without regard to case.
 * Only the last `*` is ever gone back to, so hostile patterns cost at most their length times the name's.
 */
export function matchesGlob(pattern: string, name: string): boolean {
  const glob = [...pattern.toLowerCase()];
  const text = [...name.toLowerCase()];
  let g = 0;
  let t = 0;
  let star = -1;
  let resumeAt = 0;
  while (t < text.length) {
    if (glob[g] === '*') {
      star = g;
      resumeAt = t;
      g += 1;
    } else if (g < glob.length && (glob[g] === '?' || glob[g] === text[t])) {
      g += 1;
      t += 1;
    } else if (star >= 0) {
      resumeAt += 1;
      t = resumeAt;
      g = star + 1;
    } else {
      return false;
    }
  }
  while (glob[g] === '*') g += 1;
  return g === glob.length;
}

function tagValue(tags: Readonly<Record<string, string>>, name: string): string | undefined {
  if (Object.hasOwn(tags, name)) return tags[name];
  const lower = name.toLowerCase();
  for (const [key, value] of Object.entries(tags)) if (key.toLowerCase() === lower) return value;
  return undefined;
}

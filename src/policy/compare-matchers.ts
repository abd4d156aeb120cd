import { matchesGlob } from './match-names.ts';
import type { Matcher } from './policy.ts';

/** True where a condition holds for every source that fulfils all the others. */
export function excludesAll(matcher: Matcher, included: readonly Matcher[]): boolean {
  if (matcher.kind === 'name' && /^\*+$/.test(matcher.name)) return true;
  return included.some((other) => implies(other, matcher));
}

/** True where whatever fulfils `a` fulfils `b` too, as far as can be told from the conditions alone. */
function implies(a: Matcher, b: Matcher): boolean {
  if (a.kind === 'name' || b.kind === 'name') {
    if (a.kind !== 'name' || b.kind !== 'name') return false;
    return a.name.toLowerCase() === b.name.toLowerCase() || (!/[*?]/.test(a.name) && matchesGlob(b.name, a.name));
  }
  if (a.kind === 'lun' || b.kind === 'lun') return a.kind === 'lun' && b.kind === 'lun' && a.lun === b.lun;
  if (a.tag.toLowerCase() !== b.tag.toLowerCase()) return false;
  const allowedByA = valuesOf(a);
  if (b.kind === 'tagExists') return b.exists ? allowedByA !== null || isExisting(a) : isMissing(a);
  const allowedByB = valuesOf(b) ?? [];
  return allowedByA?.every((value) => allowedByB.includes(value)) ?? false;
}

/** True where nothing can fulfil both, as far as can be told from the conditions alone. */
export function contradict(a: Matcher, b: Matcher): boolean {
  if (a.kind === 'name' || b.kind === 'name') {
    if (a.kind !== 'name' || b.kind !== 'name') return false;
    if (!/[*?]/.test(a.name))
      return /[*?]/.test(b.name) ? !matchesGlob(b.name, a.name) : a.name.toLowerCase() !== b.name.toLowerCase();
    return !/[*?]/.test(b.name) && !matchesGlob(a.name, b.name);
  }
  if (a.kind === 'lun' || b.kind === 'lun') return a.kind === 'lun' && b.kind === 'lun' && a.lun !== b.lun;
  if (a.tag.toLowerCase() !== b.tag.toLowerCase()) return false;
  if (isMissing(a)) return !isMissing(b);
  if (isMissing(b)) return true;
  const values = valuesOf(b);
  return values !== null && (valuesOf(a)?.every((value) => !values.includes(value)) ?? false);
}

type TagMatcher = Extract<Matcher, { readonly tag: string }>;

/** The values a tag condition asks for; null where any will do. */
function valuesOf(matcher: TagMatcher): readonly string[] | null {
  if (matcher.kind === 'tagEquals') return [matcher.equals];
  return matcher.kind === 'tagIn' ? matcher.in : null;
}

function isExisting(matcher: TagMatcher): boolean {
  return matcher.kind === 'tagExists' && matcher.exists;
}

function isMissing(matcher: TagMatcher): boolean {
  return matcher.kind === 'tagExists' && !matcher.exists;
}

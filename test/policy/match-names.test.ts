import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matches, matchesGlob } from '../../src/policy/match-names.ts';
import type { Matcher } from '../../src/policy/policy.ts';

describe('matchesGlob', () => {
  test.each([
    ['tmp-*', 'tmp-1', true],
    ['tmp-*', 'tmp-', true],
    ['tmp-*', 'Tmp-1', true],
    ['TMP-*', 'tmp-1', true],
    ['tmp-*', 'xtmp-1', false],
    ['*', '', true],
    ['?', '', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['*-prod-*', 'x-prod-y-prod-', true],
    ['*b', 'ab b', true],
    ['*ab', 'aab', true],
    ['a**b', 'ab', true],
    ['a.c', 'abc', false],
    ['[a]', 'a', false],
    ['(x)', '(x)', true],
    ['', '', true],
    ['', 'a', false],
    ['?', 'é', true],
    ['?', '💾', true],
  ])('%j on %j', (pattern, name, expected) => expect(matchesGlob(pattern, name)).toBe(expected));

  test('agrees with a regular expression', () => {
    const small = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(small, fc.string({ unit: fc.constantFrom('a', 'b', 'A'), maxLength: 10 }), (pattern, name) => {
        const expression = new RegExp(`^${pattern.replaceAll(/\*+/g, '.*').replaceAll('?', '.')}$`, 'i');
        expect(matchesGlob(pattern, name)).toBe(expression.test(name));
      }),
      { numRuns: 2000 },
    );
  });

  test('a hostile pattern costs no more than its length times that of the name', () => {
    expect(matchesGlob(`${'*a'.repeat(5_000)}b`, 'a'.repeat(20_000))).toBe(false);
  });
});

describe('matches', () => {
  const disk = { name: 'data-1', tags: { Environment: 'Prod', empty: '' }, lun: 3 };
  test.each<[string, Matcher, boolean]>([
    ['a tag value', { kind: 'tagEquals', tag: 'Environment', equals: 'Prod' }, true],
    ['a tag name in another case', { kind: 'tagEquals', tag: 'environment', equals: 'Prod' }, true],
    ['a tag value in another case', { kind: 'tagEquals', tag: 'environment', equals: 'prod' }, false],
    ['an empty value', { kind: 'tagEquals', tag: 'empty', equals: '' }, true],
    ['no such tag for an empty value', { kind: 'tagEquals', tag: 'none', equals: '' }, false],
    ['one of several values', { kind: 'tagIn', tag: 'environment', in: ['Test', 'Prod'] }, true],
    ['none of several values', { kind: 'tagIn', tag: 'environment', in: ['Test'] }, false],
    ['a tag that is there', { kind: 'tagExists', tag: 'ENVIRONMENT', exists: true }, true],
    ['a tag that should not be there', { kind: 'tagExists', tag: 'environment', exists: false }, false],
    ['a tag that is not there', { kind: 'tagExists', tag: 'owner', exists: false }, true],
    ['a tag that every object has', { kind: 'tagExists', tag: 'constructor', exists: true }, false],
    ['a name', { kind: 'name', name: 'DATA-?' }, true],
    ['a LUN', { kind: 'lun', lun: 3 }, true],
    ['another LUN', { kind: 'lun', lun: 0 }, false],
  ])('%s', (_, matcher, expected) => expect(matches(matcher, disk)).toBe(expected));
  test('the OS disk has no LUN', () => expect(matches({ kind: 'lun', lun: 0 }, { ...disk, lun: null })).toBe(false));
});

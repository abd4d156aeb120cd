import { describe, expect, it } from 'vitest';
import { parseTargets } from '../../src/notify/parse-targets.ts';

const KEY = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const teams = { name: 'ops', kind: 'teams', url: 'https://example.test/workflows/SECRET' };
const itsm = { name: 'itsm', kind: 'json', url: 'https://example.test/SECRET', signingKey: KEY };

describe('parseTargets', () => {
  it.each(['', '  ', '[]'])('takes %j as no targets', (text) => {
    expect(parseTargets(text)).toEqual({ ok: true, value: [] });
  });

  it('fills in that a target wants everything and is open to the public network alone', () => {
    const parsed = parseTargets(JSON.stringify([teams, itsm]));
    expect(parsed.ok && parsed.value.map(({ reveal, ...open }) => ({ ...open, ...reveal() }))).toEqual([
      {
        ...{ ...teams, topics: ['alert', 'restore', 'drill', 'report'], from: 'info', networks: [], http: false },
        signingKey: null,
      },
      { ...itsm, topics: ['alert', 'restore', 'drill', 'report'], from: 'info', networks: [], http: false },
    ]);
  });

  it('shows neither address nor key where a target is written down', () => {
    const parsed = parseTargets(JSON.stringify([itsm]));
    expect(JSON.stringify(parsed)).toContain('itsm');
    expect(JSON.stringify(parsed)).not.toMatch(/SECRET|whsec/);
  });

  it.each([
    { name: 'no JSON', value: 'https://example.test/SECRET', path: '$' },
    { name: 'no list', value: teams, path: '$' },
    { name: 'an unknown kind', value: [{ ...teams, kind: 'SECRET' }], path: '$[0].kind' },
    { name: 'a name with spaces', value: [{ ...teams, name: 'SECRET one' }], path: '$[0].name' },
    { name: 'two of one name', value: [teams, teams], path: '$' },
    { name: 'plain http', value: [{ ...teams, url: 'http://example.test/SECRET' }], path: '$[0].url' },
    { name: 'another scheme', value: [{ ...teams, url: 'ftp://example.test/SECRET', http: true }], path: '$[0].url' },
    { name: 'a password in the URL', value: [{ ...teams, url: 'https://a:SECRET@example.test' }], path: '$[0].url' },
    { name: 'no URL', value: [{ ...teams, url: 'SECRET' }], path: '$[0].url' },
    { name: 'json without a key', value: [{ ...teams, kind: 'json' }], path: '$[0].signingKey' },
    { name: 'a key where nobody checks it', value: [{ ...teams, signingKey: KEY }], path: '$[0].signingKey' },
    { name: 'a short key', value: [{ ...itsm, signingKey: 'whsec_U0VDUkVU' }], path: '$[0].signingKey' },
    { name: 'a key without its prefix', value: [{ ...itsm, signingKey: KEY.slice(6) }], path: '$[0].signingKey' },
    { name: 'an unknown topic', value: [{ ...teams, topics: ['SECRET'] }], path: '$[0].topics[0]' },
    { name: 'no topics', value: [{ ...teams, topics: [] }], path: '$[0].topics' },
    { name: 'a network that is none', value: [{ ...teams, networks: ['10.0.0.0/33'] }], path: '$[0].networks[0]' },
    { name: 'an unknown field', value: [{ ...teams, token: 'SECRET' }], path: '$[0].token' },
  ])('refuses $name, and never shows what was found', ({ value, path }) => {
    const parsed = parseTargets(typeof value === 'string' ? value : JSON.stringify(value));
    expect(parsed.ok).toBe(false);
    const problems = parsed.ok ? [] : parsed.problems;
    expect(problems.map((problem) => problem.path)).toContain(path);
    expect(JSON.stringify(problems)).not.toContain('SECRET');
  });
});

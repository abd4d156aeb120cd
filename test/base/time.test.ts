import { DateTime } from 'luxon';
import { describe, expect, test } from 'vitest';
import {
  bucketKey,
  daysInUtcMonth,
  endOfGap,
  formatIso,
  parseDuration,
  parseIso,
  parseZone,
  resolveLocal,
  subtractDuration,
  UTC,
  utcDay,
  type ZoneId,
} from '../../src/base/time.ts';

const zone = (name: string): ZoneId => {
  const parsed = parseZone(name);
  if (!parsed) throw new Error(name);
  return parsed;
};
const iso = (text: string) => Date.parse(text);
const local = (text: string) => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = text.split(/[-T:]/).map(Number);
  return { year, month, day, hour, minute };
};

describe('parseZone', () => {
  test.each([
    ['an IANA zone', 'Europe/Vienna', true],
    ['UTC', 'UTC', true],
    ['a zone with a half hour', 'Australia/Lord_Howe', true],
    ['a misspelt zone', 'Europe/Wien', false],
    ['nothing', '', false],
    ['a bare offset', '+01:00', false],
    ['an offset with letters', 'UTC+3', false],
    ['the machine itself', 'local', false],
  ])('%s', (_, name, known) => expect(parseZone(name) !== null).toBe(known));
});

describe('resolveLocal', () => {
  test.each([
    ['an ordinary time', 'Europe/Vienna', '2026-06-01T02:30', ['2026-06-01T00:30:00Z']],
    ['a spring gap', 'Europe/Vienna', '2026-03-29T02:30', []],
    ['the first minute after a gap', 'Europe/Vienna', '2026-03-29T03:00', ['2026-03-29T01:00:00Z']],
    ['an autumn overlap', 'Europe/Vienna', '2026-10-25T02:30', ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z']],
    ['the end of an overlap', 'Europe/Vienna', '2026-10-25T03:00', ['2026-10-25T02:00:00Z']],
    [
      'an overlap of half an hour',
      'Australia/Lord_Howe',
      '2026-04-05T01:45',
      ['2026-04-04T14:45:00Z', '2026-04-04T15:15:00Z'],
    ],
    ['before a half-hour overlap', 'Australia/Lord_Howe', '2026-04-05T01:29', ['2026-04-04T14:29:00Z']],
    ['a day that was skipped', 'Pacific/Apia', '2011-12-30T12:00', []],
    ['the day after it', 'Pacific/Apia', '2011-12-31T00:00', ['2011-12-30T10:00:00Z']],
    ['a gap at midnight', 'America/Sao_Paulo', '2018-11-04T00:30', []],
  ])('%s', (_, name, text, expected) =>
    expect(resolveLocal(local(text), zone(name)).map((at) => formatIso(at))).toEqual(expected),
  );
});

describe('endOfGap', () => {
  test.each([
    ['spring in Vienna', 'Europe/Vienna', '2026-03-29T02:30', '2026-03-29T01:00:00Z'],
    ['half an hour on Lord Howe', 'Australia/Lord_Howe', '2026-10-04T02:15', '2026-10-03T15:30:00Z'],
    ['midnight in Beirut', 'Asia/Beirut', '2026-03-29T00:10', '2026-03-28T22:00:00Z'],
    ['a whole day in Apia', 'Pacific/Apia', '2011-12-30T23:59', '2011-12-30T10:00:00Z'],
  ])('%s', (_, name, text, expected) => expect(formatIso(endOfGap(local(text), zone(name)))).toBe(expected));
});

describe('formatIso and parseIso', () => {
  test('a zone shows its offset, UTC shows Z', () => {
    expect(formatIso(iso('2026-03-01T01:00:00Z'), zone('Europe/Vienna'))).toBe('2026-03-01T02:00:00+01:00');
    expect(formatIso(iso('2026-03-01T01:00:00Z'), UTC)).toBe('2026-03-01T01:00:00Z');
  });
  test.each([
    ['Z', '2026-03-01T02:00:00Z', '2026-03-01T02:00:00Z'],
    ['an offset', '2026-03-01T02:00:00+01:00', '2026-03-01T01:00:00Z'],
    ['no seconds', '2026-03-01T02:00Z', '2026-03-01T02:00:00Z'],
    ['a day', '2026-03-01', '2026-03-01T00:00:00Z'],
    ['no offset', '2026-03-01T02:00:00', null],
    ['a day that is none', '2026-02-30T02:00:00Z', null],
    ['a week', '2026-W09', null],
    ['words', 'yesterday', null],
    ['a number', '1772323200000', null],
  ])('%s', (_, text, expected) => expect(parseIso(text)).toBe(expected === null ? null : iso(expected)));
});

describe('bucketKey', () => {
  const vienna = zone('Europe/Vienna');
  test.each([
    ['hourly', '2026-03-01T01:20:00Z', '2026-03-01T02+01:00'],
    ['hourly', '2026-10-25T00:10:00Z', '2026-10-25T02+02:00'],
    ['hourly', '2026-10-25T01:10:00Z', '2026-10-25T02+01:00'],
    ['daily', '2026-02-28T23:30:00Z', '2026-03-01'],
    ['weekly', '2026-12-31T12:00:00Z', '2026-W53'],
    ['weekly', '2027-01-03T12:00:00Z', '2026-W53'],
    ['weekly', '2027-01-04T12:00:00Z', '2027-W01'],
    ['monthly', '2026-02-28T23:30:00Z', '2026-03'],
    ['yearly', '2025-12-31T23:30:00Z', '2026'],
  ] as const)('%s of %s', (period, text, expected) => expect(bucketKey(iso(text), period, vienna)).toBe(expected));
});

describe('parseDuration', () => {
  test.each([
    ['P1Y2M10DT2H30M', { years: 1, months: 2, days: 10, hours: 2, minutes: 30, seconds: 0 }],
    ['P2W', { years: 0, months: 0, days: 14, hours: 0, minutes: 0, seconds: 0 }],
    ['PT90S', { years: 0, months: 0, days: 0, hours: 0, minutes: 0, seconds: 90 }],
  ])('%s', (text, parts) => expect(parseDuration(text)).toEqual({ ...parts, text }));
  test.each([
    'P1W2D',
    '1 month',
    'P',
    'PT',
    'P1DT',
    'P0D',
    'P-1D',
    '-P1D',
    'P1.5D',
    'p1d',
    'P1H',
    'P1M1Y',
    ' P1D',
    'P1D\n',
    '',
  ])('refuses %j', (text) => expect(parseDuration(text)).toBeNull());
});

describe('subtractDuration', () => {
  const vienna = zone('Europe/Vienna');
  const minus = (text: string, duration: string) => {
    const parsed = parseDuration(duration);
    if (!parsed) throw new Error(duration);
    return formatIso(subtractDuration(iso(text), parsed, vienna), vienna);
  };
  test.each([
    ['a day of 25 hours', '2026-10-26T02:00:00+01:00', 'P1D', '2026-10-25T02:00:00+01:00'],
    ['24 hours over it', '2026-10-26T02:00:00+01:00', 'PT24H', '2026-10-25T02:00:00+01:00'],
    ['24 hours over the change', '2026-10-25T12:00:00+01:00', 'PT24H', '2026-10-24T13:00:00+02:00'],
    ['a month to a day that it lacks', '2026-03-31T12:00:00+02:00', 'P1M', '2026-02-28T12:00:00+01:00'],
    ['a year from a leap day', '2028-02-29T12:00:00+01:00', 'P1Y', '2027-02-28T12:00:00+01:00'],
    ['calendar first, clock after', '2026-03-01T01:00:00+01:00', 'P1MT2H', '2026-01-31T23:00:00+01:00'],
  ])('%s', (_, from, duration, expected) => expect(minus(from, duration)).toBe(expected));
});

test('days and months in UTC', () => {
  expect(utcDay(iso('2026-03-01T00:30:00+01:00'))).toBe('2026-02-28');
  expect(daysInUtcMonth(iso('2028-02-10T00:00:00Z'))).toBe(29);
  expect(daysInUtcMonth(iso('2026-12-31T23:59:59Z'))).toBe(31);
});

test('the zone data of this machine knows the changes that these tests stand on', () => {
  expect(DateTime.fromISO('2026-03-29T04:00', { zone: 'Europe/Vienna' }).offset).toBe(120);
});

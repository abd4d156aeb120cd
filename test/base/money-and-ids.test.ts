import { describe, expect, test } from 'vitest';
import { formatBytes } from '../../src/base/bytes.ts';
import { AppError, isAppError } from '../../src/base/errors.ts';
import { hashId, parseResourceId, sameResource } from '../../src/base/ids.ts';
import { fromMicroUnits, isCurrencyCode, toMicroUnits } from '../../src/base/money.ts';
import { showFound } from '../../src/base/problem.ts';

const disk = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d';

describe('money', () => {
  test.each([
    [12.5, 12_500_000],
    [0.1 + 0.2, 300_000],
    [0.0000005, 1],
    [0.0000004, 0],
    [-0.0000015, -2],
  ])('%d units', (amount, expected) => expect(toMicroUnits(amount)).toBe(expected));
  test('goes there and back', () => expect(fromMicroUnits(toMicroUnits(119.99))).toBe(119.99));
  test.each([
    ['EUR', true],
    ['eur', false],
    ['EURO', false],
    ['E1R', false],
    ['', false],
  ])('currency %j', (code, known) => expect(isCurrencyCode(code)).toBe(known));
});

describe('ids', () => {
  test('a hash is fit for URLs and keys, stable, and tells its parts apart', () => {
    expect(hashId('a', 'b')).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(hashId('a', 'b')).toBe(hashId('a', 'b'));
    expect(hashId('ab', 'c')).not.toBe(hashId('a', 'bc'));
  });
  test.each([
    ['as Azure writes it', disk, true],
    ['in lower case', disk.toLowerCase(), true],
    ['a child resource', `${disk}/x/y`, false],
    ['a subscription', '/subscriptions/s', false],
    ['an empty name', disk.slice(0, -1), false],
  ])('%s', (_, id, known) => expect(parseResourceId(id) !== null).toBe(known));
  test('the case of an id says nothing', () => expect(sameResource(disk, disk.toUpperCase())).toBe(true));
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.50 KiB'],
  [13_207_024_435, '12.3 GiB'],
])('%d bytes', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test.each([
  [undefined, 'nothing'],
  ['x', '"x"'],
  [Number.NaN, 'null'],
  ['y'.repeat(200), `"${'y'.repeat(78)}…`],
])('%j is shown', (value, text) => expect(showFound(value)).toBe(text));

test('a failure knows whether to try again', () => {
  expect(new AppError('throttled', 'x').retry).toBe(true);
  expect(isAppError(new AppError('conflict', 'x'), 'not-found')).toBe(false);
  expect(isAppError(new AppError('conflict', 'x'), 'not-found', 'conflict')).toBe(true);
});

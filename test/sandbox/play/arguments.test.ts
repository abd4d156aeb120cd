import { describe, expect, test } from 'vitest';
import { readArguments } from '../../../src/sandbox/play/arguments.ts';

const plain = { days: 30, exit: false, json: false, help: false };

describe('the command line of npm start', () => {
  test.each([
    ['nothing', [], plain],
    ['days', ['--days', '90'], { ...plain, days: 90 }],
    ['days joined', ['--days=7'], { ...plain, days: 7 }],
    ['for scripts', ['--days', '1', '--exit', '--json'], { ...plain, days: 1, exit: true, json: true }],
    ['help', ['--help'], { ...plain, help: true }],
  ] as const)('%s', (_name, args, expected) => {
    expect(readArguments(args)).toEqual(expected);
  });

  test.each([
    ['no number', ['--days', 'ten'], 'ten'],
    ['a negative number', ['--days', '-1'], '-1'],
    ['a part of a day', ['--days', '1.5'], '1.5'],
    ['too many', ['--days', '100000'], '100000'],
    ['no value', ['--days'], '--days'],
    ['an unknown word', ['--fast'], '--fast'],
  ] as const)('%s is a problem that says so', (_name, args, found) => {
    expect(readArguments(args)).toEqual({ problem: expect.stringContaining(found) });
  });
});

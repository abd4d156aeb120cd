import { describe, expect, it } from 'vitest';
import { readArguments } from '../../../src/sandbox/alone/arguments.ts';

const none = {
  port: 0,
  startMs: null,
  estate: 'demo',
  unthrottled: false,
  record: false,
  json: false,
  help: false,
};

describe('the command line of the sandbox', () => {
  it.each<[string, string[], object]>([
    ['nothing', [], none],
    ['a port', ['--port', '9500'], { ...none, port: 9_500 }],
    ['a port after an equals sign', ['--port=9500'], { ...none, port: 9_500 }],
    ['a day', ['--start', '2026-03-01'], { ...none, startMs: Date.UTC(2026, 2, 1) }],
    ['a moment', ['--start', '2026-03-01T01:00:00+01:00'], { ...none, startMs: Date.UTC(2026, 2, 1) }],
    ['an estate', ['--estate', 'empty'], { ...none, estate: 'empty' }],
    [
      'all switches',
      ['--unthrottled', '--record', '--json', '-h'],
      { ...none, unthrottled: true, record: true, json: true, help: true },
    ],
  ])('takes %s', (_name, args, expected) => {
    expect(readArguments(args)).toEqual(expected);
  });

  it.each<[string, string[], string]>([
    ['a port that is none', ['--port', 'https'], '--port is "https"'],
    ['a port that only root may have', ['--port', '443'], '--port is "443"'],
    ['a port with too few after it', ['--port', '65532'], '65531'],
    ['a port without a number', ['--port'], '--port is ""'],
    ['a start that is no time', ['--start', 'yesterday'], '--start is "yesterday"'],
    ['a day that does not exist', ['--start', '2026-13-01'], '--start is "2026-13-01"'],
    ['a time without a zone', ['--start', '2026-03-01T10:00:00'], '--start is'],
    ['an estate without a name', ['--estate='], '--estate needs'],
    ['a word it does not know', ['--days', '3'], '"--days" is not known'],
  ])('refuses %s', (_name, args, problem) => {
    expect(readArguments(args)).toEqual({ problem: expect.stringContaining(problem) });
  });
});

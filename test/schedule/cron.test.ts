import { describe, expect, test } from 'vitest';
import { readCron } from '../../src/schedule/cron.ts';

describe('readCron', () => {
  test.each([
    ['every hour', '15 * * * *', false],
    ['every six hours', '0 */6 * * *', false],
    ['a stepped range', '0 8-18/2 * * *', false],
    ['a list with a step in it', '0 1,*/6 * * *', false],
    ['a fixed hour', '30 2 * * *', true],
    ['a list of hours', '30 2,14 * * *', true],
    ['a range of hours', '30 1-3 * * *', true],
    ['every minute of a fixed hour', '* 2 * * *', true],
    ['names', '0 5 * JAN MON-FRI', true],
    ['Sunday as 7', '0 5 * * 7', true],
    ['the last day of the month', '0 5 L * *', true],
    ['the second Friday', '0 5 * * FRI#2', true],
    ['a leap day', '0 0 29 2 *', true],
    ['several spaces', ' 0  5 * * * ', true],
  ])('reads %s', (_, expression, fixedHour) => {
    const read = readCron(expression);
    expect(read.ok && read.cron.fixedHour).toBe(fixedHour);
    expect(read.ok).toBe(true);
  });

  test.each([
    ['nothing', '', 'has 0 fields, not five'],
    ['four fields', '0 0 * *', 'has 4 fields, not five'],
    ['six fields', '0 0 0 * * *', 'has 6 fields, not five'],
    ['a nickname', '@daily', 'has 1 fields, not five'],
    ['an hour that is none', '0 24 * * *', 'cannot be read'],
    ['a minute that is none', '60 1 * * *', 'cannot be read'],
    ['a range backwards', '0 22-2 * * *', 'cannot be read'],
    ['a step of zero', '*/0 * * * *', 'cannot be read'],
    ['a question mark', '? * * * *', 'has a field that cannot be read: ?'],
    ['a plus', '0 0 1-7 * +SUN', 'has a field that cannot be read: +SUN'],
    ['31 February', '0 0 31 2 *', 'never fires'],
    ['30 February', '0 0 30 2 *', 'never fires'],
    ['words', 'at two in the morning', 'has 5'],
    ['an endless expression', `${'1,'.repeat(200)}1 * * * *`, 'is longer than'],
  ])('refuses %s', (_, expression, message) => {
    const read = readCron(expression);
    expect(read.ok).toBe(false);
    if (_ !== 'words') expect(read.ok ? '' : read.message).toContain(message);
  });
});

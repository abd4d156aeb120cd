import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideAfterRun, decideBeforeRun, decodeMessage } from '../../../src/sandbox/host/decide-message.ts';

describe('what becomes of a message', () => {
  test.each([
    ['the first time', 1, true, 'run'],
    ['the last time', 5, true, 'run'],
    ['once too often', 6, true, 'poison'],
    ['not base64', 1, false, 'poison'],
  ])('before: %s', (_, dequeueCount, readable, fate) => {
    expect(decideBeforeRun({ dequeueCount, readable }, 5)).toBe(fate);
  });

  test.each([
    ['done', true, 5, 'jobs', 'delete'],
    ['failed, tries left', false, 4, 'jobs', 'release'],
    ['failed for the last time', false, 5, 'jobs', 'poison'],
    ['failed in a poison queue', false, 5, 'jobs-poison', 'leave'],
    ['done in a poison queue', true, 1, 'jobs-poison', 'delete'],
  ])('after: %s', (_, succeeded, dequeueCount, queueName, fate) => {
    expect(decideAfterRun({ succeeded, dequeueCount, queueName }, 5)).toBe(fate);
  });
});

describe('base64', () => {
  test('every text comes back', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        (text) => decodeMessage(Buffer.from(text).toString('base64')) === text,
      ),
    );
  });
  test.each([
    ['plain JSON', '{"a":1}'],
    ['cut off', 'YWJ'],
    ['bytes that are no text', '/////w=='],
  ])('%s is none', (_, text) => {
    expect(decodeMessage(text)).toBeNull();
  });
});

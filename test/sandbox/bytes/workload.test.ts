import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digest, VolumeBytes, Workload } from '../../../src/sandbox/bytes/bytes.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 0, 1);
const GIB = 2 ** 30;
const MIB = 2 ** 20;

function made(options: {
  seed: number;
  bytesPerDay?: number;
  clearBytesPerDay?: number;
  hotFraction?: number;
  writesPerDay?: number;
  sizeBytes?: number;
}) {
  const { sizeBytes = 64 * GIB, bytesPerDay = 8 * MIB, ...rest } = options;
  const volume = new VolumeBytes({ sizeBytes, seed: options.seed });
  return { volume, workload: new Workload({ volume, startMs: START_MS, bytesPerDay, ...rest }) };
}

test('many small steps and one big step give the same bytes, also when the disk grows on the way', () => {
  fc.assert(
    fc.property(fc.integer(), fc.array(fc.integer({ min: 0, max: 2 * DAY_MS }), { maxLength: 30 }), (seed, moments) => {
      const stepped = made({ seed, clearBytesPerDay: 2 * MIB });
      const whole = made({ seed, clearBytesPerDay: 2 * MIB });
      for (const moment of moments.sort((a, b) => a - b)) stepped.workload.advanceTo(START_MS + moment);
      stepped.volume.grow(128 * GIB);
      stepped.workload.advanceTo(START_MS + 2 * DAY_MS);
      whole.workload.advanceTo(START_MS + 2 * DAY_MS);
      expect(stepped.volume.allocated(0, 64 * GIB)).toEqual(whole.volume.allocated(0, 64 * GIB));
      expect(digest(stepped.volume)).toBe(digest(whole.volume));
    }),
    { numRuns: 15 },
  );
});

test('another seed writes elsewhere', () => {
  const [one, other] = [made({ seed: 1 }), made({ seed: 2 })];
  for (const { workload } of [one, other]) workload.advanceTo(START_MS + DAY_MS);
  expect(one.volume.allocated(0, 64 * GIB)).not.toEqual(other.volume.allocated(0, 64 * GIB));
});

describe('volume of writes', () => {
  test.each([
    { name: 'nothing before the start', days: -1, bytesPerDay: 8 * MIB, low: 0, high: 0 },
    { name: 'nothing for an idle disk', days: 30, bytesPerDay: 0, low: 0, high: 0 },
    {
      name: 'about the bytes asked for when nothing is hot',
      days: 10,
      bytesPerDay: 8 * MIB,
      low: 72 * MIB,
      high: 88 * MIB,
    },
  ])('$name', ({ days, bytesPerDay, low, high }) => {
    const { volume, workload } = made({ seed: 3, bytesPerDay, hotFraction: 0, writesPerDay: 200 });
    workload.advanceTo(START_MS + days * DAY_MS);
    expect(volume.usedBytes()).toBeGreaterThanOrEqual(low);
    expect(volume.usedBytes()).toBeLessThanOrEqual(high);
  });

  test('hot writes hit the same small area again, and a snapshot a day is billed for it each day', () => {
    const { volume, workload } = made({ seed: 4, bytesPerDay: 64 * MIB, hotFraction: 1, writesPerDay: 256 });
    const stored: number[] = [];
    for (let day = 1; day <= 5; day += 1) {
      workload.advanceTo(START_MS + day * DAY_MS);
      stored.push(volume.snapshot({ incremental: true }).storedBytes());
    }
    expect(volume.usedBytes()).toBeLessThan(64 * 1.5 * (MIB / 4));
    for (const bytes of stored) expect(bytes).toBeGreaterThan(5 * MIB);
  });

  test('clears free what was written, and show as cleared ranges', () => {
    const { volume, workload } = made({ seed: 5, clearBytesPerDay: 4 * MIB, hotFraction: 0, writesPerDay: 200 });
    workload.advanceTo(START_MS + DAY_MS);
    const first = volume.snapshot({ incremental: true });
    workload.advanceTo(START_MS + 2 * DAY_MS);
    const second = volume.snapshot({ incremental: true });
    const cleared = second.changedSince(first, 0, volume.sizeBytes).filter((range) => range.cleared);
    expect(cleared.length).toBeGreaterThan(10);
    expect(volume.usedBytes()).toBeLessThan(14 * MIB);
  });

  test('a disk smaller than the usual hot area is written inside its bounds', () => {
    const { volume, workload } = made({ seed: 6, sizeBytes: 40 * 4_096, clearBytesPerDay: MIB });
    workload.advanceTo(START_MS + 3 * DAY_MS);
    expect(volume.usedBytes()).toBeGreaterThan(0);
  });
});

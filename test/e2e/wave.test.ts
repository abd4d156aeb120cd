import { describe, expect, test } from 'vitest';
import { playWaves } from '../bench/bench-wave.ts';

const DISKS = 60;
/** Of ARM, polls included: open, grant, look, revoke, close; and the same for the point before it. */
const METERING_OF_FIRST_MAX = 6;
const METERING_MAX = 12;

describe('what a wave of due disks asks of Azure', () => {
  test('one PUT a disk, a few lists, metering within its bounds, and nothing refused', {
    timeout: 120_000,
  }, async () => {
    const { waves, failures } = await playWaves(DISKS);
    const [first, second] = waves;
    for (const wave of waves) {
      expect(wave).toMatchObject({ puts: DISKS, throttled: 0, grantsLeft: 0, rangeReads: DISKS });
      expect(wave.listPages).toBeLessThanOrEqual(6);
      expect(wave.others).toBeLessThanOrEqual(2);
    }
    // More than nothing: else a route that was renamed would count as none.
    expect(first?.meteringPerSnapshot).toBeGreaterThanOrEqual(2);
    expect(first?.meteringPerSnapshot).toBeLessThanOrEqual(METERING_OF_FIRST_MAX);
    expect(second?.meteringPerSnapshot).toBeLessThanOrEqual(METERING_MAX);
    expect(failures).toBe(0);
  });
});

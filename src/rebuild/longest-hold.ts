import type { EpochMs } from '../base/time.ts';
import type { Snapshot } from '../protect/ports.ts';
import { type Hold, readHoldTag, TAG_HOLD } from '../protect/protect.ts';

/** The hold that a point's snapshots still carry: of several the one that lasts longest. Who set it is not in the tag. */
export function longestHold(snapshots: readonly Snapshot[], now: EpochMs): Hold | null {
  let hold: Hold | null = null;
  for (const { tags } of snapshots) {
    const value = tags[TAG_HOLD];
    if (value === undefined) continue;
    const { until, reason } = readHoldTag(value);
    if (hold === null || (hold.until !== null && (until === null || until > hold.until))) {
      hold = { reason, until, by: 'Holdfast', at: now };
    }
  }
  return hold;
}

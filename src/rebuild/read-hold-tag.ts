import { type EpochMs, parseIso } from '../base/time.ts';
import type { Snapshot } from '../protect/ports.ts';
import { type Hold, TAG_HOLD } from '../protect/protect.ts';

const UNREADABLE = 'a hold that could not be read';

/**
 * The hold that a point's snapshots still carry: `<until, or "forever"> <reason>`. Who set it is not in the tag.
 *
 * Safety: what cannot be read holds for ever; of several the one that lasts longest.
 */
export function readHoldTag(snapshots: readonly Snapshot[], now: EpochMs): Hold | null {
  let hold: Hold | null = null;
  for (const { tags } of snapshots) {
    const value = tags[TAG_HOLD];
    if (value === undefined) continue;
    const [first = '', ...rest] = value.split(' ');
    const until = parseIso(first);
    const reason = until === null && first !== 'forever' ? UNREADABLE : rest.join(' ');
    if (hold === null || (hold.until !== null && (until === null || until > hold.until))) {
      hold = { reason, until, by: 'Holdfast', at: now };
    }
  }
  return hold;
}

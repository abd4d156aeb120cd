import { type EpochMs, formatIso, parseIso } from '../base/time.ts';

const FOREVER = 'forever';
const UNREADABLE = 'a hold that could not be read';
/** Source: Azure Resource Manager, tag limits. */
const MAX_TAG_VALUE = 256;

/** What a hold tag says. Shape: `until` is null for a hold that never expires. */
export interface TaggedHold {
  readonly until: EpochMs | null;
  readonly reason: string;
}

/** The value of the hold tag: until when, then why, as far as a tag has room. */
export function holdTag(hold: TaggedHold): string {
  return `${hold.until === null ? FOREVER : formatIso(hold.until)} ${hold.reason}`.slice(0, MAX_TAG_VALUE);
}

/** Reads a hold tag. Safety: what cannot be read holds for ever. */
export function readHoldTag(value: string): TaggedHold {
  const [first = '', ...rest] = value.split(' ');
  const until = parseIso(first);
  return { until, reason: until === null && first !== FOREVER ? UNREADABLE : rest.join(' ') };
}

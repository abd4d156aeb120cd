import type { EpochMs, ZoneId } from '../base/time.ts';
import { type OffsetSpan, offsetSpans } from '../base/zone-offsets.ts';

/** Length of the stretches of time that are looked at together: 2^35 ms, some 398 days. */
const STRETCH_MS = 2 ** 35;

/**
 * A zone's offsets, fast: milliseconds that its wall clock is ahead of UTC, by moment.
 * Asking the time library costs microseconds a point; here the moments of change are found once a stretch and remembered.
 */
export class ZoneOffsets {
  readonly #zone: ZoneId;
  readonly #stretches = new Map<number, readonly OffsetSpan[]>();
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;
  #offset = 0;

  constructor(zone: ZoneId) {
    this.#zone = zone;
  }

  /** The offset at a moment. Neighbouring moments answer from the last span. */
  at(instant: EpochMs): number {
    if (instant < this.#from || instant >= this.#to) this.#seek(instant);
    return this.#offset;
  }

  #seek(instant: EpochMs): void {
    const number = Math.floor(instant / STRETCH_MS);
    let spans = this.#stretches.get(number);
    if (!spans) {
      spans = offsetSpans(number * STRETCH_MS, (number + 1) * STRETCH_MS, this.#zone);
      this.#stretches.set(number, spans);
    }
    const span = spans.find(({ to }) => instant < to) as OffsetSpan;
    this.#from = span.from;
    this.#to = span.to;
    this.#offset = span.offsetMs;
  }
}

const known = new Map<ZoneId, ZoneOffsets>();

/** The remembered offsets of a zone. A pure memory: what it answers never changes. */
export function zoneOffsets(zone: ZoneId): ZoneOffsets {
  let offsets = known.get(zone);
  if (!offsets) {
    offsets = new ZoneOffsets(zone);
    known.set(zone, offsets);
  }
  return offsets;
}

import { type EpochMs, type ZoneId, zoneOffsetMs } from '../base/time.ts';

/** Length of the stretches of time that are looked at together: 2^35 ms, some 398 days. */
const STRETCH_MS = 2 ** 35;
/** No zone on record changes its offset twice within this time: four days. */
const PROBE_MS = 345_600_000;

/**
 * A zone's offsets, fast: milliseconds that its wall clock is ahead of UTC, by moment.
 * Asking the time library costs microseconds a point; here the moments of change are found once a stretch, by halving, and remembered.
 */
export class ZoneOffsets {
  readonly #zone: ZoneId;
  readonly #stretches = new Map<number, { readonly starts: readonly EpochMs[]; readonly offsets: readonly number[] }>();
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
    let stretch = this.#stretches.get(number);
    if (!stretch) {
      stretch = this.#explore(number * STRETCH_MS);
      this.#stretches.set(number, stretch);
    }
    const { starts, offsets } = stretch;
    let span = starts.length - 1;
    while (span > 0 && (starts[span] as number) > instant) span -= 1;
    this.#from = starts[span] as number;
    this.#to = starts[span + 1] ?? (number + 1) * STRETCH_MS;
    this.#offset = offsets[span] as number;
  }

  #explore(from: EpochMs): { starts: EpochMs[]; offsets: number[] } {
    let offset = zoneOffsetMs(from, this.#zone);
    const starts = [from];
    const offsets = [offset];
    const to = from + STRETCH_MS;
    for (let at = from; at < to; at += PROBE_MS) {
      const end = Math.min(at + PROBE_MS, to - 1);
      const after = zoneOffsetMs(end, this.#zone);
      if (after === offset) continue;
      let low = at;
      let high = end;
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if (zoneOffsetMs(middle, this.#zone) === offset) low = middle;
        else high = middle;
      }
      offset = after;
      starts.push(high);
      offsets.push(after);
    }
    return { starts, offsets };
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

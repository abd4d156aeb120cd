import { mix } from './contents.ts';
import type { VolumeBytes } from './volume-bytes.ts';

const DAY_MS = 86_400_000;
/** File systems write whole blocks of this size. */
const BLOCK_BYTES = 4_096;
/** The hot area is this many places, each as long as the longest write. */
const HOT_PLACES = 64;
const WRITE_BYTES_TYPICAL = 262_144;
const WRITES_PER_DAY_MAX = 4_000;

type WorkloadOptions = {
  volume: VolumeBytes;
  seed: number;
  startMs: number;
  bytesPerDay: number;
  clearBytesPerDay?: number;
  hotFraction?: number;
  writesPerDay?: number;
};

/**
 * A machine that writes to its disk: `bytesPerDay` in writes of half to one and a half times the mean, of which the share `hotFraction` hits a
 * small hot area again and again and the rest falls anywhere on the disk; and that frees (TRIM) about `clearBytesPerDay` of what it wrote.
 *
 * Event n happens at a time, and at a place, that depend on the options and n alone: however time is advanced, the bytes are the same.
 */
export class Workload {
  readonly #volume: VolumeBytes;
  readonly #seed: number;
  readonly #startMs: number;
  readonly #eventsPerDay: number;
  readonly #clearFraction: number;
  readonly #hotFraction: number;
  readonly #meanBlocks: number;
  readonly #hotBlock: number;
  /** The disk's size at the start: growing it must not move what comes. */
  readonly #sizeBlocks: number;
  #eventsDone = 0;

  constructor(options: WorkloadOptions) {
    const writesPerDay =
      options.bytesPerDay <= 0 ? 0 : (options.writesPerDay ?? usualWritesPerDay(options.bytesPerDay));
    const clearsPerDay =
      writesPerDay === 0 ? 0 : (writesPerDay * (options.clearBytesPerDay ?? 0)) / options.bytesPerDay;
    this.#volume = options.volume;
    this.#seed = options.seed;
    this.#startMs = options.startMs;
    this.#eventsPerDay = writesPerDay + clearsPerDay;
    this.#clearFraction = this.#eventsPerDay === 0 ? 0 : clearsPerDay / this.#eventsPerDay;
    this.#hotFraction = options.hotFraction ?? 0.5;
    this.#sizeBlocks = Math.floor(options.volume.sizeBytes / BLOCK_BYTES);
    const wantedBlocks = writesPerDay === 0 ? 1 : Math.round(options.bytesPerDay / writesPerDay / BLOCK_BYTES);
    this.#meanBlocks = Math.min(
      Math.max(1, wantedBlocks),
      Math.max(1, Math.floor(this.#sizeBlocks / (4 * HOT_PLACES))),
    );
    const hotBlocks = HOT_PLACES * 2 * this.#meanBlocks;
    this.#hotBlock = Math.floor(fraction(options.seed, -1, 0) * Math.max(1, this.#sizeBlocks - hotBlocks));
  }

  /** Does all that happens up to and at the moment; earlier moments than before do nothing. */
  advanceTo(nowMs: number): void {
    const due = Math.floor(((nowMs - this.#startMs) * this.#eventsPerDay) / DAY_MS);
    for (; this.#eventsDone < due; this.#eventsDone += 1) this.#happen(this.#eventsDone);
  }

  #happen(event: number): void {
    if (event > 0 && fraction(this.#seed, event, 0) < this.#clearFraction) {
      // What is freed is what some earlier event wrote, as when a file is deleted.
      const place = this.#place(Math.floor(fraction(this.#seed, event, 1) * event));
      this.#volume.clear(place.offset, place.length);
    } else {
      const place = this.#place(event);
      this.#volume.writeSeeded(place.offset, place.length);
    }
  }

  #place(event: number): { offset: number; length: number } {
    const blocks = Math.max(1, Math.round(this.#meanBlocks * (0.5 + fraction(this.#seed, event, 2))));
    const where = fraction(this.#seed, event, 3);
    const hot = fraction(this.#seed, event, 4) < this.#hotFraction;
    const last = Math.max(0, this.#sizeBlocks - blocks);
    const block = hot
      ? Math.min(last, this.#hotBlock + Math.floor(where * HOT_PLACES) * 2 * this.#meanBlocks)
      : Math.floor(where * (last + 1));
    return { offset: block * BLOCK_BYTES, length: blocks * BLOCK_BYTES };
  }
}

function usualWritesPerDay(bytesPerDay: number): number {
  return Math.min(WRITES_PER_DAY_MAX, Math.max(24, Math.round(bytesPerDay / WRITE_BYTES_TYPICAL)));
}

/** A number from 0 to below 1 that belongs to the question asked about an event. */
function fraction(seed: number, event: number, question: number): number {
  const high = mix(mix(mix(seed) + event) + question);
  const low = mix(high + event + question + 1);
  return ((high >>> 0) + (low >>> 0) / 2 ** 32) / 2 ** 32;
}

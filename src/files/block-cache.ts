import { KIB, MIB } from '../base/bytes.ts';
import type { ByteReader, Tools } from './ports.ts';

/** What is fetched at least: below it the way to Azure costs more than the bytes. */
const BLOCK_BYTES = 64 * KIB;
/** What is kept of one disk. */
const CACHE_BYTES = 16 * MIB;
/** How far reading ahead of a stream goes. */
const AHEAD_BYTES_MAX = 2 * MIB;
/** One request of this size at most; larger ones are made side by side. */
const REQUEST_BYTES_MAX = 1 * MIB;
/** How many of the newest blocks a read is looked for behind, to be taken as going on. */
const STREAMS = 4;

/** What reading has cost so far. */
export interface ReadCounts {
  readonly requests: number;
  readonly bytes: number;
}

/**
 * Reads a disk by blocks: what was fetched is kept for a while, and who reads on is read ahead for, twice as far each time.
 *
 * Shape:  reads side by side share what is on its way. 64 KiB a block, at most 16 MiB kept.
 * Errors: `damaged` for bytes outside the disk: a file system that points there is not sound.
 */
export class BlockCache implements ByteReader {
  readonly sizeBytes: number;
  readonly #fetch: (offset: number, length: number) => Promise<Uint8Array>;
  readonly #tools: Tools;
  readonly #blocks = new Map<number, Promise<Uint8Array>>();
  /** Blocks that the last reads ended with, and how far ahead of each was read. */
  readonly #streams: { next: number; ahead: number }[] = [];
  #requests = 0;
  #bytes = 0;

  constructor(sizeBytes: number, fetch: (offset: number, length: number) => Promise<Uint8Array>, tools: Tools) {
    this.sizeBytes = sizeBytes;
    this.#fetch = fetch;
    this.#tools = tools;
  }

  get counts(): ReadCounts {
    return { requests: this.#requests, bytes: this.#bytes };
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (
      !Number.isSafeInteger(offset) ||
      !Number.isSafeInteger(length) ||
      offset < 0 ||
      length < 0 ||
      offset + length > this.sizeBytes
    )
      throw this.#tools.fault('damaged', 'The file system points outside the disk', { offset, length });
    if (length === 0) return new Uint8Array(0);
    const first = Math.floor(offset / BLOCK_BYTES);
    const last = Math.floor((offset + length - 1) / BLOCK_BYTES);
    this.#want(first, last + this.#aheadOf(first, last));
    const bytes = new Uint8Array(length);
    for (let block = first; block <= last; block += 1) {
      // Asked for again where a long read has pushed its own beginning out of the cache.
      if (!this.#blocks.has(block)) this.#want(block, last);
      const content = await (this.#blocks.get(block) as Promise<Uint8Array>);
      const start = block * BLOCK_BYTES;
      const from = Math.max(offset, start);
      const to = Math.min(offset + length, start + content.length);
      bytes.set(content.subarray(from - start, to - start), from - offset);
    }
    return bytes;
  }

  /** How many blocks to read ahead: none for a read that stands alone. */
  #aheadOf(first: number, last: number): number {
    const known = this.#streams.findIndex(({ next }) => next === first || next === first + 1);
    const stream = known < 0 ? { next: 0, ahead: 0 } : (this.#streams.splice(known, 1)[0] ?? { next: 0, ahead: 0 });
    const moved = last + 1 - stream.next;
    const grows = known >= 0 && moved > 0;
    const ahead = grows
      ? Math.min(Math.max(2 * stream.ahead, last - first + 1), AHEAD_BYTES_MAX / BLOCK_BYTES)
      : stream.ahead;
    this.#streams.push({ next: last + 1, ahead });
    if (this.#streams.length > STREAMS) this.#streams.shift();
    return grows ? ahead : 0;
  }

  /** Begins to fetch the blocks that are not there, neighbours in one request. */
  #want(first: number, last: number): void {
    const end = Math.min(last, Math.ceil(this.sizeBytes / BLOCK_BYTES) - 1);
    let from = -1;
    for (let block = first; block <= end + 1; block += 1) {
      const missing = block <= end && !this.#touch(block);
      const full = from >= 0 && (block - from) * BLOCK_BYTES >= REQUEST_BYTES_MAX;
      if (from >= 0 && (!missing || full)) {
        this.#request(from, block);
        from = -1;
      }
      if (missing && from < 0) from = block;
    }
  }

  #request(from: number, to: number): void {
    const offset = from * BLOCK_BYTES;
    const length = Math.min(to * BLOCK_BYTES, this.sizeBytes) - offset;
    this.#requests += 1;
    this.#bytes += length;
    const fetched = this.#fetch(offset, length);
    for (let block = from; block < to; block += 1) {
      const start = (block - from) * BLOCK_BYTES;
      const content = fetched.then((bytes) => bytes.subarray(start, start + BLOCK_BYTES));
      // Nobody may be waiting for what is read ahead; who reads the block later is told, or fetches it anew.
      content.catch(() => {
        if (this.#blocks.get(block) === content) this.#blocks.delete(block);
      });
      this.#blocks.set(block, content);
    }
    for (const block of this.#blocks.keys()) {
      if (this.#blocks.size * BLOCK_BYTES <= CACHE_BYTES) break;
      this.#blocks.delete(block);
    }
  }

  /** True where a block is there; it then counts as used just now. */
  #touch(block: number): boolean {
    const content = this.#blocks.get(block);
    if (content === undefined) return false;
    this.#blocks.delete(block);
    this.#blocks.set(block, content);
    return true;
  }
}

/** A stretch of a reader as a reader of its own: what lies outside it is outside the disk. */
export function sliceOf(reader: ByteReader, offset: number, sizeBytes: number, tools: Tools): ByteReader {
  return {
    sizeBytes,
    read: async (at, length) => {
      if (!Number.isSafeInteger(at) || !Number.isSafeInteger(length) || at < 0 || length < 0 || at + length > sizeBytes)
        throw tools.fault('damaged', 'The file system points outside its partition', { offset: at, length });
      return reader.read(offset + at, length);
    },
  };
}

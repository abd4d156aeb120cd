import { assert } from '../base/assert.ts';

/** Collects whole numbers from 0 to 2^53 − 1 as bytes: seven bits each, least first, the high bit set on all but the last. */
export class ByteSink {
  #bytes = new Uint8Array(1_024);
  #used = 0;

  put(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, 'only whole numbers that are not negative can be written');
    if (this.#used + 8 > this.#bytes.length) {
      const grown = new Uint8Array(this.#bytes.length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#used] = (rest % 128) + 128;
      this.#used += 1;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#used] = rest;
    this.#used += 1;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#used);
  }
}

/** Reads back what a ByteSink has written. Throws what `damaged` makes where a number is cut off or larger than 2^53 − 1. */
export class ByteSource {
  readonly #bytes: Uint8Array;
  readonly #damaged: () => Error;
  #at = 0;

  constructor(bytes: Uint8Array, damaged: () => Error) {
    this.#bytes = bytes;
    this.#damaged = damaged;
  }

  take(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw this.#damaged();
      this.#at += 1;
      value += (byte & 127) * scale;
      if (!Number.isSafeInteger(value)) throw this.#damaged();
      if (byte < 128) return value;
      scale *= 128;
    }
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }
}

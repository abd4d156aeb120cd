import { readImage } from './read-image.ts';
import type { VolumeBytes } from './volume-bytes.ts';

/** Packed images that are laid over a disk when their moment has come. Units: epoch milliseconds of the sandbox clock. */
export class ImageChanges {
  readonly #volume: VolumeBytes;
  #due: readonly { readonly atMs: number; readonly path: string }[];

  constructor(volume: VolumeBytes, changes: readonly { readonly atMs: number; readonly path: string }[]) {
    this.#volume = volume;
    this.#due = [...changes].sort((a, b) => a.atMs - b.atMs);
  }

  /** Does all that happens up to and at the moment; earlier moments than before do nothing. */
  advanceTo(nowMs: number): void {
    const now = this.#due.filter(({ atMs }) => atMs <= nowMs);
    if (now.length === 0) return;
    this.#due = this.#due.slice(now.length);
    for (const { path } of now) for (const { offset, bytes } of readImage(path)) this.#volume.writeBytes(offset, bytes);
  }
}

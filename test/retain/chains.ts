import type { Extents } from '../../src/retain/block-lives.ts';

/** What a snapshot of a small disk did to each block: `w`rote, `c`leared, or `.` left it. */
export type Touches = string;

export const BLOCK = 512;

/** Turns touches into ranges: neighbouring blocks of a kind join, where `join` says so. */
export function extentsOf(touches: Touches, join = true): Extents {
  const lists = { w: [] as number[], c: [] as number[] };
  for (const [block, touch] of [...touches].entries()) {
    if (touch !== 'w' && touch !== 'c') continue;
    const list = lists[touch];
    const end = (list.at(-2) ?? 0) + (list.at(-1) ?? 0);
    if (join && list.length > 0 && end === block * BLOCK) list[list.length - 1] = (list.at(-1) as number) + BLOCK;
    else list.push(block * BLOCK, BLOCK);
  }
  return { written: Float64Array.from(lists.w), cleared: Float64Array.from(lists.c) };
}

/**
 * What a kept set of snapshots stores, told block by block: the content a snapshot shows is its last write at or before it, and each content is stored
 * once. It knows nothing of edges or sums.
 */
export function storedBytes(chain: readonly Touches[], kept: (snapshot: number) => boolean): number {
  const contents = new Set<string>();
  for (let snapshot = 0; snapshot < chain.length; snapshot += 1) {
    if (!kept(snapshot)) continue;
    for (let block = 0; block < (chain[0]?.length ?? 0); block += 1) {
      for (let at = snapshot; at >= 0; at -= 1) {
        const touch = chain[at]?.[block];
        if (touch === 'w') contents.add(`${block}@${at}`);
        if (touch === 'w' || touch === 'c') break;
      }
    }
  }
  return contents.size * BLOCK;
}

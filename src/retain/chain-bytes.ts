import type { BlockLives } from './block-lives.ts';

/**
 * What a chain stores, and what deleting from it frees.
 *
 * Units: bytes. `freedBytes` by snapshot, 0 for those that stay; taken one after another, oldest first, so that they sum to `before - after`.
 */
export interface ChainBytes {
  readonly before: number;
  readonly after: number;
  readonly freedBytes: Float64Array;
}

/**
 * Weighs a chain before and after deletions.
 * Bytes are stored once as long as any snapshot that shows them is there, so they are freed when the last of those goes: oldest first, that is the newest one.
 * This equals the sum of D over neighbours in the contract, without a square of edges: it holds for chains of any length.
 */
export function weighChain(lives: BlockLives, kept: Uint8Array): ChainBytes {
  const nextKept = new Int32Array(lives.snapshots + 1);
  nextKept[lives.snapshots] = lives.snapshots;
  for (let at = lives.snapshots - 1; at >= 0; at -= 1)
    nextKept[at] = kept[at] === 1 ? at : (nextKept[at + 1] as number);
  const freedBytes = new Float64Array(lives.snapshots);
  let before = 0;
  let after = 0;
  for (let entry = 0; entry < lives.bytes.length; entry += 1) {
    const bytes = lives.bytes[entry] as number;
    const until = lives.until[entry] as number;
    before += bytes;
    if ((nextKept[lives.from[entry] as number] as number) < until) after += bytes;
    else freedBytes[until - 1] = (freedBytes[until - 1] as number) + bytes;
  }
  return { before, after, freedBytes };
}

/**
 * The edges between some snapshots of a chain: how many bytes a snapshot adds where another is the one kept before it.
 *
 * Shape:  `edges[i * width + j]`, 0 <= i < j <= number of nodes: D(i, j) of the contract; node 0 is "before the first", node j is `nodes[j - 1]`.
 *         `width` is the number of nodes + 1.
 * Units:  bytes.
 */
export function edgeBytes(lives: BlockLives, nodes: Int32Array): Float64Array {
  const width = nodes.length + 1;
  const sums = new Float64Array(width * width);
  // Only kept snapshots are nodes: bytes belong to the first node that shows them, and end at the first node that does not.
  const nodeAtOrAfter = new Int32Array(lives.snapshots + 1);
  let node = nodes.length;
  for (let snapshot = lives.snapshots; snapshot >= 0; snapshot -= 1) {
    while (node > 0 && (nodes[node - 1] as number) >= snapshot) node -= 1;
    nodeAtOrAfter[snapshot] = node + 1;
  }
  for (let entry = 0; entry < lives.bytes.length; entry += 1) {
    const first = nodeAtOrAfter[lives.from[entry] as number] as number;
    const last = (nodeAtOrAfter[lives.until[entry] as number] as number) - 1;
    if (first > last) continue;
    // Shown by the nodes first..last. D(i, j) is the sum over i < first <= j <= last, so row i starts with what is first shown by node i + 1.
    const cell = (first - 1) * width + last;
    sums[cell] = (sums[cell] as number) + (lives.bytes[entry] as number);
  }
  return sumEdges(sums, width);
}

/** Sums in place: first along each row from the right (all that live on beyond j), then up each column (all written after i). */
function sumEdges(cells: Float64Array, width: number): Float64Array {
  for (let row = 0; row < width; row += 1) {
    for (let column = width - 2; column > row; column -= 1) {
      const cell = row * width + column;
      cells[cell] = (cells[cell] as number) + (cells[cell + 1] as number);
    }
  }
  for (let row = width - 3; row >= 0; row -= 1) {
    for (let column = row + 2; column < width; column += 1) {
      const cell = row * width + column;
      cells[cell] = (cells[cell] as number) + (cells[cell + width] as number);
    }
  }
  return cells;
}

import type { BlockReader, ExtInode } from './ext-inode.ts';
import type { ExtLayout } from './ext-layout.ts';
import type { Tools } from './ports.ts';

/** Blocks of a file side by side; `physical` is null for a hole, which reads as zeros. */
export interface BlockRun {
  readonly logical: number;
  readonly physical: number | null;
  readonly count: number;
}

const EXTENT_MAGIC = 0xf30a;
const EXTENT_BYTES = 12;
/** Source: https://docs.kernel.org/filesystems/ext4/ifork.html: at most five levels; a length above 32,768 is allocated and never written. */
const DEPTH_MAX = 5;
const WRITTEN_MAX = 32_768;
/** Nodes of a file's tree that one read may visit: the tree of a whole, shattered disk has fewer. */
const NODES_MAX = 200_000;
const DIRECT_BLOCKS = 12;

/**
 * The blocks of a file from one on, in order, up to `end`.
 *
 * Shape:  holes are runs too, so that every block is answered once.
 * Errors: `damaged` for a tree that does not go down, or blocks out of order: it therefore ends.
 */
export async function* blockRuns(
  inode: ExtInode,
  from: number,
  end: number,
  given: { readonly layout: ExtLayout; readonly readBlock: BlockReader; readonly tools: Tools },
): AsyncIterable<BlockRun> {
  let next = from;
  const runs = inode.hasExtents
    ? extentRuns(inode.root, null, { ...given, from, end, visited: { nodes: 0 } })
    : pointerRuns(inode, from, end, given);
  for await (const run of runs) {
    const first = Math.max(run.logical, next);
    const last = Math.min(run.logical + run.count, end);
    if (last <= first) continue;
    if (first > next) yield { logical: next, physical: null, count: first - next };
    yield {
      logical: first,
      physical: run.physical === null ? null : run.physical + (first - run.logical),
      count: last - first,
    };
    next = last;
    if (next >= end) return;
  }
  if (next < end) yield { logical: next, physical: null, count: end - next };
}

interface ExtentWalk {
  readonly from: number;
  readonly end: number;
  readonly visited: { nodes: number };
  readonly readBlock: BlockReader;
  readonly tools: Tools;
}

async function* extentRuns(node: Uint8Array, depth: number | null, walk: ExtentWalk): AsyncIterable<BlockRun> {
  const view = new DataView(node.buffer, node.byteOffset, node.byteLength);
  const entries = view.getUint16(2, true);
  const ownDepth = view.getUint16(6, true);
  walk.visited.nodes += 1;
  const sound =
    view.getUint16(0, true) === EXTENT_MAGIC &&
    EXTENT_BYTES * (entries + 1) <= node.byteLength &&
    (depth === null ? ownDepth <= DEPTH_MAX : ownDepth === depth) &&
    walk.visited.nodes <= NODES_MAX;
  if (!sound) throw walk.tools.fault('damaged', 'The tree that leads to a file’s blocks makes no sense');
  let before = -1;
  for (let index = 0; index < entries; index += 1) {
    const at = EXTENT_BYTES * (index + 1);
    const logical = view.getUint32(at, true);
    if (logical <= before) throw walk.tools.fault('damaged', 'The blocks of a file are out of order');
    before = logical;
    if (logical >= walk.end) return;
    if (ownDepth === 0) {
      const length = view.getUint16(at + 4, true);
      const written = length <= WRITTEN_MAX;
      const count = written ? length : length - WRITTEN_MAX;
      const physical = view.getUint16(at + 6, true) * 2 ** 32 + view.getUint32(at + 8, true);
      if (logical + count > walk.from) yield { logical, physical: written ? physical : null, count };
    } else {
      const nextLogical = index + 1 < entries ? view.getUint32(at + EXTENT_BYTES, true) : Number.POSITIVE_INFINITY;
      if (nextLogical <= walk.from) continue;
      const child = view.getUint16(at + 8, true) * 2 ** 32 + view.getUint32(at + 4, true);
      yield* extentRuns(await walk.readBlock(child), ownDepth - 1, walk);
    }
  }
}

/** The blocks of a file of ext2 and ext3: twelve pointers, then pointers to blocks of pointers, up to three deep. */
async function* pointerRuns(
  inode: ExtInode,
  from: number,
  end: number,
  { layout, readBlock }: { readonly layout: ExtLayout; readonly readBlock: BlockReader },
): AsyncIterable<BlockRun> {
  const perBlock = layout.blockBytes / 4;
  const root = new DataView(inode.root.buffer, inode.root.byteOffset, inode.root.byteLength);
  let logical = from;
  while (logical < end) {
    let rest = logical - DIRECT_BLOCKS;
    let pointers = root;
    let slot = logical;
    if (rest >= 0) {
      let level = 1;
      while (level <= 3 && rest >= perBlock ** level) {
        rest -= perBlock ** level;
        level += 1;
      }
      if (level > 3) return;
      let pointer = root.getUint32((DIRECT_BLOCKS + level - 1) * 4, true);
      for (; level > 0 && pointer !== 0; level -= 1) {
        const bytes = await readBlock(pointer);
        pointers = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        slot = Math.floor(rest / perBlock ** (level - 1)) % perBlock;
        if (level > 1) pointer = pointers.getUint32(slot * 4, true);
      }
      if (pointer === 0) {
        // A hole as wide as what the missing block would have led to.
        const width = perBlock ** level;
        const skipped = width - (rest % width);
        yield { logical, physical: null, count: skipped };
        logical += skipped;
        continue;
      }
    }
    const slots = pointers === root ? DIRECT_BLOCKS : perBlock;
    const first = pointers.getUint32(slot * 4, true);
    let count = 1;
    while (slot + count < slots && logical + count < end) {
      const pointer = pointers.getUint32((slot + count) * 4, true);
      if (first === 0 ? pointer !== 0 : pointer !== first + count) break;
      count += 1;
    }
    yield { logical, physical: first === 0 ? null : first, count };
    logical += count;
  }
}

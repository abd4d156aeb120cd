import { MIB } from '../base/bytes.ts';
import type { BlockReader, ExtInodes } from './ext-inode.ts';
import type { ExtLayout } from './ext-layout.ts';
import { blockRuns } from './ext-runs.ts';
import type { Tools } from './ports.ts';

/** Where the journal holds a newer content of a block. An escaped one began with the journal's own mark, which was taken out. */
export interface NewerBlock {
  readonly at: number;
  readonly escaped: boolean;
}

/** What the journal adds to the file system. `note` says so where it could not be read to its end. */
export interface Replayed {
  readonly newer: ReadonlyMap<number, NewerBlock>;
  readonly note: string | null;
}

/** What a listing says where the journal holds more than was read. */
export const NOT_REPLAYED = 'journal not replayed';

const NOTHING: Replayed = { newer: new Map(), note: null };
const UNREAD: Replayed = { newer: new Map(), note: NOT_REPLAYED };

/** Source: https://docs.kernel.org/filesystems/ext4/journal.html; all of it is big-endian. */
const MAGIC = 0xc03b3998;
const KIND = { descriptor: 1, commit: 2, superblock: 4, revoke: 5 } as const;
const FEATURE = { wide: 0x2, checksums2: 0x8, checksums3: 0x10, fastCommit: 0x20 } as const;
const FEATURES_KNOWN = 0x3f;
const TAG = { escaped: 1, sameId: 2, last: 8 } as const;
const HEAD_BYTES = 12;
/** So much of a journal is read through; more than that waits on no machine that is not out of breath. */
const LOG_BYTES_MAX = 256 * MIB;
const BLOCKS_MAX = 200_000;

/**
 * Reads the journal of a file system that was not unmounted: what a machine's own start would replay, laid over the blocks instead of written.
 *
 * Shape:  blocks by number, the newest committed content of each that no later revocation took back.
 * Safety: nonsense in the journal leaves it out as a whole and says so; its length, and what it may name, are bounded.
 */
export async function replayJournal(
  layout: ExtLayout,
  readBlock: BlockReader,
  inodes: ExtInodes,
  tools: Tools,
): Promise<Replayed> {
  if (!layout.journalDirty) return NOTHING;
  if (layout.journalInode === null) return UNREAD;
  try {
    const inode = await inodes.get(layout.journalInode);
    const places: { readonly logical: number; readonly physical: number; readonly count: number }[] = [];
    const length = Math.floor(inode.sizeBytes / layout.blockBytes);
    for await (const { logical, physical, count } of blockRuns(inode, 0, length, { layout, readBlock, tools })) {
      if (physical === null || places.length > 10_000) return UNREAD;
      places.push({ logical, physical, count });
    }
    const physicalOf = (block: number): number | null => {
      const place = places.find(({ logical, count }) => block >= logical && block < logical + count);
      return place ? place.physical + (block - place.logical) : null;
    };
    return await readLog(layout, readBlock, physicalOf);
  } catch (error) {
    if (!tools.isFault(error)) throw error;
    return UNREAD;
  }
}

interface LogShape {
  readonly first: number;
  readonly end: number;
  readonly wide: boolean;
  readonly checksums2: boolean;
  readonly checksums3: boolean;
}

async function readLog(
  layout: ExtLayout,
  readBlock: BlockReader,
  physicalOf: (block: number) => number | null,
): Promise<Replayed> {
  const own = physicalOf(0);
  if (own === null) return UNREAD;
  const head = viewOf(await readBlock(own));
  const features = head.getUint32(40);
  const isWhole =
    head.getUint32(0) === MAGIC && head.getUint32(4) === KIND.superblock && head.getUint32(12) === layout.blockBytes;
  if (!isWhole || (features & ~FEATURES_KNOWN) !== 0) return UNREAD;
  const start = head.getUint32(28);
  if (start === 0) return NOTHING;
  const hasFastCommits = (features & FEATURE.fastCommit) !== 0;
  const fastBlocks = hasFastCommits ? head.getUint32(84) || 256 : 0;
  const log: LogShape = {
    first: head.getUint32(20),
    end: head.getUint32(16) - fastBlocks,
    wide: (features & FEATURE.wide) !== 0,
    checksums2: (features & FEATURE.checksums2) !== 0,
    checksums3: (features & FEATURE.checksums3) !== 0,
  };
  if (log.first < 1 || log.end <= log.first || start < log.first || start >= log.end) return UNREAD;
  const read = await readTransactions(log, start, head.getUint32(24), layout, readBlock, physicalOf);
  // Fast commits come behind the last whole one, in a form of their own that is not read.
  return read !== null && hasFastCommits ? { ...read, note: NOT_REPLAYED } : (read ?? UNREAD);
}

async function readTransactions(
  log: LogShape,
  start: number,
  firstSequence: number,
  layout: ExtLayout,
  readBlock: BlockReader,
  physicalOf: (block: number) => number | null,
): Promise<Replayed | null> {
  const step = (position: number, blocks: number) =>
    log.first + ((position - log.first + blocks) % (log.end - log.first));
  const newer = new Map<number, NewerBlock & { readonly sequence: number }>();
  const revokedAt = new Map<number, number>();
  let pending: { block: number; at: number; escaped: boolean }[] = [];
  let revoked: number[] = [];
  let sequence = firstSequence;
  let position = start;
  for (let passed = 0; passed < log.end - log.first; ) {
    if (passed * layout.blockBytes > LOG_BYTES_MAX || newer.size > BLOCKS_MAX || revokedAt.size > BLOCKS_MAX)
      return null;
    const at = physicalOf(position);
    if (at === null) return null;
    const bytes = await readBlock(at);
    const view = viewOf(bytes);
    if (view.getUint32(0) !== MAGIC || view.getUint32(8) !== sequence) break;
    const kind = view.getUint32(4);
    let blocks = 1;
    if (kind === KIND.descriptor) {
      const tags = readTags(view, log);
      for (const [index, tag] of tags.entries()) {
        const content = physicalOf(step(position, 1 + index));
        if (content === null) return null;
        pending.push({ block: tag.block, at: content, escaped: tag.escaped });
      }
      blocks += tags.length;
    } else if (kind === KIND.revoke) revoked.push(...readRevoked(view, log));
    else if (kind === KIND.commit) {
      for (const block of revoked) revokedAt.set(block, sequence);
      for (const { block, at: content, escaped } of pending) newer.set(block, { at: content, escaped, sequence });
      pending = [];
      revoked = [];
      sequence = (sequence + 1) >>> 0;
    } else break;
    passed += blocks;
    position = step(position, blocks);
  }
  for (const [block, since] of revokedAt) if ((newer.get(block)?.sequence ?? since + 1) <= since) newer.delete(block);
  return { newer, note: null };
}

interface BlockTag {
  readonly block: number;
  readonly escaped: boolean;
}

/** Source: the same, block tags: their size depends on the journal's features, and the first of a block is followed by an id. */
function readTags(view: DataView, log: LogShape): readonly BlockTag[] {
  const tags: BlockTag[] = [];
  const tagBytes = log.checksums3 ? 16 : (log.wide ? 12 : 8) + (log.checksums2 ? 2 : 0);
  const end = view.byteLength - (log.checksums2 || log.checksums3 ? 4 : 0);
  for (let at = HEAD_BYTES; at + tagBytes <= end; ) {
    const flags = log.checksums3 ? view.getUint32(at + 4) : view.getUint16(at + 6);
    const high = log.wide ? view.getUint32(at + 8) : 0;
    tags.push({ block: view.getUint32(at) + high * 2 ** 32, escaped: (flags & TAG.escaped) !== 0 });
    if ((flags & TAG.last) !== 0) break;
    at += tagBytes + ((flags & TAG.sameId) === 0 ? 16 : 0);
  }
  return tags;
}

function readRevoked(view: DataView, log: LogShape): readonly number[] {
  const revoked: number[] = [];
  const width = log.wide ? 8 : 4;
  const end = Math.min(view.getUint32(HEAD_BYTES), view.byteLength);
  for (let at = HEAD_BYTES + 4; at + width <= end; at += width)
    revoked.push(log.wide ? view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4) : view.getUint32(at));
  return revoked;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

import { describe, expect, it } from 'vitest';
import type { ChainNode } from '../../src/cost/chain-node.ts';
import { segmentsOf } from '../../src/retain/chain-segments.ts';

/** A node by name; measured against `base` ('' for nothing) unless that is null. */
function node(key: string, base: string | null, rest: Partial<ChainNode> = {}): ChainNode {
  return {
    key,
    pointId: `point-${key}`,
    policy: 'gold',
    snapshotId: `/s/${key}`,
    familyId: 'family',
    sizeBytes: 1_000,
    sectorBytes: 512,
    network: { policy: 'DenyAll', publicAccess: 'Disabled', diskAccessId: null },
    createdAt: 0,
    state: 'kept',
    base: base === '' ? null : base,
    writtenBytes: base === null ? null : 10,
    billedBytes: null,
    attempts: 0,
    error: null,
    etag: '',
    ...rest,
  };
}

const rows: readonly {
  readonly name: string;
  readonly nodes: readonly ChainNode[];
  readonly segments: readonly { readonly keys: string; readonly measured: number }[];
}[] = [
  { name: 'no node', nodes: [], segments: [] },
  {
    name: 'each measured against the one before',
    nodes: [node('a', ''), node('b', 'a'), node('c', 'b')],
    segments: [{ keys: 'a b c', measured: 3 }],
  },
  {
    name: 'the newest not measured yet',
    nodes: [node('a', ''), node('b', 'a'), node('c', null)],
    segments: [{ keys: 'a b c', measured: 2 }],
  },
  {
    name: 'one in the middle not measured: what comes after it is not known either',
    nodes: [node('a', ''), node('b', null), node('c', 'b')],
    segments: [{ keys: 'a b c', measured: 1 }],
  },
  {
    name: 'one that is being deleted, and measured against',
    nodes: [node('a', ''), node('b', 'a', { state: 'deleting' }), node('c', 'b')],
    segments: [{ keys: 'a b c', measured: 3 }],
  },
  {
    name: 'one that is being deleted, and was measured past',
    nodes: [node('a', ''), node('b', 'a', { state: 'deleting' }), node('c', 'a')],
    segments: [{ keys: 'a c', measured: 2 }],
  },
  {
    name: 'the oldest is being deleted, and was measured past',
    nodes: [node('a', '', { state: 'deleting' }), node('b', '')],
    segments: [{ keys: 'b', measured: 1 }],
  },
  {
    name: 'two that are measured against the same one: which of them holds what is not known',
    nodes: [node('a', ''), node('b', 'a'), node('c', 'a')],
    segments: [{ keys: 'a b c', measured: 2 }],
  },
  {
    name: 'one in the middle that is measured against nothing',
    nodes: [node('a', ''), node('b', '')],
    segments: [{ keys: 'a b', measured: 1 }],
  },
  {
    name: 'two families of one disk',
    nodes: [
      node('a', '', { familyId: 'one' }),
      node('b', '', { familyId: 'two' }),
      node('c', 'a', { familyId: 'one' }),
    ],
    segments: [
      { keys: 'a c', measured: 2 },
      { keys: 'b', measured: 1 },
    ],
  },
  {
    name: 'without a family each stands alone',
    nodes: [node('a', '', { familyId: null }), node('b', null, { familyId: null })],
    segments: [
      { keys: 'a', measured: 1 },
      { keys: 'b', measured: 0 },
    ],
  },
];

describe('segmentsOf', () => {
  it.each(rows)('$name', ({ nodes, segments }) => {
    const found = segmentsOf(nodes).map((segment) => ({
      keys: segment.nodes.map(({ key }) => key).join(' '),
      measured: segment.measured,
    }));
    expect(found).toEqual(segments);
  });
});

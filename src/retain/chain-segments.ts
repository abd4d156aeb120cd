import type { ChainNode } from '../cost/cost.ts';

/**
 * The snapshots of one disk that build on each other, oldest first.
 *
 * Shape:  `nodes` holds every kept snapshot, and those being deleted that a later one is still measured against. The first `measured` of them are
 *         measured against the one before them (the very first against nothing); from there on something is not known.
 */
export interface ChainSegment {
  readonly familyId: string | null;
  readonly nodes: readonly ChainNode[];
  readonly measured: number;
}

interface Building {
  readonly familyId: string | null;
  readonly nodes: ChainNode[];
  measured: number | null;
}

/**
 * Orders the nodes of a disk into segments, one for each family.
 *
 * Safety: a node that is measured against another one than stands before it makes everything from there on unmeasured: doubt is never weighed.
 */
export function segmentsOf(nodes: readonly ChainNode[]): readonly ChainSegment[] {
  const byFamily = new Map<string, Building>();
  for (const node of nodes) {
    // Without a family nobody knows what it builds on: a segment of its own.
    const family = node.familyId ?? `?${node.key}`;
    const segment = byFamily.get(family) ?? { familyId: node.familyId, nodes: [], measured: null };
    byFamily.set(family, segment);
    append(segment, node);
  }
  return [...byFamily.values()]
    .filter((segment) => segment.nodes.length > 0)
    .map(({ familyId, nodes: ordered, measured }) => ({
      familyId,
      nodes: ordered,
      measured: measured ?? ordered.length,
    }));
}

function append(segment: Building, node: ChainNode): void {
  const { nodes } = segment;
  const known = node.writtenBytes !== null && segment.measured === null;
  if (node.state === 'deleting') {
    // Where nothing is measured against it, it is as good as gone.
    if (known && node.base === (nodes.at(-1)?.key ?? null)) nodes.push(node);
    return;
  }
  // What came later was measured past those that were being deleted already.
  while (known && nodes.at(-1)?.state === 'deleting' && nodes.at(-1)?.key !== node.base) nodes.pop();
  if (segment.measured === null && (!known || node.base !== (nodes.at(-1)?.key ?? null)))
    segment.measured = nodes.length;
  nodes.push(node);
}

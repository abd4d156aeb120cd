import { inParallel } from '../base/in-parallel.ts';
import { type ChainNode, measuredBy } from './chain-node.ts';
import type { ChainHead, Chains } from './chains.ts';

const CHAINS_AT_ONCE = 4;

/**
 * Notes what Azure bills for snapshots whose ranges cannot be had, so that their chains' figures are the bill's rather than none.
 *
 * Shape:  `billedBytesById` by snapshot id in lower case; how many nodes were changed. What is measured is left alone, and what somebody changes meanwhile is
 *         noted the next time.
 */
export async function noteBilled(
  { chains }: { readonly chains: Chains },
  billedBytesById: ReadonlyMap<string, number>,
): Promise<number> {
  let noted = 0;
  let some: ChainHead[] = [];
  const noteSome = async () => {
    const counts = await inParallel(some, CHAINS_AT_ONCE, ({ key }) => noteChain(chains, key, billedBytesById));
    noted += counts.reduce((sum, count) => sum + count, 0);
    some = [];
  };
  if (billedBytesById.size === 0) return 0;
  for await (const head of chains.heads()) {
    some.push(head);
    if (some.length >= 100) await noteSome();
  }
  await noteSome();
  return noted;
}

async function noteChain(chains: Chains, key: string, billedBytesById: ReadonlyMap<string, number>): Promise<number> {
  const changed = (await chains.nodes(key)).flatMap((node): ChainNode[] => {
    const billedBytes = billedBytesById.get(node.snapshotId.toLowerCase());
    const isNews = billedBytes !== undefined && measuredBy(node) !== 'ranges' && node.billedBytes !== billedBytes;
    return isNews ? [{ ...node, billedBytes }] : [];
  });
  if (changed.length === 0) return 0;
  return (await chains.change(key, changed)) === 'done' ? changed.length : 0;
}

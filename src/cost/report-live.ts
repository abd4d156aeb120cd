import type { Chains } from './chains.ts';
import type { LiveChain } from './ledger-row.ts';
import { liveChains } from './live-chains.ts';

/** The chains as they are now, where there are no more than so many; null for a larger estate, of which only labels are read. */
export async function liveChainsUpTo(chains: Chains, most: number): Promise<AsyncIterable<LiveChain> | null> {
  let count = 0;
  for await (const _ of chains.heads()) {
    count += 1;
    if (count > most) return null;
  }
  return liveChains(chains);
}

/** What other rooms may use of the cost room. */
export { type ChainHead, type ChainNode, Chains, chainKey, type NewNode } from './chains.ts';
export { type Freed, forgetNode } from './forget-node.ts';
export { recordFreed } from './ledger.ts';
export { openPriceBook } from './price-book.ts';

/** What other rooms may use of the cost room. */

export { type ChainHead, type ChainNode, Chains, chainKey, type NewNode } from './chains.ts';
export type { GroupBy } from './day-groups.ts';
export { decodeExtents } from './extents.ts';
export { addFigures, type Figures, noFigures } from './figures.ts';
export { type Freed, forgetNode } from './forget-node.ts';
export { closeDay, isClosed, recordFreed } from './ledger.ts';
export { liveChains } from './live-chains.ts';
export { redundancyOfSku } from './price.ts';
export { openPriceBook, type PriceBook } from './price-book.ts';
export { readCostReport } from './read-cost-report.ts';
export type { Breakdown, CostReport, ReportDay, ReportGroup } from './report-model.ts';
export { parseReportQuery } from './report-query.ts';
export { roundToAddUp } from './share-out.ts';

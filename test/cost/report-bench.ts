import type { LedgerDeps } from '../../src/cost/ledger.ts';
import type { BilledBook } from '../../src/cost/report-billed.ts';
import { DEFAULT_REPORTING } from '../../src/cost/reporting.ts';

/** What reading a report needs, from what the ledger needs. */
export function reportDeps({ store, prices }: Pick<LedgerDeps, 'store' | 'prices'>, billed: BilledBook | null = null) {
  return { store, prices, billed, tags: DEFAULT_REPORTING.tags };
}

import { readAdvice } from '../advice/advice-book.ts';
import { AppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Store } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';
import {
  type Chains,
  liveChainsUpTo,
  openBilledBook,
  openPriceBook,
  type Reporting,
  type ReportQuery,
  readCostReport,
  readFocusRows,
  readReportRecords,
} from '../cost/cost.ts';
import type { PriceSource } from '../cost/ports.ts';
import type { BudgetState } from '../retain/retain.ts';
import { costCsv } from './cost-csv.ts';
import { costHtml } from './cost-html.ts';
import { costJson } from './cost-json.ts';
import type { CostPage } from './cost-page.ts';
import { costXlsx } from './cost-xlsx.ts';
import { focusCsv } from './focus-csv.ts';

/** A report over more chains than this shows the last closed day for now: a page that reads them all would keep its reader waiting. */
const LIVE_CHAINS_MAX = 500;
const CSV = 'text/csv; charset=utf-8';
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const NO_ACCOUNT = 'FOCUS rows name the billing account: it is not configured';

/** What a cost report is made from: the app has it all. */
export interface ReportSources {
  readonly store: Store;
  readonly chains: Chains;
  readonly prices: PriceSource;
  readonly log: Log;
  readonly currency: string;
  readonly budgets: { states(): Promise<readonly BudgetState[]> };
  readonly reporting: Reporting;
}

/** A report as it is sent or kept. `body` may be long: it is made as it is read. */
export interface RenderedReport {
  readonly contentType: string;
  readonly fileName: string;
  readonly body: AsyncIterable<string | Uint8Array>;
}

/**
 * Renders a cost report in one of its forms.
 *
 * Errors: 'storage-unavailable', 'data-unreadable'; 'bad-request' for FOCUS without a billing account.
 */
export async function renderCostReport(
  sources: ReportSources,
  query: ReportQuery,
  now: EpochMs,
): Promise<RenderedReport> {
  const { store, chains, currency } = sources;
  const { tags, billingAccount } = sources.reporting;
  const prices = openPriceBook({ store, source: sources.prices, log: sources.log }, currency, now);
  const name = `snapshot-cost-${query.from}-${query.to}`;
  if (query.format === 'focus') {
    if (billingAccount === null)
      throw new AppError('bad-request', NO_ACCOUNT, { setting: 'HOLDFAST_BILLING_ACCOUNT_ID' });
    const rows = readFocusRows({ store, chains, prices }, query, billingAccount);
    return { contentType: CSV, fileName: `focus-${query.from}-${query.to}.csv`, body: focusCsv(rows) };
  }
  const deps = { store, prices, tags, billed: openBilledBook(store) };
  const live = await liveChainsUpTo(chains, LIVE_CHAINS_MAX);
  if (query.format === 'csv') {
    const records = readReportRecords(deps, query, live, now);
    return { contentType: CSV, fileName: `${name}.csv`, body: costCsv(records, { groupBy: query.groupBy, currency }) };
  }
  const [report, budgets, advice] = await Promise.all([
    readCostReport(deps, query, live, now),
    sources.budgets.states(),
    readAdvice(store, now),
  ]);
  return renderPage(query.format, name, { report, budgets, advice });
}

async function renderPage(format: 'json' | 'html' | 'xlsx', name: string, page: CostPage): Promise<RenderedReport> {
  switch (format) {
    case 'json':
      return { contentType: 'application/json', fileName: `${name}.json`, body: once(JSON.stringify(costJson(page))) };
    case 'html':
      return { contentType: 'text/html; charset=utf-8', fileName: `${name}.html`, body: once(await costHtml(page)) };
    case 'xlsx':
      return { contentType: XLSX, fileName: `${name}.xlsx`, body: once(await costXlsx(page)) };
  }
}

async function* once(content: string | Uint8Array): AsyncIterable<string | Uint8Array> {
  yield content;
}

/** What a month came to in a few numbers, for a message. Units: micro-units of `currency`; null where it is not known. */
export interface CostSummary {
  readonly from: string;
  readonly to: string;
  readonly currency: string;
  readonly costMicroUnits: number;
  readonly billedMicroUnits: number | null;
  readonly savedMicroUnitsPerMonth: number;
  readonly forecastMicroUnits: number | null;
  readonly topGroups: readonly { readonly name: string; readonly costMicroUnits: number }[];
}

const TOP_GROUPS = 3;

/** Sums a report up for a message. Errors: as `renderCostReport`. */
export async function summarizeCost(
  sources: ReportSources,
  query: Pick<ReportQuery, 'from' | 'to' | 'groupBy'>,
  now: EpochMs,
): Promise<CostSummary> {
  const { store, chains, currency } = sources;
  const { tags } = sources.reporting;
  const prices = openPriceBook({ store, source: sources.prices, log: sources.log }, currency, now);
  const live = await liveChainsUpTo(chains, LIVE_CHAINS_MAX);
  const report = await readCostReport({ store, prices, tags, billed: openBilledBook(store) }, query, live, now);
  return {
    from: query.from,
    to: query.to,
    currency,
    costMicroUnits: report.total.period.microUnits,
    billedMicroUnits: report.billed?.billedMicroUnits ?? null,
    savedMicroUnitsPerMonth: report.total.period.freedMicroUnitsPerMonth,
    forecastMicroUnits: report.forecast?.microUnits ?? null,
    topGroups: (report.breakdowns[0]?.groups ?? [])
      .slice(0, TOP_GROUPS)
      .map(({ group, period }) => ({ name: group.label, costMicroUnits: period.microUnits })),
  };
}

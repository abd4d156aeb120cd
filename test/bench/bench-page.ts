import { type Clock, systemClock } from '../../src/base/clock.ts';
import type { Log } from '../../src/base/log.ts';
import { Chains } from '../../src/cost/chains.ts';
import type { GroupBy } from '../../src/cost/day-groups.ts';
import { DEFAULT_REPORTING } from '../../src/cost/reporting.ts';
import { type RenderedReport, renderCostReport } from '../../src/reports/render-cost-report.ts';
import { createStore } from '../../src/state/azure-store.ts';
import { price } from '../cost/ledger-bench.ts';
import { trustCertificate } from '../support/certificate.ts';
import { createTestCredential } from '../support/credential.ts';
import { readUse } from './bench-process.ts';

/** What the process that makes the page is told. */
export interface PageOrder {
  readonly storage: {
    readonly blobServiceUri: string;
    readonly queueServiceUri: string;
    readonly tableServiceUri: string;
  };
  readonly certificatePem: string;
  readonly from: string;
  readonly to: string;
}

/** What it answers. */
export interface PageFigures {
  readonly pageMs: number;
  readonly pageCpuMs: number;
  readonly againMs: number;
  readonly pageBytes: number;
  readonly csvMs: number;
  readonly csvRecords: number;
  readonly peakBytes: number;
}

const silent: Log = { info: () => {}, warn: () => {}, error: () => {} };

/** Makes the page twice and the CSV once, as the app would: everything is read from storage. */
async function makePage({ storage, certificatePem, from, to }: PageOrder): Promise<PageFigures> {
  trustCertificate(certificatePem);
  const credential = createTestCredential('https://storage.azure.com');
  const store = createStore({ ...storage, credential, clock: systemClock satisfies Clock, log: silent });
  const chains = new Chains(store);
  const sources = {
    ...{ store, log: silent, currency: 'EUR', reporting: DEFAULT_REPORTING },
    prices: { snapshotPrice: async () => price },
    budgets: { states: async () => [] },
    // An estate of this size is too large for today's figures: labels are counted, no chain is read.
    chains: Object.assign(chains, { heads: manyHeads }),
  };
  const now = Date.parse(to) + 86_400_000 + 3_600_000;
  const render = async (
    groupBy: GroupBy,
    format: 'html' | 'csv',
    drain: (body: RenderedReport['body']) => Promise<number>,
  ) => {
    const started = performance.now();
    const count = await drain((await renderCostReport(sources, { from, to, groupBy, format }, now)).body);
    return { ms: performance.now() - started, count };
  };
  const cpu = process.cpuUsage();
  const page = await render('policy', 'html', countCharacters);
  const { user, system } = process.cpuUsage(cpu);
  const again = await render('policy', 'html', countCharacters);
  const csv = await render('disk', 'csv', countParts);
  const peakBytes = readUse(process.pid)?.peakBytes ?? 0;
  return {
    pageMs: page.ms,
    pageCpuMs: (user + system) / 1_000,
    againMs: again.ms,
    pageBytes: page.count,
    csvMs: csv.ms,
    csvRecords: csv.count,
    peakBytes,
  };
}

async function* manyHeads(): AsyncGenerator<never> {
  for (let index = 0; index < 1_000; index += 1) yield {} as never;
}

async function countCharacters(body: RenderedReport['body']): Promise<number> {
  let count = 0;
  for await (const part of body) count += part.length;
  return count;
}

async function countParts(body: RenderedReport['body']): Promise<number> {
  let count = 0;
  for await (const _ of body) count += 1;
  return count;
}

process.once('message', async (order) => {
  process.send?.(await makePage(order as PageOrder));
  process.disconnect();
});

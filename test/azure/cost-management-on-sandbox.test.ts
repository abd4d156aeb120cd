import { createDefaultHttpClient, type HttpClient } from '@azure/core-rest-pipeline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCostManagement } from '../../src/azure/cost-management.ts';
import { createRetailPrices } from '../../src/azure/retail-prices.ts';
import { DAY_MS, HOUR_MS } from '../../src/base/time.ts';
import { readBilled } from '../../src/cost/billed-cost.ts';
import { readBilledDays } from '../../src/cost/billed-days.ts';
import { closeDay } from '../../src/cost/ledger.ts';
import { liveChains } from '../../src/cost/live-chains.ts';
import { openPriceBook } from '../../src/cost/price-book.ts';
import { billedBench, SUBSCRIPTION } from '../cost/billed-bench.ts';
import { silent } from '../cost/ledger-bench.ts';
import {
  DISK_PATH,
  DISK_VERSION,
  GIB,
  type Run,
  SNAPSHOT_PATH,
  START_MS,
  snapshotBody,
  startRun,
} from '../sandbox/azure/start.ts';
import { trustCertificate } from '../support/certificate.ts';

const SNAPSHOT_CLIENT_ID = '22222222-2222-4222-8222-222222222222';
const RESTORE_CLIENT_ID = '33333333-3333-4333-8333-333333333333';
const FIRST = '2026-03-01';
const MARCH = { from: FIRST, to: '2026-03-31' };

let run: Run;
let urls: string[];
beforeEach(async () => {
  run = await startRun();
  trustCertificate(run.ca);
  urls = [];
  await run.admin('POST', '/sandbox/settings', { billingCurrency: 'EUR' });
});
afterEach(() => run.close());

/** The adapter as an identity, with pages of two rows. */
function costsAs(clientId: string) {
  const inner = createDefaultHttpClient();
  const httpClient: HttpClient = {
    sendRequest: (request) => {
      request.url = request.url.replace('$top=5000', '$top=2');
      urls.push(request.url);
      return inner.sendRequest(request);
    },
  };
  const clock = {
    now: () => run.sandbox.state.clock.now(),
    wait: async (ms: number) => void (await pass(ms)),
  };
  const audience = 'https://management.azure.com';
  const token = run.sandbox.state.authority.issue({ audience, clientId });
  const credential = {
    getToken: async () => ({ token: token.token, expiresOnTimestamp: token.expiresOn * 1_000 }),
  };
  return {
    clock,
    source: createCostManagement({ endpoint: run.sandbox.armUrl, audience, credential, clock, httpClient }),
  };
}

const pass = (advanceMs: number) => run.admin('POST', '/sandbox/clock', { advanceMs });

async function take(name: string, disk: string): Promise<number> {
  const made = await run.arm('PUT', `${SNAPSHOT_PATH}/${name}?${DISK_VERSION}`, snapshotBody(`${DISK_PATH}/${disk}`));
  expect(made.status).toBeLessThan(300);
  const { body } = await run.admin('GET', '/sandbox/bill');
  const snapshots: { name: string; storedBytes: number }[] = body.chains.flatMap(
    (chain: { snapshots: unknown }) => chain.snapshots,
  );
  return snapshots.find((snapshot) => snapshot.name === name)?.storedBytes ?? Number.NaN;
}

/** Two disks with a measured snapshot each, and one that somebody else has taken. */
async function life() {
  const { clock, source } = costsAs(SNAPSHOT_CLIENT_ID);
  const bench = billedBench(START_MS);
  Object.assign(bench.deps, { costs: source, clock });
  await run.admin('POST', '/sandbox/estate/write', { diskId: `${DISK_PATH}/data`, offset: 0, seededLength: 10 * GIB });
  const prices = createRetailPrices({ url: `${run.sandbox.armUrl}/api/retail/prices`, clock });
  for (const disk of ['data', 'os']) {
    const name = `hold-${disk}`;
    const id = `${SNAPSHOT_PATH}/${name}`;
    await bench.addNode(disk, id, await take(name, disk));
  }
  await take('manual', 'loose');
  const close = async (day: string) => {
    const book = openPriceBook({ store: bench.store, source: prices, log: silent }, 'EUR', clock.now(), day);
    await closeDay({ store: bench.store, prices: book, log: silent }, day, liveChains(bench.chains), clock.now());
  };
  const days = () => readBilledDays(bench.store, 'EUR', MARCH);
  return { ...bench, close, days };
}

describe('Cost Management on the sandbox', () => {
  it('shows a day late, then less of it, then all: billed and estimated agree to the micro-unit', async () => {
    const { close, collect, days, store } = await life();
    await run.admin('POST', '/sandbox/settings', { costCorrectionPercent: 10 });
    await pass(DAY_MS + 7 * HOUR_MS);
    await close(FIRST);
    await collect();
    expect(await days()).toEqual([]);

    await pass(DAY_MS);
    await collect();
    const [early] = await days();
    expect(early).toMatchObject({ day: FIRST, final: false, resources: 2, foreignResources: 1 });
    expect(early?.reasons.map(({ code }) => code)).toEqual(['lag']);

    await pass(2 * DAY_MS);
    expect(await collect()).toMatchObject({ left: 0, corrections: 2 });
    const [late] = await days();
    expect(late?.reasons.filter(({ code }) => code !== 'rounding')).toEqual([]);
    expect(Math.abs(late?.differenceMicroUnits ?? 99)).toBeLessThanOrEqual(2);
    expect(late?.billedBytes).toBe(late?.estimateBytes);
    const rows = (await Array.fromAsync(readBilled(store, { ...MARCH, currency: 'EUR' }))).flat();
    expect(
      rows.filter(({ day, foreign }) => day === FIRST && !foreign).map(({ corrections }) => corrections.length),
    ).toEqual([1, 1]);
    expect(rows.find(({ owner }) => owner)).toMatchObject({
      meter: 'ZRS Snapshots',
      product: 'Standard HDD Managed Disks',
      currency: 'EUR',
    });
  });

  it('is read page by page', async () => {
    const { collect, store } = await life();
    await pass(5 * DAY_MS);
    await collect();
    expect(urls.filter((url) => url.includes('skiptoken')).length).toBeGreaterThan(2);
    const rows = (await Array.fromAsync(readBilled(store, { ...MARCH, currency: 'EUR' }))).flat();
    // Two snapshots of ours for four days; the third is somebody else's.
    expect(rows.filter(({ owner }) => owner).length).toBe(8);
  });

  it('tells an agreement below the list prices as the reason', async () => {
    const { close, collect, days } = await life();
    await run.admin('POST', '/sandbox/settings', { costDiscountPercent: 20 });
    await pass(DAY_MS + HOUR_MS);
    await close(FIRST);
    await pass(4 * DAY_MS);
    await collect();
    const [day] = await days();
    const ofPrice = day?.reasons.find(({ code }) => code === 'price')?.microUnits ?? 0;
    expect(ofPrice / (day?.estimateMicroUnits ?? 1)).toBeCloseTo(-0.2, 2);
  });

  it('is waited for where units have run out, as its own headers say', async () => {
    const { collect } = await life();
    await pass(5 * DAY_MS);
    run.sandbox.state.throttle.enabled = true;
    for (let units = 0; units < 11; units += 1) run.sandbox.state.queryUnits.take(1, run.sandbox.state.clock.now());
    const before = run.sandbox.state.clock.now();
    expect(await collect()).toMatchObject({ left: 0 });
    expect(run.sandbox.state.clock.now() - before).toBeGreaterThanOrEqual(10_000);
  });

  it('is refused to an identity without the role', async () => {
    const { source } = costsAs(RESTORE_CLIENT_ID);
    await expect(source.snapshotFigures(SUBSCRIPTION, { from: FIRST, to: FIRST })).rejects.toMatchObject({
      code: 'azure-denied',
    });
  });
});

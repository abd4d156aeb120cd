import { describe, expect, it } from 'vitest';
import '../../src/functions/sent-reports.ts';
import { buildApp } from '../../src/app.ts';
import { DAY_MS, HOUR_MS } from '../../src/base/time.ts';
import { readMade } from '../../src/cost/ledger-table.ts';
import { CLOSED } from '../../src/cost/network-state.ts';
import { DEFAULT_REPORTING } from '../../src/cost/reporting.ts';
import { closeBooks } from '../../src/functions/close-books.ts';
import { runMessage } from '../../src/functions/dispatch.ts';
import { routes } from '../../src/functions/http-entry.ts';
import { parseTargets } from '../../src/notify/parse-targets.ts';
import { chain } from '../cost/ledger-bench.ts';
import { createMemoryApp, SUBSCRIPTION } from '../support/memory-app.ts';

const MARCH_30 = Date.UTC(2026, 2, 30);

/** The app with one measured chain and a webhook that keeps what it is sent. */
async function bench(reporting = DEFAULT_REPORTING) {
  const memory = createMemoryApp();
  const posts: string[] = [];
  const parsed = parseTargets(JSON.stringify([{ name: 'finance', kind: 'teams', url: 'https://example.test/x' }]));
  const poster = {
    post: async ({ body }: { body: string }) => {
      posts.push(body);
      return { kind: 'delivered' as const };
    },
  };
  const app = buildApp({ ...memory.app, reporting, webhooks: { targets: parsed.ok ? parsed.value : [], poster } });
  const { diskName, source: found } = chain('web-os', []);
  const { subscriptionId: _, region: __, ...source } = found;
  const head = { key: 'c1', diskId: '/d', region: 'westeurope', subscriptionId: 's1', snapshotSku: 'Standard_ZRS' };
  const node = { pointId: 'p1', policy: 'gold', snapshotId: '/s1', familyId: 'f1', sizeBytes: 2 ** 36 };
  await app.chains.add([
    {
      head: { ...head, diskName, shared: false, source },
      node: { ...node, sectorBytes: 512, network: CLOSED, createdAt: MARCH_30 },
    },
  ]);
  const [fresh] = await app.chains.nodes('c1');
  if (fresh) await app.chains.change('c1', [{ ...fresh, writtenBytes: 31 * 2 ** 30 }]);
  /** An hour of a day as the timer and the queues live it. */
  const play = async (moment: number) => {
    memory.setNow(moment);
    await closeBooks(app);
    for (const queue of ['meters', 'restores'])
      for (const body of memory.store.take(queue)) await runMessage(app, body);
    for (const body of memory.store.take('restores')) await runMessage(app, body);
  };
  const read = async (name: string) => Buffer.from((await app.store.blobs('reports').read(name)) ?? []).toString();
  return { ...memory, app, posts, play, read };
}

async function call(app: Awaited<ReturnType<typeof bench>>['app'], name: string, query: string, id = 'op') {
  const found = routes.find((each) => each.name === name);
  const answer = await found?.handle({
    ...{ app, caller: { name: 'ann', roles: [] }, params: {}, query: new URLSearchParams(query), body: undefined },
    ...{ ifMatch: null, ifNoneMatch: null, header: () => null, operation: { id, at: app.clock.now() } },
  });
  return { status: answer?.status ?? 200, body: JSON.parse(String(answer?.body)) };
}

describe('closeBooks', () => {
  it('closes each day, writes a finished month soon after its end, and once more when its invoice is closed', async () => {
    const { play, posts, read, app } = await bench();
    for (let day = MARCH_30 + DAY_MS; day < MARCH_30 + 3 * DAY_MS; day += DAY_MS) await play(day + HOUR_MS / 3);
    expect(JSON.parse(await read('2026-03/manifest.json'))).toMatchObject({ month: '2026-03', state: 'preliminary' });
    expect(await read('2026-03/cost.html')).toContain('<!doctype html>');
    expect(await read('2026-03/cost.csv')).toContain('gold');
    expect(JSON.parse(await read('2026-03/cost.json'))).toMatchObject({ currency: 'EUR' });
    expect(posts).toHaveLength(1);
    expect(posts[0]).toContain('Snapshots in 2026-03: 0.10 EUR');
    await play(Date.UTC(2026, 3, 4));
    expect(posts).toHaveLength(1);
    await play(Date.UTC(2026, 3, 7));
    await play(Date.UTC(2026, 3, 8));
    expect(JSON.parse(await read('2026-03/manifest.json'))).toMatchObject({ state: 'final' });
    expect(posts).toHaveLength(2);
    expect((await app.agenda.all(10)).filter(({ kind }) => kind === 'report' || kind === 'notify')).toEqual([]);
  });

  it('adds FOCUS rows where a billing account is configured', async () => {
    const billingAccount = { id: '1234', name: 'Shop Ltd.' };
    const { play, read } = await bench({ ...DEFAULT_REPORTING, billingAccount });
    await play(MARCH_30 + 2 * DAY_MS + HOUR_MS);
    expect(await read('2026-03/focus.csv')).toMatch(/^\ufeff?"?[A-Z]\w+"?,.*BillingAccountId/);
  });

  it('gives disks that restores made lines of their own for as long as Azure has them', async () => {
    const { app, azure, setNow } = await bench();
    azure.addGroup(SUBSCRIPTION, 'rg-shop');
    const here = azure.addDisk({ subscriptionId: SUBSCRIPTION, resourceGroup: 'rg-shop', name: 'brought-back' }).id;
    const made = { region: 'westeurope', sku: 'Premium_LRS', sizeGiB: 128, role: 'restored', drill: true, since: 0 };
    for (const id of [here, `${here}-gone`]) {
      const cells = { ...made, id, restoreId: 'r1', sourceKey: 'k', sourceName: 'web' };
      await app.store.table('madedisks').put({ partitionKey: 'disk', rowKey: id.replaceAll('/', '.') }, cells);
    }
    setNow(MARCH_30 + DAY_MS + HOUR_MS);
    const diskPrices = { diskPrice: async () => 18_130_000 };
    await closeBooks({ ...app, diskPrices });
    const lines = [];
    for await (const page of readMade(app.store, '2026-03-30')) lines.push(...page);
    expect(lines).toMatchObject([
      { diskName: 'brought-back', madeFor: 'drill', microUnitsPerMonth: 18_130_000, microUnits: 584_839 },
    ]);
  });

  it('sends a month again to whoever asks, once for each ask', async () => {
    const { play, posts, app } = await bench();
    await play(MARCH_30 + DAY_MS);
    await play(MARCH_30 + 2 * DAY_MS + HOUR_MS);
    for (const id of ['op1', 'op1', 'op2'])
      expect(await call(app, 'reports-cost-send', 'month=2026-03', id)).toMatchObject({ status: 202, body: { id } });
    await play(MARCH_30 + 2 * DAY_MS + 2 * HOUR_MS);
    expect(posts).toHaveLength(3);
    const { body } = await call(app, 'reports-cost-sent', '');
    expect(body.months).toMatchObject([{ month: '2026-03', state: 'preliminary', billed: null, currency: 'EUR' }]);
  });

  it.each([
    { query: 'month=2026-04', message: 'is not over yet' },
    { query: 'month=2026-13', message: 'is no month' },
    { query: 'month=../x', message: 'is no month' },
    { query: '', message: 'is no month' },
  ])('refuses to send $query', async ({ query, message }) => {
    const { app, setNow } = await bench();
    setNow(Date.UTC(2026, 3, 2));
    const { status, body } = await call(app, 'reports-cost-send', query);
    expect(status).toBe(400);
    expect(body.problems).toMatchObject([{ path: '$.month', message, allowed: expect.stringContaining('2026-03') }]);
  });

  it('knows no month without figures', async () => {
    const { app, setNow } = await bench();
    setNow(Date.UTC(2026, 3, 2));
    await expect(call(app, 'reports-cost-send', 'month=2026-03')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is for finance', () => {
    const asked = routes.filter(({ name }) => name.startsWith('reports-cost-sen'));
    expect(asked.map(({ method, route, role }) => [method, route, role])).toEqual([
      ['GET', 'reports/cost/sent', 'finance'],
      ['POST', 'reports/cost/send', 'finance'],
    ]);
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import '../../src/functions/cost-report.ts';
import { AppError } from '../../src/base/errors.ts';
import { closeDay, openPriceBook } from '../../src/cost/cost.ts';
import { routes } from '../../src/functions/http-entry.ts';
import { chain, each, gib } from '../cost/ledger-bench.ts';
import { createMemoryApp, START } from '../support/memory-app.ts';

const DAY = '2026-02-28';
const bench = createMemoryApp();

async function call(query: string, app = bench.app) {
  const route = routes.find((each) => each.name === 'reports-cost');
  if (!route) throw new Error('there is no such route');
  const answer = await route.handle({
    ...{ app, caller: { name: 'fin', roles: [] }, params: {}, query: new URLSearchParams(query), body: undefined },
    ...{ ifMatch: null, ifNoneMatch: null, header: () => null, operation: { id: 'operation', at: START } },
  });
  const headers = (answer.headers ?? {}) as Record<string, string>;
  const bytes = new Uint8Array(
    await new Response(answer.body as ConstructorParameters<typeof Response>[0]).arrayBuffer(),
  );
  return { status: answer.status ?? 200, headers, bytes, text: new TextDecoder().decode(bytes) };
}

beforeAll(async () => {
  const { app } = bench;
  const prices = openPriceBook({ store: app.store, source: app.prices, log: app.log }, 'EUR', START);
  const chains = [chain('web-os', [['gold', gib(28)]], { tags: { Owner: 'ops' } })];
  await closeDay({ store: app.store, prices, log: app.log }, DAY, each(chains), START);
});

describe('GET reports/cost', () => {
  it('is for finance', () => {
    expect(routes.find(({ name }) => name === 'reports-cost')).toMatchObject({ method: 'GET', role: 'finance' });
  });

  it.each([
    { format: 'json', type: 'application/json', file: null, starts: '{"kind":"estimate"' },
    { format: 'html', type: 'text/html; charset=utf-8', file: null, starts: '<!doctype html>' },
    {
      format: 'csv',
      type: 'text/csv; charset=utf-8',
      file: '"snapshot-cost-2026-02-28-2026-03-01.csv"',
      starts: 'kind,day',
    },
    {
      format: 'xlsx',
      type: 'application/vnd.openxmlformats',
      file: '"snapshot-cost-2026-02-28-2026-03-01.xlsx"',
      starts: 'PK',
    },
  ])('answers as $format', async ({ format, type, file, starts }) => {
    const answer = await call(`from=${DAY}&to=2026-03-01&groupBy=owner&format=${format}`);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toContain(type);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['content-disposition'] ?? null).toEqual(
      file === null ? null : `attachment; filename=${file}`,
    );
    expect(answer.text.startsWith(starts)).toBe(true);
  });

  it('groups by owner as the tag says, whatever its case', async () => {
    const report = JSON.parse((await call(`from=${DAY}&to=${DAY}&groupBy=owner`)).text);
    expect(report.breakdowns[0]).toMatchObject({ groupBy: 'owner', groups: [{ name: 'ops' }] });
  });

  it('has FOCUS rows once a billing account is configured, and says what is missing until then', async () => {
    await expect(call('format=focus')).rejects.toThrow(AppError);
    const reporting = { ...bench.app.reporting, billingAccount: { id: 'account-1', name: 'Example' } };
    const answer = await call('format=focus', { ...bench.app, reporting });
    expect(answer.text).toMatch(/^AvailabilityZone,BilledCost,[\w,]+\r\n$/);
  });

  it.each([
    ['an unknown group', 'groupBy=colour', ['$.groupBy']],
    ['a reversed range', 'from=2026-02-20&to=2026-02-10', ['$.from']],
    ['a huge range', 'from=2020-01-01&to=2026-02-10', ['$.from']],
    ['days that are none, and a format that is none', 'from=2026-02-30&format=pdf', ['$.from', '$.format']],
  ])('%s is a problem', async (_, query, paths) => {
    const answer = await call(query);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text).problems.map(({ path }: { path: string }) => path)).toEqual(paths);
  });

  it('over a large estate lets the last closed day stand for now, and reads no chain', async () => {
    const chains = Object.assign(Object.create(bench.app.chains), {
      heads: async function* () {
        for (let index = 0; index < 600; index += 1) yield {};
      },
      nodes: () => Promise.reject(new Error('no chain may be read')),
    });
    const report = JSON.parse((await call(`from=${DAY}&to=2026-03-01`, { ...bench.app, chains })).text);
    expect(report.asOf).toBe(DAY);
    expect(report.days.at(-1)).toMatchObject({ state: 'missing', cost: null });
  });
});

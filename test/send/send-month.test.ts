import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { HOUR_MS } from '../../src/base/time.ts';
import { parseTargets } from '../../src/notify/parse-targets.ts';
import { listSentMonths, readSentMonth } from '../../src/send/month-book.ts';
import { planSummary } from '../../src/send/plan-summary.ts';
import type { MonthFormat, MonthSummary } from '../../src/send/ports.ts';
import { sendItemId, sendMonth } from '../../src/send/send-month.ts';
import type { Message } from '../../src/work/messages.ts';
import { Agenda } from '../../src/work/work.ts';
import { silent } from '../cost/ledger-bench.ts';
import { createMemoryStore } from '../memory/memory-store.ts';

const NOW = Date.UTC(2026, 3, 1, 0, 20);
const summary: MonthSummary = {
  currency: 'EUR',
  costMicroUnits: 1_234_567_890,
  billedMicroUnits: null,
  savedMicroUnitsPerMonth: 5_000,
  topGroups: [{ name: 'gold', costMicroUnits: 1_000_000_000 }],
};

function bench(options: { focus?: boolean } = {}) {
  const store = createMemoryStore();
  let rendered = 0;
  let now = NOW;
  const deps = {
    store,
    agenda: new Agenda(store),
    clock: { now: () => now, wait: async () => {} },
    log: silent,
    webhooks: { targets: targets(), poster: { post: async () => ({ kind: 'delivered' as const }) } },
    renderer: {
      render: async (days: { from: string }, format: MonthFormat) => {
        if (format === 'focus' && options.focus === false) return null;
        rendered += 1;
        const body = chunks(`${format} of ${days.from}, `, Buffer.from(`rendering ${rendered}`));
        return { contentType: 'text/plain', body };
      },
      summarize: async () => summary,
    },
  };
  const message = (what: 'preliminary' | 'final' | `again-${string}`): Message => {
    return { v: 1, kind: 'report', id: sendItemId('2026-03', what), dueAt: NOW };
  };
  const send = async (what: Parameters<typeof message>[0]) => {
    await deps.agenda.change([{ ...message(what), kind: 'report' }]);
    await sendMonth(deps, message(what));
  };
  const read = async (name: string) => Buffer.from((await store.blobs('reports').read(name)) ?? []).toString();
  const notices = () => (store.dump().outbox ?? []).map(({ cells }) => JSON.parse(String(cells.notice0)).title);
  const setNow = (moment: number) => {
    now = moment;
  };
  return { deps, store, send, message, read, notices, setNow };
}

function targets() {
  const parsed = parseTargets(JSON.stringify([{ name: 'finance', kind: 'slack', url: 'https://example.test/x' }]));
  return parsed.ok ? parsed.value : [];
}

async function* chunks(...parts: (string | Uint8Array)[]) {
  yield* parts;
}

describe('sendMonth', () => {
  it('writes the forms and a manifest that names them, and tells about it', async () => {
    const { send, read, notices, store, deps } = bench();
    await send('preliminary');
    expect(await read('2026-03/cost.html')).toBe('html of 2026-03-01, rendering 1');
    const manifest = JSON.parse(await read('2026-03/manifest.json'));
    expect(manifest.files.map(({ name }: { name: string }) => name)).toEqual([
      '2026-03/cost.html',
      '2026-03/cost.csv',
      '2026-03/cost.json',
      '2026-03/focus.csv',
    ]);
    for (const { name, bytes, sha256 } of manifest.files) {
      const content = await read(name);
      expect([bytes, sha256]).toEqual([content.length, createHash('sha256').update(content).digest('hex')]);
    }
    expect(await listSentMonths(store)).toEqual([manifest]);
    expect(notices()).toEqual(['Snapshots in 2026-03: 1,234.57 EUR']);
    expect((await deps.agenda.all(10)).map(({ kind }) => kind)).toEqual(['notify']);
  });

  it('writes over a preliminary month when it is final, and never again after that', async () => {
    const { send, read, notices, store } = bench();
    await send('preliminary');
    await send('preliminary');
    expect(await read('2026-03/cost.csv')).toContain('rendering 2');
    await send('again-1');
    expect(await read('2026-03/cost.csv')).toContain('rendering 6');
    await send('final');
    expect(await readSentMonth(store, '2026-03')).toMatchObject({ state: 'final' });
    const final = await read('2026-03/cost.csv');
    for (const what of ['final', 'preliminary', 'again-2', 'again-2'] as const) await send(what);
    expect(await read('2026-03/cost.csv')).toBe(final);
    expect(notices()).toHaveLength(4);
  });

  it('leaves a form out that the configuration does not allow, and takes an older one away', async () => {
    const options = { focus: true };
    const { send, read, store } = bench(options);
    await send('preliminary');
    options.focus = false;
    await send('final');
    expect(await read('2026-03/focus.csv')).toBe('');
    expect((await readSentMonth(store, '2026-03'))?.files).toHaveLength(3);
  });

  it('waits while somebody else writes the month', async () => {
    const { deps, store, send } = bench();
    await store.table('leases').put({ partitionKey: 'lease', rowKey: 'report|2026-03' }, { until: NOW + HOUR_MS });
    await send('preliminary');
    expect(await listSentMonths(store)).toEqual([]);
    expect(await deps.agenda.all(10)).toMatchObject([{ kind: 'report', id: '2026-03.preliminary' }]);
  });

  it('goes on after a crash at any call: whole files, one message', async () => {
    for (const moment of ['before', 'after'] as const) {
      let crashed = true;
      for (let call = 1; crashed; call += 1) {
        const { store, deps, message, read, notices, setNow } = bench();
        await deps.agenda.change([{ ...message('preliminary'), kind: 'report' }]);
        let calls = 0;
        const fault = () => {
          calls += 1;
          // The process is dead from then on: not even the lease is given back.
          if (calls >= call) throw new AppError('storage-unavailable', 'crash');
        };
        store.hooks = { [moment]: fault };
        await sendMonth(deps, message('preliminary')).catch(() => {});
        crashed = calls >= call;
        store.hooks = {};
        setNow(NOW + HOUR_MS);
        await sendMonth(deps, message('preliminary'));
        const manifest = JSON.parse(await read('2026-03/manifest.json'));
        for (const { name, sha256 } of manifest.files)
          expect(
            createHash('sha256')
              .update(await read(name))
              .digest('hex'),
          ).toBe(sha256);
        expect(notices()).toHaveLength(1);
        expect((await deps.agenda.all(10)).filter(({ kind }) => kind === 'report')).toEqual([]);
      }
    }
  });
});

describe('planSummary', () => {
  const sent = { month: '2026-03', state: 'final' as const, writtenAt: NOW, files: [] };

  it.each([
    { microUnits: 0, shown: '0.00 EUR' },
    { microUnits: 4_999, shown: '0.00 EUR' },
    { microUnits: 5_000, shown: '0.01 EUR' },
    { microUnits: -5_000, shown: '-0.01 EUR' },
    { microUnits: 999_995_000, shown: '1,000.00 EUR' },
    { microUnits: 1_234_567_890_000, shown: '1,234,567.89 EUR' },
  ])('shows $microUnits as $shown', ({ microUnits, shown }) => {
    const notice = planSummary({ ...sent, summary: { ...summary, billedMicroUnits: microUnits } }, 'key');
    expect(notice.title).toBe(`Snapshots in 2026-03: ${shown}`);
  });

  it('says whether it may still change', () => {
    expect(planSummary({ ...sent, summary }, 'key').text).toContain('final');
    expect(planSummary({ ...sent, state: 'preliminary', summary }, 'key').text).toContain('still open');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/base/time.ts';
import { deliverNotice, GIVE_UP_AFTER_MS } from '../../src/notify/deliver-notice.ts';
import { type Notice, notify, tidyOutbox, undelivered } from '../../src/notify/notify.ts';
import { parseTargets } from '../../src/notify/parse-targets.ts';
import type { PostOutcome, WebhookPost } from '../../src/notify/ports.ts';
import { createPoster } from '../../src/notify/post-webhook.ts';
import { type Message, readMessage } from '../../src/work/messages.ts';
import { resumeWork } from '../../src/work/resume-work.ts';
import { Agenda } from '../../src/work/work.ts';
import { createMemoryStore } from '../memory/memory-store.ts';
import { startReceiver } from './receiver.ts';

const START = Date.UTC(2026, 3, 6, 5, 40);
const KEY = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const ops = { name: 'ops', kind: 'teams', url: 'https://example.test/ops-SECRET' };
const itsm = { name: 'itsm', kind: 'json', url: 'https://example.test/itsm-SECRET', signingKey: KEY };
const notice: Notice = {
  key: 'report|2026-03',
  topic: 'report',
  severity: 'info',
  title: 'March',
  text: 'It cost 12 EUR.',
  facts: [{ name: 'policy', value: 'gold' }],
};
const refused: PostOutcome = { kind: 'refused', status: 400 };
const away: PostOutcome = { kind: 'failed', reason: 'no-connection', status: null, retryAfterMs: null };

/** The room in memory: `outcomes` answer the posts one after the other, then everything is delivered. */
function bench(targets: readonly object[] = [ops, itsm], outcomes: PostOutcome[] = []) {
  let now = START;
  const store = createMemoryStore();
  const posts: (WebhookPost & { at: number })[] = [];
  const lines: string[] = [];
  const line = (message: string, facts: object = {}) => void lines.push(`${message} ${JSON.stringify(facts)}`);
  const parsed = parseTargets(JSON.stringify(targets));
  const deps = {
    store,
    agenda: new Agenda(store),
    clock: { now: () => now, wait: async () => {} },
    log: { info: line, warn: line, error: line },
    webhooks: {
      targets: parsed.ok ? parsed.value : [],
      poster: {
        post: async (post: WebhookPost): Promise<PostOutcome> => {
          posts.push({ ...post, at: now });
          return outcomes.shift() ?? { kind: 'delivered' };
        },
      },
    },
  };
  const drain = async () => {
    for (const body of store.take('restores')) await deliverNotice(deps, readMessage(body));
  };
  /** Goes on minute by minute, as the timer does. */
  const playUntil = async (until: number) => {
    for (; now <= until; now += MINUTE_MS) {
      await resumeWork(deps, await deps.agenda.due(now, 100));
      await drain();
    }
  };
  const setNow = (moment: number) => {
    now = moment;
  };
  return { deps, store, posts, lines, drain, playUntil, setNow };
}

describe('notify', () => {
  it('sends a message once to each target, signed where the target checks it', async () => {
    const { deps, posts, drain, playUntil, lines, store } = bench();
    expect(await notify(deps, notice)).toBe('queued');
    expect(await notify(deps, { ...notice, text: 'again' })).toBe('known');
    await drain();
    await playUntil(START + 2 * HOUR_MS);
    expect(await notify(deps, notice)).toBe('known');
    await playUntil(START + 3 * HOUR_MS);
    expect(posts.map(({ url }) => url).sort()).toEqual([itsm.url, ops.url]);
    expect(posts.find(({ url }) => url === itsm.url)?.headers).toMatchObject({
      'webhook-id': expect.stringMatching(/^msg_/),
      'webhook-timestamp': String(START / 1_000),
      'webhook-signature': expect.stringMatching(/^v1,/),
    });
    expect(posts.find(({ url }) => url === ops.url)?.headers).not.toHaveProperty('webhook-signature');
    expect(await deps.agenda.all(10)).toEqual([]);
    expect(JSON.stringify([lines, store.dump()])).not.toMatch(/SECRET|whsec/);
  });

  it.each([
    { name: 'another topic', target: { topics: ['alert'] }, notice: {}, sent: false },
    { name: 'its topic', target: { topics: ['report'] }, notice: {}, sent: true },
    { name: 'less than it wants', target: { from: 'warning' }, notice: {}, sent: false },
    { name: 'what it wants', target: { from: 'warning' }, notice: { severity: 'warning' as const }, sent: true },
    { name: 'more than it wants', target: { from: 'warning' }, notice: { severity: 'critical' as const }, sent: true },
    { name: 'the end of it', target: { from: 'critical' }, notice: { severity: 'resolved' as const }, sent: true },
  ])('sends a target $name: $sent', async ({ target, notice: more, sent }) => {
    const { deps, posts, drain, store } = bench([{ ...ops, ...target }]);
    expect(await notify(deps, { ...notice, ...more })).toBe(sent ? 'queued' : 'no-targets');
    await drain();
    expect(posts).toHaveLength(sent ? 1 : 0);
    if (!sent) expect(store.dump()).toEqual({});
  });

  it('cuts long texts so that the smallest receiver takes them', async () => {
    const { deps, posts, drain } = bench();
    const facts = Array.from({ length: 50 }, () => ({ name: '\u0001'.repeat(500), value: '\u0001'.repeat(5_000) }));
    await notify(deps, { ...notice, title: '\u0001'.repeat(9_999), text: '\u0001'.repeat(99_999), facts });
    await drain();
    expect(posts).toHaveLength(2);
    for (const { body } of posts) expect(Buffer.byteLength(body)).toBeLessThan(28_000);
  });
});

describe('deliverNotice', () => {
  it('tries again ever more rarely, under the same id, until it is taken', async () => {
    const { deps, posts, drain, playUntil } = bench([itsm], [away, away, away, away]);
    await notify(deps, notice);
    await drain();
    await playUntil(START + HOUR_MS);
    expect(posts.map(({ at }) => (at - START) / MINUTE_MS)).toEqual([0, 1, 2, 4, 8]);
    expect(new Set(posts.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(posts.map(({ body }) => body)).size).toBe(1);
    expect(await deps.agenda.all(10)).toEqual([]);
  });

  it.each([
    { name: 'what a person has to mend once an hour', outcome: refused, minutes: 60 },
    { name: 'a private address once an hour', outcome: { kind: 'forbidden', reason: 'address' } as const, minutes: 60 },
    {
      name: 'a receiver that asks to wait when it said',
      outcome: { kind: 'failed', reason: 'status', status: 429, retryAfterMs: 600_000 } as const,
      minutes: 10,
    },
  ])('tries $name', async ({ outcome, minutes }) => {
    const { deps, posts, drain, playUntil } = bench([ops], [outcome]);
    await notify(deps, notice);
    await drain();
    await playUntil(START + 3 * HOUR_MS);
    expect(posts.map(({ at }) => (at - START) / MINUTE_MS)).toEqual([0, minutes]);
  });

  it('gives up after two days and says so', async () => {
    const { deps, posts, drain, playUntil, lines } = bench([ops], Array(500).fill(away));
    await notify(deps, notice);
    await drain();
    await playUntil(START + GIVE_UP_AFTER_MS + 2 * HOUR_MS);
    expect(posts.length).toBeLessThan(70);
    expect(await undelivered(deps.store, 10)).toMatchObject([
      { target: 'ops', state: 'given-up', error: 'no-connection' },
    ]);
    expect(lines.at(-1)).toContain('given up');
    expect(await deps.agenda.all(10)).toEqual([]);
  });

  it.each([
    {
      name: 'is gone for good',
      outcomes: [{ kind: 'refused', status: 410 } as const],
      drop: false,
      error: 'status-410',
    },
    { name: 'is configured no more', outcomes: [], drop: true, error: 'no-target' },
  ])('gives up at once where the webhook $name', async ({ outcomes, drop, error }) => {
    const { deps, drain } = bench([ops], [...outcomes]);
    await notify(deps, notice);
    if (drop) deps.webhooks.targets = [];
    await drain();
    expect(await undelivered(deps.store, 10)).toMatchObject([{ error, attempts: 1 }]);
  });

  it('does not double a delivery when its queue message is doubled', async () => {
    const { deps, posts, store } = bench([ops]);
    await notify(deps, notice);
    const [body] = store.take('restores');
    const message: Message = readMessage(body);
    await Promise.all([deliverNotice(deps, message), deliverNotice(deps, message)]);
    await deliverNotice(deps, message);
    expect(posts).toHaveLength(1);
  });

  it('is never lost and keeps its id, wherever the process dies or storage fails', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 24 }),
        fc.boolean(),
        fc.array(fc.boolean(), { maxLength: 3 }),
        async (dies, late, fails) => {
          const { deps, store, posts, playUntil } = bench(
            [itsm],
            fails.map((fail) => (fail ? away : refused)),
          );
          let calls = 0;
          const fault = () => {
            calls += 1;
            if (calls === dies) throw new AppError('storage-unavailable', 'The storage account does not answer');
          };
          store.hooks = late ? { after: fault } : { before: fault };
          // The caller comes again until it is told that the message is on its way, as everything on the agenda does.
          while (
            !(await notify(deps, notice).then(
              () => true,
              () => false,
            ))
          );
          for (let tries = 0; tries < 3; tries += 1) await playUntil(START + (tries + 1) * 6 * HOUR_MS).catch(() => {});
          const delivered = posts.slice(fails.length);
          expect(delivered.length).toBeGreaterThanOrEqual(1);
          expect(delivered.length).toBeLessThanOrEqual(2);
          expect(new Set(posts.map(({ headers, body }) => `${headers['webhook-id']} ${body}`)).size).toBe(1);
          expect(await deps.agenda.all(10)).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('reaches a receiver on this machine that the configuration allows', async () => {
    const receiver = await startReceiver();
    const target = { ...itsm, url: receiver.url, http: true, networks: ['127.0.0.1/32'] };
    const { deps, drain } = bench([target]);
    deps.webhooks.poster = createPoster();
    await notify(deps, notice);
    await drain();
    await receiver.stop();
    expect(receiver.received).toHaveLength(1);
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({ type: 'holdfast.report' });
  });
});

describe('tidyOutbox', () => {
  it('forgets what ended a quarter ago, and nothing else', async () => {
    const { deps, drain, store, setNow } = bench([ops]);
    await notify(deps, notice);
    await drain();
    await notify(deps, { ...notice, key: 'waiting' });
    setNow(START + 89 * 24 * HOUR_MS);
    expect(await tidyOutbox(deps)).toBe(0);
    setNow(START + 91 * 24 * HOUR_MS);
    expect(await tidyOutbox(deps)).toBe(1);
    expect(store.dump().outbox).toHaveLength(1);
  });
});

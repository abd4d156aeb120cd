import { readFile } from 'node:fs/promises';
import { TableServiceClient } from '@azure/data-tables';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../../src/functions/http-entry.ts';
import '../../src/main.ts';
import type { RecordedExchange } from '../../src/sandbox/azure/exchange-record.ts';
import { type HttpClient, httpClient } from '../../src/sandbox/play/http.ts';
import { beginLife, type Life } from '../../src/sandbox/play/life.ts';
import { playTime } from '../../src/sandbox/play/play-time.ts';
import { restoreDisk } from '../../src/sandbox/play/restore-disk.ts';
import { checkExchange, routeKey } from '../sandbox/types/check-exchange.ts';
import { havePublishedTypes } from '../sandbox/types/published-types.ts';
import { notFitting } from '../sandbox/types/show-findings.ts';
import { trustCertificate } from '../support/certificate.ts';
import { createTestCredential } from '../support/credential.ts';
import { cast, closely, HOUR_MS, START_MS, SUBSCRIPTION, startWorld, type World } from './small-world.ts';

interface ProblemDocument {
  readonly code: string;
  readonly status: number;
  readonly problems?: readonly {
    readonly path: string;
    readonly message: string;
    readonly allowed?: string;
  }[];
  readonly path?: string;
}

/** Which roles may call what asks for one. Written down here a second time on purpose. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  reader: ['Reader', 'Operator', 'Finance', 'Admin'],
  operator: ['Operator', 'Admin'],
  finance: ['Finance', 'Admin'],
  admin: ['Admin'],
};
const ROLES = ['Reader', 'Operator', 'Finance', 'Admin'] as const;

/** What a life must have asked Azure for, or the check of its requests has seen too little. */
const ASKED_IN_A_LIFE = [
  'PUT snapshots/{snapshotName}',
  'GET snapshots',
  'DELETE snapshots/{snapshotName}',
  'POST snapshots/{snapshotName}/beginGetAccess',
  'POST snapshots/{snapshotName}/endGetAccess',
  'GET disks',
  'PUT disks/{diskName}',
  'GET virtualMachines',
];

interface Exchanges {
  readonly exchanges: readonly RecordedExchange[];
}

let world: World;
let life: Life;
let admin: HttpClient;
let heldPoint = '';

beforeAll(async () => {
  world = await startWorld({ record: true });
  life = await beginLife(world.azure, await world.startHost(), cast, START_MS);
  admin = life.client;
}, 60_000);
afterAll(() => world?.stop());

describe('who may call', () => {
  test('health is open to everyone and says up', async () => {
    const answer = await httpClient(life.host.url).send('GET', '/api/health');
    expect([answer.status, answer.body]).toEqual([200, { status: 'up' }]);
  });

  test.each(routes.filter(({ role }) => role !== null))(
    '$method $route asks for its role',
    async ({ method, route, role }) => {
      const path = `/api/${route.replaceAll(/\{\w+\}/g, 'nothing')}`;
      const body = method === 'PUT' || method === 'POST' ? {} : undefined;
      expect((await httpClient(life.host.url).send(method, path, body)).status, 'without a token').toBe(401);
      for (const who of ROLES.filter((each) => !allowed[role ?? '']?.includes(each))) {
        const answer = await (await life.host.client(`Holdfast.${who}`)).send<ProblemDocument>(method, path, body);
        expect([answer.status, answer.body.code], who).toEqual([403, 'forbidden']);
        expect(answer.headers.get('content-type')).toContain('application/problem+json');
      }
    },
  );

  test('a principal header that the caller made up is not believed', async () => {
    const forged = Buffer.from(JSON.stringify({ claims: [{ typ: 'roles', val: 'Holdfast.Admin' }] })).toString(
      'base64',
    );
    const answer = await httpClient(life.host.url).send('GET', '/api/policies', undefined, {
      'x-ms-client-principal': forged,
    });
    expect(answer.status).toBe(401);
  });
});

describe('bad input is answered with what is wrong and what is allowed', () => {
  const document = { ...closely, name: 'other' };
  test.each([
    ['an unknown zone', { ...document, timeZone: 'Europe/Wien' }, '$.timeZone'],
    ['a schedule that is none', { ...document, schedules: [{ name: 'x', cron: '61 * * * *' }] }, '$.schedules[0].cron'],
    ['an unknown field', { ...document, keepForever: true }, '$.keepForever'],
    ['a count of nothing', { ...document, retention: { keepDaily: 0 } }, '$.retention.keepDaily'],
    [
      'a selector that matches nothing',
      {
        ...document,
        select: {
          ...document.select,
          include: [{ tag: 'protect', equals: 'no' }],
        },
      },
      '$.select',
    ],
    [
      'a missing resource group',
      { ...document, snapshot: { resourceGroup: 'rg-nowhere' } },
      '$.snapshot.resourceGroup',
    ],
  ])('PUT policies: %s', async (_name, body, path) => {
    const answer = await admin.send<ProblemDocument>('PUT', '/api/policies/other', body);
    expect([answer.status, answer.body.code]).toEqual([400, 'bad-request']);
    expect(answer.body.problems?.map((problem) => problem.path)).toContain(path);
  });

  test('PUT policies: every problem at once', async () => {
    const answer = await admin.send<ProblemDocument>('PUT', '/api/policies/other', {
      ...document,
      timeZone: 'Mars',
      retention: { keepDaily: -1, maxAge: '1 month' },
    });
    expect(answer.body.problems?.map((problem) => problem.path)).toEqual(
      expect.arrayContaining(['$.timeZone', '$.retention.keepDaily', '$.retention.maxAge']),
    );
  });

  test.each([
    ['no JSON', '{ "name": ', 400, 'bad-request'],
    ['a body of 10 MB', JSON.stringify({ name: 'x'.repeat(10_000_000) }), 413, 'too-large'],
  ] as const)('PUT policies: %s', async (_name, body, status, code) => {
    const answer = await admin.send<ProblemDocument>('PUT', '/api/policies/other', body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  test('nothing of all that was saved', async () => {
    expect((await admin.send('GET', '/api/policies/other')).status).toBe(404);
  });

  test('POST restores: an unknown point', async () => {
    const answer = await admin.send<ProblemDocument>('POST', '/api/restores', {
      kind: 'disk',
      point: 'no.such',
    });
    expect([answer.status, answer.body.code]).toEqual([404, 'not-found']);
  });

  test.each([
    ['a kind that is none', { kind: 'tape', point: 'x' }, 400, '$.kind'],
    ['a moment that is none', { kind: 'disk', point: { source: 'x', at: 'yesterday' } }, 400, '$.point.at'],
  ] as const)('POST restores: %s', async (_name, body, status, path) => {
    const answer = await admin.send<ProblemDocument>('POST', '/api/restores', body);
    expect(answer.status).toBe(status);
    expect(answer.body.problems?.map((problem) => problem.path)).toContain(path);
  });
});

describe('a policy is kept with its version', () => {
  test('what was saved is read back, with an ETag that answers 304', async () => {
    const read = await admin.send<{ name: string }>('GET', '/api/policies/closely');
    const etag = read.headers.get('etag') ?? '';
    expect(read.body.name).toBe('closely');
    expect(
      (
        await admin.send('GET', '/api/policies/closely', undefined, {
          'if-none-match': etag,
        })
      ).status,
    ).toBe(304);
  });

  test('a change on top of another version is refused', async () => {
    const answer = await admin.send<ProblemDocument>('PUT', '/api/policies/closely', closely, {
      'if-match': '"stale"',
    });
    expect([answer.status, answer.body.code]).toEqual([412, 'precondition-failed']);
  });

  test('saved once more it is 200 with a new ETag', async () => {
    const answer = await admin.send('PUT', '/api/policies/closely', closely);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('etag')).toMatch(/^".+"$/);
  });
});

describe('two days, with a night that has no half past two', () => {
  test('the first day takes every slot, once, with all disks', {
    timeout: 90_000,
  }, async () => {
    await life.play(START_MS + 14 * HOUR_MS);
    const result = await life.judge();
    expect(result).toMatchObject({
      missed: [],
      unexpected: [],
      keptButGone: [],
    });
    expect(result.slotsExpected).toBeGreaterThan(6);
    expect(result.snapshotsTaken).toBe(result.snapshotsExpected);
  });

  test('a point that is held stays, whatever the rules say', async () => {
    const oldest = (await life.points())
      .filter((point) => point.sourceName === 'vm-shop' && point.state === 'succeeded')
      .at(-1);
    heldPoint = oldest?.id ?? '';
    const until = new Date(START_MS + 1_000 * HOUR_MS).toISOString();
    const held = await admin.ask<{ held: object }>('PUT', `/api/points/${heldPoint}/hold`, { reason: 'audit', until });
    expect(held.held).toMatchObject({ reason: 'audit' });
  });

  test('kill -9 of the host while it works costs no slot', {
    timeout: 90_000,
  }, async () => {
    const { host } = life;
    // The slot at 16:00 in Vienna lies within; ended as soon as something of it runs.
    const playing = playTime(host.adminUrl, {
      until: START_MS + 20 * HOUR_MS,
    }).catch(() => null);
    const end = Date.now() + 20_000;
    const invoked = async () =>
      (await host.admin.ask<{ invocations: Record<string, { done: number }> }>('GET', '/status')).invocations;
    const before = Object.values(await invoked()).reduce((sum, { done }) => sum + done, 0);
    while (Date.now() < end && Object.values(await invoked()).reduce((sum, { done }) => sum + done, 0) < before + 60);
    await host.kill();
    await playing;
    await life.moveTo(await world.startHost());
    admin = life.client;
    await life.play(START_MS + 26 * HOUR_MS);
    expect(await life.judge()).toMatchObject({
      missed: [],
      unexpected: [],
      keptButGone: [],
    });
  });

  test('a point can be asked for outside the schedule', async () => {
    const source = (await life.points()).find((point) => point.sourceName === 'disk-notes')?.source;
    const key = { 'idempotency-key': 'before-the-upgrade' };
    const body = { source, policy: 'closely' };
    const [first, again] = [
      await admin.send<{ id: string }>('POST', '/api/points', body, key),
      await admin.send<{ id: string }>('POST', '/api/points', body, key),
    ];
    expect([first.status, again.status, again.body.id]).toEqual([202, 202, first.body.id]);
  });

  test('the second day prunes what no rule keeps, and nothing else', {
    timeout: 90_000,
  }, async () => {
    await life.play(START_MS + 50 * HOUR_MS);
    const result = await life.judge();
    expect(result).toMatchObject({ missed: [], keptButGone: [] });
    expect(result.unexpected).toHaveLength(1);
    expect(result.pointsPruned).toBeGreaterThan(4);
    expect((await life.points()).map(({ id }) => id)).toContain(heldPoint);
  });

  test('what we think is stored is what Azure bills, chain by chain', async () => {
    expect(await life.bill()).toMatchObject({ chains: 3, differences: [] });
  });

  test('nothing was poisoned, missed or left lying', async () => {
    const details = await admin.ask<Record<string, unknown>>('GET', '/api/health/details');
    expect(details).toMatchObject({
      status: 'up',
      poisoned: [],
      missedSlots: [],
    });
  });

  test('snapshots are closed to the network again', async () => {
    const log = await world.azure.admin.ask<{
      byRoute: Record<string, number>;
    }>('GET', '/sandbox/counts');
    const counted = (part: string) =>
      Object.entries(log.byRoute).reduce((sum, [route, n]) => sum + (route.includes(part) ? n : 0), 0);
    expect(counted('beginGetAccess')).toBeGreaterThan(0);
    expect(counted('endGetAccess')).toBe(counted('beginGetAccess'));
  });
});

describe('a disk is brought back', () => {
  test('the new disk has the bytes of the point', {
    timeout: 60_000,
  }, async () => {
    const points = await life.points();
    const point = points.find(({ id }) => id === heldPoint);
    if (!point) throw new Error('the held point is gone');
    const asked = {
      point,
      disk: 'vm-shop-data',
      resourceGroup: 'rg-shop',
      name: 'vm-shop-data-restored',
    };
    const restored = await restoreDisk(admin, world.azure.admin, asked);
    expect(restored).toMatchObject({
      state: 'succeeded',
      equal: true,
      error: null,
    });
    expect(restored.comparedBytes).toBeGreaterThan(0);
  });

  test('a name that is taken is refused or ends without touching what is there', {
    timeout: 60_000,
  }, async () => {
    const point = (await life.points()).find(({ id }) => id === heldPoint);
    if (!point) throw new Error('the held point is gone');
    const before = await world.azure.admin.ask<{ digest: string }>(
      'GET',
      `/sandbox/estate/digest?id=${encodeURIComponent(diskId('vm-shop-os'))}`,
    );
    const asked = {
      point,
      disk: 'vm-shop-data',
      resourceGroup: 'rg-shop',
      name: 'vm-shop-os',
    };
    const ended = await restoreDisk(admin, world.azure.admin, asked).catch((error: unknown) => ({
      state: String(error),
    }));
    expect(ended.state).not.toBe('succeeded');
    const after = await world.azure.admin.ask<{ digest: string }>(
      'GET',
      `/sandbox/estate/digest?id=${encodeURIComponent(diskId('vm-shop-os'))}`,
    );
    expect(after.digest).toBe(before.digest);
  });
});

describe('the cost report', () => {
  test('JSON has a line for each policy', async () => {
    const report = await admin.ask<object>('GET', '/api/reports/cost?format=json&groupBy=policy');
    expect(JSON.stringify(report)).toContain('closely');
  });

  test('CSV comes as a file with one line of names', async () => {
    const answer = await admin.send<string>('GET', '/api/reports/cost?format=csv&groupBy=policy');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/csv')]);
    expect(answer.body).toMatch(/^[A-Za-z,"]+\r?\n/);
    expect(answer.body).toContain('closely');
  });

  test('HTML is one page without anything from elsewhere', async () => {
    const answer = await admin.send<string>('GET', '/api/reports/cost?format=html');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    expect(answer.body).toContain('<svg');
    expect(answer.body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });

  test.each([
    ['an unknown group', 'groupBy=colour'],
    ['a format that is none', 'format=docx'],
    ['days in the wrong order', 'from=2026-03-30&to=2026-03-01'],
  ])('%s is a problem', async (_name, query) => {
    const answer = await admin.send<ProblemDocument>('GET', `/api/reports/cost?${query}`);
    expect([answer.status, answer.body.code]).toEqual([400, 'bad-request']);
  });
});

describe('the tables are lost', () => {
  const shown = async () =>
    (await life.points())
      .filter(({ state }) => state === 'succeeded')
      .map(({ id, takenAt, storedBytes, held }) => ({ id, takenAt, storedBytes, held: held !== null }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));

  test('a rebuild brings points, holds, policies and measured bytes back from Azure', {
    timeout: 120_000,
  }, async () => {
    const before = await shown();
    await dropTables();
    expect(await shown()).toEqual([]);
    const { id } = await admin.ask<{ id: string }>('POST', '/api/rebuilds', {});
    await playOn(HOUR_MS);
    const rebuilt = await admin.ask<{ state: string; policiesRestored: string[] }>('GET', `/api/rebuilds/${id}`);
    expect(rebuilt).toMatchObject({ state: 'awaits confirmation', doubts: { count: 0 } });
    expect(rebuilt.policiesRestored).toContain('closely');
    const after = await shown();
    expect(after.filter((point) => before.some((each) => each.id === point.id))).toEqual(before);
    expect((await life.bill()).differences).toEqual([]);
    // Six hours on a sweep has come by: it has marked nothing.
    await playOn(6 * HOUR_MS);
    expect((await life.points()).filter(({ marked }) => marked !== null)).toEqual([]);
    expect((await admin.send('POST', `/api/rebuilds/${id}/confirm`)).status).toBe(200);
    await playOn(7 * HOUR_MS);
    expect((await life.points()).filter(({ marked }) => marked !== null)).not.toEqual([]);
  });
});

describe('at the end', () => {
  test('a deleted policy is gone, its points stay', {
    timeout: 30_000,
  }, async () => {
    const before = (await life.points()).length;
    expect((await admin.send('DELETE', '/api/policies/closely')).status).toBe(204);
    expect((await admin.send('GET', '/api/policies/closely')).status).toBe(404);
    expect((await life.points()).length).toBe(before);
  });

  test.skipIf(!havePublishedTypes)(
    'what the app asked of Azure, and was answered, is of the published shape (skipped where the types are absent)',
    async () => {
      const { exchanges } = await world.azure.admin.ask<Exchanges>('GET', '/sandbox/exchanges');
      expect(exchanges.flatMap(checkExchange).filter(notFitting)).toEqual([]);
      const asked = new Set(exchanges.map(({ method, route }) => routeKey({ method, path: route })));
      expect([...asked]).toEqual(expect.arrayContaining(ASKED_IN_A_LIFE));
      const log = await world.azure.admin.ask<{ requests: { status: number }[] }>('GET', '/sandbox/log?limit=2000');
      expect(log.requests.filter(({ status }) => status === 501)).toEqual([]);
    },
  );

  test('no secret stands in the host log', () => {
    const log = life.host.lastLines().join('\n');
    expect(log).not.toMatch(/[?&]sig=|Bearer ey|eyJhbGciOi/);
  });
});

async function playOn(ms: number): Promise<void> {
  const { now } = await world.azure.admin.ask<{ now: number }>('GET', '/sandbox/clock');
  await playTime(life.host.adminUrl, { until: now + ms });
}

/** Deletes every table of the storage account; blobs and queues stay. */
async function dropTables(): Promise<void> {
  const { certificate, storage } = world.azure;
  trustCertificate(await readFile(certificate.certificatePath, 'utf8'));
  const service = new TableServiceClient(storage.tableUri, createTestCredential('https://storage.azure.com'));
  for await (const { name } of service.listTables()) if (name) await service.deleteTable(name);
}

function diskId(name: string): string {
  return `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-shop/providers/Microsoft.Compute/disks/${name}`;
}

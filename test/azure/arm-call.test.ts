import { describe, expect, it } from 'vitest';
import { createArm } from '../../src/azure/arm-client.ts';
import { createRateLimiter } from '../../src/azure/rate-limiter.ts';
import { AppError, type ErrorCode } from '../../src/base/errors.ts';
import { createFakeArm, ENDPOINT, type FakeAnswer, inOrder, refusal, SUBSCRIPTION } from '../support/fake-arm.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

const PATH = `/subscriptions/${SUBSCRIPTION}/resourcegroups?api-version=2021-04-01`;
const OK: FakeAnswer = { status: 200, body: { value: [] } };

async function failureOf(...answers: readonly FakeAnswer[]): Promise<AppError> {
  const { arm } = createFakeArm(inOrder(...answers));
  const failure = await arm.send('GET', PATH).catch((error) => error);
  expect(failure).toBeInstanceOf(AppError);
  return failure;
}

describe('a refusal of Azure', () => {
  it.each<[string, FakeAnswer, ErrorCode]>([
    ['a resource that is gone', refusal(404, 'ResourceNotFound'), 'not-found'],
    ['a group that is gone', refusal(404, 'ResourceGroupNotFound'), 'not-found'],
    ['a management lock', refusal(409, 'ScopeLocked'), 'azure-locked'],
    [
      'an open access',
      refusal(409, 'OperationNotAllowed', 'There is an active shared access signature outstanding'),
      'azure-locked',
    ],
    ['an immutability policy', refusal(409, 'Conflict', 'The snapshot has an immutability policy'), 'azure-locked'],
    ['any other conflict', refusal(409, 'PropertyChangeNotAllowed'), 'conflict'],
    ['a missing right', refusal(403, 'AuthorizationFailed'), 'azure-denied'],
    ['a bad token', refusal(401, 'InvalidAuthenticationToken'), 'azure-denied'],
    ['a policy of the estate', refusal(403, 'RequestDisallowedByPolicy'), 'azure-rejected'],
    ['a bad request', refusal(400, 'InvalidParameter'), 'azure-rejected'],
    ['a condition', refusal(412, 'PreconditionFailed'), 'precondition-failed'],
    ['something unsupported', refusal(501, 'NotSupported'), 'azure-unavailable'],
    ['no body', { status: 404 }, 'not-found'],
  ])('for %s', async (_, answer, code) => {
    expect((await failureOf(answer)).code).toBe(code);
  });

  it('tells what Azure said, without the signatures in it', async () => {
    const failure = await failureOf(refusal(400, 'Bad', 'see https://md.example/x?sv=1&sig=SECRET for more'));
    expect(failure.facts).toMatchObject({
      status: 400,
      azureCode: 'Bad',
      azureText: 'see https://md.example/x?… for more',
    });
    expect(failure.facts.path).not.toContain('?');
  });
});

describe('a call that fails', () => {
  it.each<[string, readonly FakeAnswer[], readonly number[]]>([
    ['429 with Retry-After waits as long as asked', [refusal(429, 'X', '', { 'retry-after': '17' }), OK], [17_000]],
    [
      '429 without waits 2, 4 and 8 s',
      [refusal(429, 'X'), refusal(429, 'X'), refusal(429, 'X'), OK],
      [2_000, 4_000, 8_000],
    ],
    ['5xx waits 2, 4 and 8 s', [refusal(500, 'X'), refusal(503, 'X'), refusal(504, 'X'), OK], [2_000, 4_000, 8_000]],
    ['a lost connection likewise', ['lost', OK], [2_000]],
  ])('%s', async (_, answers, waitsMs) => {
    const { arm, clock } = createFakeArm(inOrder(...answers));
    expect((await arm.send('GET', PATH)).status).toBe(200);
    expect(clock.waitsMs).toEqual(waitsMs);
  });

  it.each<[string, FakeAnswer, ErrorCode, number]>([
    ['5xx', refusal(503, 'X'), 'azure-unavailable', 4],
    ['a lost connection', 'lost', 'azure-unavailable', 4],
    ['429', refusal(429, 'X'), 'throttled', 4],
    ['429 that asks for more than a minute at once', refusal(429, 'X', '', { 'retry-after': '61' }), 'throttled', 1],
    ['429 that asks for more than a minute together', refusal(429, 'X', '', { 'retry-after': '25' }), 'throttled', 3],
    ['what will not pass', refusal(400, 'X'), 'azure-rejected', 1],
  ])('is given up: %s', async (_, answer, code, requests) => {
    const fake = createFakeArm(inOrder(answer));
    const failure = await fake.arm.send('GET', PATH).catch((error) => error);
    expect(failure).toMatchObject({ code });
    expect(fake.requests).toHaveLength(requests);
  });

  it('tells how long Azure asks to wait where that is too long to wait here', async () => {
    expect((await failureOf(refusal(429, 'X', '', { 'retry-after': '300' }))).retryAfterMs).toBe(300_000);
  });

  it('holds the others back where the bucket of the subscription is empty', async () => {
    const fake = createFakeArm((_, nth) =>
      nth === 1 ? refusal(429, 'SubscriptionRequestsThrottled', '', { 'retry-after': '9' }) : OK,
    );
    await Promise.all([fake.arm.send('GET', PATH), fake.clock.wait(1_000).then(() => fake.arm.send('GET', PATH))]);
    expect(fake.clock.now() - Date.UTC(2026, 2, 1)).toBe(9_000);
    expect(fake.requests).toHaveLength(3);
  });

  it('slows down by what the headers say', async () => {
    const scarce = createFakeArm(
      () => ({ ...OK, headers: { 'x-ms-ratelimit-remaining-subscription-reads': '0' } }) as FakeAnswer,
    );
    for (let n = 0; n < 4; n += 1) await scarce.arm.send('GET', PATH);
    expect(scarce.clock.waitsMs).toEqual([40, 40, 40]);
  });
});

describe('the gate', () => {
  it.each([
    'https://evil.example/x',
    'https://arm.example:444/x',
    'https://arm.example.evil.example/x',
    'https://u:p@arm.example/x',
    'http://arm.example/x',
  ])('lets no token out to %s', async (url) => {
    const fake = createFakeArm(inOrder(OK));
    await expect(fake.arm.send('GET', url)).rejects.toMatchObject({ code: 'azure-rejected' });
    expect(fake.requests).toEqual([]);
  });

  it('stops a list whose next page is elsewhere', async () => {
    const fake = createFakeArm(inOrder({ status: 200, body: { value: [], nextLink: 'https://evil.example/more' } }));
    const read = async () => {
      for await (const _ of fake.arm.compute(SUBSCRIPTION).disks.list());
    };
    await expect(read()).rejects.toMatchObject({ code: 'azure-rejected' });
    expect(fake.requests).toHaveLength(1);
  });

  it('puts the token on what it lets through', async () => {
    const fake = createFakeArm(inOrder(OK));
    await fake.arm.send('GET', PATH);
    for await (const _ of fake.arm.compute(SUBSCRIPTION).disks.list());
    expect(fake.requests.map(({ authorization }) => authorization?.slice(0, 7))).toEqual(['Bearer ', 'Bearer ']);
  });

  it('asks again for a page of a list, not for the whole list', async () => {
    const fake = createFakeArm(
      inOrder(
        { status: 200, body: { value: [], nextLink: `${ENDPOINT}/subscriptions/${SUBSCRIPTION}/next` } },
        'lost',
        OK,
      ),
    );
    for await (const _ of fake.arm.compute(SUBSCRIPTION).disks.list());
    expect(fake.calls()).toEqual(['GET disks', 'GET next', 'GET next']);
  });

  it('follows no redirection', async () => {
    const fake = createFakeArm(inOrder({ status: 307, headers: { location: `${ENDPOINT}/elsewhere` } }));
    await expect(fake.arm.compute(SUBSCRIPTION).disks.get('rg', 'd')).rejects.toThrow();
    expect(fake.requests).toHaveLength(1);
  });

  it('tells that there is no token', async () => {
    const clock = createVirtualClock();
    const error = Object.assign(new Error('secret'), { name: 'CredentialUnavailableError' });
    const credential = { getToken: () => Promise.reject(error) };
    const arm = createArm({ endpoint: ENDPOINT, credential, clock, limiter: createRateLimiter(clock) });
    await expect(arm.send('GET', PATH)).rejects.toMatchObject({ code: 'azure-denied' });
    await expect(arm.compute(SUBSCRIPTION).disks.get('rg', 'd')).rejects.toMatchObject({ code: 'azure-denied' });
  });

  it('refuses an endpoint that is not https', () => {
    const clock = createVirtualClock();
    const credential = { getToken: async () => null };
    const make = () =>
      createArm({ endpoint: 'http://arm.example', credential, clock, limiter: createRateLimiter(clock) });
    expect(make).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });
});

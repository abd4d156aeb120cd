import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { EXAMPLE } from '../../src/functions/api/schema-parts.ts';
import { type Route, routes } from '../../src/functions/http-entry.ts';
import { goldDocument } from '../support/memory-app.ts';
import { type Answer, answerBreaches, fields, listOperations } from './openapi-rules.ts';
import { isObject, type Json } from './openapi-schema.ts';
import { type ApiWorld, type Call, createApiWorld, principalOf } from './openapi-world.ts';

/** Calls of each route. The seed is fixed, so that a failure repeats itself; `HOLDFAST_FUZZ_SEED` and `HOLDFAST_FUZZ_RUNS` play others. */
const RUNS = Number(process.env.HOLDFAST_FUZZ_RUNS ?? 40);
const SEED = Number(process.env.HOLDFAST_FUZZ_SEED ?? 7);
const BODY_LIMIT_BYTES = 1_048_576;

let world: ApiWorld;
let document: Json;
/** A restore, a drill and a rebuild that are there. */
let made: readonly string[] = [];
/** What was written since the last look, the books of refusals left out. */
let written: string[] = [];

beforeAll(async () => {
  world = await createApiWorld();
  document = (await world.call('openapi')).json;
  const started = [
    await world.call('restores-start', {
      body: JSON.stringify({
        kind: 'disk',
        point: world.points[0],
        target: { disk: 'web-data', name: 'brought-back' },
      }),
    }),
    await world.call('drills-start', { params: { name: 'gold' }, body: '{}' }),
    await world.call('rebuilds-start'),
  ];
  made = started.map(({ json }) => String(fields(json).id));
  const { store, azure } = world.memory;
  const reads = ['get', 'list', 'scan', 'blob-read', 'blob-list', 'blob-size'];
  store.hooks.before = ({ operation, name }) => {
    // A refusal is audited, and an operation's name is kept before anything else is looked at.
    if (!reads.includes(operation) && !/^(audit\d+|idempotency)$/.test(name)) written.push(`${operation} ${name}`);
  };
  azure.hooks.before = ({ operation }) => {
    if (/^(start|create|delete|remove|replace|deallocate|tag|update|mark|untag)/.test(operation))
      written.push(operation);
  };
});

/** What people and programs put where it does not belong. */
const EVIL = [
  '',
  ' ',
  '..',
  '../../policies/gold',
  '..%2f..%2fgold',
  'a/b\\c',
  "gold' or PartitionKey ne '",
  "')); drop--",
  'gold\u0000',
  '\u202egold',
  'gold\r\nset-cookie: a=b',
  '\ud800',
  '𝕘old',
  'é'.repeat(200),
  'a'.repeat(5_000),
  '__proto__',
  'constructor',
  'toString',
  '-1',
  '0',
  '1e308',
  '9'.repeat(400),
  'NaN',
  '%',
  '%00',
  '<script>alert(1)</script>',
  '=HYPERLINK("http://x")',
  '*',
  '$filter',
  'null',
  '2026-02-30',
  '+275760-09-13T00:00:00.001Z',
  '-271821-04-20T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '0000-01-01T00:00:00Z',
];

const evil = fc.oneof(fc.constantFrom(...EVIL), fc.string({ unit: 'binary', maxLength: 40 }));
const evilJson: fc.Arbitrary<Json> = fc.oneof(
  evil,
  fc.constantFrom<Json>(null, true, -1, 0, 1.5, 1e308, Number.MAX_SAFE_INTEGER + 2, [], {}, [[]], [null]),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.array(evil, { maxLength: 3 }),
  fc.dictionary(evil, evil, { maxKeys: 3 }),
);

/** Ids that exist, and ids that look like them. */
const id = fc.oneof(
  { weight: 3, arbitrary: evil },
  {
    weight: 2,
    arbitrary: fc.nat({ max: 8 }).map((at) => [...world.points, world.source, ...made, 'gold', 'none'][at] ?? 'gold'),
  },
  { weight: 1, arbitrary: fc.constantFrom(EXAMPLE.point, EXAMPLE.source, EXAMPLE.restore, `${EXAMPLE.point}'`) },
);

/** Where a value stands inside another. */
function placesOf(value: Json, path: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  const inner = Array.isArray(value) ? [...value.entries()] : isObject(value) ? Object.entries(value) : [];
  return [path, ...inner.flatMap(([key, one]) => placesOf(one as Json, [...path, key]))];
}

function changed(value: Json, path: readonly (string | number)[], to: Json): Json {
  const [first, ...rest] = path;
  if (first === undefined) return to;
  if (Array.isArray(value))
    return value.map((one, at) => (at === first ? changed(one as Json, rest, to) : (one as Json)));
  const own = fields(value);
  return Object.fromEntries(
    Object.entries(own).map(([key, one]) => [key, key === first ? changed(one, rest, to) : one]),
  );
}

/** Pairs as a query or a form carries them. */
function queryString(pairs: readonly (readonly [string, string])[]): string {
  const query = new URLSearchParams();
  for (const [name, value] of pairs) query.append(name, value);
  return String(query);
}

/** An example with the ids of the world. */
function inWorld(example: Json): Json {
  const text = JSON.stringify(example)
    .replaceAll(EXAMPLE.point, world.points[0] ?? '')
    .replaceAll(EXAMPLE.source, world.source)
    .replaceAll(EXAMPLE.at, '2026-03-01T13:30:00Z');
  return JSON.parse(text) as Json;
}

/** An example with something in it replaced, or a field too many. */
function bent(example: Json): fc.Arbitrary<string> {
  const places = placesOf(example);
  const replaced = fc
    .tuple(fc.nat({ max: places.length - 1 }), evilJson)
    .map(([at, to]) => JSON.stringify(changed(example, places[at] ?? [], to)));
  const more = fc
    .tuple(evil, evilJson)
    .map(
      ([name, value]) => `${JSON.stringify(example).slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(value)}}`,
    );
  return fc.oneof(replaced, more, fc.constant(JSON.stringify(example)));
}

function bodyOf(route: Route): fc.Arbitrary<string | Uint8Array> {
  const operation = listOperations(document).find(
    (described) => described.operation.operationId === route.name,
  )?.operation;
  const examples = Object.values(fields(fields(operation?.requestBody).content)).map(
    (media) => fields(media).example ?? null,
  );
  const shapes = examples.map((example) =>
    typeof example === 'string' ? fc.constant(example) : bent(inWorld(example)),
  );
  const form = fc.array(fc.tuple(evil, evil), { maxLength: 4 }).map(queryString);
  return fc.oneof(
    { weight: 6, arbitrary: fc.oneof(...(shapes.length > 0 ? shapes : [form])) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        '',
        '{',
        '[',
        '"',
        '{"a":',
        'null',
        '7',
        '[]',
        '{}',
        '{"__proto__":{"a":1}}',
        '['.repeat(20_000),
      ),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
    { weight: 1, arbitrary: evilJson.map((value) => JSON.stringify(value)) },
  );
}

const PARAMETERS = [
  'source',
  'before',
  'after',
  'limit',
  'path',
  'disk',
  'from',
  'to',
  'groupBy',
  'format',
  'days',
  'changeGiB',
  'month',
  'force',
  'dryRun',
  'policy',
  'q',
  'done',
];

/** What is on the disks of the world. */
const PATHS = ['/', '/p0', '/p0/folder', '/p0/far.bin'];

/** What an operation knows in its query, and what others know. */
function queryOf(route: Route): fc.Arbitrary<string> {
  const operation = listOperations(document).find(
    (described) => described.operation.operationId === route.name,
  )?.operation;
  const known = ((operation?.parameters as Json[] | undefined) ?? []).map(fields).filter((one) => one.in === 'query');
  const pairs = known.map((one) => {
    const fitting = [
      one.example,
      ...(one.name === 'path' ? PATHS : []),
      ...((fields(one.schema).enum as Json[] | undefined) ?? []),
      'true',
    ]
      .filter((value) => value !== undefined)
      .map((value) => String(inWorld(value)));
    return fc.tuple(fc.constant(String(one.name)), fc.oneof(evil, fc.constantFrom(...fitting)));
  });
  const pair = fc.oneof(fc.tuple(fc.constantFrom(...PARAMETERS), evil), ...pairs, ...pairs);
  return fc.oneof(
    {
      weight: 8,
      arbitrary: fc.array(pair, { maxLength: 4 }).map(queryString),
    },
    { weight: 1, arbitrary: fc.constantFrom('%', '?', '&&&=', 'a=%ff', '%zz=1', 'format') },
  );
}

/** Header values that the wire carries. */
const headerValue = fc.oneof(
  fc.constantFrom(
    '*',
    'W/"x"',
    '""',
    '"a',
    'bytes=0-',
    'bytes=9-1',
    'bytes=-0',
    'bytes=a-b',
    'bytes=0-1,3-4',
    `bytes=${'9'.repeat(30)}-`,
    'x'.repeat(300),
  ),
  fc.stringMatching(/^[\x21-\x7e]{0,20}$/),
);
const headers = fc.dictionary(
  fc.constantFrom(
    'if-match',
    'if-none-match',
    'idempotency-key',
    'range',
    'if-range',
    'content-type',
    'sec-fetch-site',
    'origin',
    'host',
    'prefer',
  ),
  headerValue,
  { maxKeys: 3 },
);
const formHeaders = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };

/** Who calls: mostly somebody who may, so that more than the door is tried. */
const caller: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.constant(principalOf('Holdfast.Admin')) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('Holdfast.Reader', 'Holdfast.Operator', 'Holdfast.Finance', 'Root', '')
      .map((role) => principalOf(role)),
  },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.constantFrom('', '%%%', 'e30=', 'bnVsbA==', 'W10=', 'A'.repeat(70_000)),
      fc.base64String({ maxLength: 80 }),
    ),
  },
);

function callsOf(route: Route): fc.Arbitrary<Call> {
  const takesBody = route.method === 'PUT' || route.method === 'POST';
  return fc.record({
    params: fc.record({ id: id.map((text) => text.toWellFormed()), name: id.map((text) => text.toWellFormed()) }),
    query: queryOf(route),
    role: fc.constant(null),
    headers: fc.tuple(headers, caller, fc.boolean()).map(([more, principal, asForm]) => ({
      ...(asForm && route.name.startsWith('console') ? formHeaders : {}),
      ...more,
      'x-ms-client-principal': principal,
    })),
    body: takesBody ? bodyOf(route) : fc.constant(''),
  });
}

/** What was written. To look into a disk it is opened, and what closes it again is noted first: that is so where nothing is found as well. */
function writesOf({ name }: Route): readonly string[] {
  const opens = /^(console-)?(files|history|sources|restore-form)/.test(name);
  return written.filter((write) => !(opens && / (work|readings)$/.test(write)));
}

/** What is wrong with an answer, whatever was asked. */
function wrongs(route: Route, answer: Answer): readonly string[] {
  const { status, headers: sent, text } = answer;
  const type = sent['content-type'] ?? '';
  const isPage = route.name.startsWith('console') && type.startsWith('text/html');
  if (status === 500 || status >= 600) return [`answered ${status}: ${text.slice(0, 300)}`];
  const described = listOperations(document).find(({ operation }) => operation.operationId === route.name);
  const undescribed = described ? answerBreaches(document, described, answer) : [];
  if (status < 400) return undescribed;
  return [
    ...(isPage || type === 'application/problem+json' || status === 416 ? [] : [`${status} is ${type}`]),
    ...undescribed,
    ...(/\n\s+at |node_modules|\.ts:\d+/.test(text) ? [`${status} shows a stack`] : []),
    ...writesOf(route).map((write) => `${status}, and yet it did ${write}`),
  ];
}

test.each(routes.map((route) => [route.name, route] as const))('%s holds against anything', async (_, route) => {
  await fc.assert(
    fc.asyncProperty(callsOf(route), async (call) => {
      written = [];
      world.failures.length = 0;
      const answer = await world.call(route, call);
      expect([...wrongs(route, answer), ...world.failures]).toEqual([]);
    }),
    { numRuns: RUNS, seed: SEED },
  );
});

test.each(
  routes.filter(({ method }) => method === 'PUT' || method === 'POST').map((route) => [route.name, route] as const),
)('%s refuses a body that is too large, and writes nothing', async (_, route) => {
  written = [];
  const answer = await world.call(route, {
    params: { id: 'none', name: 'gold' },
    body: new Uint8Array(BODY_LIMIT_BYTES + 1),
    headers: formHeaders,
  });
  expect([answer.status, answer.headers['content-type'], written]).toEqual([413, 'application/problem+json', []]);
});

/** What this has found once. */
const found: readonly (readonly [what: string, route: string, call: Call, status: number])[] = [
  ['a source that no table key can name', 'points-list', { query: { source: 'gold\r\n' } }, 200],
  ['points before there were any', 'points-list', { query: { source: 'none', before: '0000-01-01T00:00:00Z' } }, 200],
  [
    'points before the end of time',
    'points-list',
    { query: { source: 'none', before: '+275760-09-13T00:00:00Z' } },
    400,
  ],
  [
    'a path of a source with a line break',
    'files-history',
    { params: { id: 'a\r\nb' }, query: { path: '/p0/far.bin' } },
    404,
  ],
  ['the page of a source that climbs', 'console-source', { params: { id: '../../gold' } }, 404],
  ['drills before 1970', 'drills-list', { query: { policy: 'gold', before: '1969-12-31T00:00:00Z' } }, 200],
  [
    'a restore of a source that no table key can name',
    'restores-start',
    { body: JSON.stringify({ kind: 'disk', point: { source: 'a/b', at: '2026-03-01T13:30:00Z' }, target: {} }) },
    404,
  ],
];

test.each(found)('%s', async (_, route, call, status) => {
  const answer = await world.call(route, call);
  expect([answer.status, world.failures.splice(0)]).toEqual([status, []]);
});

test('a change of a policy that is no longer the one that was meant wakes nothing', async () => {
  const body = JSON.stringify(goldDocument({ name: 'late' }));
  written = [];
  const answer = await world.call('policies-put', { params: { name: 'late' }, body, headers: { 'if-match': '"old"' } });
  expect([answer.status, written]).toEqual([412, []]);
});

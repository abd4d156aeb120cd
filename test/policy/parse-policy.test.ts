import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { MAX_PROBLEMS } from '../../src/base/schema-problems.ts';
import { NOT_SUPPORTED_YET } from '../../src/policy/not-supported-yet.ts';
import { parsePolicy, parseRetentionPart } from '../../src/policy/parse-policy.ts';
import { policyDocument } from '../../src/policy/policy-document.ts';
import { policySchema } from '../../src/policy/policy-schema.ts';
import {
  everything,
  goldDocument,
  type Json,
  problemsOf,
  readPolicy,
  SUBSCRIPTION,
  smallDocument,
} from './documents.ts';

const withSelect = (select: Json) =>
  smallDocument({ select: { scopes: [`/subscriptions/${SUBSCRIPTION}`], ...select } });
const withSchedule = (schedule: Json) => smallDocument({ schedules: [{ name: 'n', cron: '0 1 * * *', ...schedule }] });
const withRetention = (retention: Json) => smallDocument({ retention });
const withBudget = (budget: Json) => smallDocument({ budget: { amountPerMonth: 10, currency: 'EUR', ...budget } });
const withSnapshot = (snapshot: Json) => smallDocument({ snapshot });

describe('a good document', () => {
  test('fills in the defaults', () => {
    expect(policyDocument(readPolicy(smallDocument()))).toEqual({
      name: 'bronze',
      enabled: true,
      timeZone: 'UTC',
      select: {
        scopes: [`/subscriptions/${SUBSCRIPTION}`],
        kinds: ['virtualMachine', 'disk'],
        include: [{ tag: 'backup', equals: 'yes' }],
        exclude: [],
        excludeDisks: [],
      },
      schedules: [{ name: 'nightly', cron: '30 2 * * *', startWindow: 'PT1H', catchUp: 'latest' }],
      retention: { keepDaily: 7, minimum: 1, graceHours: 24, maxDeletePercent: 20 },
      onDelete: 'keep',
      consistency: { prefer: 'disk', minimum: 'disk' },
      copies: [],
      snapshot: {
        resourceGroup: 'rg-holdfast-{region}',
        sku: 'Standard_ZRS',
        copyTags: true,
        tags: {},
        networkAccess: 'deny',
      },
    });
  });

  test('the example of the contract is read and written as it stands', () => {
    const policy = readPolicy(goldDocument());
    expect(policy.budget).toEqual({
      amountPerMonth: { microUnits: 120_000_000, currency: 'EUR' },
      per: { kind: 'policy' },
      floors: ['keepDaily'],
    });
    expect(policy.select.scopes[1]).toEqual({ subscriptionId: SUBSCRIPTION, resourceGroup: 'prod-*' });
    expect(policy.retention.keepYearly).toBe('all');
    expect(policy.schedules[1]?.jitter?.minutes).toBe(10);
    const schedules = (goldDocument().schedules as Json[]).map((schedule) => ({ startWindow: 'PT1H', ...schedule }));
    expect(policyDocument(policy)).toEqual(goldDocument({ schedules }));
  });

  test('reading what was written gives the same policy', () => {
    const documents = fc.record(
      {
        name: fc.constantFrom('a', 'A.b-c_9'),
        enabled: fc.boolean(),
        timeZone: fc.constantFrom('UTC', 'Europe/Vienna', 'Australia/Lord_Howe'),
        select: fc.record(
          {
            scopes: fc.constantFrom(
              [`/subscriptions/${SUBSCRIPTION.toUpperCase()}/resourcegroups/a?b`],
              ['/providers/microsoft.management/managementgroups/Contoso-(1)'],
            ),
            kinds: fc.constantFrom([], ['disk'], ['disk', 'disk']),
            include: fc.constantFrom([], [{ name: 'x*' }, { tag: 't', in: ['1', '2'] }, { tag: 't', exists: false }]),
            excludeDisks: fc.constantFrom([], [{ lun: 63 }]),
          },
          { requiredKeys: ['scopes'] },
        ),
        schedules: fc.constantFrom([], [{ name: 's', cron: '0 0 L * *', jitter: 'PT1M' }]),
        retention: fc.record(
          {
            keepLast: fc.constantFrom('all', 1, 99),
            keepWithinYearly: fc.constant('P2Y'),
            maxAge: fc.constantFrom('P3Y', 'P3650D'),
            graceHours: fc.integer({ min: 0, max: 100 }),
          },
          { requiredKeys: [] },
        ),
        budget: fc.record(
          {
            amountPerMonth: fc.constantFrom(0.000001, 12.34),
            currency: fc.constant('USD'),
            per: fc.constantFrom('subscription', 'tag:cost centre:x'),
          },
          { requiredKeys: ['amountPerMonth', 'currency'] },
        ),
      },
      { requiredKeys: ['name', 'select', 'schedules', 'retention'] },
    );
    fc.assert(
      fc.property(documents, (document) => {
        const policy = readPolicy(document);
        expect(readPolicy(JSON.parse(JSON.stringify(policyDocument(policy))))).toEqual(policy);
      }),
      { numRuns: 100 },
    );
  });

  test('the schema can be described to others', () => {
    const described = z.toJSONSchema(policySchema, { io: 'input' });
    expect(described.required).toEqual(['name', 'select', 'schedules', 'retention']);
    expect(described.additionalProperties).toBe(false);
    for (const property of Object.values(described.properties ?? {})) {
      const { type, description } = property as Json;
      expect(type).toBeDefined();
      expect(description ?? Object.hasOwn(property as Json, 'default')).toBeTruthy();
    }
  });
});

interface Row {
  readonly name: string;
  readonly document: unknown;
  readonly path: string;
  readonly message: string;
  readonly found: string;
  readonly allowed: string;
}

const DISK_ACCESS_ID =
  '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-net-{region}/providers/Microsoft.Compute/diskAccesses/holdfast';

const rows: readonly Row[] = [
  {
    name: 'no object',
    document: 'gold',
    path: '$',
    message: 'right type',
    found: '"gold"',
    allowed: 'a policy document',
  },
  {
    name: 'nothing',
    document: undefined,
    path: '$',
    message: 'is required',
    found: 'nothing',
    allowed: 'a policy document',
  },
  { name: 'a list', document: [], path: '$', message: 'right type', found: '[]', allowed: 'a policy document' },
  {
    name: 'a name with a slash',
    document: smallDocument({ name: 'a/b' }),
    path: '$.name',
    message: 'forms',
    found: '"a/b"',
    allowed: '1 to 64 letters',
  },
  {
    name: 'a name that begins with a dot',
    document: smallDocument({ name: '..' }),
    path: '$.name',
    message: 'forms',
    found: '".."',
    allowed: 'the first a letter',
  },
  {
    name: 'a name of 65',
    document: smallDocument({ name: 'a'.repeat(65) }),
    path: '$.name',
    message: 'forms',
    found: `"${'a'.repeat(65)}"`,
    allowed: '1 to 64',
  },
  {
    name: 'an unknown zone',
    document: smallDocument({ timeZone: 'Europe/Wien' }),
    path: '$.timeZone',
    message: 'is not a known time zone',
    found: '"Europe/Wien"',
    allowed: 'IANA',
  },
  {
    name: 'an offset for a zone',
    document: smallDocument({ timeZone: '+02:00' }),
    path: '$.timeZone',
    message: 'is not a known time zone',
    found: '"+02:00"',
    allowed: 'IANA',
  },
  {
    name: 'an unknown field',
    document: smallDocument({ colour: 'red' }),
    path: '$.colour',
    message: 'is not a known field',
    found: '"red"',
    allowed: 'name, enabled, timeZone',
  },
  {
    name: 'an unknown field deep inside',
    document: withRetention({ keepDialy: 7 }),
    path: '$.retention.keepDialy',
    message: 'is not a known field',
    found: '7',
    allowed: 'keepDaily',
  },
  {
    name: 'a prototype as a field',
    document: JSON.parse(JSON.stringify(smallDocument()).replace('{', '{"__proto__":{"x":1},')),
    path: '$.__proto__',
    message: 'is not a known field',
    found: '{"x":1}',
    allowed: 'name',
  },
  {
    name: 'a scope that is no GUID',
    document: smallDocument({ select: { scopes: ['/subscriptions/prod'] } }),
    path: '$.select.scopes[0]',
    message: 'forms',
    found: '"/subscriptions/prod"',
    allowed: '/subscriptions/<GUID>',
  },
  {
    name: 'a management group whose name ends in a full stop',
    document: smallDocument({ select: { scopes: ['/providers/Microsoft.Management/managementGroups/prod.'] } }),
    path: '$.select.scopes[0]',
    message: 'forms',
    found: '"/providers/Microsoft.Management/managementGroups/prod."',
    allowed: '/providers/Microsoft.Management/managementGroups/<id>',
  },
  {
    name: 'a pattern of management groups',
    document: smallDocument({ select: { scopes: ['/providers/Microsoft.Management/managementGroups/prod*'] } }),
    path: '$.select.scopes[0]',
    message: 'forms',
    found: 'prod*',
    allowed: '<id>',
  },
  {
    name: 'something below a management group',
    document: smallDocument({
      select: { scopes: [`/providers/Microsoft.Management/managementGroups/a/subscriptions/${SUBSCRIPTION}`] },
    }),
    path: '$.select.scopes[0]',
    message: 'forms',
    found: '/providers/',
    allowed: '<GUID>',
  },
  {
    name: 'a scope below a group',
    document: smallDocument({ select: { scopes: [`/subscriptions/${SUBSCRIPTION}/resourceGroups/a/providers/x`] } }),
    path: '$.select.scopes[0]',
    message: 'forms',
    found: '/subscriptions/',
    allowed: '<GUID>',
  },
  {
    name: 'no scopes',
    document: smallDocument({ select: {} }),
    path: '$.select.scopes',
    message: 'is required',
    found: 'nothing',
    allowed: 'subscriptions or resource groups',
  },
  {
    name: 'an unknown kind',
    document: withSelect({ kinds: ['vm'] }),
    path: '$.select.kinds[0]',
    message: 'known values',
    found: '"vm"',
    allowed: '"virtualMachine" or "disk"',
  },
  {
    name: 'a matcher of no form',
    document: withSelect({ include: [{ tag: 'a', like: 'b' }] }),
    path: '$.select.include[0]',
    message: 'forms',
    found: '{"tag":"a","like":"b"}',
    allowed: '{ tag, equals }',
  },
  {
    name: 'a matcher of two forms',
    document: withSelect({ include: [{ tag: 'a', equals: 'b', exists: true }] }),
    path: '$.select.include[0]',
    message: 'forms',
    found: '{"tag":"a"',
    allowed: '{ tag, exists }',
  },
  {
    name: 'a matcher with a wrong value',
    document: withSelect({ include: [{ tag: 'a', equals: 3 }] }),
    path: '$.select.include[0].equals',
    message: 'right type',
    found: '3',
    allowed: 'a tag value',
  },
  {
    name: 'a LUN of a source',
    document: withSelect({ include: [{ lun: 3 }] }),
    path: '$.select.include[0]',
    message: 'forms',
    found: '{"lun":3}',
    allowed: '{ name }',
  },
  {
    name: 'a LUN that is too big',
    document: withSelect({ excludeDisks: [{ lun: 64 }] }),
    path: '$.select.excludeDisks[0].lun',
    message: 'is too big',
    found: '64',
    allowed: '0 to 63',
  },
  {
    name: 'an empty pattern',
    document: withSelect({ exclude: [{ name: '' }] }),
    path: '$.select.exclude[0].name',
    message: 'is too short',
    found: '""',
    allowed: 'pattern',
  },
  {
    name: 'no values',
    document: withSelect({ exclude: [{ tag: 'a', in: [] }] }),
    path: '$.select.exclude[0].in',
    message: 'is too short',
    found: '[]',
    allowed: '1 to 100',
  },
  {
    name: 'a tag name that Azure refuses',
    document: withSelect({ exclude: [{ tag: 'a/b', exists: true }] }),
    path: '$.select.exclude[0].tag',
    message: 'forms',
    found: '"a/b"',
    allowed: 'without <',
  },
  {
    name: 'too many conditions',
    document: withSelect({ exclude: Array.from({ length: 101 }, () => ({ name: 'x' })) }),
    path: '$.select.exclude',
    message: 'is too long',
    found: '[{"name"',
    allowed: 'up to 100',
  },
  {
    name: 'six cron fields',
    document: withSchedule({ cron: '0 0 1 * * *' }),
    path: '$.schedules[0].cron',
    message: 'has 6 fields, not five',
    found: '"0 0 1 * * *"',
    allowed: 'five fields',
  },
  {
    name: 'a cron that never fires',
    document: withSchedule({ cron: '0 0 31 2 *' }),
    path: '$.schedules[0].cron',
    message: 'never fires',
    found: '"0 0 31 2 *"',
    allowed: 'five fields',
  },
  {
    name: 'a number for a cron',
    document: withSchedule({ cron: 5 }),
    path: '$.schedules[0].cron',
    message: 'right type',
    found: '5',
    allowed: 'five fields',
  },
  {
    name: 'no duration',
    document: withSchedule({ startWindow: '1 hour' }),
    path: '$.schedules[0].startWindow',
    message: 'is not a duration',
    found: '"1 hour"',
    allowed: 'ISO 8601',
  },
  {
    name: 'a week and days',
    document: withRetention({ keepWithin: 'P1W2D' }),
    path: '$.retention.keepWithin',
    message: 'is not a duration',
    found: '"P1W2D"',
    allowed: 'weeks alone',
  },
  {
    name: 'a start window of a month',
    document: withSchedule({ startWindow: 'P1M' }),
    path: '$.schedules[0].startWindow',
    message: 'is too long',
    found: '"P1M"',
    allowed: 'at most P7D',
  },
  {
    name: 'a jitter as long as the window',
    document: withSchedule({ jitter: 'PT60M' }),
    path: '$.schedules[0].jitter',
    message: 'is not shorter than startWindow',
    found: '"PT60M"',
    allowed: 'less than PT1H',
  },
  {
    name: 'an unknown catchUp',
    document: withSchedule({ catchUp: 'all' }),
    path: '$.schedules[0].catchUp',
    message: 'known values',
    found: '"all"',
    allowed: '"none" or "latest"',
  },
  {
    name: 'two schedules of one name',
    document: smallDocument({
      schedules: [
        { name: 'a', cron: '0 1 * * *' },
        { name: 'a', cron: '0 2 * * *' },
      ],
    }),
    path: '$.schedules[1].name',
    message: 'another schedule',
    found: '"a"',
    allowed: '$.schedules[0]',
  },
  {
    name: 'too many schedules',
    document: smallDocument({
      schedules: Array.from({ length: 21 }, (_, index) => ({ name: `s${index}`, cron: '0 1 * * *' })),
    }),
    path: '$.schedules',
    message: 'is too long',
    found: '[{"name"',
    allowed: 'up to 20',
  },
  {
    name: 'a count of zero',
    document: withRetention({ keepDaily: 0 }),
    path: '$.retention.keepDaily',
    message: 'is too small',
    found: '0',
    allowed: 'at least 1, or "all"',
  },
  {
    name: 'a count below zero',
    document: withRetention({ keepDaily: -1 }),
    path: '$.retention.keepDaily',
    message: 'is too small',
    found: '-1',
    allowed: 'at least 1',
  },
  {
    name: 'half a count',
    document: withRetention({ keepDaily: 1.5 }),
    path: '$.retention.keepDaily',
    message: '',
    found: '1.5',
    allowed: 'a whole number',
  },
  {
    name: 'a count in words',
    document: withRetention({ keepDaily: 'every' }),
    path: '$.retention.keepDaily',
    message: 'forms',
    found: '"every"',
    allowed: '"all"',
  },
  {
    name: 'a count as text',
    document: withRetention({ keepDaily: '7' }),
    path: '$.retention.keepDaily',
    message: 'forms',
    found: '"7"',
    allowed: '"all"',
  },
  {
    name: 'null for a rule',
    document: withRetention({ keepDaily: null }),
    path: '$.retention.keepDaily',
    message: 'forms',
    found: 'null',
    allowed: '"all"',
  },
  {
    name: 'a minimum of zero',
    document: withRetention({ minimum: 0 }),
    path: '$.retention.minimum',
    message: 'is too small',
    found: '0',
    allowed: 'from 1',
  },
  {
    name: 'more than all',
    document: withRetention({ maxDeletePercent: 101 }),
    path: '$.retention.maxDeletePercent',
    message: 'is too big',
    found: '101',
    allowed: '0 to 100',
  },
  {
    name: 'maxAge below a within',
    document: withRetention({ keepWithinWeekly: 'P3M', maxAge: 'P80D' }),
    path: '$.retention.maxAge',
    message: 'is shorter than keepWithinWeekly',
    found: '"P80D"',
    allowed: 'at least keepWithinWeekly (P3M)',
  },
  {
    name: 'money in words',
    document: withBudget({ amountPerMonth: '10' }),
    path: '$.budget.amountPerMonth',
    message: 'right type',
    found: '"10"',
    allowed: 'above zero',
  },
  {
    name: 'no money',
    document: withBudget({ amountPerMonth: 0 }),
    path: '$.budget.amountPerMonth',
    message: 'is too small',
    found: '0',
    allowed: 'above zero',
  },
  {
    name: 'an unknown currency',
    document: withBudget({ currency: 'euro' }),
    path: '$.budget.currency',
    message: 'is not a currency code',
    found: '"euro"',
    allowed: 'ISO 4217',
  },
  {
    name: 'an unknown per',
    document: withBudget({ per: 'tag:' }),
    path: '$.budget.per',
    message: 'forms',
    found: '"tag:"',
    allowed: '"tag:<tag name>"',
  },
  {
    name: 'an unknown floor',
    document: withBudget({ floors: ['maxAge'] }),
    path: '$.budget.floors[0]',
    message: 'known values',
    found: '"maxAge"',
    allowed: 'keepLast',
  },
  {
    name: 'a floor that is not set',
    document: withBudget({ floors: ['keepDaily', 'keepYearly'] }),
    path: '$.budget.floors[1]',
    message: 'does not set',
    found: '"keepYearly"',
    allowed: 'one of keepDaily',
  },
  {
    name: 'an unknown onDelete',
    document: smallDocument({ onDelete: 'delete' }),
    path: '$.onDelete',
    message: 'known values',
    found: '"delete"',
    allowed: '"keep" or "expire"',
  },
  {
    name: 'premium for increments',
    document: withSnapshot({ sku: 'Premium_LRS' }),
    path: '$.snapshot.sku',
    message: 'known values',
    found: '"Premium_LRS"',
    allowed: 'Standard HDD',
  },
  {
    name: 'a group that ends with a dot',
    document: withSnapshot({ resourceGroup: 'snapshots.' }),
    path: '$.snapshot.resourceGroup',
    message: 'a resource group can have',
    found: '"snapshots."',
    allowed: 'not ending with "."',
  },
  {
    name: 'a group with another placeholder',
    document: withSnapshot({ resourceGroup: 'rg-{name}' }),
    path: '$.snapshot.resourceGroup',
    message: 'a resource group can have',
    found: '"rg-{name}"',
    allowed: '{region}',
  },
  {
    name: 'a group that the region makes too long',
    document: withSnapshot({ resourceGroup: `${'g'.repeat(80)}{region}` }),
    path: '$.snapshot.resourceGroup',
    message: 'a resource group can have',
    found: '"ggg',
    allowed: '1 to 90',
  },
  {
    name: 'a tag value that is too long',
    document: withSnapshot({ tags: { owner: 'x'.repeat(257) } }),
    path: '$.snapshot.tags.owner',
    message: 'is too long',
    found: '"xxx',
    allowed: 'at most 256',
  },
  {
    name: 'a tag name that Azure refuses on a snapshot',
    document: withSnapshot({ tags: { 'a<b': 'c' } }),
    path: "$.snapshot.tags['a<b']",
    message: 'has a name',
    found: '"c"',
    allowed: '',
  },
  {
    name: 'one tag in two cases',
    document: withSnapshot({ tags: { Owner: 'a', owner: 'b' } }),
    path: '$.snapshot.tags.owner',
    message: 'is there twice',
    found: '"owner"',
    allowed: '',
  },
  {
    name: "a tag of Holdfast's own",
    document: withSnapshot({ tags: { 'Holdfast-policy': 'a' } }),
    path: "$.snapshot.tags['Holdfast-policy']",
    message: 'is reserved',
    found: '"Holdfast-policy"',
    allowed: 'does not begin',
  },
  {
    name: 'too many tags',
    document: withSnapshot({ tags: Object.fromEntries(Array.from({ length: 43 }, (_, index) => [`t${index}`, 'x'])) }),
    path: '$.snapshot.tags',
    message: 'too many tags',
    found: '43',
    allowed: 'at most 42',
  },
  {
    name: 'an unknown access',
    document: withSnapshot({ networkAccess: 'open' }),
    path: '$.snapshot.networkAccess',
    message: 'known values',
    found: '"open"',
    allowed: '"deny", "private" or "allow"',
  },
  {
    name: 'private access that leads nowhere',
    document: withSnapshot({ networkAccess: 'private' }),
    path: '$.snapshot.diskAccessId',
    message: 'is needed',
    found: 'nothing',
    allowed: 'disk access resource',
  },
  {
    name: 'a disk access resource that nothing leads through',
    document: withSnapshot({ networkAccess: 'allow', diskAccessId: DISK_ACCESS_ID }),
    path: '$.snapshot.diskAccessId',
    message: 'means nothing',
    found: 'subscriptions',
    allowed: 'no diskAccessId',
  },
  {
    name: 'a disk access resource of another type',
    document: withSnapshot({ networkAccess: 'private', diskAccessId: DISK_ACCESS_ID.replace('diskAccesses', 'disks') }),
    path: '$.snapshot.diskAccessId',
    message: '',
    found: 'subscriptions',
    allowed: 'diskAccesses',
  },
  {
    name: 'an unknown consistency',
    document: smallDocument({ consistency: { prefer: 'file' } }),
    path: '$.consistency.prefer',
    message: 'known values',
    found: '"file"',
    allowed: '"application"',
  },
];

describe('the network of snapshots', () => {
  test.each([
    ['deny', {}],
    ['allow', {}],
    ['private', { diskAccessId: DISK_ACCESS_ID }],
  ])('%s is taken', (networkAccess, more) => {
    const parsed = parsePolicy(withSnapshot({ networkAccess, ...more }));
    expect(parsed.ok ? parsed.value.snapshot : parsed.problems).toMatchObject({ networkAccess, ...more });
  });
});

describe('a problem says its path, what was found and what is allowed', () => {
  test.each(rows)('$name', ({ document, path, message, found, allowed }) => {
    const problems = problemsOf(document);
    expect(problems).toHaveLength(1);
    const [problem] = problems;
    expect(problem?.path).toBe(path);
    expect(problem?.message).toContain(message);
    expect(problem?.found).toContain(found);
    expect(problem?.allowed ?? '').toContain(allowed);
  });

  test('a name that is not the one in the address', () => {
    expect(problemsOf(smallDocument(), 'Bronze')).toEqual([
      { path: '$.name', message: 'is not the name in the address', found: '"bronze"', allowed: '"Bronze"' },
    ]);
    expect(problemsOf(smallDocument(), 'bronze')).toEqual([]);
  });

  test('a place that breaks several rules is named once, by the first of them', () => {
    expect(
      problemsOf(withSelect({ exclude: [{ tag: '', exists: true }] })).map(({ path, message }) => [path, message]),
    ).toEqual([['$.select.exclude[0].tag', 'is too short']]);
  });

  test('a prototype hidden among the tags is not dropped in silence', () => {
    const document = JSON.parse(JSON.stringify(withSnapshot({ tags: { TAG: 'x' } })).replace('TAG', '__proto__'));
    expect(problemsOf(document).map(({ path }) => path)).toEqual(['$.snapshot.tags.__proto__']);
  });

  test('maxAge and a within that differ by the calendar alone do not contradict each other', () => {
    expect(problemsOf(withRetention({ keepWithin: 'P3M', maxAge: 'P90D' }))).toEqual([]);
    expect(problemsOf(withRetention({ keepWithin: 'P3M', maxAge: 'P3M' }))).toEqual([]);
  });

  test('every problem comes at once: fields of wrong form beside fields that contradict each other', () => {
    const document = {
      name: 'Gold!',
      timeZone: 'Mars/Base',
      colour: 1,
      select: { scopes: ['x'], include: [{ tag: 'a' }, { name: 5 }], kinds: 'disk' },
      schedules: [
        { name: 'a', cron: '0 0 31 2 *', colour: 2 },
        { name: 'a', cron: '0 1 * * *', jitter: 'PT2H' },
      ],
      retention: { keepLast: 0, keepWithin: 'P5D', maxAge: 'P4D' },
      budget: { amountPerMonth: 1, currency: 'EUR', floors: ['keepYearly'] },
      snapshot: { resourceGroup: '???', sku: 'Premium_LRS', tags: { A: '1', a: '2' } },
    };
    expect(
      problemsOf(document, 'gold')
        .map(({ path }) => path)
        .sort(),
    ).toEqual(
      [
        '$.name',
        '$.name',
        '$.timeZone',
        '$.colour',
        '$.select.scopes[0]',
        '$.select.include[0]',
        '$.select.include[1].name',
        '$.select.kinds',
        '$.schedules[0].cron',
        '$.schedules[0].colour',
        '$.schedules[1].name',
        '$.schedules[1].jitter',
        '$.retention.keepLast',
        '$.retention.maxAge',
        '$.budget.floors[0]',
        '$.snapshot.resourceGroup',
        '$.snapshot.sku',
        '$.snapshot.tags.a',
      ].sort(),
    );
  });

  test('a hostile document is answered with so many problems and no more', () => {
    const fields = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`field${index}`, index]));
    expect(problemsOf({ ...smallDocument(), ...fields })).toHaveLength(MAX_PROBLEMS);
  });

  test('whatever is put in, the answer is a policy or problems, never an exception', () => {
    const keys = [
      'name',
      'select',
      'schedules',
      'retention',
      'budget',
      'snapshot',
      'copies',
      'drills',
      'consistency',
      '__proto__',
    ];
    const inner = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constant([{ name: 'a', cron: '* * * * *' }]),
      fc.constant({ scopes: [null], tags: null }),
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...keys), inner)), (document) => {
        for (const problem of problemsOf(document, 'x')) {
          expect(problem.path).toMatch(/^\$/);
          expect(problem.message).not.toBe('');
          expect(problem.found).toBeDefined();
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('capabilities that are not built yet', () => {
  test.each([
    ['copies', { copies: [{ region: 'northeurope' }] }, '$.copies'],
    ['drills', { drills: { cron: '0 5 * * 0' } }, '$.drills'],
    ['a consistency preferred', { consistency: { prefer: 'application', minimum: 'disk' } }, '$.consistency.prefer'],
    ['a consistency at least', { consistency: { prefer: 'disk', minimum: 'crash' } }, '$.consistency.minimum'],
    ['a budget', { budget: { amountPerMonth: 1, currency: 'EUR' } }, '$.budget'],
  ])('%s is refused by name', (_, change, path) => {
    const parsed = parsePolicy(smallDocument(change), {
      notSupportedYet: new Set(['budget', 'copies', 'drills', 'consistency']),
    });
    expect(parsed.ok ? [] : parsed.problems.map((problem) => [problem.path, problem.message])).toEqual([
      [path, NOT_SUPPORTED_YET],
    ]);
    expect(parsePolicy(smallDocument(change), { notSupportedYet: everything }).ok).toBe(true);
  });
  test('what asks for nothing is no question of support', () => {
    expect(parsePolicy(smallDocument({ copies: [], consistency: { prefer: 'disk', minimum: 'disk' } })).ok).toBe(true);
  });
});

describe('parseRetentionPart', () => {
  test('reads what the preview needs, with its defaults', () => {
    const parsed = parseRetentionPart({ retention: { keepDaily: 2 } });
    expect(parsed.ok && [parsed.value.timeZone, parsed.value.budget, parsed.value.retention.minimum]).toEqual([
      'UTC',
      null,
      1,
    ]);
  });
  test('holds it to the same rules', () => {
    const parsed = parseRetentionPart(
      { retention: { keepWithin: 'P2D', maxAge: 'P1D' }, timeZone: 'x', schedules: [] },
      { notSupportedYet: everything },
    );
    expect(parsed.ok ? [] : parsed.problems.map(({ path }) => path)).toEqual([
      '$.timeZone',
      '$.schedules',
      '$.retention.maxAge',
    ]);
  });
});

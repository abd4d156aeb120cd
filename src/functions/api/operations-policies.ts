import { jsonAnswer, type Operation, type Parameter } from './operation.ts';
import { EXAMPLE } from './schema-parts.ts';

const tag = 'Policies';

const policy = {
  name: EXAMPLE.policy,
  timeZone: 'Europe/Vienna',
  select: {
    scopes: [`/subscriptions/${EXAMPLE.subscription}`],
    kinds: ['virtualMachine'],
    include: [{ tag: 'tier', equals: 'gold' }],
  },
  schedules: [{ name: 'nightly', cron: '15 2 * * *' }],
  retention: { keepDaily: 7, keepWeekly: 4, keepMonthly: 12 },
  budget: { amountPerMonth: 40, currency: 'EUR' },
  snapshot: { resourceGroup: 'rg-holdfast-{region}' },
};

const part = { retention: { keepLast: 3, keepDaily: 14 }, timeZone: 'Europe/Vienna' };

const change = {
  dryRun: true,
  at: EXAMPLE.at,
  policy: EXAMPLE.policy,
  enabled: true,
  points: 30,
  deletes: 4,
  keeps: 0,
  freesBytes: 8_388_608,
  monthlyCost: { before: 1.2, after: 1.1, currency: 'EUR' },
  storedBytes: { before: 104_857_600, after: 96_468_992 },
  budget: { fits: true, gapPercent: 0 },
  deleted: [EXAMPLE.point],
};

const preview = {
  at: EXAMPLE.at,
  policy: EXAMPLE.policy,
  points: 1,
  deletes: 0,
  verdicts: [
    {
      id: EXAMPLE.point,
      source: EXAMPLE.source,
      action: 'keep',
      because: [{ rule: 'daily', nth: 1, bucket: '2026-03-01' }],
    },
  ],
  storedBytes: { before: 4_194_304, after: 4_194_304 },
  monthlyCost: { before: 0.0002, after: 0.0002, currency: 'EUR' },
  budget: null,
  sources: [
    {
      source: EXAMPLE.source,
      name: 'web',
      kind: 'virtualMachine',
      points: 1,
      deletes: 0,
      storedBytes: { before: 4_194_304, after: 4_194_304 },
    },
  ],
  unmeasured: 0,
  budgetGroups: [],
  next: null,
};

const simulation = {
  policy: EXAMPLE.policy,
  from: EXAMPLE.at,
  days: 1,
  timeZone: 'Europe/Vienna',
  currency: 'EUR',
  sources: 1,
  basis: 'measured',
  budget: null,
  perDay: [{ endsAt: '2026-03-02T12:00:00Z', points: 1, marked: 0, storedBytes: 4_194_304, costPerMonth: 0.0002 }],
  points: [{ takenAt: '2026-03-02T01:15:00Z', goneAt: null, because: null }],
};

const force: Parameter = {
  text: 'true: also a document that would protect nothing or keep nothing',
  schema: { type: 'boolean', default: false },
};

/** The operations on policies. */
export const policyOperations: Readonly<Record<string, Operation>> = {
  'policies-list': {
    tag,
    summary: 'All policies',
    answers: {
      200: jsonAnswer('The policies that are active', 'PolicyList', {
        policies: [
          {
            name: EXAMPLE.policy,
            enabled: true,
            timeZone: 'Europe/Vienna',
            schedules: policy.schedules,
            version: EXAMPLE.version,
            updatedAt: EXAMPLE.at,
            updatedBy: 'ann@example.org',
            awaitsConfirmation: false,
          },
        ],
      }),
    },
  },
  'policies-get': {
    tag,
    summary: 'One policy, as it was written',
    headers: ['If-None-Match'],
    answers: {
      200: jsonAnswer('The document', 'Policy', policy, ['ETag']),
      304: { text: 'It is the one that If-None-Match names', headers: ['ETag'] },
    },
    problems: ['not-found'],
  },
  'policies-put': {
    tag,
    summary: 'Write a policy, or see what a change would do',
    text: 'Every problem of the document is told at once, with its path, what was found and what is allowed.',
    query: {
      force,
      dryRun: {
        text: 'true: nothing is saved; the answer says what the change would delete, free and cost',
        schema: { type: 'boolean', default: false },
      },
    },
    headers: ['If-Match', 'If-None-Match'],
    body: { name: 'Policy', required: true, examples: { 'application/json': policy } },
    answers: {
      200: {
        text: 'The policy was there and is changed; with dryRun what the change would do',
        headers: ['ETag'],
        content: [
          { type: 'application/json', schema: 'Policy', example: policy },
          { type: 'application/json', schema: 'PolicyChange', example: change },
        ],
      },
      201: jsonAnswer('The policy is new', 'Policy', policy, ['ETag']),
    },
    problems: [
      'bad-request',
      'not-supported-yet',
      'too-large',
      'precondition-failed',
      'azure-unavailable',
      'azure-denied',
      'throttled',
    ],
  },
  'policies-delete': {
    tag,
    summary: 'Remove a policy',
    text: 'Its points stay, unless its document says `onDelete: expire`.',
    headers: ['If-Match'],
    answers: { 204: { text: 'It is removed' } },
    problems: ['not-found', 'precondition-failed'],
  },
  'policies-preview': {
    tag,
    summary: 'What a policy would do to its points now, and why',
    text: 'Of the stored policy, of a whole document, or of its deciding part. Writes nothing.',
    query: {
      source: { text: 'the key of one source', schema: { type: 'string' } },
      after: { text: 'go on after this key, as `next` of an answer says', schema: { type: 'string' } },
    },
    headers: ['Idempotency-Key'],
    body: { name: 'PreviewedPolicy', required: false, examples: { 'application/json': part } },
    answers: { 200: jsonAnswer('Verdicts, bytes and money', 'PolicyPreview', preview) },
    problems: [
      'bad-request',
      'not-supported-yet',
      'not-found',
      'conflict',
      'too-large',
      'azure-unavailable',
      'azure-denied',
      'throttled',
    ],
  },
  'policies-simulate': {
    tag,
    summary: 'Schedule and retention played forward',
    query: {
      days: {
        text: 'how many days',
        schema: { type: 'integer', minimum: 1, maximum: 1_100, default: 400 },
        example: 14,
      },
      format: { text: 'JSON or a page', schema: { type: 'string', enum: ['json', 'html'], default: 'json' } },
      changeGiB: {
        text: 'what changes a day on each source; what was measured where it is left out',
        schema: { type: 'number', minimum: 0, maximum: 65_536 },
        example: 0.5,
      },
    },
    answers: {
      200: {
        text: 'What would exist on each day',
        content: [{ type: 'application/json', schema: 'Simulation', example: simulation }, { type: 'text/html' }],
      },
    },
    problems: ['bad-request', 'not-found', 'azure-unavailable'],
  },
  'sweeps-stopped': {
    tag,
    summary: 'Sweeps that would delete too much at once, and wait',
    answers: {
      200: jsonAnswer('The sweeps that wait for an approval', 'StoppedSweeps', {
        stopped: [{ policy: EXAMPLE.policy, deletes: 120, points: 300, askedAt: EXAMPLE.at, approvedBy: null }],
      }),
    },
  },
  'sweeps-approve': {
    tag,
    summary: 'Say yes to a stopped sweep',
    headers: ['Idempotency-Key'],
    body: { name: 'SweepApproval', required: true, examples: { 'application/json': { deletes: 120 } } },
    answers: { 204: { text: 'The next sweep may delete so many' } },
    problems: ['bad-request', 'not-found', 'conflict', 'too-large'],
  },
};

import { jsonAnswer, type Operation, type Parameter } from './operation.ts';
import { EXAMPLE } from './schema-parts.ts';

const tag = 'Reports';

const sheet = {
  name: 'EA 2026',
  currency: 'EUR',
  prices: [{ region: 'westeurope', sku: 'Standard_ZRS', price: 0.041, from: '2026-02-20' }],
};

const storedSheet = {
  ...sheet,
  prices: [{ ...sheet.prices[0], unit: '1 GB/Month', to: null, meterId: null }],
  version: EXAMPLE.version,
  updatedAt: EXAMPLE.at,
  updatedBy: 'ann@example.org',
};

const day: Parameter['schema'] = { type: 'string', format: 'date' };

const protection = {
  at: EXAMPLE.at,
  days: ['2026-03-01'],
  coverage: {
    machines: { all: 1, covered: 1 },
    disks: { all: 2, covered: 2 },
    uncoveredMachines: { total: 0, first: [] },
    uncoveredDisks: { total: 0, first: [] },
  },
  policies: [
    {
      name: EXAMPLE.policy,
      enabled: true,
      everRan: true,
      savedAt: EXAMPLE.at,
      targetSeconds: 86_400,
      sources: 1,
      over: 0,
    },
  ],
  sources: [
    {
      source: EXAMPLE.source,
      kind: 'virtualMachine',
      id: EXAMPLE.machineId,
      name: 'web',
      policy: EXAMPLE.policy,
      targetSeconds: 86_400,
      lastPointAt: '2026-03-01T01:15:04Z',
      rpoSeconds: 38_696,
      overTarget: false,
      worstSeconds: 38_696,
      achievedSeconds: [38_696],
      lastProof: null,
    },
  ],
  sourcesOverTarget: 0,
  sourcesNoLongerMatched: 0,
  missedSlots: [],
  missedSlotsTotal: 0,
  conditions: [],
  watchedAt: EXAMPLE.at,
};

const details = {
  status: 'degraded',
  at: EXAMPLE.at,
  reasons: ['the policy gold is overdue'],
  conditions: [],
  watched: [],
  watchedAt: EXAMPLE.at,
  drift: null,
  overdue: [],
  poisoned: [],
  missedSlots: [{ policy: EXAMPLE.policy, schedule: 'nightly', slot: '2026-03-01T01:15:00Z', because: 'missed' }],
  undelivered: [],
  stoppedSweeps: 0,
  budgetAlarms: [],
};

/** The operations on reports, prices and the app itself. */
export const reportOperations: Readonly<Record<string, Operation>> = {
  'reports-cost': {
    tag,
    summary: 'What snapshots cost',
    text: 'Without `from` it is the 30 days up to `to`; without `to` that is today. At most 400 UTC days, both ends included.',
    query: {
      from: { text: 'the first UTC day', schema: day, example: '2026-02-15' },
      to: { text: 'the last UTC day', schema: day, example: '2026-03-01' },
      groupBy: {
        text: 'policy, owner, costCenter and others, or tag:<name>',
        schema: { type: 'string', default: 'policy' },
        example: 'tag:owner',
      },
      format: {
        text: 'in which form',
        schema: { type: 'string', enum: ['json', 'csv', 'focus', 'html', 'xlsx'], default: 'json' },
      },
    },
    answers: {
      200: {
        text: 'The report',
        headers: ['Content-Disposition'],
        content: [
          { type: 'application/json', schema: 'CostReport' },
          { type: 'text/csv' },
          { type: 'text/html' },
          { type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' },
        ],
      },
    },
    problems: ['bad-request', 'azure-unavailable', 'throttled'],
  },
  'reports-cost-sent': {
    tag,
    summary: 'The months that were written to the blob container',
    answers: {
      200: jsonAnswer('Newest first', 'SentMonths', {
        months: [
          {
            month: '2026-02',
            state: 'preliminary',
            writtenAt: EXAMPLE.at,
            container: 'reports',
            files: [],
            currency: 'EUR',
            estimate: 12.4,
            billed: null,
          },
        ],
      }),
    },
  },
  'reports-cost-send': {
    tag,
    summary: 'Send a finished month once more',
    query: {
      month: {
        text: 'a month',
        schema: { type: 'string', pattern: '^\\d{4}-\\d{2}$' },
        required: true,
        example: '2026-02',
      },
    },
    headers: ['Idempotency-Key'],
    answers: {
      202: jsonAnswer('It is on its way', 'SendingMonth', { month: '2026-02', id: EXAMPLE.restore }, ['Location']),
    },
    problems: ['bad-request', 'not-found', 'conflict', 'too-large'],
  },
  'reports-protection': {
    tag,
    summary: 'How well everything is protected',
    query: {
      days: { text: 'how many days', schema: { type: 'integer', minimum: 1, maximum: 35, default: 30 }, example: 7 },
      format: { text: 'JSON or a page', schema: { type: 'string', enum: ['json', 'html'], default: 'json' } },
    },
    answers: {
      200: {
        text: 'Coverage, achieved RPO, missed slots, proof, open conditions',
        content: [{ type: 'application/json', schema: 'ProtectionReport', example: protection }, { type: 'text/html' }],
      },
    },
    problems: ['bad-request'],
  },
  'prices-sheet-get': {
    tag,
    summary: 'The negotiated prices',
    headers: ['If-None-Match'],
    answers: {
      200: jsonAnswer('The price sheet', 'StoredPriceSheet', storedSheet, ['ETag']),
      304: { text: 'It is the one that If-None-Match names', headers: ['ETag'] },
    },
    problems: ['not-found'],
  },
  'prices-sheet-put': {
    tag,
    summary: 'Put negotiated prices in force',
    query: { force: { text: 'true: also regions that are not known', schema: { type: 'boolean', default: false } } },
    headers: ['If-Match', 'If-None-Match'],
    body: {
      name: 'PriceSheet',
      required: true,
      examples: {
        'application/json': sheet,
        'text/csv': 'region,sku,price,currency,from\r\nwesteurope,Standard_ZRS,0.041,EUR,2026-02-20\r\n',
      },
    },
    answers: {
      200: jsonAnswer('The sheet was there and is changed', 'StoredPriceSheet', storedSheet, ['ETag']),
      201: jsonAnswer('The sheet is new', 'StoredPriceSheet', storedSheet, ['ETag']),
    },
    problems: ['bad-request', 'too-large', 'unsupported-media-type', 'precondition-failed'],
  },
  'prices-sheet-delete': {
    tag,
    summary: 'Go back to list prices',
    headers: ['If-Match'],
    answers: { 204: { text: 'List prices hold again' } },
    problems: ['not-found', 'precondition-failed'],
  },
  health: {
    tag: 'Operation',
    summary: 'Up or degraded, nothing else',
    answers: {
      200: jsonAnswer('Up', 'Health', { status: 'up' }),
      503: jsonAnswer('Degraded', 'Health', { status: 'degraded' }),
    },
  },
  'health-details': {
    tag: 'Operation',
    summary: 'Why it is degraded, and what is watched',
    answers: { 200: jsonAnswer('Up or degraded, with reasons', 'HealthDetails', details) },
  },
  openapi: {
    tag: 'Operation',
    summary: 'This description',
    answers: {
      200: jsonAnswer('OpenAPI 3.1', 'OpenApi', {
        openapi: '3.1.1',
        info: { title: 'Holdfast', version: '1' },
        paths: {},
      }),
    },
  },
};

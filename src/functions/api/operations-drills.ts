import { jsonAnswer, type Operation } from './operation.ts';
import { EXAMPLE } from './schema-parts.ts';

const tag = 'Drills';

const drill = {
  id: EXAMPLE.restore,
  policy: EXAMPLE.policy,
  by: 'ann@example.org',
  state: 'running',
  step: 'restore',
  kind: 'disk',
  pick: 'random',
  source: null,
  point: EXAMPLE.point,
  takenAt: '2026-03-01T01:15:04Z',
  disk: 'web-data',
  restore: EXAMPLE.restore,
  checks: [],
  reason: null,
  restoreSeconds: null,
  secondsByStep: {},
  leftBehind: [],
  startedAt: EXAMPLE.at,
  finishedAt: null,
};

/** The operations on drills. */
export const drillOperations: Readonly<Record<string, Operation>> = {
  'drills-start': {
    tag,
    summary: 'Prove now that a point can be brought back',
    text: 'What the body leaves out is as the policy says.',
    headers: ['Idempotency-Key'],
    body: {
      name: 'DrillOrder',
      required: false,
      examples: { 'application/json': { source: EXAMPLE.source, kind: 'disk' } },
    },
    answers: { 202: jsonAnswer('It is on its way', 'Drill', drill, ['Location', 'Retry-After']) },
    problems: ['bad-request', 'not-found', 'conflict', 'too-large'],
  },
  'drills-list': {
    tag,
    summary: 'The drills of a policy, newest first',
    query: {
      policy: {
        text: 'the name of a policy',
        schema: { type: 'string', minLength: 1 },
        required: true,
        example: EXAMPLE.policy,
      },
      before: { text: 'drills before this moment alone', schema: { type: 'string', format: 'date-time' } },
    },
    answers: { 200: jsonAnswer('At most 100', 'DrillList', { drills: [drill], next: null }) },
    problems: ['bad-request'],
  },
  'drills-get': {
    tag,
    summary: 'What a drill has proven so far',
    answers: { 200: jsonAnswer('The drill', 'Drill', drill) },
    problems: ['not-found'],
  },
};

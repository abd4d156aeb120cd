import { type AnswerHeader, AZURE_PROBLEMS, jsonAnswer, type Operation } from './operation.ts';
import { EXAMPLE } from './schema-parts.ts';

const tag = 'Restores';

const restore = {
  id: EXAMPLE.restore,
  kind: 'disk',
  state: 'running',
  by: 'ann@example.org',
  point: EXAMPLE.point,
  takenAt: '2026-03-01T01:15:04Z',
  source: 'web',
  sourceKey: EXAMPLE.source,
  target: { name: 'brought-back', resourceGroup: 'rg-shop', sizeGiB: 32 },
  step: 'make-disks',
  percent: 40,
  expectedAt: '2026-03-01T12:01:30Z',
  steps: [{ name: 'make-disks', startedAt: EXAMPLE.at, finishedAt: null }],
  created: [],
  outcome: null,
  error: null,
  createdAt: EXAMPLE.at,
  finishedAt: null,
  expiresAt: null,
};

const set = {
  id: EXAMPLE.restore,
  kind: 'set',
  state: 'running',
  by: 'ann@example.org',
  createdAt: EXAMPLE.at,
  percent: 40,
  succeeded: 0,
  failed: 0,
  open: 1,
  restores: [restore],
};

const rebuild = {
  id: EXAMPLE.restore,
  state: 'running',
  startedAt: EXAMPLE.at,
  by: 'ann@example.org',
  policiesRestored: [EXAMPLE.policy],
  policiesUnreadable: [],
  groups: { all: 2, waiting: 1 },
  points: 30,
  snapshots: 60,
  doubts: { count: 1, first: [{ id: EXAMPLE.diskId, because: 'not whole' }] },
  confirmedAt: null,
  confirmedBy: null,
};

const either = (text: string, headers: readonly AnswerHeader[]) => ({
  text,
  headers,
  content: [
    { type: 'application/json', schema: 'Restore', example: restore },
    { type: 'application/json', schema: 'RestoreSet', example: set },
  ],
});

/** The operations on restores, and on the rebuild of the catalogue. */
export const restoreOperations: Readonly<Record<string, Operation>> = {
  'restores-start': {
    tag,
    summary: 'Start a restore',
    text: 'Of a disk, a virtual machine, a swap in place, or files: by a point, or by a source and a moment; or of a set of them.',
    headers: ['Idempotency-Key'],
    body: {
      name: 'RestoreRequest',
      required: true,
      examples: {
        'application/json': {
          kind: 'disk',
          point: { source: EXAMPLE.source, at: EXAMPLE.at },
          target: { disk: 'web-data', name: 'brought-back' },
          expiresAfter: 'P1D',
        },
      },
    },
    answers: { 202: either('It is on its way', ['Location', 'Retry-After']) },
    problems: ['bad-request', 'not-supported-yet', 'not-found', 'conflict', 'too-large', ...AZURE_PROBLEMS],
  },
  'restores-list': {
    tag,
    summary: 'The newest restores',
    answers: { 200: jsonAnswer('At most 100, newest first', 'RestoreList', { restores: [restore] }) },
  },
  'restores-get': {
    tag,
    summary: 'How far a restore is, or a set of them',
    answers: { 200: either('The restore', ['Retry-After']) },
    problems: ['not-found'],
  },
  'restores-cancel': {
    tag,
    summary: 'Cancel a restore: what it made is removed',
    headers: ['Idempotency-Key'],
    answers: { 202: either('It is being undone, or was over already', ['Location', 'Retry-After']) },
    problems: ['not-found', 'conflict', 'bad-request', 'too-large'],
  },
  'restores-undo': {
    tag,
    summary: 'Undo a restore that has succeeded',
    headers: ['Idempotency-Key'],
    answers: {
      202: jsonAnswer('It is being undone', 'Restore', { ...restore, state: 'undoing' }, ['Location', 'Retry-After']),
    },
    problems: ['not-found', 'conflict', 'bad-request', 'too-large'],
  },
  'rebuilds-start': {
    tag: 'Operation',
    summary: 'Make the catalogue anew from what Azure has',
    text: 'After a loss of the tables. Nothing is deleted from then on until it is confirmed.',
    headers: ['Idempotency-Key'],
    body: {
      name: 'RebuildRequest',
      required: false,
      examples: {
        'application/json': {
          resourceGroups: [`/subscriptions/${EXAMPLE.subscription}/resourceGroups/rg-holdfast-westeurope`],
        },
      },
    },
    answers: { 202: jsonAnswer('It is on its way', 'Rebuild', rebuild, ['Location', 'Retry-After']) },
    problems: ['bad-request', 'conflict', 'too-large', ...AZURE_PROBLEMS],
  },
  'rebuilds-get': {
    tag: 'Operation',
    summary: 'How far a rebuild is, and what could not be taken back',
    answers: { 200: jsonAnswer('The rebuild', 'Rebuild', rebuild) },
    problems: ['not-found'],
  },
  'rebuilds-confirm': {
    tag: 'Operation',
    summary: 'Say that the catalogue is right again: retention goes on',
    headers: ['Idempotency-Key'],
    answers: {
      200: jsonAnswer('The rebuild, confirmed', 'Rebuild', {
        ...rebuild,
        state: 'confirmed',
        groups: { all: 2, waiting: 0 },
        confirmedAt: EXAMPLE.at,
        confirmedBy: 'ann@example.org',
      }),
    },
    problems: ['not-found', 'conflict', 'bad-request', 'too-large'],
  },
};

import { AZURE_PROBLEMS, jsonAnswer, type Operation, type Parameter } from './operation.ts';
import { EXAMPLE } from './schema-parts.ts';

const tag = 'Points';

const point = {
  id: EXAMPLE.point,
  source: EXAMPLE.source,
  sourceName: 'web',
  policy: EXAMPLE.policy,
  slot: '2026-03-01T01:15:00Z',
  schedules: ['nightly'],
  trigger: 'schedule',
  state: 'succeeded',
  takenAt: '2026-03-01T01:15:04Z',
  consistency: 'crash',
  skewMs: 180,
  storedBytes: 4_194_304,
  held: null,
  marked: null,
  error: null,
  snapshots: [
    {
      id: `/subscriptions/${EXAMPLE.subscription}/resourceGroups/rg-holdfast-westeurope/providers/Microsoft.Compute/snapshots/hf-web-data-20260301T0115Z-6fD0b2c1A9xQ3k7e`,
      disk: 'web-data',
      diskId: EXAMPLE.diskId,
      lun: 0,
      sizeBytes: 34_359_738_368,
      state: 'succeeded',
      createdAt: '2026-03-01T01:15:04Z',
      storedBytes: 4_194_304,
      measured: 'ranges',
    },
  ],
};

const source = {
  key: EXAMPLE.source,
  kind: 'virtualMachine',
  id: EXAMPLE.machineId,
  name: 'web',
  subscriptionId: EXAMPLE.subscription,
  resourceGroup: 'rg-shop',
  region: 'westeurope',
  tags: { tier: 'gold' },
  disks: [{ id: EXAMPLE.diskId, name: 'web-data', lun: 0, sizeBytes: 34_359_738_368, sku: 'Premium_LRS' }],
  policies: [EXAMPLE.policy],
  lastSeenAt: EXAMPLE.at,
  lastPointAt: '2026-03-01T01:15:04Z',
  rpoSeconds: 38_696,
};

const recycled = {
  id: EXAMPLE.point,
  policy: EXAMPLE.policy,
  source: EXAMPLE.source,
  sourceName: 'web',
  takenAt: '2026-02-01T01:15:04Z',
  because: 'unkept',
  markedAt: EXAMPLE.at,
  deleteAfter: '2026-03-02T12:00:00Z',
  freesBytes: 4_194_304,
  unmark: { method: 'DELETE', href: `/api/points/${EXAMPLE.point}/mark` },
};

const file = { name: 'hosts', kind: 'file', sizeBytes: 221, modified: '2026-02-27T08:30:00Z', mode: '0644' };

const disk: Parameter = {
  text: 'the name of one disk of the point; needed where it has several',
  schema: { type: 'string' },
  example: 'web-data',
};
const path = (example: string): Parameter => ({
  text: 'partition and path, such as /p1/etc',
  schema: { type: 'string', maxLength: 4_096 },
  example,
});

/** The operations on sources, points and the files in them. */
export const pointOperations: Readonly<Record<string, Operation>> = {
  'sources-list': {
    tag,
    summary: 'What is protected, and how old its last point is',
    answers: { 200: jsonAnswer('The sources by name', 'SourceList', { at: EXAMPLE.at, sources: [source] }) },
  },
  'points-list': {
    tag,
    summary: 'The points of a source, newest first',
    query: {
      source: {
        text: 'the key of a source',
        schema: { type: 'string', minLength: 1 },
        required: true,
        example: EXAMPLE.source,
      },
      before: {
        text: 'points before this moment alone',
        schema: { type: 'string', format: 'date-time' },
        example: '2026-04-01T00:00:00Z',
      },
    },
    answers: { 200: jsonAnswer('At most 100 points', 'PointList', { points: [point], next: null }) },
    problems: ['bad-request'],
  },
  'points-take': {
    tag,
    summary: 'Take a point now, outside the schedule',
    headers: ['Idempotency-Key'],
    body: {
      name: 'TakePoint',
      required: true,
      examples: { 'application/json': { source: EXAMPLE.source, policy: EXAMPLE.policy } },
    },
    answers: {
      202: jsonAnswer('It is on its way', 'Point', { ...point, trigger: 'demand', state: 'pending', takenAt: null }, [
        'Location',
        'Retry-After',
      ]),
    },
    problems: ['bad-request', 'conflict', 'too-large', ...AZURE_PROBLEMS],
  },
  'points-hold': {
    tag,
    summary: 'Hold a point: it is not deleted',
    body: {
      name: 'Hold',
      required: true,
      examples: { 'application/json': { reason: 'audit', until: '2027-01-01T00:00:00Z' } },
    },
    answers: {
      200: jsonAnswer('The point, held', 'Point', {
        ...point,
        held: { reason: 'audit', until: '2027-01-01T00:00:00Z', by: 'ann@example.org' },
      }),
    },
    problems: ['bad-request', 'not-found', 'conflict', 'too-large', 'azure-locked', ...AZURE_PROBLEMS],
  },
  'points-release': {
    tag,
    summary: 'End the hold of a point',
    answers: { 204: { text: 'It is held no longer' } },
    problems: ['not-found', 'conflict', 'azure-locked', ...AZURE_PROBLEMS],
  },
  'points-unmark': {
    tag,
    summary: 'Take back the mark of a point that was to be deleted',
    answers: { 204: { text: 'It stays' } },
    problems: ['not-found', 'conflict', 'azure-locked', ...AZURE_PROBLEMS],
  },
  'recycle-list': {
    tag,
    summary: 'What is marked for deletion and can be taken back',
    query: { after: { text: 'go on here, as `next` of an answer says', schema: { type: 'string' } } },
    answers: {
      200: jsonAnswer('What goes first comes first', 'RecycleList', {
        at: EXAMPLE.at,
        points: [recycled],
        freesBytes: 4_194_304,
        next: null,
      }),
    },
    problems: ['bad-request'],
  },
  'files-list': {
    tag: 'Files',
    summary: 'Disks, partitions and folders of a point',
    query: {
      path: path('/p1/etc'),
      disk,
      after: { text: 'go on after this name', schema: { type: 'string' } },
      limit: {
        text: 'how many entries',
        schema: { type: 'integer', minimum: 1, maximum: 10_000, default: 1_000 },
        example: 100,
      },
    },
    answers: {
      200: jsonAnswer('What lies there', 'FileListing', {
        point: EXAMPLE.point,
        takenAt: '2026-03-01T01:15:04Z',
        disk: 'web-data',
        path: '/p1/etc',
        notes: [],
        entries: [file],
        next: null,
      }),
    },
    problems: ['bad-request', 'not-found', 'not-readable', 'conflict', ...AZURE_PROBLEMS],
  },
  'files-content': {
    tag: 'Files',
    summary: 'A file of a point, or a folder as a zip archive',
    query: { path: { ...path('/p1/etc/hosts'), required: true }, disk },
    headers: ['Range', 'If-Range', 'If-None-Match'],
    answers: {
      200: {
        text: 'The file; of a folder an archive',
        headers: ['ETag', 'Content-Disposition', 'Accept-Ranges'],
        content: [{ type: 'application/octet-stream' }, { type: 'application/zip' }],
      },
      206: {
        text: 'The part that Range names',
        headers: ['ETag', 'Content-Range'],
        content: [{ type: 'application/octet-stream' }],
      },
      304: { text: 'It is the one that If-None-Match names', headers: ['ETag'] },
      416: { text: 'The file has no such part', headers: ['Content-Range'] },
    },
    problems: ['bad-request', 'not-found', 'not-readable', 'conflict', ...AZURE_PROBLEMS],
  },
  'files-history': {
    tag: 'Files',
    summary: 'One path over the points of a source',
    query: {
      path: { ...path('/p1/etc/hosts'), required: true },
      disk,
      before: { text: 'points before this moment alone', schema: { type: 'string', format: 'date-time' } },
      limit: { text: 'how many points', schema: { type: 'integer', minimum: 1, maximum: 50, default: 10 }, example: 2 },
    },
    answers: {
      200: jsonAnswer('Where it is, where it was changed, where it is gone', 'FileHistory', {
        source: EXAMPLE.source,
        path: '/p1/etc/hosts',
        points: [{ point: EXAMPLE.point, takenAt: '2026-03-01T01:15:04Z', changed: null, state: 'absent' }],
        next: null,
      }),
    },
    problems: ['bad-request', 'not-found', 'conflict', ...AZURE_PROBLEMS],
  },
};

import * as z from 'zod';
import { bytes, moment, next, tags, text } from './schema-parts.ts';

const snapshot = z.strictObject({
  id: text.describe('its resource id'),
  disk: text,
  diskId: text,
  lun: z.number().int().nullable().describe('null for an OS disk or a disk by itself'),
  sizeBytes: bytes,
  state: z.enum(['planned', 'started', 'succeeded', 'failed']),
  createdAt: moment.nullable(),
  storedBytes: bytes.nullable().describe('what it stores beyond the one before it; null until that is measured'),
  measured: z.enum(['ranges', 'billed', 'none']),
});

const point = z.strictObject({
  id: text,
  source: text.describe('the key of its source'),
  sourceName: text,
  policy: text,
  slot: moment.describe('the moment that it was planned for'),
  schedules: z.array(text),
  trigger: z.enum(['schedule', 'demand', 'rebuild']),
  state: z.enum(['pending', 'succeeded', 'failed', 'deleting']),
  takenAt: moment.nullable(),
  consistency: z.enum(['disk', 'crash']),
  skewMs: z.number().nullable().describe('between the first and the last of its snapshots'),
  storedBytes: bytes.nullable(),
  held: z.strictObject({ reason: text, until: moment.nullable(), by: text }).nullable(),
  marked: z.strictObject({ because: text, deleteAfter: moment }).nullable(),
  error: z.strictObject({ code: text, message: text }).nullable(),
  snapshots: z.array(snapshot),
});

const source = z.strictObject({
  key: text,
  kind: z.enum(['virtualMachine', 'disk']),
  id: text,
  name: text,
  subscriptionId: text,
  resourceGroup: text,
  region: text,
  tags,
  disks: z.array(
    z.strictObject({ id: text, name: text, lun: z.number().int().nullable(), sizeBytes: bytes, sku: text }),
  ),
  policies: z.array(text),
  lastSeenAt: moment,
  lastPointAt: moment.nullable(),
  rpoSeconds: z.number().int().nullable().describe('what would be lost now; null before the first point'),
});

const recycled = z.strictObject({
  id: text,
  policy: text,
  source: text,
  sourceName: text,
  takenAt: moment.nullable(),
  because: text,
  markedAt: moment,
  deleteAfter: moment,
  freesBytes: z.number().int().nullable(),
  unmark: z.strictObject({ method: z.literal('DELETE'), href: text }),
});

const entry = z
  .looseObject({
    name: text,
    kind: text.describe('disk, partition, file, directory, symlink or other'),
    sizeBytes: z.number(),
    modified: moment.nullable(),
    mode: text.nullable(),
  })
  .describe('what a disk, a partition or a file adds is told by its kind');

/** What is answered about sources, points and the files in them. */
export const pointAnswers = {
  Point: point,
  PointList: z.strictObject({ points: z.array(point), next }),
  SourceList: z.strictObject({ at: moment, sources: z.array(source) }),
  RecycleList: z.strictObject({
    at: moment,
    points: z.array(recycled),
    freesBytes: z.number().int().nullable().describe('null where some are not measured'),
    next,
  }),
  FileListing: z.strictObject({
    point: text,
    takenAt: moment.nullable(),
    disk: text.nullable(),
    path: text,
    notes: z.array(text).describe('such as a journal that was not replayed'),
    entries: z.array(entry),
    next,
  }),
  FileHistory: z.strictObject({
    source: text,
    path: text,
    points: z.array(
      z.looseObject({
        point: text,
        takenAt: moment.nullable(),
        state: z.enum(['present', 'absent', 'unreadable']),
        changed: z.boolean().nullable().describe('null where there is nothing to compare with'),
      }),
    ),
    next,
  }),
};

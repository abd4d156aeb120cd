import * as z from 'zod';
import { GIB } from '../base/bytes.ts';
import { type Parsed, type Problem, showFound } from '../base/problem.ts';
import { schemaProblems } from '../base/schema-problems.ts';
import { type EpochMs, parseIso } from '../base/time.ts';
import type { Point, PointSnapshot } from '../protect/protect.ts';
import type { RestoreTarget } from './restore.ts';

const kinds = ['disk', 'vm', 'swap', 'files'] as const;
const diskSkus = [
  'Standard_LRS',
  'Premium_LRS',
  'StandardSSD_LRS',
  'UltraSSD_LRS',
  'Premium_ZRS',
  'StandardSSD_ZRS',
  'PremiumV2_LRS',
] as const;

const diskTargetSchema = z.strictObject({
  disk: z.string().min(1).optional().describe('the name of one disk of the point; needed where it has several'),
  resourceGroup: z
    .string()
    .regex(/^[-\w._()]{0,89}[-\w_()]$/)
    .optional()
    .describe('the name of a resource group'),
  // Source: Azure naming rules for Microsoft.Compute/disks.
  name: z
    .string()
    .regex(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?$/)
    .optional()
    .describe('a name for the new disk: 1 to 80 letters, digits, _ - and .; begins and ends with a letter, digit or _'),
  sku: z.enum(diskSkus).optional().describe(diskSkus.join(', ')),
  zone: z.enum(['1', '2', '3']).optional().describe('1, 2 or 3'),
  sizeGiB: z
    .number()
    .int()
    .min(1)
    .max(65_536)
    .optional()
    .describe('a whole number of GiB, the size of the source or more'),
  diskEncryptionSet: z
    .string()
    .startsWith('/subscriptions/')
    .optional()
    .describe('the resource id of a disk encryption set'),
  tags: z.record(z.string().min(1).max(512), z.string().max(256)).optional().describe('tags as Azure takes them'),
});

export const restoreRequestSchema = z.strictObject({
  kind: z.enum(kinds).describe('disk'),
  point: z
    .union([
      z.string().min(1),
      z.strictObject({
        source: z.string().min(1).describe('the key of a source'),
        at: z.string().describe('an ISO 8601 date and time with offset'),
      }),
    ])
    .describe('the id of a point, or { "source": …, "at": … }'),
  target: diskTargetSchema.default({}),
  expiresAfter: z.string().optional().describe('leave it out'),
});

export interface RestoreRequest {
  readonly point: string | { readonly source: string; readonly at: EpochMs };
  readonly target: z.infer<typeof diskTargetSchema>;
}

/** Reads the body of `POST restores`: every problem at once. */
export function parseRestoreRequest(body: unknown): Parsed<RestoreRequest> {
  const parsed = restoreRequestSchema.safeParse(body);
  if (!parsed.success) return { ok: false, problems: schemaProblems(restoreRequestSchema, body) };
  const { kind, point, target, expiresAfter } = parsed.data;
  const problems: Problem[] = [];
  if (kind !== 'disk') problems.push({ path: '$.kind', message: 'not supported yet', found: kind, allowed: 'disk' });
  if (expiresAfter !== undefined)
    problems.push({
      path: '$.expiresAfter',
      message: 'not supported yet',
      found: showFound(expiresAfter),
      allowed: 'leave it out',
    });
  const at = typeof point === 'string' ? null : parseIso(point.at);
  if (typeof point !== 'string' && at === null) {
    problems.push({
      path: '$.point.at',
      message: 'is no moment',
      found: showFound(point.at),
      allowed: 'an ISO 8601 date and time with offset, such as 2026-03-01T02:00:00Z',
    });
  }
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    value: { point: typeof point === 'string' ? point : { source: point.source, at: at ?? 0 }, target },
  };
}

/**
 * Decides what exactly a restore of a disk makes, or why it cannot.
 *
 * Shape:  problems with paths into the request.
 * Source: a disk is never smaller than its snapshot; zone-redundant disks take no zone, Premium SSD v2 and Ultra need one (azure-compute-docs).
 */
export function planDiskTarget(
  request: RestoreRequest,
  point: Point,
  now: EpochMs,
): Parsed<{ target: RestoreTarget; snapshot: PointSnapshot }> {
  const { target } = request;
  const names = point.snapshots.map((snapshot) => snapshot.diskName);
  const snapshot =
    target.disk === undefined && names.length === 1
      ? point.snapshots[0]
      : point.snapshots.find((candidate) => candidate.diskName === target.disk);
  if (!snapshot) {
    return {
      ok: false,
      problems: [
        {
          path: '$.target.disk',
          message: 'names no disk of this point',
          found: showFound(target.disk),
          allowed: `one of ${names.join(', ')}`,
        },
      ],
    };
  }
  const problems: Problem[] = [];
  const leastGiB = Math.ceil(snapshot.sizeBytes / GIB);
  const sku = target.sku ?? snapshot.diskSku;
  const sizeGiB = target.sizeGiB ?? leastGiB;
  if (sizeGiB < leastGiB)
    problems.push({
      path: '$.target.sizeGiB',
      message: 'is smaller than the source',
      found: String(sizeGiB),
      allowed: `${leastGiB} or more`,
    });
  if (sku.endsWith('_ZRS') && target.zone !== undefined)
    problems.push({
      path: '$.target.zone',
      message: 'a zone-redundant disk takes no zone',
      found: target.zone,
      allowed: 'leave it out',
    });
  if ((sku === 'PremiumV2_LRS' || sku === 'UltraSSD_LRS') && target.zone === undefined) {
    problems.push({
      path: '$.target.zone',
      message: 'this kind of disk needs a zone',
      found: 'nothing',
      allowed: '1, 2 or 3',
    });
  }
  if (problems.length > 0) return { ok: false, problems };
  const stamp = new Date(now).toISOString().replace(/[-:]/g, '').slice(0, 13);
  return {
    ok: true,
    value: {
      snapshot,
      target: {
        subscriptionId: point.source.subscriptionId,
        resourceGroup: target.resourceGroup ?? point.source.resourceGroup,
        name: target.name ?? `${snapshot.diskName.slice(0, 55)}-restored-${stamp}`,
        region: point.source.region,
        sku,
        zone: target.zone ?? null,
        sizeGiB,
        diskEncryptionSetId: target.diskEncryptionSet ?? null,
        tags: target.tags ?? {},
      },
    },
  };
}

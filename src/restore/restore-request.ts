import * as z from 'zod';
import { type Parsed, type Problem, showFound } from '../base/problem.ts';
import { schemaProblems } from '../base/schema-problems.ts';
import { approximateMs, DAY_MS, type EpochMs, MINUTE_MS, parseDuration, parseIso } from '../base/time.ts';
import {
  type DiskTarget,
  diskTargetSchema,
  type FilesTarget,
  filesTargetSchema,
  type MachineTarget,
  machineTargetSchema,
  type SwapTarget,
  swapTargetSchema,
} from './restore-targets.ts';

const kinds = ['disk', 'vm', 'swap', 'files'] as const;

/** The most restores that one request starts. */
const SET_MAX = 100;

const pointSchema = z
  .union([
    z.string().min(1),
    z.strictObject({
      source: z.string().min(1).describe('the key of a source'),
      at: z.string().describe('an ISO 8601 date and time with offset'),
    }),
  ])
  .describe('the id of a point, or { "source": …, "at": … }');

const target = z
  .record(z.string(), z.unknown())
  .default({})
  .describe('what to make of it; its fields depend on the kind');

export const restoreRequestSchema = z.strictObject({
  kind: z.enum(kinds).describe(kinds.join(', ')),
  point: pointSchema.optional(),
  target,
  set: z
    .array(z.strictObject({ point: pointSchema, target }))
    .min(1)
    .max(SET_MAX)
    .optional()
    .describe(`1 to ${SET_MAX} of { "point": …, "target": … }, in place of point and target`),
  expiresAfter: z.string().optional().describe('an ISO 8601 duration, such as P1D or PT4H'),
});

/** What a restore is asked to make, by its kind. */
export type Wanted =
  | { readonly kind: 'disk'; readonly target: DiskTarget }
  | { readonly kind: 'vm'; readonly target: MachineTarget }
  | { readonly kind: 'swap'; readonly target: SwapTarget }
  | { readonly kind: 'files'; readonly target: FilesTarget };

/** One source of a request. `path` is where it stands in the body. */
export interface RequestPart {
  readonly path: string;
  readonly point: string | { readonly source: string; readonly at: EpochMs };
  readonly wanted: Wanted;
}

export interface RestoreRequest {
  readonly parts: readonly RequestPart[];
  readonly isSet: boolean;
  readonly expiresAfterMs: number | null;
}

/** Reads the body of `POST restores`: every problem at once. */
export function parseRestoreRequest(body: unknown): Parsed<RestoreRequest> {
  const parsed = restoreRequestSchema.safeParse(body);
  if (!parsed.success) return { ok: false, problems: schemaProblems(restoreRequestSchema, body) };
  const { kind, point, target, set, expiresAfter } = parsed.data;
  const problems: Problem[] = [];
  if (point === undefined && set === undefined)
    problems.push({ path: '$.point', message: 'is required', found: 'nothing', allowed: 'a point, or a set of them' });
  if (set !== undefined && (point !== undefined || Object.keys(target).length > 0))
    problems.push({ path: '$.set', message: 'stands beside point or target', allowed: 'either a set, or one point' });
  const entries = set
    ? set.map((entry, index) => ({ ...entry, path: `$.set[${index}]` }))
    : point === undefined
      ? []
      : [{ point, target, path: '$' }];
  const parts: RequestPart[] = [];
  for (const entry of entries) {
    const read = readPart(kind, entry);
    if (read.ok) parts.push(read.value);
    else problems.push(...read.problems);
  }
  const expiresAfterMs = readExpiry(expiresAfter, problems);
  for (const part of parts) {
    if (part.wanted.kind !== 'vm' || part.wanted.target.isolated !== true || expiresAfter !== undefined) continue;
    const message = 'is required: an isolated machine is removed again';
    problems.push({ path: '$.expiresAfter', message, found: 'nothing', allowed: 'an ISO 8601 duration, such as P1D' });
    break;
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { parts, isSet: set !== undefined, expiresAfterMs } };
}

function readExpiry(text: string | undefined, problems: Problem[]): number | null {
  if (text === undefined) return null;
  const duration = parseDuration(text);
  const ms = duration ? approximateMs(duration) : 0;
  if (ms >= 5 * MINUTE_MS && ms <= 366 * DAY_MS) return ms;
  problems.push({
    path: '$.expiresAfter',
    message: 'is no duration that is possible here',
    found: showFound(text),
    allowed: 'an ISO 8601 duration from five minutes to a year, such as P1D or PT4H',
  });
  return null;
}

function readPart(
  kind: (typeof kinds)[number],
  entry: {
    readonly point: z.infer<typeof pointSchema>;
    readonly target: Record<string, unknown>;
    readonly path: string;
  },
): Parsed<RequestPart> {
  const { point, path } = entry;
  const problems: Problem[] = [];
  const at = typeof point === 'string' ? null : parseIso(point.at);
  if (typeof point !== 'string' && at === null) {
    problems.push({
      path: `${path}.point.at`,
      message: 'is no moment',
      found: showFound(point.at),
      allowed: 'an ISO 8601 date and time with offset, such as 2026-03-01T02:00:00Z',
    });
  }
  const wanted = readWanted(kind, entry.target, `${path}.target`);
  if (!wanted.ok) problems.push(...wanted.problems);
  if (problems.length > 0 || !wanted.ok) return { ok: false, problems };
  const moment = typeof point === 'string' ? point : { source: point.source, at: at ?? 0 };
  return { ok: true, value: { path, point: moment, wanted: wanted.value } };
}

function readWanted(kind: (typeof kinds)[number], value: unknown, path: string): Parsed<Wanted> {
  switch (kind) {
    case 'disk':
      return held(diskTargetSchema, value, path, (target) => ({ kind, target }));
    case 'vm':
      return held(machineTargetSchema, value, path, (target) => ({ kind, target }));
    case 'swap':
      return held(swapTargetSchema, value, path, (target) => ({ kind, target }));
    case 'files':
      return held(filesTargetSchema, value, path, (target) => ({ kind, target }));
  }
}

function held<T>(schema: z.ZodType<T>, value: unknown, path: string, make: (target: T) => Wanted): Parsed<Wanted> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: make(parsed.data) };
  const problems = schemaProblems(schema, value).map((problem) => ({
    ...problem,
    path: `${path}${problem.path.slice(1)}`,
  }));
  return { ok: false, problems };
}

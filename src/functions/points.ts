import * as z from 'zod';
import { AppError } from '../base/errors.ts';
import { type EpochMs, formatIso, parseIso } from '../base/time.ts';
import { PointView } from '../protect/show-point.ts';
import { takeNow } from '../protect/take-now.ts';
import { holdPoint, releasePoint, unmarkPoint } from '../retain/marks.ts';
import { badRequest, json, parseBody, route } from './http-entry.ts';

const PAGE_SIZE = 100;

route({
  name: 'points-list',
  method: 'GET',
  route: 'points',
  role: 'reader',
  handle: async ({ app, query }) => {
    const source = query.get('source');
    if (source === null || source === '')
      return badRequest([
        {
          path: '?source',
          message: 'is missing',
          found: 'nothing',
          allowed: 'the key of a source, as GET sources shows it',
        },
      ]);
    const beforeText = query.get('before');
    const before = beforeText === null ? null : parseIso(beforeText);
    if (beforeText !== null && before === null) {
      return badRequest([
        {
          path: '?before',
          message: 'is no moment',
          found: beforeText.slice(0, 80),
          allowed: 'an ISO 8601 date and time with offset',
        },
      ]);
    }
    const view = new PointView(app.chains);
    const points = [];
    let lastSlot: EpochMs | null = null;
    for await (const { point } of app.catalogue.ofSource(source, {
      limit: PAGE_SIZE,
      ...(before === null ? {} : { before }),
    })) {
      points.push(await view.show(point, app.clock.now()));
      lastSlot = point.slot;
    }
    const next =
      points.length === PAGE_SIZE && lastSlot !== null
        ? `/api/points?source=${encodeURIComponent(source)}&before=${encodeURIComponent(formatIso(lastSlot))}`
        : null;
    return json({ points, next });
  },
});

const takeSchema = z.strictObject({
  source: z.string().min(1).max(1_000),
  policy: z.string().min(1).max(64).optional(),
});

route({
  name: 'points-take',
  method: 'POST',
  route: 'points',
  role: 'operator',
  body: takeSchema,
  handle: async ({ app, body, caller, operation }) => {
    const parsed = parseBody(takeSchema, body);
    if (!parsed.ok) return badRequest(parsed.problems);
    const taken = await takeNow(app, {
      source: parsed.value.source,
      policy: parsed.value.policy ?? null,
      by: caller.name,
      at: operation.at,
    });
    if (taken.kind === 'problems') return badRequest(taken.problems);
    const location = `/api/points?source=${encodeURIComponent(taken.point.source.key)}`;
    return json(await new PointView(app.chains).show(taken.point, app.clock.now()), {
      status: 202,
      headers: { location, 'retry-after': '60' },
    });
  },
});

const holdSchema = z.strictObject({
  reason: z.string().min(1).max(200).describe('why, in 1 to 200 characters'),
  until: z.string().optional().describe('an ISO 8601 date and time with offset that lies ahead'),
});

route({
  name: 'points-hold',
  method: 'PUT',
  route: 'points/{id}/hold',
  role: 'operator',
  body: holdSchema,
  handle: async ({ app, params, body, caller }) => {
    const parsed = parseBody(holdSchema, body);
    if (!parsed.ok) return badRequest(parsed.problems);
    const until = parsed.value.until === undefined ? null : parseIso(parsed.value.until);
    if (parsed.value.until !== undefined && (until === null || until <= app.clock.now())) {
      return badRequest([
        {
          path: '$.until',
          message: 'is no moment to come',
          found: parsed.value.until.slice(0, 80),
          allowed: 'an ISO 8601 date and time with offset that lies ahead',
        },
      ]);
    }
    const point = await holdPoint(app, params.id ?? '', { reason: parsed.value.reason, until, by: caller.name });
    if (!point) throw noPoint(params.id);
    return json(await new PointView(app.chains).show(point, app.clock.now()));
  },
});

route({
  name: 'points-release',
  method: 'DELETE',
  route: 'points/{id}/hold',
  role: 'operator',
  handle: async ({ app, params, caller }) => {
    const point = await releasePoint(app, params.id ?? '', caller.name);
    if (!point) throw noPoint(params.id);
    return { status: 204 };
  },
});

route({
  name: 'points-unmark',
  method: 'DELETE',
  route: 'points/{id}/mark',
  role: 'operator',
  handle: async ({ app, params, caller }) => {
    const point = await unmarkPoint(app, params.id ?? '', { actor: caller.name, because: 'asked for' });
    if (!point) throw noPoint(params.id);
    if (point.state === 'deleting')
      throw new AppError('conflict', 'The point is being deleted already', { point: point.id });
    return { status: 204 };
  },
});

function noPoint(id: string | undefined): AppError {
  return new AppError('not-found', 'There is no point of this id', { point: id?.slice(0, 100) ?? null });
}

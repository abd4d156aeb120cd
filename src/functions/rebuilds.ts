import * as z from 'zod';
import type { App } from '../app.ts';
import { AppError } from '../base/errors.ts';
import { formatIso } from '../base/time.ts';
import { confirmRebuild, startRebuild } from '../rebuild/start-rebuild.ts';
import { badRequest, json, parseBody, route } from './http-entry.ts';

const GROUP_ID = /^\/subscriptions\/([0-9a-f-]{36})\/resourceGroups\/([^/?#\\]{1,90})$/i;
const MAX_GROUPS = 1_000;

const startSchema = z.strictObject({
  resourceGroups: z
    .array(z.string().regex(GROUP_ID))
    .max(MAX_GROUPS)
    .optional()
    .describe('resource groups of snapshots to read beside those that the policies name'),
});

/** Makes the catalogue anew from what Azure has, after a loss of the tables. Nothing is deleted from then on until it is confirmed. */
route({
  name: 'rebuilds-start',
  method: 'POST',
  route: 'rebuilds',
  role: 'admin',
  body: startSchema,
  handle: async ({ app, body, caller, operation }) => {
    const parsed = parseBody(startSchema, body ?? {});
    if (!parsed.ok) return badRequest(parsed.problems);
    const groups = (parsed.value.resourceGroups ?? []).map((id) => {
      const [, subscriptionId = '', resourceGroup = ''] = GROUP_ID.exec(id) ?? [];
      return { subscriptionId, resourceGroup };
    });
    const { id } = await startRebuild(app, { id: operation.id, by: caller.name, groups });
    return json(await show(app, id), {
      status: 202,
      headers: { location: `/api/rebuilds/${id}`, 'retry-after': '5' },
    });
  },
});

/** How far a rebuild is, and what could not be taken back. */
route({
  name: 'rebuilds-get',
  method: 'GET',
  route: 'rebuilds/{id}',
  role: 'reader',
  handle: async ({ app, params }) => json(await show(app, params.id ?? '')),
});

/** Says that the catalogue is right again: retention goes on. */
route({
  name: 'rebuilds-confirm',
  method: 'POST',
  route: 'rebuilds/{id}/confirm',
  role: 'admin',
  handle: async ({ app, params, caller }) => {
    await confirmRebuild(app, params.id ?? '', caller.name);
    return json(await show(app, params.id ?? ''));
  },
});

async function show(app: App, id: string) {
  const rebuild = await app.rebuilds.get(id);
  if (!rebuild) throw new AppError('not-found', 'There is no rebuild of this id', {});
  const groups = await app.rebuilds.groups(id);
  const sum = (of: 'points' | 'snapshots' | 'doubtCount') => groups.reduce((total, group) => total + group[of], 0);
  const waiting = groups.filter(({ state }) => state === 'waiting').length;
  return {
    id,
    state: waiting > 0 ? 'running' : rebuild.confirmedAt === null ? 'awaits confirmation' : 'confirmed',
    startedAt: formatIso(rebuild.startedAt),
    by: rebuild.by,
    policiesRestored: rebuild.policiesRestored,
    policiesUnreadable: rebuild.policiesUnreadable,
    groups: { all: groups.length, waiting },
    points: sum('points'),
    snapshots: sum('snapshots'),
    doubts: { count: sum('doubtCount'), first: groups.flatMap(({ doubts }) => doubts).slice(0, 100) },
    confirmedAt: rebuild.confirmedAt === null ? null : formatIso(rebuild.confirmedAt),
    confirmedBy: rebuild.confirmedBy,
  };
}

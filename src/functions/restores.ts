import { AppError } from '../base/errors.ts';
import { formatIso } from '../base/time.ts';
import type { Restore } from '../restore/restore.ts';
import { restorePercent, restoreStepName } from '../restore/restore-progress.ts';
import { cancelRestore, startRestore } from '../restore/start-restore.ts';
import { badRequest, json, route } from './http-entry.ts';

const LISTED = 100;
const RETRY_AFTER = { 'retry-after': '5' };

route({
  name: 'restores-start',
  method: 'POST',
  route: 'restores',
  role: 'operator',
  handle: async ({ app, body, caller, operation }) => {
    const started = await startRestore(app, { body, by: caller.name, operationId: operation.id, at: operation.at });
    if (!started.ok) return badRequest(started.problems);
    if (started.value.kind === 'no-point')
      throw new AppError('not-found', 'There is no such point', {
        path: '$.point',
        found: started.value.what.slice(0, 100),
      });
    const { restore } = started.value;
    return json(shown(restore), { status: 202, headers: { location: `/api/restores/${restore.id}`, ...RETRY_AFTER } });
  },
});

route({
  name: 'restores-list',
  method: 'GET',
  route: 'restores',
  role: 'reader',
  handle: async ({ app }) => json({ restores: (await app.restores.newest(LISTED)).map(shown) }),
});

route({
  name: 'restores-get',
  method: 'GET',
  route: 'restores/{id}',
  role: 'reader',
  handle: async ({ app, params }) => {
    const stored = await app.restores.get(params.id ?? '');
    if (!stored) throw noRestore(params.id);
    const { restore } = stored;
    return json(shown(restore), { headers: restore.finishedAt === null ? RETRY_AFTER : {} });
  },
});

route({
  name: 'restores-cancel',
  method: 'POST',
  route: 'restores/{id}/cancel',
  role: 'operator',
  handle: async ({ app, params, caller }) => {
    const restore = await cancelRestore(app, params.id ?? '', caller.name);
    if (!restore) throw noRestore(params.id);
    return json(shown(restore), { status: 202, headers: { location: `/api/restores/${restore.id}`, ...RETRY_AFTER } });
  },
});

function noRestore(id: string | undefined): AppError {
  return new AppError('not-found', 'There is no restore of this id', { restore: id?.slice(0, 100) ?? null });
}

function shown(restore: Restore) {
  const { id, kind, state, by, pointId, sourceName, target, error } = restore;
  return {
    id,
    kind,
    state,
    by,
    point: pointId,
    takenAt: restore.takenAt === null ? null : formatIso(restore.takenAt),
    source: sourceName,
    target,
    step: restoreStepName(restore),
    percent: restorePercent(restore),
    steps: restore.steps.map((step) => ({
      name: step.name,
      startedAt: formatIso(step.startedAt),
      finishedAt: step.finishedAt === null ? null : formatIso(step.finishedAt),
    })),
    created: restore.created,
    error,
    createdAt: formatIso(restore.createdAt),
    finishedAt: restore.finishedAt === null ? null : formatIso(restore.finishedAt),
  };
}

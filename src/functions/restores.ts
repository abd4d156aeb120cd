import type { App } from '../app.ts';
import { AppError } from '../base/errors.ts';
import { formatIso } from '../base/time.ts';
import type { Restore } from '../restore/restore.ts';
import { restoreRequestSchema } from '../restore/restore-request.ts';
import { type RestoreSet, readSet } from '../restore/restore-sets.ts';
import { RestoreView } from '../restore/show-restore.ts';
import { startRestore } from '../restore/start-restore.ts';
import { cancelRestore, undoRestore } from '../restore/undo-restore.ts';
import { badRequest, json, route } from './http-entry.ts';

const LISTED = 100;
const RETRY_AFTER = { 'retry-after': '5' };

route({
  name: 'restores-start',
  method: 'POST',
  route: 'restores',
  role: 'operator',
  body: restoreRequestSchema,
  handle: async ({ app, body, caller, operation }) => {
    const started = await startRestore(app, { body, by: caller.name, operationId: operation.id, at: operation.at });
    if (!started.ok) return badRequest(started.problems);
    if (started.value.kind === 'no-point')
      throw new AppError('not-found', 'There is no such point', {
        path: started.value.path,
        found: started.value.what.slice(0, 100),
      });
    const { restores, set } = started.value;
    return set ? acceptedSet(app, set, restores) : accepted(app, restores[0] ?? null);
  },
});

route({
  name: 'restores-list',
  method: 'GET',
  route: 'restores',
  role: 'reader',
  handle: async ({ app }) => {
    const view = new RestoreView(app.store, app.clock.now());
    const restores = await app.restores.newest(LISTED);
    return json({ restores: await Promise.all(restores.map((restore) => view.show(restore))) });
  },
});

route({
  name: 'restores-get',
  method: 'GET',
  route: 'restores/{id}',
  role: 'reader',
  handle: async ({ app, params }) => {
    const id = params.id ?? '';
    const stored = await app.restores.get(id);
    const set = stored ? null : await readSet(app.store, id);
    if (set) return json(await shownSet(app, set, await membersOf(app, set)));
    if (!stored) throw noRestore(id);
    const { restore } = stored;
    const headers: Record<string, string> =
      restore.finishedAt === null || restore.state === 'undoing' ? RETRY_AFTER : {};
    return json(await new RestoreView(app.store, app.clock.now()).show(restore), { headers });
  },
});

route({
  name: 'restores-cancel',
  method: 'POST',
  route: 'restores/{id}/cancel',
  role: 'operator',
  handle: async ({ app, params, caller }) => {
    const id = params.id ?? '';
    const set = await readSet(app.store, id);
    if (!set) return accepted(app, await cancelRestore(app, id, caller.name));
    for (const member of set.restoreIds) await cancelRestore(app, member, caller.name);
    return acceptedSet(app, set, await membersOf(app, set));
  },
});

route({
  name: 'restores-undo',
  method: 'POST',
  route: 'restores/{id}/undo',
  role: 'operator',
  handle: async ({ app, params, caller }) => {
    const turned = await undoRestore(app, params.id ?? '', caller.name);
    if (turned.kind === 'none') throw noRestore(params.id);
    if (turned.kind === 'refused')
      throw new AppError('conflict', 'This restore cannot be undone', {
        restore: turned.restore.id,
        because: turned.why,
      });
    return accepted(app, turned.restore);
  },
});

function noRestore(id: string | undefined): AppError {
  return new AppError('not-found', 'There is no restore of this id', { restore: id?.slice(0, 100) ?? null });
}

async function accepted(app: App, restore: Restore | null) {
  if (!restore) throw noRestore(undefined);
  const shown = await new RestoreView(app.store, app.clock.now()).show(restore);
  return json(shown, { status: 202, headers: { location: `/api/restores/${restore.id}`, ...RETRY_AFTER } });
}

async function acceptedSet(app: App, set: RestoreSet, restores: readonly Restore[]) {
  const headers = { location: `/api/restores/${set.id}`, ...RETRY_AFTER };
  return json(await shownSet(app, set, restores), { status: 202, headers });
}

async function membersOf(app: App, set: RestoreSet): Promise<readonly Restore[]> {
  const stored = await Promise.all(set.restoreIds.map((id) => app.restores.get(id)));
  return stored.flatMap((each) => (each ? [each.restore] : []));
}

/** A set and each of its restores: done when all have ended, whatever became of each. */
async function shownSet(app: App, set: RestoreSet, restores: readonly Restore[]) {
  const view = new RestoreView(app.store, app.clock.now());
  const shown = await Promise.all(restores.map((restore) => view.show(restore)));
  const count = (state: Restore['state']) => restores.filter((restore) => restore.state === state).length;
  const open = count('queued') + count('running') + count('undoing');
  const percents = shown.map(({ percent, state }) => (state === 'failed' || state === 'cancelled' ? 100 : percent));
  return {
    id: set.id,
    kind: 'set',
    state: open > 0 ? 'running' : count('succeeded') === restores.length ? 'succeeded' : 'failed',
    by: set.by,
    createdAt: formatIso(set.createdAt),
    percent: Math.floor(percents.reduce((sum, percent) => sum + percent, 0) / Math.max(1, percents.length)),
    succeeded: count('succeeded'),
    failed: count('failed'),
    open,
    restores: shown,
  };
}

import { hashId } from '../base/ids.ts';
import type { Parsed } from '../base/problem.ts';
import type { Store } from '../base/store.ts';
import { type EpochMs, MINUTE_MS } from '../base/time.ts';
import type { Catalogue, Point } from '../protect/protect.ts';
import { messageOf } from '../work/messages.ts';
import type { WorkItem } from '../work/work.ts';
import type { RestoreDeps } from './advance-restore.ts';
import { isFinished, type Restore, restoreId } from './restore.ts';
import { parseRestoreRequest, planDiskTarget, type RestoreRequest } from './restore-request.ts';

export interface StartDeps extends RestoreDeps {
  readonly store: Store;
  readonly catalogue: Catalogue;
}

/** How long the message has before the restore is sent again. */
const RESEND_AFTER_MS = MINUTE_MS;

export type Started =
  | { readonly kind: 'started'; readonly restore: Restore }
  | { readonly kind: 'no-point'; readonly what: string };

/**
 * Starts a restore: its row, its place on the agenda, its message.
 *
 * Shape:  problems of the request, `no-point` where the point is unknown or none succeeded by then, or the restore.
 * Safety: `operationId` makes it one: starting it again answers the same restore.
 */
export async function startRestore(
  deps: StartDeps,
  start: { body: unknown; by: string; operationId: string; at: EpochMs },
): Promise<Parsed<Started>> {
  const request = parseRestoreRequest(start.body);
  if (!request.ok) return request;
  const id = restoreId(start.at, hashId('restore', start.operationId));
  const before = await deps.restores.get(id);
  if (before) return { ok: true, value: { kind: 'started', restore: before.restore } };
  const point = await findPoint(deps.catalogue, request.value);
  if (!point)
    return {
      ok: true,
      value: {
        kind: 'no-point',
        what: typeof request.value.point === 'string' ? request.value.point : request.value.point.source,
      },
    };
  if (point.state !== 'succeeded') {
    return {
      ok: false,
      problems: [
        { path: '$.point', message: 'this point has not succeeded', found: point.state, allowed: 'a succeeded point' },
      ],
    };
  }
  const plan = planDiskTarget(request.value, point, start.at);
  if (!plan.ok) return plan;
  const restore = newRestore(id, point, plan.value, start);
  const item: WorkItem = { kind: 'restore', id, dueAt: deps.clock.now() + RESEND_AFTER_MS };
  await deps.agenda.change([item]);
  await deps.restores.insert(restore);
  await deps.audit.record({
    at: start.at,
    actor: start.by,
    action: 'restore.start',
    target: id,
    facts: { point: point.id, disk: restore.diskId, name: restore.target.name },
  });
  await deps.store.queue('restores').send([messageOf(item)]);
  return { ok: true, value: { kind: 'started', restore } };
}

async function findPoint(catalogue: Catalogue, request: RestoreRequest): Promise<Point | null> {
  if (typeof request.point === 'string') return (await catalogue.get(request.point))?.point ?? null;
  const { source, at } = request.point;
  for await (const { point } of catalogue.ofSource(source))
    if (point.state === 'succeeded' && (point.takenAt ?? point.slot) <= at) return point;
  return null;
}

function newRestore(
  id: string,
  point: Point,
  plan: { target: Restore['target']; snapshot: Point['snapshots'][number] },
  start: { by: string; at: EpochMs },
): Restore {
  return {
    id,
    kind: 'disk',
    state: 'running',
    by: start.by,
    pointId: point.id,
    takenAt: point.takenAt,
    sourceName: point.source.name,
    diskId: plan.snapshot.diskId,
    snapshotId: plan.snapshot.snapshotId,
    target: plan.target,
    step: 0,
    attempts: 0,
    steps: [],
    operation: null,
    operationPercent: null,
    created: [],
    cancelRequested: false,
    error: null,
    createdAt: start.at,
    finishedAt: null,
  };
}

/** Asks a running restore to stop and to undo what it has made; one that has ended stays as it is. */
export async function cancelRestore(deps: StartDeps, id: string, by: string): Promise<Restore | null> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const stored = await deps.restores.get(id);
    if (!stored) return null;
    if (isFinished(stored.restore) || stored.restore.cancelRequested) return stored.restore;
    const restore = { ...stored.restore, cancelRequested: true };
    if ((await deps.restores.replace(restore, stored.etag)).kind !== 'done') continue;
    await deps.audit.record({ at: deps.clock.now(), actor: by, action: 'restore.cancel', target: id, facts: {} });
    const item: WorkItem = { kind: 'restore', id, dueAt: deps.clock.now() + RESEND_AFTER_MS };
    await deps.agenda.change([item]);
    await deps.store.queue('restores').send([messageOf(item)]);
    return restore;
  }
  return (await deps.restores.get(id))?.restore ?? null;
}

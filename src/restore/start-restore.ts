import { hashId } from '../base/ids.ts';
import type { Parsed, Problem } from '../base/problem.ts';
import type { EpochMs } from '../base/time.ts';
import type { Manifest } from '../inventory/manifest.ts';
import type { Catalogue, ManifestBook, Point } from '../protect/protect.ts';
import { messageOf } from '../work/messages.ts';
import { planDisk } from './plan-disks.ts';
import { planFiles } from './plan-files.ts';
import { planMachine } from './plan-machine.ts';
import { planSwapDisks } from './plan-swap.ts';
import { type DiskPlan, type FilesPlan, type MachinePlan, type Restore, restoreId, type SwapPlan } from './restore.ts';
import { type RestoreDeps, restoreItem } from './restore-deps.ts';
import { parseRestoreRequest, type RequestPart, type RestoreRequest } from './restore-request.ts';
import { insertSet, type RestoreSet, readSet } from './restore-sets.ts';

export interface StartDeps extends RestoreDeps {
  readonly manifests: ManifestBook;
}

/** Who asks for a restore. `operationId` makes it one: starting it again answers the same restores. */
export interface RestoreOrder {
  readonly body: unknown;
  readonly by: string;
  readonly operationId: string;
  readonly at: EpochMs;
  /** The drill that orders it. */
  readonly drill?: string;
}

export type Started =
  | { readonly kind: 'started'; readonly restores: readonly Restore[]; readonly set: RestoreSet | null }
  | { readonly kind: 'no-point'; readonly path: string; readonly what: string };

/**
 * Starts the restores of a request: their rows, their places on the agenda, their messages.
 *
 * Shape:  problems of the request, `no-point` where a point is unknown or none succeeded by then, or the restores. Of a set all start, or none.
 * Safety: ids follow from the operation; what a crash has left out of the queue is on the agenda.
 */
export async function startRestore(deps: StartDeps, order: RestoreOrder): Promise<Parsed<Started>> {
  const request = parseRestoreRequest(order.body);
  if (!request.ok) return request;
  const { ids, setId } = idsOf(request.value, order);
  const before = await readStarted(deps, ids, setId);
  if (before) return { ok: true, value: before };
  const drafted = await draftRestores(deps, request.value, order);
  if (!drafted.ok) return drafted;
  if (drafted.value.kind === 'no-point') return { ok: true, value: drafted.value };
  return { ok: true, value: await enter(deps, drafted.value.restores, setId, order) };
}

/** Ids follow from the operation alone. */
function idsOf(request: RestoreRequest, { at, operationId }: RestoreOrder) {
  const setId = request.isSet ? restoreId(at, hashId('set', operationId)) : null;
  const ids = request.parts.map((_, index) =>
    restoreId(at, setId === null ? hashId('restore', operationId) : hashId('restore', operationId, String(index))),
  );
  return { ids, setId };
}

/** Restores as they would begin. */
type Drafted =
  | { readonly kind: 'drafted'; readonly restores: readonly Restore[] }
  | { readonly kind: 'no-point'; readonly path: string; readonly what: string };

/** Plans the restores of a request; writes nothing. Shape: all problems of all parts, or all restores. */
export async function draftRestores(
  deps: StartDeps,
  request: RestoreRequest,
  order: RestoreOrder,
): Promise<Parsed<Drafted>> {
  const { ids, setId } = idsOf(request, order);
  const problems: Problem[] = [];
  const restores: Restore[] = [];
  for (const [index, part] of request.parts.entries()) {
    const point = await findPoint(deps.catalogue, part);
    if (!point) {
      const what = typeof part.point === 'string' ? part.point : part.point.source;
      return { ok: true, value: { kind: 'no-point', path: `${part.path}.point`, what } };
    }
    const planned = await planPart(deps, part, point, { id: ids[index] ?? '', at: order.at });
    if (!planned.ok) problems.push(...planned.problems);
    else restores.push(newRestore({ id: ids[index] ?? '', setId, order, point, ...request }, planned.value));
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: { kind: 'drafted', restores } };
}

async function readStarted(deps: StartDeps, ids: readonly string[], setId: string | null): Promise<Started | null> {
  const set = setId === null ? null : await readSet(deps.store, setId);
  if (setId !== null && !set) return null;
  const found = await Promise.all(ids.map((id) => deps.restores.get(id)));
  const restores = found.flatMap((stored) => (stored ? [stored.restore] : []));
  return restores.length === ids.length ? { kind: 'started', restores, set } : null;
}

async function enter(
  deps: StartDeps,
  restores: readonly Restore[],
  setId: string | null,
  order: RestoreOrder,
): Promise<Started> {
  const items = restores.map(({ id }) => restoreItem(deps, id));
  await deps.agenda.change(items);
  for (const restore of restores) await deps.restores.insert(restore);
  const set: RestoreSet | null =
    setId === null ? null : { id: setId, restoreIds: restores.map(({ id }) => id), by: order.by, createdAt: order.at };
  if (set) await insertSet(deps.store, set);
  for (const restore of restores) {
    await deps.audit.record({
      at: order.at,
      actor: order.by,
      action: 'restore.start',
      target: restore.id,
      facts: {
        kind: restore.kind,
        point: restore.pointId,
        source: restore.sourceName,
        makes: restore.machine?.id ?? restore.disks.map(({ name }) => name).join(' '),
        drill: order.drill ?? null,
      },
    });
  }
  await deps.store.queue('restores').send(items.map(messageOf));
  return { kind: 'started', restores, set };
}

async function findPoint(catalogue: Catalogue, { point: wanted }: RequestPart): Promise<Point | null> {
  if (typeof wanted === 'string') return (await catalogue.get(wanted))?.point ?? null;
  for await (const { point } of catalogue.ofSource(wanted.source))
    if (point.state === 'succeeded' && (point.takenAt ?? point.slot) <= wanted.at) return point;
  return null;
}

type Planned = {
  readonly disks: readonly DiskPlan[];
  readonly machine: MachinePlan | null;
  readonly swap: SwapPlan | null;
  readonly files: FilesPlan | null;
};

const NOTHING: Planned = { disks: [], machine: null, swap: null, files: null };

async function planPart(
  deps: StartDeps,
  part: RequestPart,
  point: Point,
  restore: { readonly id: string; readonly at: EpochMs },
): Promise<Parsed<Planned>> {
  const { path, wanted } = part;
  if (point.state !== 'succeeded') {
    const message = 'this point has not succeeded';
    return {
      ok: false,
      problems: [{ path: `${path}.point`, message, found: point.state, allowed: 'a succeeded point' }],
    };
  }
  const naming = { restoreId: restore.id, now: restore.at, path };
  if (wanted.kind === 'disk') {
    const disks = planDisk(wanted.target, point, naming);
    return disks.ok ? { ok: true, value: { ...NOTHING, disks: disks.value } } : disks;
  }
  if (wanted.kind === 'files') {
    const files = planFiles(wanted.target, point, naming);
    return files.ok ? { ok: true, value: { ...NOTHING, files: files.value } } : files;
  }
  const manifest = await manifestOf(deps, point);
  if (wanted.kind === 'swap') {
    const swap = planSwapDisks(wanted.target, point, manifest, naming);
    return swap.ok ? { ok: true, value: { ...NOTHING, ...swap.value } } : swap;
  }
  const machine = planMachine(wanted.target, point, manifest, naming);
  return machine.ok ? { ok: true, value: { ...NOTHING, ...machine.value } } : machine;
}

async function manifestOf(deps: StartDeps, point: Point): Promise<Manifest | null> {
  return point.manifest === undefined ? null : deps.manifests.read(point.manifest);
}

function newRestore(
  start: {
    readonly id: string;
    readonly setId: string | null;
    readonly order: RestoreOrder;
    readonly point: Point;
    readonly expiresAfterMs: number | null;
  },
  planned: Planned,
): Restore {
  const { id, setId, order, point, expiresAfterMs } = start;
  return {
    v: 1,
    id,
    kind: planned.machine ? 'vm' : planned.swap ? 'swap' : planned.files ? 'files' : 'disk',
    state: 'queued',
    by: order.by,
    drill: order.drill ?? null,
    set: setId,
    subscriptionId: point.source.subscriptionId,
    pointId: point.id,
    takenAt: point.takenAt,
    sourceKey: point.source.key,
    sourceName: point.source.name,
    disks: [...planned.disks],
    machine: planned.machine,
    swap: planned.swap,
    files: planned.files,
    step: 0,
    phase: 'do',
    attempts: 0,
    busyUntil: null,
    steps: [],
    operations: [],
    created: [],
    cancelRequested: false,
    undo: null,
    error: null,
    outcome: null,
    expiresAfterMs,
    expiresAt: null,
    createdAt: order.at,
    finishedAt: null,
  };
}

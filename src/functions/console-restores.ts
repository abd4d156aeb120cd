import type { App } from '../app.ts';
import { AppError } from '../base/errors.ts';
import { formatIso } from '../base/time.ts';
import type {
  DrillsView,
  FormProblem,
  RestoreFormView,
  RestoreKind,
  RestoreLine,
  RestoresView,
  RestoreView,
} from '../console/restore-views.ts';
import { lastProofs } from '../drill/drill.ts';
import type { Point } from '../protect/point.ts';
import { isFinished, type Restore } from '../restore/restore.ts';
import { RestoreView as ShownRestores } from '../restore/show-restore.ts';
import { findPoint } from './console-sources.ts';

const RESTORES_SHOWN = 100;
const UNPROVEN_SHOWN = 100;
const KINDS: readonly RestoreKind[] = ['disk', 'vm', 'swap', 'files'];

/** Restores as lists show them. */
export async function restoreLines(app: App, restores: readonly Restore[]): Promise<readonly RestoreLine[]> {
  const view = new ShownRestores(app.store, app.clock.now());
  return Promise.all(restores.map(async (restore) => lineOf(restore, (await view.show(restore)).percent)));
}

function lineOf(
  { id, kind, state, sourceName, by, drill, createdAt, finishedAt }: Restore,
  percent: number,
): RestoreLine {
  const ended = finishedAt === null ? null : formatIso(finishedAt);
  return {
    id,
    kind,
    state,
    source: sourceName,
    percent,
    by,
    drill,
    createdAt: formatIso(createdAt),
    finishedAt: ended,
  };
}

/** What was restored and what is under way. */
export async function readRestores(app: App): Promise<RestoresView> {
  return { kind: 'restores', restores: await restoreLines(app, await app.restores.newest(RESTORES_SHOWN)) };
}

/** One restore. Errors: 'not-found'. */
export async function readRestore(app: App, id: string): Promise<RestoreView> {
  const stored = await app.restores.get(id);
  if (!stored) throw new AppError('not-found', 'There is no restore of this id', { restore: id.slice(0, 100) });
  const { restore } = stored;
  const shown = await new ShownRestores(app.store, app.clock.now()).show(restore);
  const { takenAt, sourceKey, step, expectedAt, expiresAt, steps, created, outcome, swap } = shown;
  return {
    ...{ kind: 'restore', restore: lineOf(restore, shown.percent), point: restore.pointId, takenAt, sourceKey, step },
    ...{ expectedAt, expiresAt, steps, created, outcome, swap: swap ?? null },
    isOpen: !isFinished(restore),
    mayUndo: restore.state === 'succeeded' && (restore.kind === 'swap' || restore.expiresAfterMs !== null),
    error: restore.error && { ...restore.error, reasons: restore.error.reasons.map(plainProblem) },
  };
}

/** A problem without the fields that it does not have. */
export function plainProblem(problem: {
  path: string;
  message: string;
  found?: string | undefined;
  allowed?: string | undefined;
}): FormProblem {
  const { path, message, found, allowed } = problem;
  return { path, message, ...(found === undefined ? {} : { found }), ...(allowed === undefined ? {} : { allowed }) };
}

/** The form for a restore of a point, with what was filled in before. Errors: 'not-found', 'conflict'. */
export async function readRestoreForm(
  app: App,
  id: string,
  filled: URLSearchParams,
  more: { readonly problems: readonly FormProblem[]; readonly review: boolean } = { problems: [], review: false },
): Promise<RestoreFormView> {
  const point = await findPoint(app, id);
  if (point.state !== 'succeeded')
    throw new AppError('conflict', 'Only a point that has succeeded can be restored', { state: point.state });
  const isMachine = point.source.kind === 'virtualMachine';
  const asked = KINDS.find((kind) => kind === filled.get('kind')) ?? 'disk';
  const names = new Set([...filled.keys()].filter((name) => name !== 'kind' && name !== 'once'));
  const sent = Object.fromEntries([...names].map((name) => [name, filled.getAll(name)]));
  return {
    kind: 'restore-form',
    restoreKind: !isMachine && (asked === 'vm' || asked === 'swap') ? 'disk' : asked,
    point: { id: point.id, sourceKey: point.source.key, sourceName: point.source.name, takenAt: point.takenAt },
    isMachine,
    hasManifest: point.manifest !== undefined,
    disks: point.snapshots.map(({ diskName, lun, sizeBytes }) => ({ name: diskName, lun, sizeBytes })),
    once: filled.get('once') || crypto.randomUUID(),
    sent,
    suggested: await suggestedFor(app, point, asked),
    ...more,
  };
}

/** A new machine is best put where the original was: another name and a new interface in the same subnet. */
async function suggestedFor(app: App, point: Point, kind: RestoreKind): Promise<Readonly<Record<string, string>>> {
  if (kind !== 'vm' || point.manifest === undefined) return {};
  const manifest = await app.manifests.read(point.manifest);
  const [subnet] = (manifest?.interfaces ?? []).flatMap(({ ipConfigurations }) =>
    ipConfigurations.flatMap(({ subnetId }) => subnetId ?? []),
  );
  return subnet === undefined ? {} : { subnet };
}

/** The evidence of drills, and what was never proven. */
export async function readDrills(app: App): Promise<DrillsView> {
  const drills: DrillsView['drills'][number][] = [];
  const proven = new Set<string>();
  for await (const proof of lastProofs(app.store)) {
    const { drillId, sourceKey, sourceName, policy, at, kind, pick, result, reason, pointId, takenAt, lastPassedAt } =
      proof;
    if (lastPassedAt !== null) proven.add(sourceKey);
    const steps = Object.entries(proof.secondsByStep).map(([name, seconds]) => ({ name, seconds }));
    drills.push({
      ...{
        drillId,
        sourceKey,
        sourceName,
        policy,
        at,
        kind,
        pick,
        result,
        reason,
        pointId,
        takenAt,
        lastPassedAt,
        steps,
      },
      checks: proof.checks,
    });
  }
  drills.sort((a, b) => Number(a.result === 'passed') - Number(b.result === 'passed') || b.at - a.at);
  const unproven = new Map<string, string>();
  for (const { policy } of await app.policies.list())
    for await (const { source, leftAt } of app.sources.ofPolicy(policy.name))
      if (leftAt === null && !proven.has(source.key)) unproven.set(source.key, source.name);
  const named = [...unproven].map(([key, name]) => ({ key, name })).sort((a, b) => a.name.localeCompare(b.name));
  return { kind: 'drills', drills, unproven: named.slice(0, UNPROVEN_SHOWN), unprovenTotal: named.length };
}

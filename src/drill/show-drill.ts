import { type EpochMs, formatIso } from '../base/time.ts';
import { type Drill, secondsByStep } from './drill-row.ts';

/** A drill as the API shows it: what was proven, of which moment, how long it took, and what is left of it. */
export function showDrill(drill: Drill): Readonly<Record<string, unknown>> {
  const { id, policy, by, state, step, settings, source, pointId, disk, checks, reason, leftBehind } = drill;
  const restored = drill.steps.find(({ name }) => name === 'restore');
  const took = restored && restored.finishedAt !== null ? restored.finishedAt - restored.startedAt : null;
  return {
    ...{ id, policy, by, state },
    ...(state === 'running' ? { step } : {}),
    kind: settings.kind,
    pick: settings.pick,
    source,
    point: pointId,
    takenAt: iso(drill.takenAt),
    disk,
    ...(settings.path === undefined ? {} : { path: settings.path }),
    restore: drill.restoreId,
    checks,
    reason,
    restoreSeconds: took === null ? null : took / 1_000,
    secondsByStep: secondsByStep(drill),
    leftBehind,
    startedAt: formatIso(drill.createdAt),
    finishedAt: iso(drill.finishedAt),
  };
}

function iso(at: EpochMs | null): string | null {
  return at === null ? null : formatIso(at);
}

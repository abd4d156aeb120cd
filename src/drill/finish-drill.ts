import { notify } from '../notify/notify.ts';
import type { StoredDrill } from './drill-book.ts';
import type { DrillDeps } from './drill-deps.ts';
import { DrillLocks } from './drill-locks.ts';
import type { Drill } from './drill-row.ts';
import { noteProof } from './last-proofs.ts';
import type { Turn } from './turn.ts';

/** Ends a drill: its evidence, a word to people, the source for the next; its row last, so that a crash repeats all of it. */
export async function finishDrill(deps: DrillDeps, stored: StoredDrill): Promise<Turn> {
  const { drill } = stored;
  const { id, source, pointId, reason } = drill;
  // The moment is in the row already: repeated, the evidence is the same.
  const finishedAt = Math.max(drill.createdAt, ...drill.steps.map((step) => step.finishedAt ?? 0));
  const state = reason === null ? 'passed' : 'failed';
  await deps.audit.record({
    at: finishedAt,
    actor: drill.by,
    action: 'drill.end',
    target: id,
    facts: {
      state,
      policy: drill.policy,
      source: source?.name ?? null,
      point: pointId,
      restore: drill.restoreId,
      reason: reason?.code ?? null,
      checks: drill.checks.map(({ name, result }) => `${name} ${result}`).join(', '),
    },
  });
  await noteProof(deps.store, drill, state, finishedAt);
  await tell(deps, drill);
  if (pointId !== null) await deps.inUse.end(pointId, id);
  if (source !== null) await new DrillLocks(deps.store).give(source.key, id);
  deps.log.info('a drill has ended', { drill: id, policy: drill.policy, state, reason: reason?.code ?? null });
  return { stored: await deps.drills.write(stored, { state, finishedAt }), waitMs: 0 };
}

async function tell(deps: DrillDeps, drill: Drill): Promise<void> {
  const { id, policy, source, reason, checks } = drill;
  const what = source?.name ?? `policy ${policy}`;
  await notify(deps, {
    key: `drill|${id}|end`,
    topic: 'drill',
    // A policy that has no points yet has other alerts.
    severity: reason === null ? 'info' : reason.code === 'no-point' ? 'warning' : 'critical',
    title: `The drill of ${what} ${reason === null ? 'has passed' : 'has failed'}`,
    text: reason?.message ?? checks.map(({ name, detail }) => `${name}: ${detail}`).join('. '),
    facts: [
      { name: 'drill', value: id },
      { name: 'policy', value: policy },
      { name: 'kind', value: drill.settings.kind },
      { name: 'point', value: drill.pointId ?? 'none' },
      ...drill.leftBehind.slice(0, 3).map((value) => ({ name: 'left behind', value })),
    ],
  });
}

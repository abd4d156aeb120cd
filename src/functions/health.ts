import { type App, useApp } from '../app.ts';
import { isAppError } from '../base/errors.ts';
import { type EpochMs, formatIso, HOUR_MS } from '../base/time.ts';
import { listPoison } from '../work/poison.ts';
import { json, route } from './http-entry.ts';

/** A minute's tick may be late by so much before health says degraded. */
const OVERDUE_MS = HOUR_MS;
const LISTED = 50;

/** Up or degraded, nothing else; it never looks at who asks. */
route({
  name: 'health',
  method: 'GET',
  route: 'health',
  role: null,
  handle: async () => {
    const reasons = await useApp()
      .then(findReasons)
      .catch(() => ['not started']);
    return json({ status: reasons.length === 0 ? 'up' : 'degraded' }, { status: reasons.length === 0 ? 200 : 503 });
  },
});

route({
  name: 'health-details',
  method: 'GET',
  route: 'health/details',
  role: 'reader',
  handle: async ({ app }) => {
    const reasons = await findReasons(app);
    const poison = await listPoison(app.store, LISTED);
    const agenda = await app.agenda.due(app.clock.now(), LISTED);
    const gaps = await listGaps(app);
    return json({
      status: reasons.length === 0 ? 'up' : 'degraded',
      at: formatIso(app.clock.now()),
      reasons,
      overdue: agenda.map((item) => ({ ...item, dueAt: formatIso(item.dueAt) })),
      poisoned: poison.map((entry) => ({ ...entry, at: formatIso(entry.at) })),
      missedSlots: gaps,
      stoppedSweeps: (await app.approvals.list()).length,
      budgetAlarms: (await app.budgets.states())
        .filter(({ fits, partialSources }) => !fits || partialSources > 0)
        .map((state) => ({ ...state, at: formatIso(state.at) })),
    });
  },
});

async function findReasons(app: App): Promise<readonly string[]> {
  try {
    const now = app.clock.now();
    const states = await app.states.list();
    const late = states
      .filter((state) => now - state.nextDueAt > OVERDUE_MS)
      .map((state) => `the policy ${state.policy} is overdue`);
    const stuck = (await app.agenda.due(now - OVERDUE_MS, 1)).length > 0 ? ['work is overdue'] : [];
    return [...late, ...stuck];
  } catch (error) {
    if (!isAppError(error)) throw error;
    return [`storage: ${error.code}`];
  }
}

async function listGaps(
  app: App,
): Promise<readonly { policy: string; schedule: string; slot: string; because: string }[]> {
  const gaps: { policy: string; schedule: string; slot: EpochMs; because: string }[] = [];
  for await (const page of app.store.table('gaps').scan()) {
    for (const { cells } of page)
      gaps.push({
        policy: String(cells.policy),
        schedule: String(cells.schedule),
        slot: Number(cells.slot),
        because: String(cells.because),
      });
  }
  return gaps
    .sort((a, b) => b.slot - a.slot)
    .slice(0, LISTED)
    .map((gap) => ({ ...gap, slot: formatIso(gap.slot) }));
}

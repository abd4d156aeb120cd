import type { App } from '../app.ts';
import { isAppError } from '../base/errors.ts';
import { DAY_MS, formatIso, HOUR_MS } from '../base/time.ts';
import { undelivered } from '../notify/notify.ts';
import { showCondition, showConditionTable } from '../reports/protection-json.ts';
import { type Gap, readGaps } from '../watch/read-gaps.ts';
import { ConditionBook } from '../watch/watch.ts';
import { listPoison } from '../work/poison.ts';
import { json, route } from './http-entry.ts';

/** A minute's tick may be late by so much before health says degraded. */
const OVERDUE_MS = HOUR_MS;
const LISTED = 50;
/** How far back missed slots are shown, and how many of a policy are read for it. */
const GAP_DAYS = 35;
const GAPS_READ = 1_000;

/** Up or degraded, nothing else; it never looks at who asks. */
route({
  name: 'health',
  method: 'GET',
  route: 'health',
  role: null,
  handle: async ({ app }) => {
    const reasons = await findReasons(app).catch(() => ['not readable']);
    return upOrDegraded(reasons.length === 0);
  },
  notStarted: () => upOrDegraded(false),
});

function upOrDegraded(isUp: boolean) {
  return json({ status: isUp ? 'up' : 'degraded' }, { status: isUp ? 200 : 503 });
}

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
    const { conditions, look, books } = await new ConditionBook(app.store).read();
    const open = conditions.filter(({ clearedAt }) => clearedAt === null);
    return json({
      status: reasons.length === 0 ? 'up' : 'degraded',
      at: formatIso(app.clock.now()),
      reasons,
      conditions: open.map(showCondition),
      watched: showConditionTable(open),
      watchedAt: look === null ? null : formatIso(look.lookedAt),
      drift: books === null ? null : { at: formatIso(books.at), groups: books.groups },
      overdue: agenda.map((item) => ({ ...item, dueAt: formatIso(item.dueAt) })),
      poisoned: poison.map((entry) => ({ ...entry, at: formatIso(entry.at) })),
      missedSlots: gaps,
      undelivered: (await undelivered(app.store, LISTED)).map(({ notice, target, error, attempts }) => {
        return { at: formatIso(notice.at), title: notice.title, target, error, attempts };
      }),
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

/** Missed slots of the last days, newest first: of each policy a bounded range. */
async function listGaps(app: App) {
  const from = app.clock.now() - GAP_DAYS * DAY_MS;
  const gaps: (Gap & { readonly policy: string })[] = [];
  for (const { policy } of await app.policies.list())
    for (const gap of await readGaps(app.store, policy.name, from, GAPS_READ))
      gaps.push({ policy: policy.name, ...gap });
  return gaps
    .sort((a, b) => b.slot - a.slot)
    .slice(0, LISTED)
    .map((gap) => ({ ...gap, slot: formatIso(gap.slot) }));
}

import type { App } from '../app.ts';
import { AppError } from '../base/errors.ts';
import type { OverviewView, PoliciesView, PolicyView, RecycleView } from '../console/views.ts';
import { policyDocument } from '../policy/policy-document.ts';
import { isFinished } from '../restore/restore.ts';
import { previewLive } from '../retain/live-preview.ts';
import { listMarked } from '../retain/recycle.ts';
import { conditionRules, type Protection, readProtection, showFacts } from '../watch/watch.ts';
import { restoreLines } from './console-restores.ts';

const DAYS = 7;
/** Lines of each list: what is worst comes first, and the lists behind them have the rest. */
const SOURCES_SHOWN = 12;
const UNCOVERED_SHOWN = 20;
const RESTORES_LOOKED_AT = 50;
const MARKED_MAX = 500;
const DELETED_SHOWN = 200;
const CURSOR = /^\d{15}\|[a-z]+\|[A-Za-z0-9_.-]{1,200}$/;

/** What is protected and what is not, worst first. */
export async function readOverview(app: App): Promise<OverviewView> {
  const report = await readProtection(app, DAYS);
  const restores = await app.restores.newest(RESTORES_LOOKED_AT);
  const marked = await app.agenda.page('delete', null, MARKED_MAX);
  return {
    ...{ kind: 'overview', at: report.at, watchedAt: report.watchedAt },
    coverage: coverageOf(report),
    coverageError: report.coverageError,
    conditions: conditionsOf(report),
    sources: worstSources(report).slice(0, SOURCES_SHOWN),
    sourcesTotal: report.sources.length,
    over: report.sources.filter(({ isOver }) => isOver).length,
    missed: report.missed.length,
    missedDays: DAYS,
    policies: report.policies.length,
    budgets: [...(await app.budgets.states())].sort((a, b) => Number(a.fits) - Number(b.fits)),
    marked: new Set(marked.items.map(({ id }) => id)).size,
    running: await restoreLines(
      app,
      restores.filter((restore) => !isFinished(restore)),
    ),
  };
}

function coverageOf({ coverage }: Protection): OverviewView['coverage'] {
  if (coverage === null) return null;
  const { machines, disks, uncoveredMachines, uncoveredDisks } = coverage;
  const uncovered = [
    ...uncoveredMachines.map((machine) => ({ kind: 'virtual machine', ...machine })),
    ...uncoveredDisks.map((disk) => ({ kind: 'disk', ...disk })),
  ];
  return { machines, disks, uncovered: uncovered.slice(0, UNCOVERED_SHOWN), uncoveredTotal: uncovered.length };
}

function conditionsOf({ conditions }: Protection): OverviewView['conditions'] {
  return conditions
    .map(({ kind, name, facts, openedAt }) => {
      const { severity, title, todo } = conditionRules[kind];
      return { severity, title, name, facts: showFacts(facts), openedAt, todo };
    })
    .sort((a, b) => a.severity - b.severity || a.openedAt - b.openedAt);
}

/** By how much of their target they have used up; what has no point yet is worst. */
function worstSources({ sources }: Protection): OverviewView['sources'] {
  const used = ({ ageMs, targetMs }: { ageMs: number | null; targetMs: number | null }) =>
    ageMs === null ? Number.POSITIVE_INFINITY : targetMs === null ? 0 : ageMs / targetMs;
  return sources
    .map(({ key, name, policy, targetMs, ageMs, isOver, lastProof }) => ({
      ...{ key, name, policy, targetMs, ageMs, isOver },
      provenAt: lastProof?.at ?? null,
    }))
    .sort((a, b) => Number(b.isOver) - Number(a.isOver) || (used(b) > used(a) ? 1 : used(b) < used(a) ? -1 : 0));
}

/** What is marked for deletion. Errors: 'bad-request' for a place that is none. */
export async function readRecycle(app: App, after: string | null): Promise<RecycleView> {
  if (after !== null && !CURSOR.test(after))
    throw new AppError('bad-request', 'This is no place in the list', { found: after.slice(0, 80) });
  return { kind: 'recycle', at: app.clock.now(), ...(await listMarked(app, after)) };
}

/** All policies that are in force. */
export async function readPolicies(app: App): Promise<PoliciesView> {
  const policies: PoliciesView['policies'][number][] = [];
  for (const { policy, state, awaitsConfirmation, updatedAt, updatedBy } of await app.policies.list()) {
    if (state !== 'active') continue;
    let sources = 0;
    for await (const { leftAt } of app.sources.ofPolicy(policy.name)) if (leftAt === null) sources += 1;
    const { name, enabled, timeZone, schedules } = policy;
    policies.push({ name, enabled, timeZone, schedules, sources, awaitsConfirmation, updatedAt, updatedBy });
  }
  return { kind: 'policies', policies };
}

/** What a policy does to its points now. Errors: 'not-found', those of Azure. */
export async function readPolicy(app: App, name: string, after: string | null): Promise<PolicyView> {
  const stored = await app.policies.get(name);
  if (stored?.state !== 'active')
    throw new AppError('not-found', 'There is no policy of this name', { policy: name.slice(0, 100) });
  const now = app.clock.now();
  const request = { policyName: name, part: stored.policy, now, ...(after === null ? {} : { after }) };
  const { preview } = await previewLive(app, request);
  const { points, deletes, unmeasured, storedBytes, monthlyCost, budget, sources, next } = preview;
  const names = new Map(sources.map((source) => [source.source, source.name]));
  const deleted = preview.verdicts
    .filter(({ action }) => action === 'delete')
    .map(({ id, source, because: [reason] }) => ({
      ...{ id, source: names.get(source) ?? '', because: reason?.rule ?? '' },
      freedBytes: reason?.freedBytes ?? null,
    }));
  const change = budget && 'change' in budget && budget.change ? JSON.stringify(budget.change) : null;
  return {
    ...{ kind: 'policy', at: now, name, enabled: stored.policy.enabled, points, deletes, unmeasured, storedBytes },
    ...{ monthlyCost, sources, next, deleted: deleted.slice(0, DELETED_SHOWN) },
    document: JSON.stringify(policyDocument(stored.policy), null, 2),
    budget: budget && { fits: budget.fits, gapPercent: budget.gapPercent, change },
  };
}

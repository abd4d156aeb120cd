import { GIB } from '../base/bytes.ts';
import { AppError } from '../base/errors.ts';
import { fromMicroUnits } from '../base/money.ts';
import type { Problem } from '../base/problem.ts';
import { formatIso } from '../base/time.ts';
import { simulationHtml } from '../reports/simulation-html.ts';
import { MAX_PLAYED_SLOTS } from '../retain/plan-forward.ts';
import { type Simulation, simulatePolicy } from '../retain/simulate-policy.ts';
import { badRequest, json, route } from './http-entry.ts';

const DEFAULT_DAYS = 400;
const MAX_DAYS = 1_100;
const MAX_CHANGE_GIB = 65_536;

/** A stored policy played forward: schedule and retention, by the same decisions as the real ones. */
route({
  name: 'policies-simulate',
  method: 'GET',
  route: 'policies/{name}/simulate',
  role: 'reader',
  handle: async ({ app, params, query }) => {
    const asked = readQuery(query);
    if (asked.problems.length > 0) return badRequest(asked.problems);
    const stored = await app.policies.get(params.name ?? '');
    if (stored?.state !== 'active')
      throw new AppError('not-found', 'There is no policy of this name', { policy: params.name ?? null });
    const simulation = await simulatePolicy(app, stored.policy, { ...asked, from: app.clock.now() });
    if (simulation === null) {
      const allowed = `at most ${MAX_PLAYED_SLOTS} slots: fewer days`;
      return badRequest([{ path: '?days', message: 'has too many slots to play', found: String(asked.days), allowed }]);
    }
    if (asked.format === 'json') return json(simulationJson(simulation));
    return {
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      },
      body: simulationHtml(simulation),
    };
  },
});

function readQuery(query: URLSearchParams) {
  const problems: Problem[] = [];
  const days = Number(query.get('days') ?? DEFAULT_DAYS);
  if (!Number.isInteger(days) || days < 1 || days > MAX_DAYS)
    problems.push({
      path: '?days',
      message: 'is no number of days',
      found: show(query.get('days')),
      allowed: `1 to ${MAX_DAYS}`,
    });
  const format = query.get('format') ?? 'json';
  if (format !== 'json' && format !== 'html')
    problems.push({ path: '?format', message: 'is no known format', found: show(format), allowed: 'json, html' });
  const text = query.get('changeGiB');
  const change = text === null ? null : Number(text);
  if (change !== null && (text === '' || !(change >= 0 && change <= MAX_CHANGE_GIB)))
    problems.push({
      path: '?changeGiB',
      message: 'is no amount',
      found: show(text),
      allowed: `0 to ${MAX_CHANGE_GIB}`,
    });
  return { problems, days, format, changeBytes: change === null ? null : change * GIB };
}

function show(text: string | null): string {
  return (text ?? '').slice(0, 80);
}

function simulationJson({ policy, from, days, currency, sources, played, basis, budgetMicroUnits }: Simulation) {
  const iso = (instant: number | null) => (instant === null ? null : formatIso(instant));
  return {
    policy: policy.name,
    from: formatIso(from),
    days,
    timeZone: policy.timeZone,
    currency,
    sources,
    basis,
    budget:
      budgetMicroUnits === null
        ? null
        : { amountPerMonth: fromMicroUnits(budgetMicroUnits), fits: played.fits ?? true },
    perDay: played.days.map(({ endsAt, points, marked, storedBytes, microUnitsPerMonth }) => ({
      endsAt: formatIso(endsAt),
      points,
      marked,
      storedBytes,
      costPerMonth: microUnitsPerMonth === null ? null : fromMicroUnits(microUnitsPerMonth),
    })),
    points: played.points.map(({ takenAt, goneAt, because }) => ({
      takenAt: formatIso(takenAt),
      goneAt: iso(goneAt),
      because,
    })),
  };
}

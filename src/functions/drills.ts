import { AppError } from '../base/errors.ts';
import { formatIso, parseIso } from '../base/time.ts';
import { showDrill } from '../drill/show-drill.ts';
import { orderSchema, startDrill } from '../drill/start-drill.ts';
import { drillKeys } from '../schedule/drill-names.ts';
import { badRequest, json, route } from './http-entry.ts';

const PAGE_SIZE = 100;

route({
  name: 'drills-start',
  method: 'POST',
  route: 'policies/{name}/drills',
  role: 'operator',
  body: orderSchema,
  handle: async ({ app, params, body, caller, operation }) => {
    const stored = await app.policies.get(params.name ?? '');
    if (stored?.state !== 'active')
      throw new AppError('not-found', 'There is no policy of this name', { policy: params.name ?? null });
    const order = { body, by: caller.name, operationId: operation.id, at: operation.at };
    const started = await startDrill(app, stored.policy, order);
    if (!started.ok) return badRequest(started.problems);
    const headers = { location: `/api/drills/${started.value.id}`, 'retry-after': '30' };
    return json(showDrill(started.value), { status: 202, headers });
  },
});

route({
  name: 'drills-list',
  method: 'GET',
  route: 'drills',
  role: 'reader',
  handle: async ({ app, query }) => {
    const policy = query.get('policy') ?? '';
    const beforeText = query.get('before');
    const before = beforeText === null ? null : parseIso(beforeText);
    const problems = [];
    if (policy === '')
      problems.push({ path: '?policy', message: 'is missing', found: 'nothing', allowed: 'the name of a policy' });
    if (beforeText !== null && before === null) {
      const allowed = 'an ISO 8601 date and time with offset';
      problems.push({ path: '?before', message: 'is no moment', found: beforeText.slice(0, 80), allowed });
    }
    if (problems.length > 0) return badRequest(problems);
    const drills = await app.drills.ofPolicy(policy, { before, limit: PAGE_SIZE });
    const last = drills.length === PAGE_SIZE ? drillKeys(drills.at(-1)?.id ?? '') : null;
    const next = last && `/api/drills?policy=${policy}&before=${encodeURIComponent(formatIso(last.at))}`;
    return json({ drills: drills.map(showDrill), next });
  },
});

route({
  name: 'drills-get',
  method: 'GET',
  route: 'drills/{id}',
  role: 'reader',
  handle: async ({ app, params }) => {
    const stored = await app.drills.get(params.id ?? '');
    if (!stored) throw new AppError('not-found', 'There is no such drill', { id: params.id ?? null });
    return json(showDrill(stored.drill));
  },
});

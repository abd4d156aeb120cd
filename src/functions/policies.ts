import type { HttpResponseInit } from '@azure/functions';
import type { App } from '../app.ts';
import { AppError } from '../base/errors.ts';
import { formatIso } from '../base/time.ts';
import type { Policy } from '../policy/policy.ts';
import { policySchema } from '../policy/policy-schema.ts';
import type { StoredPolicy } from '../protect/policy-book.ts';
import { type CheckRequest, checkPolicy, deletePolicy, savePolicy } from '../protect/save-policy.ts';
import { budgetCurrencyProblems } from '../retain/budget-currency.ts';
import { comparePolicies } from '../retain/compare-policies.ts';
import { mayExpire } from '../retain/sweep-policy.ts';
import { type ApiRequest, badRequest, json, route } from './http-entry.ts';

route({
  name: 'policies-list',
  method: 'GET',
  route: 'policies',
  role: 'reader',
  handle: async ({ app }) => {
    const policies = (await app.policies.list()).filter((stored) => stored.state === 'active');
    return json({ policies: policies.map(shown) });
  },
});

route({
  name: 'policies-get',
  method: 'GET',
  route: 'policies/{name}',
  role: 'reader',
  handle: async ({ app, params, ifNoneMatch }) => {
    const stored = await app.policies.get(params.name ?? '');
    if (stored?.state !== 'active') throw notFound(params.name);
    const headers = { etag: `"${stored.version}"` };
    return ifNoneMatch === stored.version ? { status: 304, headers } : json(stored.document, { headers });
  },
});

route({
  name: 'policies-put',
  method: 'PUT',
  route: 'policies/{name}',
  role: 'admin',
  body: policySchema,
  handle: put,
});

route({
  name: 'policies-delete',
  method: 'DELETE',
  route: 'policies/{name}',
  role: 'admin',
  handle: async ({ app, params, caller, ifMatch }) => {
    const done = await deletePolicy(app, {
      name: params.name ?? '',
      by: caller.name,
      ...(ifMatch === null || ifMatch === '*' ? {} : { ifMatch }),
    });
    if (done === null) throw notFound(params.name);
    if (done.kind === 'changed') throw changed(done.version);
    return { status: 204 };
  },
});

async function put({ app, params, query, body, caller, ifMatch, ifNoneMatch }: ApiRequest): Promise<HttpResponseInit> {
  const name = params.name ?? '';
  if (body === undefined)
    throw new AppError('bad-request', 'The body is empty', { path: '$', allowed: 'a policy document' });
  const force = query.get('force') === 'true';
  const check = {
    name,
    body,
    force,
    objections: (policy: Policy) => budgetCurrencyProblems(policy.budget, app.currency),
  };
  if (query.get('dryRun') === 'true') return dryRun(app, check);
  const expected = ifNoneMatch === '*' ? { ifMatch: null } : ifMatch === null || ifMatch === '*' ? {} : { ifMatch };
  const saved = await savePolicy(app, {
    ...check,
    by: caller.name,
    ...expected,
  });
  if (saved.kind === 'problems') return badRequest(saved.problems);
  if (saved.kind === 'changed') throw changed(saved.version);
  return json(saved.document, {
    status: saved.kind === 'created' ? 201 : 200,
    headers: { etag: `"${saved.version}"` },
  });
}

/** What the change would delete, free and cost, or everything that stands against it. Nothing is saved. */
async function dryRun(app: App, check: CheckRequest): Promise<HttpResponseInit> {
  const checked = await checkPolicy(app, check);
  if (!checked.ok) return badRequest(checked.problems);
  const stored = await app.policies.get(check.name);
  const now = app.clock.now();
  const current = stored && mayExpire(stored) ? stored.policy : null;
  const effect = await comparePolicies(app, { policyName: check.name, current, changed: checked.value, now });
  return json({ dryRun: true, at: formatIso(now), policy: check.name, enabled: checked.value.enabled, ...effect });
}

function shown({ policy, version, updatedAt, updatedBy, awaitsConfirmation }: StoredPolicy) {
  const schedules = policy.schedules.map((schedule) => ({ name: schedule.name, cron: schedule.cron }));
  return {
    name: policy.name,
    enabled: policy.enabled,
    timeZone: policy.timeZone,
    schedules,
    version,
    updatedAt: formatIso(updatedAt),
    updatedBy,
    awaitsConfirmation,
  };
}

function notFound(name: string | undefined): AppError {
  return new AppError('not-found', 'There is no policy of this name', { policy: name ?? null });
}

function changed(version: string | null): AppError {
  return new AppError('precondition-failed', 'The policy is not the one that If-Match names', { current: version });
}

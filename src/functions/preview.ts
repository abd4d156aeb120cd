import * as z from 'zod';
import { AppError } from '../base/errors.ts';
import { formatIso } from '../base/time.ts';
import { parsePolicy, parseRetentionPart, retentionPartSchema } from '../policy/parse-policy.ts';
import { policySchema } from '../policy/policy-schema.ts';
import { budgetCurrencyProblems } from '../retain/budget-currency.ts';
import { previewLive } from '../retain/live-preview.ts';
import { badRequest, json, route } from './http-entry.ts';

/** What a policy, as it is stored or as the body has it, does to its live points. Nothing is written. */
route({
  name: 'policies-preview',
  method: 'POST',
  route: 'policies/{name}/preview',
  role: 'reader',
  body: z.union([policySchema, retentionPartSchema]),
  handle: async ({ app, params, query, body }) => {
    const policyName = params.name ?? '';
    const stored = await app.policies.get(policyName);
    if (body === undefined && stored?.state !== 'active')
      throw new AppError('not-found', 'There is no policy of this name', { policy: policyName });
    const parsed = body === undefined ? null : parseBody(body, policyName);
    if (parsed && !parsed.ok) return badRequest(parsed.problems);
    const part = parsed?.value ?? stored?.policy;
    if (!part) throw new AppError('not-found', 'There is no policy of this name', { policy: policyName });
    const problems = budgetCurrencyProblems(part.budget, app.currency);
    if (problems.length > 0) return badRequest(problems);
    const now = app.clock.now();
    const [source, after] = [query.get('source'), query.get('after')];
    const { preview } = await previewLive(app, {
      policyName,
      part,
      now,
      ...(source === null ? {} : { source }),
      ...(after === null ? {} : { after }),
    });
    if (source !== null && preview.points === 0)
      throw new AppError('not-found', 'The policy has no points of this source', { source: source.slice(0, 100) });
    const next =
      preview.next === null
        ? null
        : `/api/policies/${encodeURIComponent(policyName)}/preview?after=${encodeURIComponent(preview.next)}`;
    return json({ at: formatIso(now), policy: policyName, ...preview, next });
  },
});

/** A whole policy, or just what decides: `retention`, `budget`, `timeZone`. */
function parseBody(body: unknown, name: string) {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  const isWhole = isObject && ['name', 'select', 'schedules'].some((field) => Object.hasOwn(body, field));
  return isWhole ? parsePolicy(body, { name }) : parseRetentionPart(body);
}

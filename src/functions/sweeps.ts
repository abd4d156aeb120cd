import * as z from 'zod';
import { AppError } from '../base/errors.ts';
import { formatIso } from '../base/time.ts';
import { badRequest, json, parseBody, route } from './http-entry.ts';

const approvalSchema = z.strictObject({
  deletes: z.number().int().min(1).describe('the number of deletions that GET sweeps/stopped shows'),
});

/** Sweeps that have stopped because they would delete too much at once. */
route({
  name: 'sweeps-stopped',
  method: 'GET',
  route: 'sweeps/stopped',
  role: 'reader',
  handle: async ({ app }) => {
    const stopped = await app.approvals.list();
    return json({ stopped: stopped.map((entry) => ({ ...entry, askedAt: formatIso(entry.askedAt) })) });
  },
});

/** Says yes to a stopped sweep, naming the number of deletions that was shown. */
route({
  name: 'sweeps-approve',
  method: 'POST',
  route: 'policies/{name}/approval',
  role: 'admin',
  body: approvalSchema,
  handle: async ({ app, params, body, caller }) => {
    const parsed = parseBody(approvalSchema, body);
    if (!parsed.ok) return badRequest(parsed.problems);
    const policy = params.name ?? '';
    const done = await app.approvals.approve(policy, parsed.value.deletes, caller.name);
    if (done === 'nothing')
      throw new AppError('not-found', 'No sweep of this policy waits for an approval', { policy });
    if (done === 'changed') throw new AppError('conflict', 'The sweep would delete another number by now', { policy });
    await app.audit.record({
      at: app.clock.now(),
      actor: caller.name,
      action: 'sweep.approve',
      target: policy,
      facts: { deletes: parsed.value.deletes },
    });
    return { status: 204 };
  },
});

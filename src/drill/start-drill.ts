import * as z from 'zod';
import { hashId } from '../base/ids.ts';
import type { Parsed } from '../base/problem.ts';
import { schemaProblems } from '../base/schema-problems.ts';
import type { EpochMs } from '../base/time.ts';
import { type DrillSettings, drillProblems, drillSettingsSchema } from '../policy/drill-settings.ts';
import type { Policy } from '../policy/policy.ts';
import { askForDrill } from '../protect/protect.ts';
import { drillId } from '../schedule/drill-names.ts';
import type { DrillDeps } from './drill-deps.ts';
import type { Drill } from './drill-row.ts';
import { newDrill } from './open-scheduled.ts';

/** The body of `POST policies/{name}/drills`: what is left out is as the policy says. */
export const orderSchema = drillSettingsSchema
  .extend({
    pick: drillSettingsSchema.shape.pick.unwrap().optional(),
    kind: drillSettingsSchema.shape.kind.unwrap().optional(),
    source: z.string().min(1).max(100).optional().describe('the key of a source, as GET sources shows it'),
  })
  .describe('an object with source, pick, kind, path, target and check, or nothing');

/**
 * Starts a drill now, outside the schedule.
 *
 * Shape:  problems of the body, or the drill. A policy without drills may have one like any other.
 * Safety: its id follows from the operation; what a crash has left out of the queue is on the agenda.
 */
export async function startDrill(
  deps: DrillDeps,
  policy: Policy,
  order: { readonly body: unknown; readonly by: string; readonly operationId: string; readonly at: EpochMs },
): Promise<Parsed<Drill>> {
  const body = order.body ?? {};
  const parsed = orderSchema.safeParse(body);
  if (!parsed.success) return { ok: false, problems: schemaProblems(orderSchema, body) };
  const { source, ...given } = parsed.data;
  const settings = settingsOf(policy, given);
  const problems = drillProblems(settings, []);
  if (problems.length > 0) return { ok: false, problems };
  const { by, operationId, at } = order;
  const id = drillId({ policy: policy.name, at, mark: hashId('drill', operationId) });
  await deps.drills.insert(
    newDrill({ id, policy: policy.name, by, settings, wantedSource: source ?? null, createdAt: at }),
  );
  await askForDrill(deps, id, deps.clock.now());
  const stored = await deps.drills.get(id);
  return stored ? { ok: true, value: stored.drill } : { ok: false, problems: [] };
}

/** What the policy says of another kind of drill does not count for this one. */
function settingsOf({ drills }: Policy, given: Omit<z.output<typeof orderSchema>, 'source'>): DrillSettings {
  const asked = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  if (drills === null || (given.kind !== undefined && given.kind !== drills.kind))
    return drillSettingsSchema.parse({ ...(drills ? { pick: drills.pick } : {}), ...asked });
  const { cron: _, ...usual } = drills;
  return { ...usual, ...asked };
}

import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../base/clock.ts';
import { type Parsed, showFound } from '../base/problem.ts';
import type { Store } from '../base/store.ts';
import { MINUTE_MS, utcDay } from '../base/time.ts';
import { isClosed, isInvoiceClosed, listBilledStates, listMonths } from '../cost/cost.ts';
import { messageOf } from '../work/messages.ts';
import type { Agenda, WorkItem } from '../work/work.ts';
import { listSentMonths } from './month-book.ts';
import { type MonthPlan, monthDays, monthEndsAt, planMonths } from './plan-months.ts';
import { sendItemId } from './send-month.ts';

export interface StartDeps {
  readonly store: Store;
  readonly agenda: Agenda;
  readonly clock: Clock;
  readonly currency: string;
}

/** How long the queue message has before the item is sent again: a large month takes a while to write. */
const RESEND_AFTER_MS = 10 * MINUTE_MS;

/**
 * Puts the months that are due to be written on the agenda. May be called as often as one likes: what is written is not due any more, and what is under way
 * is repeated without harm.
 */
export async function startMonths(deps: StartDeps): Promise<readonly MonthPlan[]> {
  const { store, clock, currency } = deps;
  const months = await listMonths(store);
  const sent = await listSentMonths(store);
  const open = months.filter((month) => sent.find((one) => one.month === month)?.state !== 'final');
  if (open.length === 0) return [];
  const bills = await listBilledStates(store);
  const closed = new Set<string>();
  for (const month of open) {
    const { to } = monthDays(month);
    if (await isClosed(store, to, currency)) closed.add(to);
  }
  const plans = planMonths({
    now: clock.now(),
    months: open,
    stateByMonth: new Map(sent.map(({ month, state }) => [month, state])),
    isClosed: (day) => closed.has(day),
    isInvoiceClosed: (month, at) => isInvoiceClosed(monthDays(month).to, at),
    isBilled: (month) => bills.every(({ state }) => (state.finalThrough ?? '') >= monthDays(month).to),
  });
  for (const { month, as } of plans) await enqueue(deps, sendItemId(month, as));
  return plans;
}

/**
 * Sends a month once more because somebody asks for it: written again while it is not final, told again in any case.
 *
 * Shape:  a problem for what is no finished month; `unknown` where the ledger has no rows of it.
 * Safety: `operationId` makes it one: asked for again it is told once.
 */
export async function sendAgain(
  deps: StartDeps & { readonly audit: Audit },
  asked: { readonly month: string | null; readonly by: string; readonly operationId: string },
): Promise<Parsed<'started' | 'unknown'>> {
  const { store, clock } = deps;
  const now = clock.now();
  const month = asked.month ?? '';
  const isMonth = /^\d{4}-(0[1-9]|1[0-2])$/.test(month);
  if (!isMonth || monthEndsAt(month) > now) {
    const allowed = `a UTC month that is over, such as ${utcDay(Date.parse(`${utcDay(now).slice(0, 7)}-01`) - 1).slice(0, 7)}`;
    const message = isMonth ? 'is not over yet' : 'is no month';
    return { ok: false, problems: [{ path: '$.month', message, found: showFound(asked.month), allowed }] };
  }
  if (!(await listMonths(store)).includes(month)) return { ok: true, value: 'unknown' };
  await deps.audit.record({ at: now, actor: asked.by, action: 'report.send', target: month, facts: {} });
  await enqueue(deps, sendItemId(month, `again-${asked.operationId}`));
  return { ok: true, value: 'started' };
}

async function enqueue({ store, agenda, clock }: StartDeps, id: string): Promise<void> {
  const item: WorkItem = { kind: 'report', id, dueAt: clock.now() + RESEND_AFTER_MS };
  await agenda.change([item]);
  await store.queue('meters').send([messageOf(item)]);
}

import { app } from '@azure/functions';
import { useApp } from '../app.ts';
import { DAY_MS, utcDay } from '../base/time.ts';
import { collectBilled } from '../cost/cost.ts';
import { subscriptionsOf } from '../inventory/match-sources.ts';
import { resolveReadable } from '../inventory/resolve-scopes.ts';
import { mayExpire } from '../retain/sweep-policy.ts';
import { SWEEP_CRON } from '../retain/sweep-times.ts';
import { WATCH_CRON, watchOver } from '../watch/watch.ts';
import type { Message } from '../work/messages.ts';
import { closeBooks } from './close-books.ts';
import { onceADay } from './once-a-day.ts';
import { runTick } from './run-tick.ts';

/** Plans what is due and sends overdue work again: every minute, in UTC; the policies' own zones are reckoned from stored state. */
app.timer('schedule-tick', {
  schedule: '0 * * * * *',
  handler: async () => {
    const holdfast = await useApp();
    const result = await runTick(holdfast);
    if (result.points > 0) holdfast.log.info('tick', { points: result.points, missed: result.missed });
  },
});

/** Sweeps every policy's points, four times a day. */
app.timer('prune-sweep', {
  schedule: `0 ${SWEEP_CRON}`,
  handler: async () => {
    const holdfast = await useApp();
    const policies = (await holdfast.policies.list()).filter(mayExpire);
    await holdfast.store
      .queue('prunes')
      .send(policies.map(({ policy }): Message => ({ v: 1, kind: 'sweep', id: policy.name, dueAt: 0 })));
  },
});

/** Closes yesterday in the ledger and sends finished months; every hour, so that a day whose price list did not answer is closed later. */
app.timer('close-day', {
  schedule: '0 20 * * * *',
  handler: onceADay(
    (now) => utcDay(now - DAY_MS),
    async (holdfast) => {
      await closeBooks(holdfast);
      return 'done';
    },
  ),
});

/**
 * Reads what Azure bills, once a day for each subscription; every hour, so that what was refused or left over is asked again. From the hour on when most of
 * the day before is shown.
 */
app.timer('read-bills', {
  schedule: '0 40 8-23 * * *',
  handler: onceADay(utcDay, async (holdfast) => {
    const policies = (await holdfast.policies.list()).filter(mayExpire);
    const { resolved, unread } = await resolveReadable(
      holdfast.estate,
      policies.map(({ policy }) => policy),
    );
    for (const { policy, error } of unread)
      holdfast.log.warn('the management groups of a policy cannot be read', { policy: policy.name, code: error.code });
    const collected = await collectBilled(holdfast, subscriptionsOf(resolved));
    if (collected) holdfast.log.info('bills were read', { ...collected });
    return unread.length === 0 && (collected === null || collected.left === 0) ? 'done' : 'again';
  }),
});

/** Looks for what people have to hear of, and sends the metrics that the alert rules wait for: every fifteen minutes. */
app.timer('watch', {
  schedule: WATCH_CRON,
  handler: async () => {
    const { open } = await watchOver(await useApp());
    if (open > 0) (await useApp()).log.info('conditions are open', { open });
  },
});

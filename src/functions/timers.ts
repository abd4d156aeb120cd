import { app } from '@azure/functions';
import { useApp } from '../app.ts';
import { DAY_MS, utcDay } from '../base/time.ts';
import { closeDay, isClosed, liveChains, openPriceBook } from '../cost/cost.ts';
import { mayExpire } from '../retain/sweep-policy.ts';
import { SWEEP_CRON } from '../retain/sweep-times.ts';
import type { Message } from '../work/messages.ts';
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

/** The last day that this process has seen closed: 23 hours of 24 have nothing to do. */
let lastClosed = '';

/** Closes yesterday in the ledger; every hour, so that a day whose price list did not answer is closed later. */
app.timer('close-day', {
  schedule: '0 20 * * * *',
  handler: async () => {
    const { store, log, clock, currency, chains, prices } = await useApp();
    const now = clock.now();
    const yesterday = utcDay(now - DAY_MS);
    if (lastClosed === yesterday) return;
    if (await isClosed(store, yesterday, currency)) {
      lastClosed = yesterday;
      return;
    }
    const book = openPriceBook({ store, source: prices, log }, currency, now);
    const closed = await closeDay({ store, prices: book, log }, yesterday, liveChains(chains), now);
    log.info('a day is closed', { ...closed });
  },
});

import { app } from '@azure/functions';
import { useApp } from '../app.ts';
import { runSchedules } from '../protect/run-schedules.ts';
import { mayExpire } from '../retain/sweep-policy.ts';
import type { Message } from '../work/messages.ts';
import { resumeWork } from '../work/resume-work.ts';

/** Takes what is due: every minute, in UTC; the policies' own zones are reckoned from stored state. */
app.timer('schedule-tick', {
  schedule: '0 * * * * *',
  handler: async () => {
    const holdfast = await useApp();
    const result = await runSchedules(holdfast);
    if (result.points > 0) holdfast.log.info('tick', { points: result.points, missed: result.missed });
  },
});

/** Puts everything overdue back on its queue. */
app.timer('resume-work', {
  schedule: '30 * * * * *',
  handler: async () => {
    await resumeWork(await useApp());
  },
});

/** Sweeps every policy's points, four times a day. */
app.timer('prune-sweep', {
  schedule: '0 45 1,7,13,19 * * *',
  handler: async () => {
    const holdfast = await useApp();
    const policies = (await holdfast.policies.list()).filter(mayExpire);
    await holdfast.store
      .queue('prunes')
      .send(policies.map(({ policy }): Message => ({ v: 1, kind: 'sweep', id: policy.name, dueAt: 0 })));
  },
});

import { app } from '@azure/functions';
import { adviseToday } from '../advice/find-advice.ts';
import { useApp } from '../app.ts';
import { utcDay } from '../base/time.ts';

/** The last day that this process has seen advised on: 23 hours of 24 have nothing to do. */
let lastAdvised = '';

/** Works out what can be saved, once a day; every hour, so that what failed is tried again. */
app.timer('find-advice', {
  schedule: '0 50 * * * *',
  handler: async () => {
    const holdfast = await useApp();
    const now = holdfast.clock.now();
    if (lastAdvised === utcDay(now)) return;
    if (await adviseToday(holdfast, holdfast.reporting.tags, now))
      holdfast.log.info('what can be saved was worked out');
    lastAdvised = utcDay(now);
  },
});

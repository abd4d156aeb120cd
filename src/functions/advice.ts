import { app } from '@azure/functions';
import { adviseToday } from '../advice/find-advice.ts';
import { utcDay } from '../base/time.ts';
import { onceADay } from './once-a-day.ts';

/** Works out what can be saved, once a day; every hour, so that what failed is tried again. */
app.timer('find-advice', {
  schedule: '0 50 * * * *',
  handler: onceADay(utcDay, async (holdfast) => {
    if (await adviseToday(holdfast, holdfast.reporting.tags, holdfast.clock.now()))
      holdfast.log.info('what can be saved was worked out');
    return 'done';
  }),
});

import { AppError } from '../base/errors.ts';
import { fromMicroUnits } from '../base/money.ts';
import { formatIso } from '../base/time.ts';
import { listSentMonths } from '../send/month-book.ts';
import { sendAgain } from '../send/start-months.ts';
import { badRequest, json, route } from './http-entry.ts';

/** The months that were written to the blob container, newest first. */
route({
  name: 'reports-cost-sent',
  method: 'GET',
  route: 'reports/cost/sent',
  role: 'finance',
  handle: async ({ app }) => {
    const months = await listSentMonths(app.store);
    const shown = months.toReversed().map(({ month, state, writtenAt, files, summary }) => ({
      month,
      state,
      writtenAt: formatIso(writtenAt),
      container: 'reports',
      files,
      currency: summary.currency,
      estimate: fromMicroUnits(summary.costMicroUnits),
      billed: summary.billedMicroUnits === null ? null : fromMicroUnits(summary.billedMicroUnits),
    }));
    return json({ months: shown });
  },
});

/** Sends a finished month once more: written again while it is not final, and told again to the webhooks. */
route({
  name: 'reports-cost-send',
  method: 'POST',
  route: 'reports/cost/send',
  role: 'finance',
  handle: async ({ app, query, caller, operation }) => {
    const month = query.get('month');
    const started = await sendAgain(app, { month, by: caller.name, operationId: operation.id });
    if (!started.ok) return badRequest(started.problems);
    if (started.value === 'unknown')
      throw new AppError('not-found', 'The ledger has no figures of this month', { month });
    return json({ month, id: operation.id }, { status: 202, headers: { location: '/api/reports/cost/sent' } });
  },
});

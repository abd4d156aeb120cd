import type { App } from '../app.ts';
import { isAppError } from '../base/errors.ts';
import { renderCostReport, summarizeCost } from '../reports/render-cost-report.ts';
import type { MonthRenderer } from '../send/ports.ts';

/** What a month's report is broken down by first: the page shows the other ways beside it. */
const GROUP_BY = 'policy';

/** Renders months as `GET reports/cost` renders any days. */
export function createMonthRenderer(holdfast: App): MonthRenderer {
  return {
    render: async (days, format) => {
      try {
        const query = { ...days, groupBy: GROUP_BY, format } as const;
        return await renderCostReport(holdfast, query, holdfast.clock.now());
      } catch (error) {
        // FOCUS rows name a billing account: without one there are none.
        if (format === 'focus' && isAppError(error, 'bad-request')) return null;
        throw error;
      }
    },
    summarize: async (days) => {
      const summary = await summarizeCost(holdfast, { ...days, groupBy: GROUP_BY }, holdfast.clock.now());
      const { currency, costMicroUnits, billedMicroUnits, savedMicroUnitsPerMonth, topGroups } = summary;
      return { currency, costMicroUnits, billedMicroUnits, savedMicroUnitsPerMonth, topGroups };
    },
  };
}

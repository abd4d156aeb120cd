import { liveChains, openPriceBook, parseReportQuery, readCostReport } from '../cost/cost.ts';
import { costCsv } from '../reports/cost-csv.ts';
import { costHtml } from '../reports/cost-html.ts';
import { costJson } from '../reports/cost-json.ts';
import { badRequest, json, route } from './http-entry.ts';

route({
  name: 'reports-cost',
  method: 'GET',
  route: 'reports/cost',
  role: 'finance',
  handle: async ({ app, query }) => {
    const now = app.clock.now();
    const parsed = parseReportQuery(query, now);
    if (!parsed.ok) return badRequest(parsed.problems);
    const prices = openPriceBook({ store: app.store, source: app.prices, log: app.log }, app.currency, now);
    const report = await readCostReport({ store: app.store, prices }, parsed.value, liveChains(app.chains), now);
    const name = `snapshot-cost-${report.from}-${report.to}`;
    switch (parsed.value.format) {
      case 'json':
        return json(costJson(report));
      case 'csv':
        return {
          headers: {
            'content-type': 'text/csv; charset=utf-8',
            'content-disposition': `attachment; filename="${name}.csv"`,
            'cache-control': 'no-store',
          },
          body: [...costCsv(report)].join(''),
        };
      case 'html':
        return {
          headers: {
            'content-type': 'text/html; charset=utf-8',
            'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
            'x-content-type-options': 'nosniff',
            'cache-control': 'no-store',
          },
          body: await costHtml(report),
        };
    }
  },
});

import type { Problem } from '../base/problem.ts';
import { protectionHtml } from '../reports/protection-html.ts';
import { protectionJson } from '../reports/protection-json.ts';
import { readProtection } from '../watch/watch.ts';
import { badRequest, json, route } from './http-entry.ts';

const DAYS = 30;
/** As long as achieved RPO is remembered. */
const DAYS_MAX = 35;

const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  'x-content-type-options': 'nosniff',
};

/** How well everything is protected: coverage, achieved RPO, missed slots, proof, open conditions; JSON or a page. */
route({
  name: 'reports-protection',
  method: 'GET',
  route: 'reports/protection',
  role: 'reader',
  handle: async ({ app, query }) => {
    const problems: Problem[] = [];
    for (const name of new Set(query.keys()))
      if (name !== 'days' && name !== 'format')
        problems.push({ path: `$.${name}`, message: 'is not known', found: 'a value', allowed: 'days, format' });
    const text = query.get('days') ?? String(DAYS);
    const days = /^\d{1,3}$/.test(text) ? Number(text) : 0;
    if (days < 1 || days > DAYS_MAX)
      problems.push({
        ...{ path: '$.days', message: 'is no number of days', found: text.slice(0, 50) },
        allowed: `a whole number from 1 to ${DAYS_MAX}`,
      });
    const format = query.get('format') ?? 'json';
    if (format !== 'json' && format !== 'html')
      problems.push({ path: '$.format', message: 'is no format', found: format.slice(0, 50), allowed: 'json, html' });
    if (problems.length > 0) return badRequest(problems);
    const report = await readProtection(app, days);
    return format === 'html' ? { headers: PAGE_HEADERS, body: protectionHtml(report) } : json(protectionJson(report));
  },
});

import { ArmError, notInSandbox } from './arm-error.ts';
import { type CostQuery, parseCostQuery } from './cost-query.ts';
import { columnsOf, rowsOf } from './cost-rows.ts';
import { COST_PAGE_ROWS, COST_PAGE_ROWS_MAX } from './limits.ts';
import { keyOf } from './resource-id.ts';
import { rateOf } from './retail-prices.ts';
import { type ArmAnswer, type ArmRequest, type ArmRoute, groupOf, parameterOf, subscriptionOf } from './route.ts';

/** Source: Azure REST specifications, Microsoft.CostManagement query. */
const VERSIONS = [
  '2021-10-01', '2022-10-01', '2023-03-01', '2023-08-01', '2023-11-01', '2024-08-01', '2025-03-01',
]; // biome-ignore format: a list of versions

const SCOPE = /^\/subscriptions\/([^/]+)(?:\/resourceGroups\/([^/]+))?$/i;

/** Answers a query, a page at a time. Errors: 400, 404, 429 with the units of the tenant; 501 at scopes above subscriptions. */
function query(request: ArmRequest): ArmAnswer {
  const { state } = request;
  const scope = parameterOf(request, 0);
  const [, subscriptionId, group] = SCOPE.exec(scope) ?? [];
  if (subscriptionId === undefined) throw notInSandbox(`cost queries at ${scope === '' ? 'the tenant' : scope}`);
  subscriptionOf(state, subscriptionId);
  if (group !== undefined) groupOf(state, subscriptionId, group);
  const nowMs = state.clock.now();
  const asked = parseCostQuery(request.body, nowMs);
  const units = unitsOf(asked);
  const verdict = state.throttle.enabled ? state.queryUnits.take(units, nowMs) : null;
  if (verdict !== null && !verdict.passed) {
    // As seen: the wait stands in a header of its own alone, which the SDKs do not look at. Source: github.com/elastic/beats, pull request 53129.
    throw new ArmError(429, '429', 'Too many requests. Please retry.', { headers: verdict.headers });
  }
  const { costLagMs: lagMs, costCorrectionMs: correctionMs, costCorrectionPercent: correctionPercent } = state.settings;
  const discount = 1 - state.settings.costDiscountPercent / 100;
  const currency = state.billingCurrency;
  const rows = rowsOf(asked, state.costs.between(asked.fromMs, asked.toMs), {
    scopeKey: keyOf(scope),
    nowMs,
    delays: { lagMs, correctionMs, correctionPercent },
    currency,
    rate: (rateOf(currency) ?? 1) * discount,
  });
  const { from, size } = pageOf(request.query);
  const page = rows.slice(from, from + size);
  const id = state.nextGuid();
  return {
    status: 200,
    headers: verdict?.headers ?? {},
    body: {
      id: `${scope.slice(1)}/providers/Microsoft.CostManagement/query/${id}`,
      name: id,
      type: 'Microsoft.CostManagement/query',
      location: null,
      sku: null,
      eTag: null,
      properties: {
        nextLink: from + size < rows.length ? nextLink(request, from + size) : null,
        columns: columnsOf(asked),
        rows: page,
      },
    },
  };
}

/** One unit a month of data. Source: Cost Management, manage costs with automation. */
function unitsOf({ fromMs, toMs }: CostQuery): number {
  const [from, to] = [new Date(fromMs), new Date(toMs)];
  return (to.getUTCFullYear() - from.getUTCFullYear()) * 12 + to.getUTCMonth() - from.getUTCMonth() + 1;
}

function pageOf(query: URLSearchParams): { from: number; size: number } {
  const from = Number(query.get('$skiptoken') ?? 0);
  const size = Number(query.get('$top') ?? COST_PAGE_ROWS);
  if (!Number.isSafeInteger(from) || from < 0) throw new ArmError(400, 'BadRequest', 'The $skiptoken is invalid.');
  if (!Number.isSafeInteger(size) || size < 1 || size > COST_PAGE_ROWS_MAX) {
    throw new ArmError(400, 'BadRequest', `$top must lie between 1 and ${COST_PAGE_ROWS_MAX}.`);
  }
  return { from, size };
}

/** The next page is asked for by POST, with the same body. */
function nextLink(request: ArmRequest, from: number): string {
  const link = new URLSearchParams(request.query);
  link.set('$skiptoken', String(from));
  return `${request.state.baseUrl}${encodeURI(request.path)}?${link}`;
}

/** The route of cost queries. */
export const costRoutes: readonly ArmRoute[] = [
  {
    method: 'POST',
    path: '/{scope}/providers/Microsoft.CostManagement/query',
    versions: VERSIONS,
    does: 'sums the daily records of snapshots in a subscription or group, some hours late, in pages that are asked for by POST',
    answer: query,
  },
];

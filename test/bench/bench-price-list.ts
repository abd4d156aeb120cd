/**
 * List prices, pay as you go, in micro-USD for one unit; `free` is what a subscription (or billing account, for logs) gets free each month.
 *
 * Source: the services' public price pages, US East, as of 2026-11-23, partly by way of third-party copies: always show figures made of them as list prices.
 *         Functions (Flex Consumption, on demand), Table, Queue and Blob Storage (LRS, hot), Azure Monitor (metric alert rules by time series; analytics logs), Azure Backup.
 */
export const LIST_PRICES = {
  gigabyteSecond: { microUsd: 26, free: 100_000 },
  execution: { microUsd: 0.4, free: 250_000 },
  tableOperation: { microUsd: 0.036, free: 0 },
  queueOperation: { microUsd: 0.04, free: 0 },
  blobWrite: { microUsd: 5.5, free: 0 },
  blobRead: { microUsd: 0.44, free: 0 },
  tableGiBMonth: { microUsd: 45_000, free: 0 },
  blobGiBMonth: { microUsd: 18_400, free: 0 },
  logGB: { microUsd: 2_300_000, free: 5 },
  alertTimeSeries: { microUsd: 100_000, free: 10 },
} as const;
export const PRICES_OF = '2026-11-23';

/** Azure Backup's fee for one protected instance a month, without the storage. Units: USD. */
export const AZURE_BACKUP_USD = { upTo50GB: 5, upTo500GB: 10 } as const;

/** What a month uses, by the names of the price list. */
export type Usage = Readonly<Record<keyof typeof LIST_PRICES, number>>;

/** What a month's usage costs. Units: USD. With `granted` the monthly free amounts are taken off first. */
export function priceMonth(usage: Usage, granted: boolean): { readonly totalUsd: number; readonly usdByItem: Usage } {
  const names = Object.keys(LIST_PRICES) as (keyof typeof LIST_PRICES)[];
  const priced = names.map((name) => {
    const { microUsd, free } = LIST_PRICES[name];
    return [name, (Math.max(0, usage[name] - (granted ? free : 0)) * microUsd) / 1e6] as const;
  });
  return { totalUsd: priced.reduce((sum, [, usd]) => sum + usd, 0), usdByItem: Object.fromEntries(priced) as Usage };
}

import type { SimpleRetention } from './kept-by-tiers.ts';

export { SUBSCRIPTION_ID } from '../azure/seed-estate.ts';

/** A policy document as `PUT /api/policies/{name}` takes it. */
export interface PolicyDocument {
  readonly name: string;
  readonly timeZone: string;
  readonly select: object;
  readonly schedules: readonly { readonly name: string; readonly cron: string }[];
  readonly retention: Omit<SimpleRetention, 'maxAgeDays'> & { readonly maxAge?: string; readonly graceHours?: number };
  readonly snapshot: object;
}

const TIME_ZONE = 'Europe/Vienna';

/** `gold`: five points a day, kept closely for two days, by the day for a week, by the week for a month. */
export function goldPolicy(subscriptionId: string): PolicyDocument {
  return {
    name: 'gold',
    timeZone: TIME_ZONE,
    select: {
      scopes: [`/subscriptions/${subscriptionId}`],
      kinds: ['virtualMachine'],
      include: [{ tag: 'holdfast-policy', equals: 'gold' }],
    },
    schedules: [
      { name: 'six-hourly', cron: '0 */6 * * *' },
      { name: 'nightly', cron: '30 2 * * *' },
    ],
    retention: { keepLast: 3, keepHourly: 10, keepDaily: 7, keepWeekly: 4, minimum: 2, maxAge: 'P45D' },
    snapshot: snapshotSettings('gold'),
  };
}

/** `bronze`: one point a night, for five nights and two Sundays; nothing older than 18 days. */
export function bronzePolicy(subscriptionId: string): PolicyDocument {
  return {
    name: 'bronze',
    timeZone: TIME_ZONE,
    select: {
      scopes: [`/subscriptions/${subscriptionId}/resourceGroups/rg-*`],
      kinds: ['virtualMachine', 'disk'],
      include: [{ tag: 'holdfast-policy', equals: 'bronze' }],
    },
    schedules: [{ name: 'nightly', cron: '30 2 * * *' }],
    retention: { keepDaily: 5, keepWeekly: 3, minimum: 1, maxAge: 'P18D' },
    snapshot: snapshotSettings('bronze'),
  };
}

/** The rules of a document as the sandbox's own check reads them. */
export function simpleRetention({ retention }: PolicyDocument): SimpleRetention {
  const { maxAge, graceHours: _graceHours, ...tiers } = retention;
  const days = /^P(\d+)D$/.exec(maxAge ?? '')?.[1];
  return days === undefined ? tiers : { ...tiers, maxAgeDays: Number(days) };
}

function snapshotSettings(policy: string): object {
  return { resourceGroup: 'rg-holdfast-{region}', sku: 'Standard_ZRS', tags: { service: `backup-${policy}` } };
}

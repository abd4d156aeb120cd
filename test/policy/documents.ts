import type { Problem } from '../../src/base/problem.ts';
import type { Capability } from '../../src/policy/not-supported-yet.ts';
import { parsePolicy } from '../../src/policy/parse-policy.ts';
import type { Policy } from '../../src/policy/policy.ts';

export const SUBSCRIPTION = '0a1b2c3d-0000-4000-8000-00000000abcd';

export type Json = Record<string, unknown>;

/** The smallest document: every test changes what it is about. */
export function smallDocument(changes: Json = {}): Json {
  return {
    name: 'bronze',
    select: { scopes: [`/subscriptions/${SUBSCRIPTION}`], include: [{ tag: 'backup', equals: 'yes' }] },
    schedules: [{ name: 'nightly', cron: '30 2 * * *' }],
    retention: { keepDaily: 7 },
    ...changes,
  };
}

/** The example of the contract, without the parts that are not built. */
export function goldDocument(changes: Json = {}): Json {
  return {
    name: 'gold',
    enabled: true,
    timeZone: 'Europe/Vienna',
    select: {
      scopes: [`/subscriptions/${SUBSCRIPTION}`, `/subscriptions/${SUBSCRIPTION}/resourceGroups/prod-*`],
      kinds: ['virtualMachine', 'disk'],
      include: [{ tag: 'holdfast-policy', equals: 'gold' }],
      exclude: [{ name: 'tmp-*' }, { tag: 'environment', in: ['scratch'] }],
      excludeDisks: [{ lun: 3 }, { tag: 'holdfast-skip', exists: true }],
    },
    schedules: [
      { name: 'hourly', cron: '15 * * * *', catchUp: 'none' },
      { name: 'nightly', cron: '30 2 * * *', startWindow: 'PT2H', jitter: 'PT10M', catchUp: 'latest' },
    ],
    retention: {
      keepLast: 3,
      keepHourly: 24,
      keepDaily: 7,
      keepWeekly: 4,
      keepMonthly: 12,
      keepYearly: 'all',
      keepWithin: 'P2D',
      keepWithinWeekly: 'P3M',
      maxAge: 'P400D',
      minimum: 1,
      graceHours: 24,
      maxDeletePercent: 20,
    },
    budget: { amountPerMonth: 120, currency: 'EUR', per: 'policy', floors: ['keepDaily'] },
    onDelete: 'keep',
    consistency: { prefer: 'disk', minimum: 'disk' },
    copies: [],
    snapshot: {
      resourceGroup: 'rg-holdfast-{region}',
      sku: 'Standard_ZRS',
      copyTags: true,
      tags: { costCentre: '4711' },
      networkAccess: 'deny',
    },
    ...changes,
  };
}

/** As if every capability that a policy can ask for were built. */
export const everything: ReadonlySet<Capability> = new Set();

export function readPolicy(document: unknown): Policy {
  const parsed = parsePolicy(document, { notSupportedYet: everything });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

export function problemsOf(document: unknown, name?: string): readonly Problem[] {
  const parsed = parsePolicy(document, { notSupportedYet: everything, ...(name === undefined ? {} : { name }) });
  return parsed.ok ? [] : parsed.problems;
}

import type { GroupBy } from '../cost/cost.ts';

const TITLES: Readonly<Record<Exclude<GroupBy, `tag:${string}`>, string>> = {
  policy: 'policy',
  owner: 'owner',
  costCentre: 'cost centre',
  vm: 'virtual machine',
  disk: 'disk',
  subscription: 'subscription',
  resourceGroup: 'resource group',
  region: 'region',
};

/** A grouping in words. */
export function groupTitle(groupBy: GroupBy): string {
  return groupBy in TITLES ? TITLES[groupBy as keyof typeof TITLES] : `tag “${groupBy.slice('tag:'.length)}”`;
}

/** With a capital at its beginning. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

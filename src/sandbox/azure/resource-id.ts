/** A parsed ARM resource id of the form /subscriptions/s/resourceGroups/g/providers/ns/type/name[/child/name]. */
export interface ResourceId {
  readonly subscriptionId: string;
  readonly group: string;
  /** `Microsoft.Compute/disks` or with children `Microsoft.Network/virtualNetworks/subnets`, as written. */
  readonly type: string;
  readonly names: readonly string[];
}

/** Parses an id whatever its case. Shape: null where it is no resource's id. */
export function parseResourceId(id: string): ResourceId | null {
  const parts = id.split('/');
  if (parts[0] !== '' || parts.length < 9 || parts.length % 2 === 0) return null;
  const [, subscriptions, subscriptionId = '', groups, group = '', providers, namespace = ''] = parts;
  if (subscriptions?.toLowerCase() !== 'subscriptions' || groups?.toLowerCase() !== 'resourcegroups') return null;
  if (providers?.toLowerCase() !== 'providers' || parts.slice(1).includes('')) return null;
  const types: string[] = [];
  const names: string[] = [];
  for (let index = 7; index < parts.length; index += 2) {
    types.push(parts[index] ?? '');
    names.push(parts[index + 1] ?? '');
  }
  return { subscriptionId, group, type: `${namespace}/${types.join('/')}`, names };
}

/** The form in which ids are compared: ARM ids do not mind case. */
export function keyOf(id: string): string {
  return id.toLowerCase();
}

/** The id of a resource group. */
export function groupId(subscriptionId: string, group: string): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${group}`;
}

/** The id of a resource in a group. */
export function resourceId(subscriptionId: string, group: string, type: string, name: string): string {
  return `${groupId(subscriptionId, group)}/providers/${type}/${name}`;
}

/** Regions are written `westeurope`; people also write `West Europe`. */
export function regionOf(location: string): string {
  return location.toLowerCase().replaceAll(' ', '');
}

import { ArmError } from './arm-error.ts';
import type { Json } from './json.ts';
import type { ManagementGroup } from './resources.ts';
import { type ArmAnswer, type ArmRequest, type ArmRoute, parameterOf } from './route.ts';
import type { AzureState } from './state.ts';

/** Source: Azure REST specifications, Microsoft.Management. */
const MANAGEMENT_API_VERSIONS = [
  '2018-03-01-preview',
  '2019-11-01',
  '2020-02-01',
  '2020-05-01',
  '2021-04-01',
  '2023-04-01',
];

/** The id of a management group. */
export function managementGroupId(name: string): string {
  return `/providers/Microsoft.Management/managementGroups/${name}`;
}

function groupJson(group: ManagementGroup, parent: ManagementGroup): Json {
  return {
    id: managementGroupId(group.name),
    type: 'Microsoft.Management/managementGroups',
    name: group.name,
    properties: { displayName: group.displayName, parent: { id: managementGroupId(parent.name) } },
  };
}

function subscriptionJson(state: AzureState, id: string, parent: ManagementGroup): Json {
  return {
    id: `/subscriptions/${id}`,
    type: '/subscriptions',
    name: id,
    properties: {
      displayName: state.subscriptions.get(id.toLowerCase())?.name ?? id,
      parent: { id: managementGroupId(parent.name) },
    },
  };
}

/** Everything below a group: the groups right below it, then its subscriptions, then what lies deeper. */
function below(state: AzureState, group: ManagementGroup): Json[] {
  const key = group.name.toLowerCase();
  const groups = [...state.managementGroups.values()].filter((each) => each.parent === key);
  return [
    ...groups.map((each) => groupJson(each, group)),
    ...[...group.subscriptionIds].map((id) => subscriptionJson(state, id, group)),
    ...groups.flatMap((each) => below(state, each)),
  ];
}

/** Source: Management Groups, Get Descendants: `$top` and `$skiptoken`; `@nextLink` of an older text is `nextLink` in the specification and its answers. */
function descendants(request: ArmRequest): ArmAnswer {
  const { state, query } = request;
  const name = parameterOf(request, 0);
  const group = state.managementGroups.get(name.toLowerCase());
  if (group === undefined) throw new ArmError(404, 'NotFound', `'${managementGroupId(name)}' does not exist.`);
  const from = Number(query.get('$skiptoken') ?? 0);
  const top = Number(query.get('$top') ?? state.settings.pageSize);
  if (!Number.isSafeInteger(from) || from < 0 || !Number.isSafeInteger(top) || top < 1)
    throw new ArmError(400, 'BadRequest', 'The $skiptoken or $top is not valid.');
  const all = below(state, group);
  const value = all.slice(from, from + top);
  if (from + top >= all.length) return { status: 200, body: { value } };
  const link = new URLSearchParams(query);
  link.set('$skiptoken', String(from + top));
  return { status: 200, body: { value, nextLink: `${state.baseUrl}${encodeURI(request.path)}?${link}` } };
}

/** Routes of management groups. */
export const managementGroupRoutes: readonly ArmRoute[] = [
  {
    method: 'GET',
    path: '/providers/Microsoft.Management/managementGroups/{groupId}/descendants',
    versions: MANAGEMENT_API_VERSIONS,
    does: 'lists the groups and subscriptions below a management group, in pages',
    answer: descendants,
  },
];

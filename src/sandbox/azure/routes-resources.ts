import { notInSandbox } from './arm-error.ts';
import { checkGroupName, checkSameRegion, regionOfBody, tagsOf } from './body-rules.ts';
import { type Json, valueAt } from './json.ts';
import { begin } from './long-running.ts';
import { removeGroup, whyGroupStays } from './remove-group.ts';
import { groupId, keyOf } from './resource-id.ts';
import type { Group, Resource, Subscription } from './resources.ts';
import {
  type ArmAnswer,
  type ArmRequest,
  type ArmRoute,
  groupOf,
  listPage,
  parameterOf,
  subscriptionOf,
} from './route.ts';
import type { AzureState } from './state.ts';
import { TENANT_ID } from './token.ts';

const GROUP_TYPE = 'Microsoft.Resources/resourceGroups';
/** API versions of resource groups, resources and tags. Source: Azure REST specifications, Microsoft.Resources. */
export const RESOURCE_API_VERSIONS = [
  '2019-10-01',
  '2020-06-01',
  '2020-10-01',
  '2021-01-01',
  '2021-04-01',
  '2022-09-01',
  '2023-07-01',
  '2024-03-01',
  '2024-07-01',
  '2024-11-01',
  '2025-04-01',
];
/** Source: Azure REST specifications, Microsoft.Resources subscriptions. */
const SUBSCRIPTION_API_VERSIONS = [
  '2016-06-01',
  '2018-06-01',
  '2019-06-01',
  '2019-11-01',
  '2020-01-01',
  '2021-01-01',
  '2022-12-01',
];

const GROUPS = '/subscriptions/{subscriptionId}/resourceGroups';

function subscriptionJson(subscription: Subscription): Json {
  return {
    id: `/subscriptions/${subscription.id}`,
    subscriptionId: subscription.id,
    tenantId: TENANT_ID,
    displayName: subscription.name,
    state: 'Enabled',
    tags: subscription.tags,
    subscriptionPolicies: {
      locationPlacementId: 'Public_2014-09-01',
      quotaId: 'PayAsYouGo_2014-09-01',
      spendingLimit: 'Off',
    },
    authorizationSource: 'RoleBased',
    managedByTenants: [],
  };
}

function groupJson(group: Group): Json {
  return {
    id: group.id,
    name: group.name,
    type: GROUP_TYPE,
    location: group.region,
    tags: group.tags,
    properties: { provisioningState: group.state },
  };
}

/** Makes a resource group. */
export function newGroup(
  state: AzureState,
  subscription: Subscription,
  name: string,
  region: string,
  tags: Record<string, string>,
): Group {
  const id = groupId(subscription.id, name);
  const now = state.clock.now();
  return {
    id,
    key: keyOf(id),
    groupKey: keyOf(id),
    subscriptionKey: keyOf(`/subscriptions/${subscription.id}`),
    sequence: state.nextSequence(),
    subscriptionId: subscription.id,
    group: name,
    name,
    type: GROUP_TYPE,
    region,
    createdMs: now,
    changedMs: now,
    tags,
    state: 'Succeeded',
  };
}

function putGroup(request: ArmRequest): ArmAnswer {
  const { state, body } = request;
  const subscription = subscriptionOf(state, parameterOf(request, 0));
  const name = parameterOf(request, 1);
  checkGroupName(name);
  const region = regionOfBody(body);
  const tags = tagsOf(valueAt(body, 'tags'));
  const known = state.groups.get(groupId(subscription.id, name));
  if (known !== undefined) {
    checkSameRegion(known, region);
    known.tags = tags;
    return { status: 200, body: groupJson(known) };
  }
  const group = newGroup(state, subscription, name, region, tags);
  state.groups.add(group);
  return { status: 201, body: groupJson(group) };
}

function patchGroup(request: ArmRequest): ArmAnswer {
  const group = groupOf(request.state, parameterOf(request, 0), parameterOf(request, 1));
  const tags = valueAt(request.body, 'tags');
  if (tags !== undefined) group.tags = tagsOf(tags);
  return { status: 200, body: groupJson(group) };
}

/** Removes a group and everything in it; what is protected, open to somebody or attached to a machine of another group keeps all of it. */
function deleteGroup(request: ArmRequest): ArmAnswer {
  const { state } = request;
  const group = groupOf(state, parameterOf(request, 0), parameterOf(request, 1));
  group.state = 'Deleting';
  return begin(request, {
    subscriptionId: group.subscriptionId,
    region: group.region,
    place: 'Microsoft.Resources/operations',
    durationMs: state.settings.operationMs,
    failure: whyGroupStays(state, group),
    complete: () => {
      removeGroup(state, group);
      return null;
    },
    fail: () => {
      group.state = 'Succeeded';
    },
  });
}

function resourceJson(resource: Resource): Json {
  return { id: resource.id, name: resource.name, type: resource.type, location: resource.region, tags: resource.tags };
}

/** All resources of a group; filters are answered for `resourceType eq '…'` and `resourceGroup eq '…'` only, one or both. */
function listResources(request: ArmRequest, resources: readonly Resource[]): ArmAnswer {
  const filter = request.query.get('$filter');
  const clauses = filter === null ? [] : filter.trim().split(/ and /i);
  const fitting = clauses.reduce((left, clause) => {
    const [, name = '', value = ''] = /^(resourceType|resourceGroup) eq '([^']+)'$/i.exec(clause.trim()) ?? [];
    if (name === '') throw notInSandbox(`the filter ${filter} of resources`);
    const key = name.toLowerCase() === 'resourcetype' ? 'type' : 'group';
    return left.filter((each) => each[key].toLowerCase() === value.toLowerCase());
  }, resources);
  return { status: 200, body: { value: fitting.map(resourceJson) } };
}

const versions = RESOURCE_API_VERSIONS;

/** Routes of subscriptions, resource groups and what they hold. */
export const resourceRoutes: readonly ArmRoute[] = [
  {
    method: 'GET',
    path: '/tenants',
    versions: SUBSCRIPTION_API_VERSIONS,
    does: 'lists the one tenant',
    answer: () => ({
      status: 200,
      body: {
        value: [{ id: `/tenants/${TENANT_ID}`, tenantId: TENANT_ID, displayName: 'Sandbox', tenantCategory: 'Home' }],
      },
    }),
  },
  {
    method: 'GET',
    path: '/subscriptions',
    versions: SUBSCRIPTION_API_VERSIONS,
    does: 'lists the subscriptions that the caller has a role in',
    answer: ({ state, principal }) => {
      const seen = [...state.subscriptions.values()].filter((each) =>
        state.roles.sees(principal.clientId, `/subscriptions/${each.id}`),
      );
      const value = seen.map(subscriptionJson);
      return { status: 200, body: { value, count: { type: 'Total', value: value.length } } };
    },
  },
  {
    method: 'GET',
    path: '/subscriptions/{subscriptionId}',
    versions: SUBSCRIPTION_API_VERSIONS,
    does: 'reads a subscription',
    answer: (request) => ({
      status: 200,
      body: subscriptionJson(subscriptionOf(request.state, parameterOf(request, 0))),
    }),
  },
  {
    method: 'GET',
    path: GROUPS,
    versions,
    does: 'lists resource groups, in pages',
    answer: (request) =>
      listPage(
        request,
        request.state.groups,
        `/subscriptions/${subscriptionOf(request.state, parameterOf(request, 0)).id}`,
        groupJson,
      ),
  },
  {
    method: 'GET',
    path: `${GROUPS}/{resourceGroupName}`,
    versions,
    does: 'reads a resource group',
    answer: (request) => ({
      status: 200,
      body: groupJson(groupOf(request.state, parameterOf(request, 0), parameterOf(request, 1))),
    }),
  },
  {
    method: 'HEAD',
    path: `${GROUPS}/{resourceGroupName}`,
    versions,
    does: 'whether a resource group exists',
    answer: (request) => {
      const subscription = subscriptionOf(request.state, parameterOf(request, 0));
      return {
        status: request.state.groups.get(groupId(subscription.id, parameterOf(request, 1))) === undefined ? 404 : 204,
      };
    },
  },
  {
    method: 'PUT',
    path: `${GROUPS}/{resourceGroupName}`,
    versions,
    does: 'creates a resource group or changes its tags',
    answer: putGroup,
  },
  {
    method: 'PATCH',
    path: `${GROUPS}/{resourceGroupName}`,
    versions,
    does: 'changes the tags of a resource group',
    answer: patchGroup,
  },
  {
    method: 'DELETE',
    path: `${GROUPS}/{resourceGroupName}`,
    versions,
    does: 'removes a resource group with everything in it',
    answer: deleteGroup,
  },
  {
    method: 'GET',
    path: `${GROUPS}/{resourceGroupName}/resources`,
    versions,
    does: 'lists the resources of a group, all at once',
    answer: (request) =>
      listResources(
        request,
        request.state.resourcesOf(groupOf(request.state, parameterOf(request, 0), parameterOf(request, 1)).key),
      ),
  },
  {
    method: 'GET',
    path: '/subscriptions/{subscriptionId}/resources',
    versions,
    does: 'lists the resources of a subscription, all at once',
    answer: (request) =>
      listResources(
        request,
        request.state.resourcesOf(keyOf(`/subscriptions/${subscriptionOf(request.state, parameterOf(request, 0)).id}`)),
      ),
  },
];

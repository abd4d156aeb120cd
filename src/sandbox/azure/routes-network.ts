import { ArmError, resourceNotFound } from './arm-error.ts';
import { checkSameRegion, regionOfBody, tagsOf } from './body-rules.ts';
import type { Collection } from './collection.ts';
import { checkConditions, etagOf } from './conditions.ts';
import { type Json, objectAt, textAt, valueAt } from './json.ts';
import { begin } from './long-running.ts';
import {
  checkSecurityGroupUnused,
  checkSubnetUnused,
  completedInterface,
  completedNetwork,
  subnetsOf,
} from './network-rules.ts';
import type { NetworkResource } from './resources.ts';
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

/** API versions of Microsoft.Network. Source: Azure REST specifications. */
export const NETWORK_API_VERSIONS = [
  '2021-08-01',
  '2022-01-01',
  '2022-07-01',
  '2022-11-01',
  '2023-05-01',
  '2023-09-01',
  '2023-11-01',
  '2024-01-01',
  '2024-05-01',
  '2024-07-01',
  '2024-10-01',
  '2025-01-01',
  '2025-03-01',
  '2025-05-01',
];

/** The provider's names of the types. */
export const INTERFACE_TYPE = 'Microsoft.Network/networkInterfaces';
export const NETWORK_TYPE = 'Microsoft.Network/virtualNetworks';
const SECURITY_GROUP_TYPE = 'Microsoft.Network/networkSecurityGroups';

interface Kind {
  readonly type: string;
  readonly word: string;
  readonly collection: (state: AzureState) => Collection<NetworkResource>;
  readonly complete: (state: AzureState, resource: NetworkResource, asked: Json) => Json;
  readonly checkRemovable: (state: AzureState, resource: NetworkResource) => void;
}

const INTERFACES: Kind = {
  type: INTERFACE_TYPE,
  word: 'network interface',
  collection: (state) => state.interfaces,
  complete: completedInterface,
  checkRemovable: (state, resource) => {
    const owner = state.interfaceOwner(resource.id);
    if (owner === null) return;
    throw new ArmError(400, 'NicInUse', `Network Interface ${resource.id} is used by existing resource ${owner.id}.`);
  },
};

const NETWORKS: Kind = {
  type: NETWORK_TYPE,
  word: 'virtual network',
  collection: (state) => state.networks,
  complete: completedNetwork,
  checkRemovable: (state, resource) => {
    for (const each of subnetsOf(resource)) checkSubnetUnused(state, textAt(each, 'id') ?? '');
  },
};

/** Rules are kept as they are written: no traffic flows here. */
const SECURITY_GROUPS: Kind = {
  type: SECURITY_GROUP_TYPE,
  word: 'network security group',
  collection: (state) => state.securityGroups,
  complete: (_state, _resource, asked) => ({ securityRules: [], ...asked }),
  checkRemovable: checkSecurityGroupUnused,
};

function networkJson(state: AzureState, resource: NetworkResource): Json {
  const owner = resource.type === INTERFACE_TYPE ? state.interfaceOwner(resource.id) : null;
  return {
    id: resource.id,
    name: resource.name,
    type: resource.type,
    location: resource.region,
    tags: resource.tags,
    ...resource.extras,
    etag: networkEtag(resource),
    properties: {
      ...resource.properties,
      ...(owner === null ? {} : { virtualMachine: { id: owner.id } }),
      provisioningState: 'Succeeded',
    },
  };
}

function networkEtag(resource: NetworkResource): string {
  return etagOf([resource.id, resource.properties, resource.tags]);
}

/** The virtual network of a path. Errors: 404. */
export function findNetwork(request: ArmRequest): NetworkResource {
  return find(request, NETWORKS);
}

function find(request: ArmRequest, kind: Kind): NetworkResource {
  const [subscriptionId = '', groupName = '', name = ''] = request.values;
  const group = groupOf(request.state, subscriptionId, groupName);
  const found = kind.collection(request.state).get(`${group.key}/providers/${kind.type}/${name}`);
  if (found === undefined) throw resourceNotFound(kind.type, name, groupName);
  return found;
}

function put(request: ArmRequest, kind: Kind): ArmAnswer {
  const { state, body } = request;
  const [subscriptionId = '', groupName = '', name = ''] = request.values;
  const group = groupOf(state, subscriptionId, groupName);
  const region = regionOfBody(body);
  const tags = tagsOf(valueAt(body, 'tags'));
  const known = kind.collection(state).get(`${group.key}/providers/${kind.type}/${name}`);
  checkConditions(request.headers, known === undefined ? null : networkEtag(known));
  if (known !== undefined) checkSameRegion(known, region);
  const resource: NetworkResource = known ?? {
    ...state.resource(group, kind.type, name, region, tags),
    properties: {},
    extras: {},
  };
  resource.properties = kind.complete(state, resource, objectAt(body, 'properties'));
  resource.tags = tags;
  resource.changedMs = state.clock.now();
  if (known === undefined) kind.collection(state).add(resource);
  return begin(request, {
    subscriptionId: group.subscriptionId,
    region,
    place: 'Microsoft.Network/operations',
    durationMs: state.settings.operationMs,
    status: known === undefined ? 201 : 200,
    body: networkJson(state, resource),
    complete: () => networkJson(state, resource),
  });
}

function remove(request: ArmRequest, kind: Kind): ArmAnswer {
  const { state } = request;
  const [subscriptionId = '', groupName = '', name = ''] = request.values;
  const group = groupOf(state, subscriptionId, groupName);
  const found = kind.collection(state).get(`${group.key}/providers/${kind.type}/${name}`);
  if (found === undefined) return { status: 204 };
  kind.checkRemovable(state, found);
  return begin(request, {
    subscriptionId: group.subscriptionId,
    region: found.region,
    place: 'Microsoft.Network/operations',
    durationMs: state.settings.operationMs,
    complete: () => {
      kind.collection(state).remove(found);
      return null;
    },
  });
}

function patch(request: ArmRequest, kind: Kind): ArmAnswer {
  const resource = find(request, kind);
  const tags = valueAt(request.body, 'tags');
  if (tags !== undefined) resource.tags = tagsOf(tags);
  resource.changedMs = request.state.clock.now();
  return { status: 200, body: networkJson(request.state, resource) };
}

function routesOf(kind: Kind, parameter: string): ArmRoute[] {
  const versions = NETWORK_API_VERSIONS;
  const path = `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/${kind.type}`;
  return [
    {
      method: 'GET',
      path: `/subscriptions/{subscriptionId}/providers/${kind.type}`,
      versions,
      does: `lists every ${kind.word} of a subscription, in pages`,
      answer: (request) => {
        const subscription = subscriptionOf(request.state, parameterOf(request, 0));
        return listPage(request, kind.collection(request.state), `/subscriptions/${subscription.id}`, (each) =>
          networkJson(request.state, each),
        );
      },
    },
    {
      method: 'GET',
      path,
      versions,
      does: `lists every ${kind.word} of a resource group, in pages`,
      answer: (request) => {
        const group = groupOf(request.state, parameterOf(request, 0), parameterOf(request, 1));
        return listPage(request, kind.collection(request.state), group.key, (each) => networkJson(request.state, each));
      },
    },
    {
      method: 'GET',
      path: `${path}/{${parameter}}`,
      versions,
      does: `reads a ${kind.word}`,
      answer: (request) => ({ status: 200, body: networkJson(request.state, find(request, kind)) }),
    },
    {
      method: 'PUT',
      path: `${path}/{${parameter}}`,
      versions,
      does: `creates or replaces a ${kind.word}`,
      answer: (request) => put(request, kind),
    },
    {
      method: 'PATCH',
      path: `${path}/{${parameter}}`,
      versions,
      does: `changes the tags of a ${kind.word}`,
      answer: (request) => patch(request, kind),
    },
    {
      method: 'DELETE',
      path: `${path}/{${parameter}}`,
      versions,
      does: `removes a ${kind.word} that nothing uses`,
      answer: (request) => remove(request, kind),
    },
  ];
}

/** Routes of network interfaces, virtual networks and security groups. */
export const networkRoutes: readonly ArmRoute[] = [
  ...routesOf(INTERFACES, 'networkInterfaceName'),
  ...routesOf(NETWORKS, 'virtualNetworkName'),
  ...routesOf(SECURITY_GROUPS, 'networkSecurityGroupName'),
];

import { ArmError, resourceNotFound } from './arm-error.ts';
import { checkSameRegion, regionOfBody, tagsOf } from './body-rules.ts';
import type { Collection } from './collection.ts';
import { isObject, type Json, listAt, objectAt, textAt, valueAt } from './json.ts';
import { begin } from './long-running.ts';
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

/** Source: Azure REST specifications, Microsoft.Network. */
const NETWORK_API_VERSIONS = [
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

interface Kind {
  readonly type: string;
  readonly word: string;
  readonly collection: (state: AzureState) => Collection<NetworkResource>;
  readonly check: (request: ArmRequest, body: unknown) => void;
  readonly checkRemovable: (state: AzureState, resource: NetworkResource) => void;
}

const INTERFACES: Kind = {
  type: INTERFACE_TYPE,
  word: 'network interface',
  collection: (state) => state.interfaces,
  check: checkInterface,
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
  check: () => {},
  checkRemovable: (state, resource) => {
    const subnets = new Set(subnetsOf(resource).map((each) => (textAt(each, 'id') ?? '').toLowerCase()));
    for (const each of state.interfaces.values()) {
      if (subnetIdsOf(each.properties).some((id) => subnets.has(id.toLowerCase()))) {
        throw new ArmError(400, 'InUseSubnetCannotBeDeleted', `${resource.id} is used by ${each.id}.`);
      }
    }
  },
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
    properties: {
      ...resource.properties,
      ...(owner === null ? {} : { virtualMachine: { id: owner.id } }),
      provisioningState: 'Succeeded',
    },
  };
}

function subnetsOf(network: NetworkResource): Json[] {
  return listAt(network.properties, 'subnets').filter(isObject);
}

function subnetIdsOf(properties: Json): string[] {
  return listAt(properties, 'ipConfigurations').flatMap((each) => textAt(each, 'properties', 'subnet', 'id') ?? []);
}

/** Errors: 400 where a subnet is not there or lies in another region. */
function checkInterface(request: ArmRequest, body: unknown): void {
  const region = regionOfBody(body);
  for (const id of subnetIdsOf(objectAt(body, 'properties'))) {
    const networkId = id.replace(/\/subnets\/[^/]+$/i, '');
    const network = request.state.networks.get(networkId);
    const subnet = network && subnetsOf(network).find((each) => textAt(each, 'id')?.toLowerCase() === id.toLowerCase());
    if (network === undefined || subnet === undefined) {
      throw new ArmError(
        400,
        'InvalidResourceReference',
        `Resource ${id} referenced by the network interface was not found.`,
      );
    }
    if (network.region !== region)
      throw new ArmError(400, 'InvalidResourceReference', `Resource ${id} is not in ${region}.`);
  }
}

function find(request: ArmRequest, kind: Kind): NetworkResource {
  const [subscriptionId = '', groupName = '', name = ''] = request.values;
  const group = groupOf(request.state, subscriptionId, groupName);
  const found = kind.collection(request.state).get(`${group.key}/providers/${kind.type}/${name}`);
  if (found === undefined) throw resourceNotFound(kind.type, name, groupName);
  return found;
}

/** Completes what a client left out, as the provider does: ids of the parts. */
export function completed(id: string, type: string, properties: Json): Json {
  const parts = type === NETWORK_TYPE ? 'subnets' : 'ipConfigurations';
  const list = listAt(properties, parts)
    .filter(isObject)
    .map((each) => ({
      ...each,
      id: `${id}/${parts}/${textAt(each, 'name') ?? ''}`,
      properties: { ...objectAt(each, 'properties'), provisioningState: 'Succeeded' },
    }));
  return { ...properties, [parts]: list };
}

function put(request: ArmRequest, kind: Kind): ArmAnswer {
  const { state, body } = request;
  const [subscriptionId = '', groupName = '', name = ''] = request.values;
  const group = groupOf(state, subscriptionId, groupName);
  const region = regionOfBody(body);
  const tags = tagsOf(valueAt(body, 'tags'));
  kind.check(request, body);
  const known = kind.collection(state).get(`${group.key}/providers/${kind.type}/${name}`);
  if (known !== undefined) checkSameRegion(known, region);
  const resource: NetworkResource = known ?? {
    ...state.resource(group, kind.type, name, region, tags),
    properties: {},
    extras: {},
  };
  resource.tags = tags;
  resource.properties = completed(resource.id, kind.type, objectAt(body, 'properties'));
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

function subnet(request: ArmRequest): ArmAnswer {
  const network = find(request, NETWORKS);
  const name = parameterOf(request, 3);
  const found = subnetsOf(network).find((each) => textAt(each, 'name')?.toLowerCase() === name.toLowerCase());
  if (found === undefined) throw notFoundSubnet(network, name);
  return { status: 200, body: found };
}

function notFoundSubnet(network: NetworkResource, name: string): ArmError {
  return new ArmError(404, 'NotFound', `Subnet ${network.id}/subnets/${name} was not found.`);
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
      method: 'DELETE',
      path: `${path}/{${parameter}}`,
      versions,
      does: `removes a ${kind.word} that nothing uses`,
      answer: (request) => remove(request, kind),
    },
  ];
}

const SUBNETS = `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/${NETWORK_TYPE}/{virtualNetworkName}/subnets`;

/** Routes of Microsoft.Network. */
export const networkRoutes: readonly ArmRoute[] = [
  ...routesOf(INTERFACES, 'networkInterfaceName'),
  ...routesOf(NETWORKS, 'virtualNetworkName'),
  {
    method: 'GET',
    path: SUBNETS,
    versions: NETWORK_API_VERSIONS,
    does: 'lists the subnets of a virtual network',
    answer: (request) => ({ status: 200, body: { value: subnetsOf(find(request, NETWORKS)) } }),
  },
  {
    method: 'GET',
    path: `${SUBNETS}/{subnetName}`,
    versions: NETWORK_API_VERSIONS,
    does: 'reads a subnet',
    answer: subnet,
  },
];

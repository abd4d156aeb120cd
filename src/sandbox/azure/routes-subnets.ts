import { ArmError } from './arm-error.ts';
import { type Json, listAt, objectAt, textAt } from './json.ts';
import { begin } from './long-running.ts';
import { checkSubnetUnused, completedNetwork, subnetsOf } from './network-rules.ts';
import type { NetworkResource } from './resources.ts';
import { type ArmAnswer, type ArmRequest, type ArmRoute, parameterOf } from './route.ts';
import { findNetwork, NETWORK_API_VERSIONS, NETWORK_TYPE } from './routes-network.ts';

const SUBNETS = `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/${NETWORK_TYPE}/{virtualNetworkName}/subnets`;

function findSubnet(network: NetworkResource, name: string): Json | null {
  return subnetsOf(network).find((each) => textAt(each, 'name')?.toLowerCase() === name.toLowerCase()) ?? null;
}

function getSubnet(request: ArmRequest): ArmAnswer {
  const network = findNetwork(request);
  const name = parameterOf(request, 3);
  const found = findSubnet(network, name);
  if (found === null) throw new ArmError(404, 'NotFound', `Subnet ${network.id}/subnets/${name} was not found.`);
  return { status: 200, body: found };
}

function putSubnet(request: ArmRequest): ArmAnswer {
  const network = findNetwork(request);
  const name = parameterOf(request, 3);
  const known = findSubnet(network, name);
  const asked = { name: textAt(known, 'name') ?? name, properties: objectAt(request.body, 'properties') };
  const subnets = listAt(network.properties, 'subnets');
  const next = known === null ? [...subnets, asked] : subnets.map((each) => (each === known ? asked : each));
  if (known !== null && textAt(known, 'properties', 'addressPrefix') !== textAt(asked, 'properties', 'addressPrefix')) {
    checkSubnetUnused(request.state, textAt(known, 'id') ?? '');
  }
  network.properties = completedNetwork(request.state, network, { ...network.properties, subnets: next });
  return follow(request, network, known === null ? 201 : 200, name);
}

function deleteSubnet(request: ArmRequest): ArmAnswer {
  const network = findNetwork(request);
  const found = findSubnet(network, parameterOf(request, 3));
  if (found === null) return { status: 204 };
  checkSubnetUnused(request.state, textAt(found, 'id') ?? '');
  network.properties = { ...network.properties, subnets: subnetsOf(network).filter((each) => each !== found) };
  return follow(request, network, 202, null);
}

function follow(request: ArmRequest, network: NetworkResource, status: number, name: string | null): ArmAnswer {
  const shown = (): Json | null => (name === null ? null : findSubnet(network, name));
  network.changedMs = request.state.clock.now();
  return begin(request, {
    subscriptionId: network.subscriptionId,
    region: network.region,
    place: 'Microsoft.Network/operations',
    durationMs: request.state.settings.operationMs,
    status,
    ...(name === null ? {} : { body: shown() }),
    complete: shown,
  });
}

const versions = NETWORK_API_VERSIONS;

/** Routes of subnets. */
export const subnetRoutes: readonly ArmRoute[] = [
  {
    method: 'GET',
    path: SUBNETS,
    versions,
    does: 'lists the subnets of a virtual network',
    answer: (request) => ({ status: 200, body: { value: subnetsOf(findNetwork(request)) } }),
  },
  { method: 'GET', path: `${SUBNETS}/{subnetName}`, versions, does: 'reads a subnet', answer: getSubnet },
  {
    method: 'PUT',
    path: `${SUBNETS}/{subnetName}`,
    versions,
    does: 'creates a subnet inside the address space and beside the others, or replaces one',
    answer: putSubnet,
  },
  {
    method: 'DELETE',
    path: `${SUBNETS}/{subnetName}`,
    versions,
    does: 'removes a subnet that no interface is in',
    answer: deleteSubnet,
  },
];

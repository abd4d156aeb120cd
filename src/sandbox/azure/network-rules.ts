import { contains, firstFree, isUsableIn, type Network, overlap, parseAddress, parseNetwork } from './addresses.ts';
import { ArmError, invalidParameter, notInSandbox } from './arm-error.ts';
import { isObject, type Json, listAt, objectAt, textAt, valueAt } from './json.ts';
import { keyOf } from './resource-id.ts';
import type { NetworkResource } from './resources.ts';
import type { AzureState } from './state.ts';

/** Subnets of a virtual network. */
export function subnetsOf(network: { readonly properties: Json }): Json[] {
  return listAt(network.properties, 'subnets').filter(isObject);
}

/** Ids of the subnets that an interface's properties name. */
export function subnetIdsOf(properties: Json): string[] {
  return listAt(properties, 'ipConfigurations').flatMap((each) => textAt(each, 'properties', 'subnet', 'id') ?? []);
}

/** The interfaces in a subnet. */
export function interfacesIn(state: AzureState, subnetId: string): NetworkResource[] {
  const key = keyOf(subnetId);
  return [...state.interfaces.values()].filter((each) => subnetIdsOf(each.properties).some((id) => keyOf(id) === key));
}

/**
 * The properties of a virtual network with the ids of its subnets.
 *
 * Errors: 400 where a range is none, a subnet lies outside or over another, or one that is used would go. Source: Azure virtual network errors ⚠.
 */
export function completedNetwork(state: AzureState, network: NetworkResource, asked: Json): Json {
  const spaces = listAt(asked, 'addressSpace', 'addressPrefixes').map((each) => rangeOf(String(each)));
  if (spaces.length === 0) throw invalidParameter('addressSpace.addressPrefixes');
  const placed: { name: string; range: Network }[] = [];
  const subnets = listAt(asked, 'subnets')
    .filter(isObject)
    .map((each) => {
      const name = textAt(each, 'name') ?? '';
      if (name === '') throw invalidParameter('subnets.name');
      const range = rangeOf(prefixOf(each));
      if (!spaces.some((space) => contains(space, range))) {
        throw new ArmError(
          400,
          'NetcfgInvalidSubnet',
          `Subnet '${name}' is not valid in virtual network '${network.name}'.`,
        );
      }
      const other = placed.find((known) => overlap(known.range, range));
      if (other !== undefined) {
        throw new ArmError(
          400,
          'NetcfgSubnetRangesOverlap',
          `Subnet '${name}' is not valid because its IP address range overlaps with that of an existing subnet in virtual network '${network.name}'.`,
        );
      }
      placed.push({ name, range });
      const id = `${network.id}/subnets/${name}`;
      return { ...each, id, properties: { ...objectAt(each, 'properties'), provisioningState: 'Succeeded' } };
    });
  const kept = new Set(subnets.map((each) => keyOf(each.id)));
  for (const each of subnetsOf(network)) {
    const id = textAt(each, 'id') ?? '';
    if (!kept.has(keyOf(id))) checkSubnetUnused(state, id);
  }
  return { ...asked, subnets };
}

/** Errors: 400 while an interface is in it. */
export function checkSubnetUnused(state: AzureState, subnetId: string): void {
  const [user] = interfacesIn(state, subnetId);
  if (user === undefined) return;
  throw new ArmError(
    400,
    'InUseSubnetCannotBeDeleted',
    `Subnet ${subnetId} is in use by ${user.id} and cannot be deleted. Delete all the resources within the subnet first.`,
  );
}

function prefixOf(subnet: Json): string {
  return (
    textAt(subnet, 'properties', 'addressPrefix') ?? String(listAt(subnet, 'properties', 'addressPrefixes')[0] ?? '')
  );
}

function rangeOf(text: string): Network {
  const range = parseNetwork(text);
  if (range !== null) return range;
  throw new ArmError(
    400,
    'InvalidAddressPrefixFormat',
    `Address prefix ${text.slice(0, 50)} is not a range of IPv4 addresses.`,
  );
}

/**
 * The properties of a network interface with the ids and addresses of its configurations.
 *
 * Errors: 400 for subnets that are not there or in another region, addresses outside or taken; 501 for what the sandbox has none of.
 */
export function completedInterface(state: AzureState, nic: NetworkResource, asked: Json): Json {
  const configurations = listAt(asked, 'ipConfigurations').filter(isObject);
  if (configurations.length === 0) throw invalidParameter('ipConfigurations');
  checkSecurityGroup(state, nic, textAt(asked, 'networkSecurityGroup', 'id'));
  const ipConfigurations = configurations.map((each, index) => {
    const properties = objectAt(each, 'properties');
    if (valueAt(properties, 'publicIPAddress') !== undefined) throw notInSandbox('public IP addresses');
    const subnet = findSubnet(state, textAt(properties, 'subnet', 'id') ?? '', nic.region);
    const name = textAt(each, 'name') ?? '';
    const method = textAt(properties, 'privateIPAllocationMethod') === 'Static' ? 'Static' : 'Dynamic';
    return {
      ...each,
      id: `${nic.id}/ipConfigurations/${name}`,
      properties: {
        primary: index === 0,
        ...properties,
        privateIPAllocationMethod: method,
        privateIPAddress: addressFor(state, nic, { properties, subnet, name, method }),
        subnet: { id: textAt(subnet, 'id') },
        provisioningState: 'Succeeded',
      },
    };
  });
  return { enableIPForwarding: false, ...asked, ipConfigurations, macAddress: macOf(nic) };
}

/** Errors: 400 for a security group that is not there, or in another region. */
function checkSecurityGroup(state: AzureState, nic: NetworkResource, id: string | null): void {
  if (id === null) return;
  const group = state.securityGroups.get(id);
  if (group?.region === nic.region) return;
  const what = group === undefined ? 'was not found' : `is in ${group.region}, not in ${nic.region}`;
  throw new ArmError(400, 'InvalidResourceReference', `Resource ${id} referenced by the network interface ${what}.`);
}

/** Errors: 400 while an interface has it. */
export function checkSecurityGroupUnused(state: AzureState, group: NetworkResource): void {
  const user = [...state.interfaces.values()].find(
    (each) => keyOf(textAt(each.properties, 'networkSecurityGroup', 'id') ?? '') === group.key,
  );
  if (user === undefined) return;
  throw new ArmError(
    400,
    'InUseNetworkSecurityGroupCannotBeDeleted',
    `Network security group ${group.id} cannot be deleted because it is in use by ${user.id}.`,
  );
}

function findSubnet(state: AzureState, id: string, region: string): Json {
  const network = state.networks.get(id.replace(/\/subnets\/[^/]+$/i, ''));
  const subnet = network && subnetsOf(network).find((each) => keyOf(textAt(each, 'id') ?? '') === keyOf(id));
  if (network === undefined || subnet === undefined) {
    throw new ArmError(
      400,
      'InvalidResourceReference',
      `Resource ${id} referenced by the network interface was not found.`,
    );
  }
  if (network.region === region) return subnet;
  throw new ArmError(400, 'InvalidResourceReference', `Resource ${id} is in ${network.region}, not in ${region}.`);
}

/** A dynamic address stays as long as the interface stays in its subnet. */
function addressFor(
  state: AzureState,
  nic: NetworkResource,
  asked: { properties: Json; subnet: Json; name: string; method: string },
): string {
  const subnetId = textAt(asked.subnet, 'id') ?? '';
  const range = rangeOf(prefixOf(asked.subnet));
  const taken = takenIn(state, subnetId, nic);
  const known = listAt(nic.properties, 'ipConfigurations').find((each) => textAt(each, 'name') === asked.name);
  const stays = keyOf(textAt(known, 'properties', 'subnet', 'id') ?? '') === keyOf(subnetId);
  const current = stays ? textAt(known, 'properties', 'privateIPAddress') : null;
  const wanted = asked.method === 'Static' ? textAt(asked.properties, 'privateIPAddress') : current;
  if (wanted === null && asked.method === 'Static') throw invalidParameter('privateIPAddress');
  if (wanted === null) {
    const free = firstFree(range, taken);
    if (free === null) throw new ArmError(400, 'SubnetIsFull', `Subnet ${subnetId} has no free address.`);
    return free;
  }
  const address = parseAddress(wanted);
  if (address === null || !isUsableIn(range, address)) {
    throw new ArmError(
      400,
      'PrivateIPAddressNotInSubnet',
      `Private static IP address ${wanted.slice(0, 50)} does not belong to the range of subnet ${subnetId}.`,
    );
  }
  if (taken.has(address)) {
    throw new ArmError(
      400,
      'PrivateIPAddressIsAllocated',
      `IP address ${wanted} is already allocated in subnet ${subnetId}.`,
    );
  }
  return wanted;
}

function takenIn(state: AzureState, subnetId: string, but: NetworkResource): Set<number> {
  const taken = new Set<number>();
  for (const each of interfacesIn(state, subnetId)) {
    if (each === but) continue;
    for (const configuration of listAt(each.properties, 'ipConfigurations')) {
      const address = parseAddress(textAt(configuration, 'properties', 'privateIPAddress') ?? '');
      if (address !== null) taken.add(address);
    }
  }
  return taken;
}

/** It stays with the interface, whatever machine has it. */
function macOf(nic: NetworkResource): string {
  const hex = nic.sequence.toString(16).toUpperCase().padStart(6, '0').slice(-6);
  return `00-0D-3A-${hex.slice(0, 2)}-${hex.slice(2, 4)}-${hex.slice(4)}`;
}

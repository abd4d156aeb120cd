import { AppError } from '../base/errors.ts';
import type { InterfaceRequest, MachineMaker } from '../restore/ports.ts';
import type { Arm } from './arm-client.ts';
import { required } from './collect.ts';
import { operationUrl } from './long-running.ts';
import { NETWORK_API_VERSION, readInterface } from './network-shapes.ts';
import { readArm, readArmOrNull } from './submit.ts';

type InterfaceMaker = Pick<MachineMaker, 'getInterface' | 'createInterface' | 'deleteInterface' | 'subnetRegion'>;

const INTERFACE_ID =
  /^\/subscriptions\/[^/?#]+\/resourceGroups\/[^/?#]+\/providers\/Microsoft\.Network\/networkInterfaces\/[^/?#]+$/i;
const SUBNET_ID =
  /^(\/subscriptions\/[^/?#]+\/resourceGroups\/[^/?#]+\/providers\/Microsoft\.Network\/virtualNetworks\/[^/?#]+)\/subnets\/([^/?#]+)$/i;

/** Makes and removes network interfaces, and looks at subnets: see `MachineMaker`. */
export function createInterfaceMaker(arm: Arm): InterfaceMaker {
  const pathOf = (id: string) => {
    if (!INTERFACE_ID.test(id)) throw new AppError('bad-request', 'This is not the id of a network interface', { id });
    return `${id}?api-version=${NETWORK_API_VERSION}`;
  };
  return {
    getInterface: (id) =>
      readArmOrNull(async () => {
        const { shape, ...seen } = readInterface((await arm.send('GET', pathOf(id))).body);
        return { ...seen, id: shape.id };
      }),
    createInterface: async (request) =>
      operationUrl(await readArm(() => arm.send('PUT', pathOf(request.id), writeInterface(request)))),
    deleteInterface: async (id) => {
      const answer = await readArmOrNull(() => arm.send('DELETE', pathOf(id)));
      return answer === null ? null : operationUrl(answer);
    },
    subnetRegion: async (id) => {
      const [, networkId, name] = SUBNET_ID.exec(id) ?? [];
      if (networkId === undefined || name === undefined)
        throw new AppError('bad-request', 'This is not the id of a subnet', { id });
      return readArmOrNull(async () => {
        const { body } = await arm.send('GET', `${networkId}?api-version=${NETWORK_API_VERSION}`);
        const { location, properties } = (body ?? {}) as {
          location?: string;
          properties?: { subnets?: readonly { name?: string }[] };
        };
        const isThere = (properties?.subnets ?? []).some((subnet) => subnet.name?.toLowerCase() === name.toLowerCase());
        return isThere ? required(location, 'location') : null;
      });
    },
  };
}

/** Without a public address, whatever the original has. */
function writeInterface(request: InterfaceRequest) {
  const { privateAddress, networkSecurityGroupId: securityGroup } = request;
  return {
    location: request.region,
    tags: request.tags,
    properties: {
      ...(securityGroup === null ? {} : { networkSecurityGroup: { id: securityGroup } }),
      ...(request.acceleratedNetworking ? { enableAcceleratedNetworking: true } : {}),
      ...(request.ipForwarding ? { enableIPForwarding: true } : {}),
      ...(request.dnsServers.length > 0 ? { dnsSettings: { dnsServers: request.dnsServers } } : {}),
      ipConfigurations: [
        {
          name: 'ipconfig1',
          properties: {
            primary: true,
            subnet: { id: request.subnetId },
            ...(privateAddress === null
              ? { privateIPAllocationMethod: 'Dynamic' }
              : { privateIPAllocationMethod: 'Static', privateIPAddress: privateAddress }),
          },
        },
      ],
    },
  };
}

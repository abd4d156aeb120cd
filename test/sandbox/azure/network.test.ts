import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GROUP_PATH, type Run, startRun } from './start.ts';

const NETWORKS = `${GROUP_PATH}/providers/Microsoft.Network/virtualNetworks`;
const NICS = `${GROUP_PATH}/providers/Microsoft.Network/networkInterfaces`;
const VERSION = 'api-version=2024-05-01';

let run: Run;
beforeEach(async () => {
  run = await startRun();
  await run.arm('PUT', `${NETWORKS}/net?${VERSION}`, {
    location: 'westeurope',
    properties: { addressSpace: { addressPrefixes: ['10.1.0.0/16'] }, subnets: [subnet('a', '10.1.0.0/29')] },
  });
});
afterEach(() => run.close());

function subnet(name: string, addressPrefix: string) {
  return { name, properties: { addressPrefix } };
}
const putSubnet = (name: string, addressPrefix: string) =>
  run.arm('PUT', `${NETWORKS}/net/subnets/${name}?${VERSION}`, { properties: { addressPrefix } });
const putNic = (name: string, properties: Record<string, unknown> = {}, more: Record<string, unknown> = {}) =>
  run.arm('PUT', `${NICS}/${name}?${VERSION}`, {
    location: 'westeurope',
    properties: {
      ipConfigurations: [{ name: 'c', properties: { subnet: { id: `${NETWORKS}/net/subnets/a` }, ...properties } }],
      ...more,
    },
  });
const addressOf = (answer: {
  body: { properties: { ipConfigurations: { properties: { privateIPAddress: string } }[] } };
}) => answer.body.properties.ipConfigurations[0]?.properties.privateIPAddress;

describe('subnets', () => {
  it.each([
    ['beside the others', 'b', '10.1.1.0/24', 201, undefined],
    ['over another', 'b', '10.1.0.0/24', 400, 'NetcfgSubnetRangesOverlap'],
    ['outside', 'b', '10.2.0.0/24', 400, 'NetcfgInvalidSubnet'],
    ['of no range', 'b', '10.1.0.1/24', 400, 'InvalidAddressPrefixFormat'],
    ['again, larger', 'a', '10.1.0.0/24', 200, undefined],
  ])('%s', async (_name, name, prefix, status, code) => {
    const answer = await putSubnet(name, prefix);
    expect([answer.status, answer.body.error?.code]).toEqual([status, code]);
  });

  it('stay while an interface is in them', async () => {
    await putNic('n1');
    expect((await run.arm('DELETE', `${NETWORKS}/net/subnets/a?${VERSION}`)).body.error.code).toBe(
      'InUseSubnetCannotBeDeleted',
    );
    expect((await putSubnet('a', '10.1.9.0/24')).status).toBe(400);
    expect((await run.arm('DELETE', `${NETWORKS}/net?${VERSION}`)).status).toBe(400);
    const without = { location: 'westeurope', properties: { addressSpace: { addressPrefixes: ['10.1.0.0/16'] } } };
    expect((await run.arm('PUT', `${NETWORKS}/net?${VERSION}`, without)).status).toBe(400);
    await run.arm('DELETE', `${NICS}/n1?${VERSION}`);
    expect((await run.arm('DELETE', `${NETWORKS}/net/subnets/a?${VERSION}`)).status).toBe(202);
    expect((await run.arm('GET', `${NETWORKS}/net/subnets/a?${VERSION}`)).status).toBe(404);
    expect((await run.arm('DELETE', `${NETWORKS}/net/subnets/a?${VERSION}`)).status).toBe(204);
  });
});

describe('network interfaces', () => {
  it('get free addresses, until there are none', async () => {
    expect(addressOf(await putNic('n1'))).toBe('10.1.0.4');
    expect(addressOf(await putNic('n2'))).toBe('10.1.0.5');
    expect(addressOf(await putNic('n1'))).toBe('10.1.0.4');
    await run.arm('DELETE', `${NICS}/n1?${VERSION}`);
    expect(addressOf(await putNic('n3'))).toBe('10.1.0.4');
    expect(addressOf(await putNic('n4'))).toBe('10.1.0.6');
    expect((await putNic('n5')).body.error.code).toBe('SubnetIsFull');
    expect((await run.arm('GET', `${NICS}/n5?${VERSION}`)).status).toBe(404);
  });

  it.each([
    ['a free one', '10.1.0.6', 201, undefined],
    ['a taken one', '10.1.0.4', 400, 'PrivateIPAddressIsAllocated'],
    ['one that Azure keeps', '10.1.0.3', 400, 'PrivateIPAddressNotInSubnet'],
    ['one of elsewhere', '10.9.0.4', 400, 'PrivateIPAddressNotInSubnet'],
  ])('have static addresses: %s', async (_name, privateIPAddress, status, code) => {
    await putNic('n1');
    const answer = await putNic('n2', { privateIPAllocationMethod: 'Static', privateIPAddress });
    expect([answer.status, answer.body.error?.code]).toEqual([status, code]);
  });

  it('are not made with what the sandbox has none of', async () => {
    expect((await putNic('n1', { publicIPAddress: { id: '/x' } })).status).toBe(501);
    expect((await putNic('n1', { subnet: { id: `${NETWORKS}/net/subnets/none` } })).body.error.code).toBe(
      'InvalidResourceReference',
    );
  });

  it('have a security group that is there, and keeps it from being removed', async () => {
    const group = `${GROUP_PATH}/providers/Microsoft.Network/networkSecurityGroups/web`;
    const securityGroup = { networkSecurityGroup: { id: group } };
    expect((await putNic('n1', {}, securityGroup)).body.error.code).toBe('InvalidResourceReference');
    expect((await run.arm('PUT', `${group}?${VERSION}`, { location: 'westeurope' })).status).toBe(201);
    expect((await putNic('n1', {}, securityGroup)).body.properties.networkSecurityGroup.id).toBe(group);
    const inUse = await run.arm('DELETE', `${group}?${VERSION}`);
    expect(inUse.body.error.code).toBe('InUseNetworkSecurityGroupCannotBeDeleted');
    await run.arm('DELETE', `${NICS}/n1?${VERSION}`);
    expect((await run.arm('DELETE', `${group}?${VERSION}`)).status).toBe(202);
  });

  it('change their tags by PATCH; so do networks', async () => {
    await putNic('n1');
    for (const path of [`${NICS}/n1`, `${NETWORKS}/net`]) {
      expect((await run.arm('PATCH', `${path}?${VERSION}`, { tags: { a: 'b' } })).body.tags).toEqual({ a: 'b' });
      expect((await run.arm('GET', `${path}?${VERSION}`)).body.tags).toEqual({ a: 'b' });
    }
  });
});

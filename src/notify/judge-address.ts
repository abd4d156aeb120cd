import { BlockList, isIP } from 'node:net';
import { readNetwork } from './parse-targets.ts';

/**
 * Addresses that no message goes to: this machine, the networks around it, Azure's own services beside every machine, and what is no host at all.
 *
 * Source: IANA special-purpose address registries (RFC 6890 and its updates); 168.63.129.16 is Azure's virtual public address of its platform
 *         (azure-docs, what-is-ip-address-168-63-129-16.md); 169.254.169.254 the instance metadata, which hands out tokens, within 169.254.0.0/16.
 */
const FORBIDDEN = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // `::`, `::1` and the addresses that wrap an IPv4 one in an old way.
  '::/96',
  // The ways to wrap an IPv4 address: translated, Teredo and 6to4. Their inner address could be any of those above.
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '2001::/32',
  '2002::/16',
  '100::/64',
  '2001:db8::/32',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];

const forbidden = listOf(FORBIDDEN);

/**
 * True where a message may go to an address.
 *
 * Safety: what is no address is refused. An IPv4 address in IPv6 clothes (`::ffff:10.0.0.1`) is judged as what it is: Node's list does so by itself.
 */
export function mayPostTo(address: string, networks: readonly string[]): boolean {
  // A zone (`fe80::1%eth0`) only link-local addresses have.
  const version = isIP(address);
  if (version === 0 || address.includes('%')) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  return !forbidden.check(address, family) || listOf(networks).check(address, family);
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of networks) {
    const network = readNetwork(text);
    if (network) list.addSubnet(network.address, network.bits, network.family);
  }
  return list;
}

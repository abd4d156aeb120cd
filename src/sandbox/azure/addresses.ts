/** A range of IPv4 addresses. Shape: first address as a number, prefix length. */
export interface Network {
  readonly first: number;
  readonly bits: number;
}

/** Addresses of a subnet that Azure keeps for itself: the network's own, gateway, two for DNS, and the last. Source: Azure virtual network FAQ. */
const KEPT_AT_START = 4;

/** Reads `10.0.0.0/16`. Shape: null where it is no range. */
export function parseNetwork(text: string): Network | null {
  const [address = '', bitsText = ''] = text.split('/');
  const first = parseAddress(address);
  const bits = Number(bitsText);
  if (first === null || !/^\d{1,2}$/.test(bitsText) || bits > 32) return null;
  return first % 2 ** (32 - bits) === 0 ? { first, bits } : null;
}

/** Reads `10.0.0.4`. Shape: null where it is no address. */
export function parseAddress(text: string): number | null {
  const parts = text.split('.');
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return null;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function contains(outer: Network, inner: Network): boolean {
  return outer.bits <= inner.bits && inner.first >= outer.first && inner.first < outer.first + 2 ** (32 - outer.bits);
}

export function overlap(a: Network, b: Network): boolean {
  return contains(a, b) || contains(b, a);
}

/** Whether a machine may have the address: inside, and not one that Azure keeps. */
export function isUsableIn(network: Network, address: number): boolean {
  const at = address - network.first;
  return at >= KEPT_AT_START && at < 2 ** (32 - network.bits) - 1;
}

/** The first address that nobody has. Shape: null when the network is full. */
export function firstFree(network: Network, taken: ReadonlySet<number>): string | null {
  for (let address = network.first + KEPT_AT_START; isUsableIn(network, address); address += 1) {
    if (!taken.has(address)) return addressText(address);
  }
  return null;
}

function addressText(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

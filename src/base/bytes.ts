/** Azure's meters count in binary gigabytes: 1 "GB" is 2^30 bytes. */
export const GIB = 1_073_741_824;
export const MIB = 1_048_576;
export const KIB = 1_024;

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Shows bytes to people: `12.3 GiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[unit]}`;
}

import { GIB, MIB } from '../base/bytes.ts';
import { MICRO_UNITS_PER_UNIT } from '../base/money.ts';

const DECIMALS_MAX = 6;

/**
 * How many decimals the amounts of one page show: two, or as many as the largest needs for three figures; the small estates of a trial cost
 * fractions of a cent.
 */
export function decimalsFor(largestMicroUnits: number): number {
  const largest = Math.abs(largestMicroUnits) / MICRO_UNITS_PER_UNIT;
  if (largest === 0 || largest >= 1) return 2;
  return Math.min(DECIMALS_MAX, 2 - Math.floor(Math.log10(largest)));
}

/** Micro-units in the smallest step that so many decimals show. */
export function stepOf(decimals: number): number {
  return 10 ** (DECIMALS_MAX - decimals);
}

/** An amount given in steps of so many decimals, with thousands set apart: `1,234.50`. */
export function showSteps(steps: number, decimals: number): string {
  const digits = String(Math.abs(steps)).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ',');
  const sign = steps < 0 ? '−' : '';
  return decimals === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-decimals)}`;
}

/** An amount rounded half up to so many decimals. */
export function showAmount(microUnits: number, decimals: number): string {
  return showSteps(Math.round(microUnits / stepOf(decimals)), decimals);
}

/** Bytes in the smallest step of a table: a hundredth of a GiB. */
export const GIB_STEP_BYTES = GIB / 100;

/** Bytes in a table: GiB always, so that numbers can be compared down a column. */
export function showGiB(bytes: number): string {
  return showGiBSteps(Math.round(bytes / GIB_STEP_BYTES), bytes);
}

/** The same, rounded already; bytes too few to show are not shown as nothing. */
export function showGiBSteps(steps: number, bytes: number): string {
  return steps === 0 && bytes > 0 ? '<0.01' : showSteps(steps, 2);
}

const SIZES = ['MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Bytes as a headline: `1.84 TiB`. */
export function showSize(bytes: number): string {
  let value = bytes / MIB;
  let size = 0;
  while (value >= 1024 && size < SIZES.length - 1) {
    value /= 1024;
    size += 1;
  }
  return `${value.toFixed(value === 0 ? 0 : value < 10 ? 2 : 1)} ${SIZES[size] ?? ''}`;
}

/**
 * An amount of money: integer micro-units (1 EUR = 1,000,000) with its currency; never a float.
 *
 * Units:  micro-units; whole numbers up to 2^53, some nine billion units of a currency.
 */
export interface Money {
  readonly microUnits: number;
  readonly currency: string;
}

export const MICRO_UNITS_PER_UNIT = 1_000_000;

/** Turns an amount as people write it (12.5) into micro-units, rounded half away from zero. */
export function toMicroUnits(amount: number): number {
  return Math.sign(amount) * Math.round(Math.abs(amount) * MICRO_UNITS_PER_UNIT);
}

/** Turns micro-units into a number as people and JSON write it. */
export function fromMicroUnits(microUnits: number): number {
  return microUnits / MICRO_UNITS_PER_UNIT;
}

/** True for three capital letters, the shape of an ISO 4217 code. */
export function isCurrencyCode(text: string): boolean {
  return /^[A-Z]{3}$/.test(text);
}

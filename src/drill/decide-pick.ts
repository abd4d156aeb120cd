import { hashId } from '../base/ids.ts';

/** A source that may be drilled. */
export interface Candidate {
  readonly key: string;
  readonly kind: 'virtualMachine' | 'disk';
  /** When its last drill ended, whatever it showed; null for never. */
  readonly drilledAt: number | null;
}

/**
 * The order in which sources are tried: those of which nothing was proven for longest first, by lot among equals, so that each gets its turn. Pure: the lot
 * follows from the seed.
 *
 * Shape:  keys. Sources that another drill has come last; for a drill of machines there are machines alone.
 */
export function decideSources(
  candidates: readonly Candidate[],
  choice: { readonly seed: string; readonly machinesOnly: boolean; readonly busy: ReadonlySet<string> },
): readonly string[] {
  return candidates
    .filter(({ kind }) => !choice.machinesOnly || kind === 'virtualMachine')
    .map((each) => ({ ...each, lot: lot(choice.seed, each.key), busy: choice.busy.has(each.key) ? 1 : 0 }))
    .sort((a, b) => a.busy - b.busy || (a.drilledAt ?? 0) - (b.drilledAt ?? 0) || a.lot - b.lot)
    .map(({ key }) => key);
}

/** One of several, by lot; null where there is none. Pure. */
export function pickByLot<T>(seed: string, things: readonly T[]): T | null {
  return things[Math.floor(lot(seed, 'pick') * things.length)] ?? null;
}

/** From 0 to below 1. */
export function lot(seed: string, what: string): number {
  return Buffer.from(hashId('lot', seed, what), 'base64url').readUInt32BE(0) / 2 ** 32;
}

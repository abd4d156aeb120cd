import { type LedgerRow, valueChain } from '../../src/cost/ledger-row.ts';
import { chain, price } from '../cost/ledger-bench.ts';

export const DISKS = 10_000;
export const DAYS = 400;
export const FIRST_DAY = '2025-10-19';

/** A day's rows of the estate: every disk in the chain of its machine, under one to three of five policies. */
export function ledgerRows(seed: number): readonly LedgerRow[] {
  const random = randomNumbers(seed);
  return Array.from({ length: DISKS }, (_, disk) => ledgerRow(disk, random));
}

function ledgerRow(disk: number, random: () => number): LedgerRow {
  const points = [0, 1, 2].map((index) => [`policy${(disk + index) % 5}`, Math.floor(random() * 2 ** 36)] as const);
  const machine = `vm${Math.floor(disk / 3)}`;
  const live = chain(`${machine}-disk${disk}`, points, {
    subscriptionId: `s${disk % 20}`,
    resourceGroup: `rg${disk % 200}`,
    tags: { owner: `owner${disk % 50}@example.com`, costCentre: String(disk % 300), name: machine },
  });
  return valueChain(live, { kind: 'known', price, asOf: FIRST_DAY }, 'EUR', 30);
}

/** Numbers from 0 to 1, the same for the same seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

import type { PointAnswer } from './app-answers.ts';
import type { HttpClient } from './http.ts';

/** What the sandbox bills, as its `GET /sandbox/bill` answers. */
interface Bill {
  readonly chains: readonly {
    readonly familyId: string | null;
    readonly diskName: string;
    readonly storedBytes: number;
    readonly snapshots: readonly { readonly id: string }[];
  }[];
  readonly totalBytes: number;
}

/** The bill beside the app's estimate. Units: bytes. */
export interface BillComparison {
  readonly chains: number;
  readonly billedBytes: number;
  readonly estimatedBytes: number;
  /** Chains whose estimate is not the bill to the byte, and snapshots that only one side knows. */
  readonly differences: readonly string[];
}

/** Ids of all snapshots that Azure has, in lower case. */
export async function listBilledSnapshots(admin: HttpClient): Promise<ReadonlySet<string>> {
  const bill = await admin.ask<Bill>('GET', '/sandbox/bill');
  return new Set(bill.chains.flatMap((chain) => chain.snapshots.map((snapshot) => snapshot.id.toLowerCase())));
}

/**
 * Holds the stored bytes that the app estimates, chain by chain, against what the sandbox bills.
 *
 * Shape: a chain of the bill and the points' snapshots meet by the ids of the snapshots, which both sides know.
 */
export async function compareBill(admin: HttpClient, points: readonly PointAnswer[]): Promise<BillComparison> {
  const bill = await admin.ask<Bill>('GET', '/sandbox/bill');
  const estimated = new Map<string, number | null>();
  for (const { snapshots } of points)
    for (const { id, storedBytes } of snapshots) estimated.set(id.toLowerCase(), storedBytes);
  const differences: string[] = [];
  let estimatedBytes = 0;
  for (const chain of bill.chains) {
    let chainBytes = 0;
    for (const { id } of chain.snapshots) {
      const bytes = estimated.get(id.toLowerCase());
      estimated.delete(id.toLowerCase());
      if (bytes === undefined)
        differences.push(`${chain.diskName}: Azure bills ${id}, which the catalogue does not have`);
      else if (bytes === null) differences.push(`${chain.diskName}: ${id} is not measured`);
      else chainBytes += bytes;
    }
    estimatedBytes += chainBytes;
    if (chainBytes !== chain.storedBytes) {
      differences.push(`${chain.diskName}: estimated ${chainBytes}, billed ${chain.storedBytes} bytes`);
    }
  }
  for (const id of estimated.keys()) differences.push(`the catalogue has ${id}, which Azure does not bill`);
  return { chains: bill.chains.length, billedBytes: bill.totalBytes, estimatedBytes, differences };
}

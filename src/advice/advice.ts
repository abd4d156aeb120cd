import * as z from 'zod';
import type { AzureBackupCost } from './azure-backup-price.ts';

/**
 * A chain whose disk is gone.
 *
 * Shape:  `verdict` says what becomes of it if nobody does anything.
 * Units:  bytes; micro-units a month, null without a price.
 */
export interface Orphan {
  readonly chainKey: string;
  readonly diskName: string;
  readonly sourceName: string;
  readonly owner: string | null;
  readonly resourceGroup: string;
  readonly policies: readonly string[];
  readonly points: number;
  readonly storedBytes: number;
  readonly microUnitsPerMonth: number | null;
  readonly newestAt: number;
  readonly verdict: 'held' | 'no-policy' | 'kept-by-policy' | 'expires';
  readonly why: string;
}

/** A disk that changes far more than it did, or than the others. Units: bytes a day. */
export interface Outlier {
  readonly chainKey: string;
  readonly diskName: string;
  readonly sourceName: string;
  readonly owner: string | null;
  readonly perDay: number;
  readonly usedBytes: number;
  readonly than: 'itself' | 'others';
  readonly usualPerDay: number;
  readonly microUnitsPerMonth: number | null;
}

/** What deleting some points would free; `change` is null for what a policy gives up as it stands. */
export interface Reclaimable {
  readonly policy: string;
  readonly change: { readonly path: string; readonly from: unknown; readonly to: unknown } | null;
  readonly points: number;
  readonly freesBytes: number;
  readonly microUnitsPerMonth: number;
  readonly sources: number;
  readonly ofSources: number;
  readonly unmeasured: number;
}

/**
 * What finance can do something about, worked out once a day.
 *
 * Shape:  lists hold the largest; `orphans.count` and its sums are of all. `unseenSubscriptions` could not be listed: nothing of them is called an orphan.
 */
export interface Advice {
  readonly at: number;
  readonly currency: string;
  readonly chains: number;
  readonly orphans: {
    readonly count: number;
    readonly storedBytes: number;
    readonly microUnitsPerMonth: number;
    readonly listed: readonly Orphan[];
  };
  readonly unseenSubscriptions: readonly string[];
  readonly outliers: readonly Outlier[];
  readonly reclaimable: readonly Reclaimable[];
  /** Weighing changes reads the ranges of many snapshots: it is done once a week, and stands until then. */
  readonly reclaimableAt: number;
  readonly azureBackup: AzureBackupCost;
}

const amount = z.int();

/** The stored form. */
export const adviceSchema: z.ZodType<Advice> = z.strictObject({
  at: amount,
  currency: z.string(),
  chains: amount,
  orphans: z.strictObject({
    count: amount,
    storedBytes: amount,
    microUnitsPerMonth: amount,
    listed: z.array(
      z.strictObject({
        chainKey: z.string(),
        diskName: z.string(),
        sourceName: z.string(),
        owner: z.string().nullable(),
        resourceGroup: z.string(),
        policies: z.array(z.string()),
        points: amount,
        storedBytes: amount,
        microUnitsPerMonth: amount.nullable(),
        newestAt: amount,
        verdict: z.enum(['held', 'no-policy', 'kept-by-policy', 'expires']),
        why: z.string(),
      }),
    ),
  }),
  unseenSubscriptions: z.array(z.string()),
  outliers: z.array(
    z.strictObject({
      chainKey: z.string(),
      diskName: z.string(),
      sourceName: z.string(),
      owner: z.string().nullable(),
      perDay: amount,
      usedBytes: amount,
      than: z.enum(['itself', 'others']),
      usualPerDay: amount,
      microUnitsPerMonth: amount.nullable(),
    }),
  ),
  reclaimable: z.array(
    z.strictObject({
      policy: z.string(),
      change: z.strictObject({ path: z.string(), from: z.unknown(), to: z.unknown() }).nullable(),
      points: amount,
      freesBytes: amount,
      microUnitsPerMonth: amount,
      sources: amount,
      ofSources: amount,
      unmeasured: amount,
    }),
  ),
  reclaimableAt: amount,
  azureBackup: z.strictObject({
    machines: amount,
    instancesMicroUnits: amount,
    storageLrsMicroUnits: amount,
    storageGrsMicroUnits: amount,
    storedBytes: amount,
  }),
});

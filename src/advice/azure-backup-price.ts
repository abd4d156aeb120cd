import { GIB } from '../base/bytes.ts';

/**
 * What Azure Backup lists for virtual machines: a fee for each machine by the size of its data, and what the vault stores. List prices, never the
 * customer's own.
 *
 * Units:  micro-units of USD a month; GiB.
 * Source: https://azure.microsoft.com/pricing/details/backup/ , US East, as third-party pages quoted it; not read from Azure itself.
 */
export const AZURE_BACKUP_LIST_PRICE = {
  asOf: '2026-11',
  currency: 'USD',
  region: 'US East',
  smallInstanceMicroUnits: 5_000_000,
  smallInstanceGiB: 50,
  instanceMicroUnits: 10_000_000,
  instanceStepGiB: 500,
  storageMicroUnitsPerGiB: { LRS: 22_400, GRS: 44_800 },
} as const;

/** The fee for one protected machine by its used size: 5 up to 50 GiB, 10 up to 500, 10 more for each further 500 begun. */
export function instanceFeeMicroUnits(usedBytes: number): number {
  const price = AZURE_BACKUP_LIST_PRICE;
  const usedGiB = usedBytes / GIB;
  if (usedGiB <= price.smallInstanceGiB) return price.smallInstanceMicroUnits;
  return Math.max(1, Math.ceil(usedGiB / price.instanceStepGiB)) * price.instanceMicroUnits;
}

/**
 * What Azure Backup would list for some machines.
 *
 * Units:  micro-units of USD a month. `storage…` takes what Holdfast's snapshots of them store as what the vault would.
 */
export interface AzureBackupCost {
  readonly machines: number;
  readonly instancesMicroUnits: number;
  readonly storageLrsMicroUnits: number;
  readonly storageGrsMicroUnits: number;
  readonly storedBytes: number;
}

/** Adds machines up. */
export function azureBackupCost(
  machines: readonly { readonly usedBytes: number; readonly storedBytes: number }[],
): AzureBackupCost {
  const storedBytes = machines.reduce((sum, machine) => sum + machine.storedBytes, 0);
  const { LRS, GRS } = AZURE_BACKUP_LIST_PRICE.storageMicroUnitsPerGiB;
  return {
    machines: machines.length,
    instancesMicroUnits: machines.reduce((sum, { usedBytes }) => sum + instanceFeeMicroUnits(usedBytes), 0),
    storageLrsMicroUnits: Math.round((storedBytes / GIB) * LRS),
    storageGrsMicroUnits: Math.round((storedBytes / GIB) * GRS),
    storedBytes,
  };
}

import type { Advice } from '../advice/advice.ts';
import { AZURE_BACKUP_LIST_PRICE } from '../advice/azure-backup-price.ts';
import { fromMicroUnits } from '../base/money.ts';
import { formatIso } from '../base/time.ts';

/** What can be saved, as the JSON report has it. Units: amounts a month, in `currency`. */
export function adviceJson(advice: Advice) {
  const { at, currency, chains, orphans, unseenSubscriptions, outliers, reclaimable, azureBackup } = advice;
  const perMonth = (microUnits: number | null) => (microUnits === null ? null : fromMicroUnits(microUnits));
  const { asOf, currency: listCurrency, region } = AZURE_BACKUP_LIST_PRICE;
  return {
    at: formatIso(at),
    currency,
    chains,
    reclaimableAt: formatIso(advice.reclaimableAt),
    reclaimable: reclaimable.map(({ microUnitsPerMonth, ...each }) => ({
      ...each,
      costPerMonth: fromMicroUnits(microUnitsPerMonth),
    })),
    orphans: {
      count: orphans.count,
      storedBytes: orphans.storedBytes,
      costPerMonth: fromMicroUnits(orphans.microUnitsPerMonth),
      listed: orphans.listed.map(({ microUnitsPerMonth, newestAt, ...each }) => ({
        ...each,
        newestAt: formatIso(newestAt),
        costPerMonth: perMonth(microUnitsPerMonth),
      })),
    },
    unseenSubscriptions,
    outliers: outliers.map(({ microUnitsPerMonth, ...each }) => ({
      ...each,
      addsPerMonth: perMonth(microUnitsPerMonth),
    })),
    azureBackup: {
      basis: 'list prices, not the customer’s own',
      ...{ asOf, currency: listCurrency, region },
      machines: azureBackup.machines,
      instancesPerMonth: fromMicroUnits(azureBackup.instancesMicroUnits),
      storageLrsPerMonth: fromMicroUnits(azureBackup.storageLrsMicroUnits),
      storageGrsPerMonth: fromMicroUnits(azureBackup.storageGrsMicroUnits),
      storedBytes: azureBackup.storedBytes,
    },
  };
}

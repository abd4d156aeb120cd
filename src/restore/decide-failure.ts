import type { ErrorFacts } from '../base/errors.ts';

/**
 * Azure's codes that people at three in the morning ask about, in words that say what to do.
 *
 * Source: learn.microsoft.com/troubleshoot/azure/virtual-machines/allocation-failure, learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-resource-quota,
 *         error-sku-not-available; the network's codes are texts seen in its answers ⚠.
 */
const KNOWN: readonly { readonly codes: readonly string[]; readonly code: string; readonly message: string }[] = [
  {
    codes: ['QuotaExceeded', 'ResourceQuotaExceeded'],
    code: 'quota-exceeded',
    message: 'A quota of the subscription is used up: raise it, or choose another size or region',
  },
  {
    codes: [
      'AllocationFailed',
      'ZonalAllocationFailed',
      'OverconstrainedAllocationRequest',
      'OverconstrainedZonalAllocationRequest',
    ],
    code: 'no-capacity',
    message: 'Azure has no room for this size here now: choose another size or zone, or try later',
  },
  {
    codes: ['SkuNotAvailable', 'NotAvailableForSubscription'],
    code: 'size-not-available',
    message: 'This size or kind of disk is not offered here: choose another',
  },
  {
    codes: ['NicInUse', 'NetworkInterfaceInUse', 'NicReservedForAnotherVm'],
    code: 'interface-in-use',
    message: 'The interface was taken by another machine meanwhile',
  },
  {
    codes: ['PrivateIPAddressIsAllocated', 'PrivateIPAddressInUse'],
    code: 'address-in-use',
    message: 'The address was taken meanwhile: leave it out, or choose another',
  },
  { codes: ['SubnetIsFull'], code: 'subnet-full', message: 'The subnet has no free address' },
  {
    codes: ['AttachDiskWhileBeingDetached', 'DiskIsAttached'],
    code: 'disk-in-use',
    message: 'A disk was attached to another machine meanwhile',
  },
  {
    codes: ['MarketplacePurchaseEligibilityFailed', 'VMMarketplaceInvalidInput', 'ResourcePurchaseValidationFailed'],
    code: 'plan-not-accepted',
    message: 'The terms of the marketplace image are not accepted in this subscription',
  },
];

const QUOTA_TEXT = /quota|exceed\w* (?:approved|the) .*(?:limit|cores)/i;

/** Names a failure of Azure: what happened in the product's words, and Azure's own code beside it. */
export function decideFailure(failure: {
  readonly code: string;
  readonly message: string;
  readonly facts: ErrorFacts;
}): { readonly code: string; readonly message: string; readonly azureCode: string | null } {
  const azureCode = typeof failure.facts.azureCode === 'string' ? failure.facts.azureCode : null;
  const known = KNOWN.find(({ codes }) => azureCode !== null && codes.includes(azureCode));
  if (known) return { code: known.code, message: known.message, azureCode };
  // Compute says OperationNotAllowed for cores that are used up, and for much else.
  const azureText = String(failure.facts.azureText ?? failure.facts.azureMessage ?? '');
  if (azureCode === 'OperationNotAllowed' && QUOTA_TEXT.test(azureText))
    return { code: 'quota-exceeded', message: KNOWN[0]?.message ?? failure.message, azureCode };
  return { code: failure.code, message: failure.message, azureCode };
}

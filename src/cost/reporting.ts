import type { GroupTags } from './day-groups.ts';
import type { BillingAccount } from './report-focus.ts';

/** How reports name things: from configuration. `billingAccount` is null where none is configured: then there is no FOCUS dataset. */
export interface Reporting {
  readonly tags: GroupTags;
  readonly billingAccount: BillingAccount | null;
}

/** Where nothing is configured. */
export const DEFAULT_REPORTING: Reporting = {
  tags: { owner: 'owner', costCentre: 'costCentre' },
  billingAccount: null,
};

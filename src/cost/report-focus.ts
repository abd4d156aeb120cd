import { parseResourceId } from '../base/ids.ts';
import { fromMicroUnits, MICRO_UNITS_PER_UNIT } from '../base/money.ts';
import type { Store } from '../base/store.ts';
import { type BilledRow, readBilled } from './billed-cost.ts';
import type { ChainHead, Chains } from './chains.ts';
import { redundancyOfSku } from './price.ts';
import type { PriceBook } from './price-book.ts';
import { type PointEstimate, readEstimates } from './report-estimates.ts';
import { type ReportQuery, shiftDay } from './report-query.ts';

/** Who receives the invoice: from configuration, as Azure does not tell it with the figures. */
export interface BillingAccount {
  readonly id: string;
  readonly name: string | null;
}

/** A row by column; null is no value. */
export type FocusRow = Readonly<Record<(typeof FOCUS_COLUMNS)[number], string | number | null>>;

/**
 * The columns of the FOCUS dataset, those of the specification first and in its order (by name), then Holdfast's own.
 *
 * Source: FOCUS 1.2, https://focus.finops.org/focus-specification/v1-2/ : the mandatory columns, the conditional ones that apply (regions, resources,
 *         sub accounts, kinds of billing accounts, SKUs, unit prices, consumption, tags), the recommended ones. Left out as no snapshot can have them:
 *         commitment discounts, capacity reservations, pricing currencies.
 */
export const FOCUS_COLUMNS = [
  'AvailabilityZone',
  'BilledCost',
  'BillingAccountId',
  'BillingAccountName',
  'BillingAccountType',
  'BillingCurrency',
  'BillingPeriodEnd',
  'BillingPeriodStart',
  'ChargeCategory',
  'ChargeClass',
  'ChargeDescription',
  'ChargeFrequency',
  'ChargePeriodEnd',
  'ChargePeriodStart',
  'ConsumedQuantity',
  'ConsumedUnit',
  'ContractedCost',
  'ContractedUnitPrice',
  'EffectiveCost',
  'InvoiceId',
  'InvoiceIssuerName',
  'ListCost',
  'ListUnitPrice',
  'PricingCategory',
  'PricingQuantity',
  'PricingUnit',
  'ProviderName',
  'PublisherName',
  'RegionId',
  'RegionName',
  'ResourceId',
  'ResourceName',
  'ResourceType',
  'ServiceCategory',
  'ServiceName',
  'ServiceSubcategory',
  'SkuId',
  'SkuMeter',
  'SkuPriceId',
  'SubAccountId',
  'SubAccountName',
  'SubAccountType',
  'Tags',
  'x_HoldfastDiskName',
  'x_HoldfastEstimatedCost',
  'x_HoldfastEstimatedQuantity',
  'x_HoldfastInvoiceClosed',
  'x_HoldfastListPriceKnown',
  'x_HoldfastPolicy',
  'x_HoldfastPointId',
  'x_HoldfastSourceId',
  'x_HoldfastSourceName',
] as const;

export interface FocusDeps {
  readonly store: Store;
  readonly chains: Pick<Chains, 'heads'>;
  readonly prices: PriceBook;
}

/**
 * What Azure has billed for Holdfast's snapshots, row by row as FOCUS has it.
 *
 * Shape:  one row for each snapshot, meter and day that is billed; a day not billed yet has none. Snapshots of others are left out. Estimates stand in
 *         columns of their own and in no cost of the specification.
 * Units:  amounts in the billing currency, exact to the micro-unit; quantities in GiB-months.
 */
export async function* readFocusRows(
  deps: FocusDeps,
  query: Pick<ReportQuery, 'from' | 'to'>,
  account: BillingAccount,
): AsyncIterable<FocusRow> {
  const { store, prices } = deps;
  const heads = new Map<string, ChainHead>();
  for await (const head of deps.chains.heads()) heads.set(head.key, head);
  let day = '';
  let estimates: ReadonlyMap<string, PointEstimate> = new Map();
  for await (const page of readBilled(store, { from: query.from, to: query.to, currency: prices.currency })) {
    for (const row of page) {
      if (row.foreign) continue;
      if (row.day !== day) {
        day = row.day;
        estimates = await readEstimates(store, day, prices.currency);
      }
      const head = row.owner ? (heads.get(row.owner.chainKey) ?? null) : null;
      const estimate = row.owner ? (estimates.get(`${row.owner.chainKey}|${row.owner.pointId}`) ?? null) : null;
      yield focusRow(row, { account, head, estimate, listMicroUnits: await listPrice(prices, head) });
    }
  }
}

/**
 * What kind of entity the id names: with a Microsoft Customer Agreement costs belong to a profile of the account.
 *
 * Source: learn.microsoft.com/azure/cost-management-billing/dataset-schema/cost-usage-details-focus (the kind of entity that BillingAccountId represents).
 */
function accountType({ id }: BillingAccount): string {
  return /\/billingProfiles\//i.test(id) ? 'Billing Profile' : 'Billing Account';
}

/** The list price of a GiB and month; null where it is not known, or a negotiated one stands in its place. */
async function listPrice(prices: PriceBook, head: ChainHead | null): Promise<number | null> {
  if (head === null) return null;
  const answer = await prices.priceOf(head.region, redundancyOfSku(head.snapshotSku));
  return answer.kind === 'known' && answer.price.source === 'retail' ? answer.price.microUnitsPerGiBMonth : null;
}

function focusRow(
  row: BilledRow,
  about: {
    readonly account: BillingAccount;
    readonly head: ChainHead | null;
    readonly estimate: PointEstimate | null;
    readonly listMicroUnits: number | null;
  },
): FocusRow {
  const { account, head, estimate } = about;
  const cost = fromMicroUnits(row.microUnits);
  const unitPrice = row.quantity > 0 ? cost / row.quantity : (about.listMicroUnits ?? 0) / MICRO_UNITS_PER_UNIT;
  const listUnitPrice = about.listMicroUnits === null ? unitPrice : fromMicroUnits(about.listMicroUnits);
  const month = `${row.day.slice(0, 7)}-01`;
  const nextMonth = `${shiftDay(month, 31).slice(0, 7)}-01`;
  const subscription = `/subscriptions/${row.subscriptionId}`;
  return {
    AvailabilityZone: null,
    BilledCost: cost,
    BillingAccountId: account.id,
    BillingAccountName: account.name,
    BillingAccountType: accountType(account),
    BillingCurrency: row.currency,
    BillingPeriodEnd: midnight(nextMonth),
    BillingPeriodStart: midnight(month),
    ChargeCategory: 'Usage',
    // A figure that changes before its invoice is closed is no correction of one that was invoiced.
    ChargeClass: null,
    ChargeDescription: `${row.product ?? 'Managed disk snapshots'}, ${row.meter ?? 'used size'}`,
    ChargeFrequency: 'Usage-Based',
    ChargePeriodEnd: midnight(shiftDay(row.day, 1)),
    ChargePeriodStart: midnight(row.day),
    ConsumedQuantity: row.quantity,
    ConsumedUnit: 'GiB-Months',
    // No commitment or credit applies to snapshots: what is billed is what was agreed and what it effectively costs.
    ContractedCost: cost,
    ContractedUnitPrice: unitPrice,
    EffectiveCost: cost,
    InvoiceId: null,
    InvoiceIssuerName: 'Microsoft',
    ListCost: about.listMicroUnits === null ? cost : listUnitPrice * row.quantity,
    ListUnitPrice: listUnitPrice,
    PricingCategory: 'Standard',
    PricingQuantity: row.quantity,
    PricingUnit: 'GiB-Months',
    ProviderName: 'Microsoft',
    PublisherName: 'Microsoft',
    RegionId: head?.region ?? null,
    RegionName: head?.region ?? null,
    ResourceId: row.resourceId,
    ResourceName: parseResourceId(row.resourceId)?.name ?? row.resourceId,
    ResourceType: 'Snapshot',
    ServiceCategory: 'Storage',
    ServiceName: 'Azure Disk Storage',
    ServiceSubcategory: 'Backup Storage',
    SkuId: row.meterId,
    SkuMeter: row.meter,
    SkuPriceId: row.meterId,
    SubAccountId: subscription,
    // The figures carry no names of subscriptions.
    SubAccountName: row.subscriptionId,
    SubAccountType: 'Subscription',
    Tags: head === null ? null : JSON.stringify(head.source.tags),
    x_HoldfastDiskName: head?.diskName ?? null,
    x_HoldfastEstimatedCost: estimate === null ? null : fromMicroUnits(estimate.microUnits),
    x_HoldfastEstimatedQuantity: estimate?.quantity ?? null,
    x_HoldfastInvoiceClosed: row.final ? 'true' : 'false',
    x_HoldfastListPriceKnown: about.listMicroUnits === null ? 'false' : 'true',
    x_HoldfastPolicy: row.owner?.policy ?? null,
    x_HoldfastPointId: row.owner?.pointId ?? null,
    x_HoldfastSourceId: head?.source.id ?? null,
    x_HoldfastSourceName: head?.source.name ?? null,
  };
}

/** Source: FOCUS 1.2, date and time format: ISO 8601 in UTC. */
function midnight(day: string): string {
  return `${day}T00:00:00Z`;
}

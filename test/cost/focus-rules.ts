/** What the specification says of one column. */
export interface FocusRule {
  readonly type: 'Decimal' | 'String' | 'DateTime' | 'JSON';
  readonly isMandatory: boolean;
  /** Null in a row of usage that is no correction. */
  readonly mayBeNull: boolean;
  readonly allowed?: readonly string[];
}

const must = { isMandatory: true, mayBeNull: false } as const;
const mustMayBeNull = { isMandatory: true, mayBeNull: true } as const;
const may = { isMandatory: false, mayBeNull: true } as const;
const mayNot = { isMandatory: false, mayBeNull: false } as const;

/**
 * The columns of FOCUS 1.2 that a dataset of snapshots has, with type, presence, nullability for rows of usage, and allowed values.
 *
 * Source: https://github.com/FinOps-Open-Cost-and-Usage-Spec/FOCUS_Spec, specification/columns/*.md, for version 1.2 (June 2025), https://focus.finops.org/focus-specification/v1-2/
 *         ⚠ Read in the text: BillingAccountType, ChargeFrequency, ConsumedQuantity, ContractedUnitPrice, InvoiceId, PricingCategory, PricingQuantity,
 *         PricingUnit, ServiceCategory, ServiceSubcategory, SkuPriceId, SubAccountType; not all of them at the tag of 1.2. The rest is known, not read.
 */
export const focusRules: Readonly<Record<string, FocusRule>> = {
  AvailabilityZone: { type: 'String', ...may },
  BilledCost: { type: 'Decimal', ...must },
  BillingAccountId: { type: 'String', ...must },
  BillingAccountName: { type: 'String', ...mustMayBeNull },
  BillingAccountType: { type: 'String', ...mayNot },
  BillingCurrency: { type: 'String', ...must },
  BillingPeriodEnd: { type: 'DateTime', ...must },
  BillingPeriodStart: { type: 'DateTime', ...must },
  ChargeCategory: { type: 'String', ...must, allowed: ['Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment'] },
  ChargeClass: { type: 'String', ...mustMayBeNull, allowed: ['Correction'] },
  ChargeDescription: { type: 'String', ...mustMayBeNull },
  ChargeFrequency: { type: 'String', ...mayNot, allowed: ['One-Time', 'Recurring', 'Usage-Based'] },
  ChargePeriodEnd: { type: 'DateTime', ...must },
  ChargePeriodStart: { type: 'DateTime', ...must },
  ConsumedQuantity: { type: 'Decimal', ...mayNot },
  ConsumedUnit: { type: 'String', ...mayNot },
  ContractedCost: { type: 'Decimal', ...must },
  ContractedUnitPrice: { type: 'Decimal', ...mayNot },
  EffectiveCost: { type: 'Decimal', ...must },
  InvoiceId: { type: 'String', ...may },
  InvoiceIssuerName: { type: 'String', ...must },
  ListCost: { type: 'Decimal', ...must },
  ListUnitPrice: { type: 'Decimal', ...mayNot },
  PricingCategory: { type: 'String', ...mayNot, allowed: ['Standard', 'Dynamic', 'Committed', 'Other'] },
  PricingQuantity: { type: 'Decimal', isMandatory: true, mayBeNull: false },
  PricingUnit: { type: 'String', isMandatory: true, mayBeNull: false },
  ProviderName: { type: 'String', ...must },
  PublisherName: { type: 'String', ...must },
  RegionId: { type: 'String', ...may },
  RegionName: { type: 'String', ...may },
  ResourceId: { type: 'String', ...may },
  ResourceName: { type: 'String', ...may },
  ResourceType: { type: 'String', ...may },
  ServiceCategory: {
    type: 'String',
    ...must,
    allowed: [
      ...['AI and Machine Learning', 'Analytics', 'Business Applications', 'Compute', 'Databases', 'Developer Tools'],
      ...['Multicloud', 'Identity', 'Integration', 'Internet of Things', 'Management and Governance', 'Media'],
      ...['Migration', 'Mobile', 'Networking', 'Security', 'Storage', 'Web', 'Other'],
    ],
  },
  ServiceName: { type: 'String', ...must },
  ServiceSubcategory: {
    type: 'String',
    ...mayNot,
    // Those of the category Storage.
    allowed: [
      'Backup Storage',
      'Block Storage',
      'File Storage',
      'Object Storage',
      'Storage Platforms',
      'Other (Storage)',
    ],
  },
  SkuId: { type: 'String', ...mayNot },
  SkuMeter: { type: 'String', ...may },
  SkuPriceId: { type: 'String', ...mayNot },
  SubAccountId: { type: 'String', ...may },
  SubAccountName: { type: 'String', ...may },
  // Null only where there is no sub account: every row has one.
  SubAccountType: { type: 'String', ...mayNot },
  Tags: { type: 'JSON', ...may },
};

/** The columns that are there in every dataset, whatever it is about. */
export const MANDATORY = [
  ...['BilledCost', 'BillingAccountId', 'BillingAccountName', 'BillingCurrency', 'BillingPeriodEnd'],
  ...['BillingPeriodStart', 'ChargeCategory', 'ChargeClass', 'ChargeDescription', 'ChargePeriodEnd'],
  ...['ChargePeriodStart', 'ContractedCost', 'EffectiveCost', 'InvoiceIssuerName', 'ListCost', 'PricingQuantity'],
  ...['PricingUnit', 'ProviderName', 'PublisherName', 'ServiceCategory', 'ServiceName'],
];

/** Says what is wrong with a value as CSV has it; null where it is right. */
export function judgeValue(rule: FocusRule, text: string): string | null {
  if (text === '') return rule.mayBeNull ? null : 'is null';
  switch (rule.type) {
    case 'Decimal':
      return /^-?\d+(\.\d+)?(E-?\d+)?$/.test(text) ? null : 'is no decimal';
    case 'DateTime':
      return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(text) ? null : 'is no moment in UTC';
    case 'JSON':
      return isStringMap(text) ? null : 'is no JSON object of texts';
    case 'String':
      return rule.allowed && !rule.allowed.includes(text) ? 'is not allowed' : null;
  }
}

function isStringMap(text: string): boolean {
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null && Object.values(value).every((each) => typeof each === 'string');
}

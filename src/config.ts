import * as z from 'zod';
import { isCurrencyCode } from './base/money.ts';
import type { Problem } from './base/problem.ts';
import type { Reporting } from './cost/reporting.ts';
import { parseTargets } from './notify/parse-targets.ts';
import type { WebhookTarget } from './notify/ports.ts';
import { parseIngestion } from './watch/parse-ingestion.ts';
import type { Ingestion } from './watch/ports.ts';

/** True for the addresses of this machine itself. */
function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}

const url = z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' });
const guid = z.guid({ error: 'must be a GUID' });

/** Source: learn.microsoft.com/azure/azure-resource-manager/management/tag-resources (512 characters, without <, >, %, &, \\, ?, /). */
const tagName = z
  .string()
  .trim()
  .regex(/^[^<>%&\\?/]{1,512}$/, 'must be the name of a tag');

/** Every setting the app knows, by its name in the environment. */
export const settingsSchema = z.object({
  AzureWebJobsStorage__blobServiceUri: url.describe("Blob endpoint of the app's storage account."),
  AzureWebJobsStorage__queueServiceUri: url.describe("Queue endpoint of the app's storage account."),
  AzureWebJobsStorage__tableServiceUri: url.describe("Table endpoint of the app's storage account."),
  AzureWebJobsStorage__credential: z
    .literal('managedidentity')
    .optional()
    .describe('How the Functions host signs in to storage.'),
  AzureWebJobsStorage__clientId: guid
    .optional()
    .describe('Client id of the identity that the host and the app use for storage.'),
  HOLDFAST_SNAPSHOT_CLIENT_ID: guid.optional().describe('Client id of the snapshot identity.'),
  HOLDFAST_RESTORE_CLIENT_ID: guid.optional().describe('Client id of the restore identity.'),
  HOLDFAST_COST_CLIENT_ID: guid
    .optional()
    .describe('Client id of the identity that reads costs; the snapshot identity where none is named.'),
  HOLDFAST_ARM_ENDPOINT: url.default('https://management.azure.com').describe('Azure Resource Manager.'),
  HOLDFAST_RETAIL_PRICES_URL: url
    .default('https://prices.azure.com/api/retail/prices')
    .describe('Azure Retail Prices API.'),
  HOLDFAST_CURRENCY: z
    .string()
    .refine(isCurrencyCode, 'must be three capital letters')
    .default('USD')
    .describe('Currency of prices and reports.'),
  HOLDFAST_BILLING_ACCOUNT_ID: z.string().trim().max(512).optional().describe('Billing account of the FOCUS rows.'),
  HOLDFAST_BILLING_ACCOUNT_NAME: z.string().trim().max(512).optional().describe('Its name.'),
  HOLDFAST_OWNER_TAG: tagName.default('owner').describe('The tag that names the owner of a disk or machine.'),
  HOLDFAST_COST_CENTRE_TAG: tagName.default('costCentre').describe('The tag that names the cost centre.'),
  HOLDFAST_LEDGER_MONTHS: z.coerce
    .number({ error: 'must be a whole number of months' })
    .int('must be a whole number of months')
    .min(1, 'must be 1 or more')
    .max(240, 'must be 240 or less')
    .default(25)
    .describe('Whole months that the cost ledger is kept after their end.'),
  HOLDFAST_WEBHOOKS: z
    .string()
    .transform((text, context) => {
      const parsed = parseTargets(text);
      if (parsed.ok) return parsed.value;
      for (const { path, message, allowed } of parsed.problems)
        context.addIssue({ code: 'custom', message: `${path} ${message}${allowed ? `: ${allowed}` : ''}` });
      return z.NEVER;
    })
    .optional()
    .describe('Where messages go: a JSON list of webhooks, a secret as a whole. Best a Key Vault reference.'),
  APPLICATIONINSIGHTS_CONNECTION_STRING: z
    .string()
    .transform((text, context) => {
      const ingestion = parseIngestion(text);
      if (ingestion !== null) return ingestion;
      context.addIssue({ code: 'custom', message: 'must be a connection string with an instrumentation key' });
      return z.NEVER;
    })
    .optional()
    .describe('Application Insights: where metrics go, and the logs of the Functions host.'),
  HOLDFAST_CLOCK_URL: url
    .refine((value) => URL.canParse(value) && isLoopback(value), 'must be on this machine')
    .optional()
    .describe("The sandbox's clock; never set in Azure."),
});

/** The app's settings, read once. */
export interface Config {
  readonly storage: {
    readonly blobServiceUri: string;
    readonly queueServiceUri: string;
    readonly tableServiceUri: string;
    readonly clientId: string | null;
  };
  /** In Azure the app signs in as its managed identities, on a developer's machine as the developer. */
  readonly managedIdentity: boolean;
  readonly snapshotClientId: string | null;
  readonly restoreClientId: string | null;
  readonly costClientId: string | null;
  readonly armEndpoint: string;
  readonly retailPricesUrl: string;
  readonly currency: string;
  readonly ledgerMonths: number;
  readonly reporting: Reporting;
  readonly webhookTargets: readonly WebhookTarget[];
  /** Where metrics go; null for nowhere. */
  readonly ingestion: Ingestion | null;
  readonly clockUrl: string | null;
}

/** All that is wrong with the environment. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(`The settings are not valid: ${problems.map((problem) => `${problem.path} ${problem.message}`).join('; ')}`);
    this.problems = problems;
  }
}

/**
 * Reads the settings from an environment.
 *
 * Errors: ConfigError with every problem at once; values are never part of a message.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = settingsSchema.safeParse(present);
  if (!parsed.success)
    throw new ConfigError(parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })));
  const settings = parsed.data;
  return Object.freeze({
    storage: Object.freeze({
      blobServiceUri: settings.AzureWebJobsStorage__blobServiceUri,
      queueServiceUri: settings.AzureWebJobsStorage__queueServiceUri,
      tableServiceUri: settings.AzureWebJobsStorage__tableServiceUri,
      clientId: settings.AzureWebJobsStorage__clientId ?? null,
    }),
    managedIdentity: settings.AzureWebJobsStorage__credential === 'managedidentity',
    snapshotClientId: settings.HOLDFAST_SNAPSHOT_CLIENT_ID ?? null,
    restoreClientId: settings.HOLDFAST_RESTORE_CLIENT_ID ?? null,
    costClientId: settings.HOLDFAST_COST_CLIENT_ID ?? settings.HOLDFAST_SNAPSHOT_CLIENT_ID ?? null,
    armEndpoint: settings.HOLDFAST_ARM_ENDPOINT.replace(/\/$/, ''),
    retailPricesUrl: settings.HOLDFAST_RETAIL_PRICES_URL,
    currency: settings.HOLDFAST_CURRENCY,
    ledgerMonths: settings.HOLDFAST_LEDGER_MONTHS,
    reporting: Object.freeze({
      tags: { owner: settings.HOLDFAST_OWNER_TAG, costCentre: settings.HOLDFAST_COST_CENTRE_TAG },
      billingAccount: settings.HOLDFAST_BILLING_ACCOUNT_ID
        ? { id: settings.HOLDFAST_BILLING_ACCOUNT_ID, name: settings.HOLDFAST_BILLING_ACCOUNT_NAME ?? null }
        : null,
    }),
    webhookTargets: settings.HOLDFAST_WEBHOOKS ?? [],
    ingestion: settings.APPLICATIONINSIGHTS_CONNECTION_STRING ?? null,
    clockUrl: settings.HOLDFAST_CLOCK_URL ?? null,
  });
}

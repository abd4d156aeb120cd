import type { LocalAzure } from '../play/local-azure.ts';

/** Variables by client: what it takes for that client to use the sandbox instead of Azure. */
export interface ClientSettings {
  /** Azure SDKs, any language: managed identity as App Service gives it, and the certificate to trust. */
  readonly sdk: Readonly<Record<string, string>>;
  /** The Azure CLI: a folder of its own, so that a real login stays what it is. */
  readonly azureCli: Readonly<Record<string, string>>;
  readonly storage: Readonly<Record<string, string>>;
  /** Whoever drives the sandbox itself: clock, faults, estate, bill. */
  readonly driver: Readonly<Record<string, string>>;
}

/** Any client id that is a GUID may sign in, with any secret; this one is used in recipes. */
const SERVICE_PRINCIPAL = 'aaaaaaaa-0000-4000-8000-000000000001';
const TENANT_ID = '11111111-1111-4111-8111-111111111111';

/** What each client must be told. Shape: `cliFolder` is where the Azure CLI keeps its settings. */
export function clientSettings(azure: LocalAzure, cliFolder: string): ClientSettings {
  const { certificatePath } = azure.certificate;
  return {
    sdk: {
      HOLDFAST_ARM_ENDPOINT: azure.armUrl,
      IDENTITY_ENDPOINT: `${azure.adminUrl}/msi/token`,
      IDENTITY_HEADER: azure.identityHeader,
      NODE_EXTRA_CA_CERTS: certificatePath,
      SSL_CERT_FILE: certificatePath,
    },
    azureCli: {
      AZURE_CONFIG_DIR: cliFolder,
      AZURE_CORE_COLLECT_TELEMETRY: 'no',
      REQUESTS_CA_BUNDLE: certificatePath,
    },
    storage: {
      AzureWebJobsStorage__blobServiceUri: azure.storage.blobUri,
      AzureWebJobsStorage__queueServiceUri: azure.storage.queueUri,
      AzureWebJobsStorage__tableServiceUri: azure.storage.tableUri,
    },
    driver: { SANDBOX_ADMIN_URL: azure.adminUrl },
  };
}

/** The commands by which the Azure CLI gets to know the sandbox and signs in. */
export function azureCliCommands(armUrl: string): readonly string[] {
  return [
    `az cloud register -n sandbox --endpoint-resource-manager ${armUrl}`,
    'az cloud set -n sandbox',
    `az login --service-principal -u ${SERVICE_PRINCIPAL} -p any-secret --tenant ${TENANT_ID}`,
  ];
}

/** As the managed identity of an App Service instead; later commands ask for tokens there too. */
const IDENTITY_LOGIN = `export MSI_ENDPOINT=$IDENTITY_ENDPOINT MSI_SECRET=$IDENTITY_HEADER APPSETTING_WEBSITE_SITE_NAME=sandbox
az login --identity`;

/** What is printed for people. */
export function showSettings(azure: LocalAzure, settings: ClientSettings, environmentFile: string): string {
  const { sdk, azureCli, storage, driver } = settings;
  return `The sandbox Azure is up; its clock runs. Ctrl-C ends everything, with all that it holds.

  what exists, the bill, the last requests    ${azure.adminUrl}/
  Resource Manager                            ${azure.armUrl}

Everything below as one file to source:

  . ${environmentFile}

# Azure SDK: ManagedIdentityCredential, and the address of Resource Manager given to the client
${exports(sdk)}

# Azure CLI
${exports(azureCli)}
${azureCliCommands(azure.armUrl).join('\n')}
# or as a managed identity
${IDENTITY_LOGIN}

# Storage (Azurite): as the managed identity, or with a token by hand
${exports(storage)}
${TOKEN_COMMAND}

# Clock, faults, estate and bill: src/sandbox/azure/README.md
${exports(driver)}
`;
}

const TOKEN_COMMAND =
  'curl -s -H "X-IDENTITY-HEADER: $IDENTITY_HEADER" "$IDENTITY_ENDPOINT?api-version=2019-08-01&resource=https://storage.azure.com"';

/** The same as lines for a shell. */
export function exports(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}=${value}`)
    .join('\n');
}

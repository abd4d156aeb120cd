import { textByName } from 'types.bicep'

@description('Part of the names that makes them unique.')
param token string
param location string
param tags textByName
param storageName string
param snapshotIdentityName string
param restoreIdentityName string
param insightsName string
param workspaceId string

@description('Subnet that the app is put into; empty for none.')
param integrationSubnetId string
param maximumInstanceCount int
param authClientId string
param authTenantId string
param currency string

@description('Where the webhooks are kept; the setting holds a reference, never the secret.')
param webhooksSecretUri string
param billingAccountId string
param billingAccountName string
param ownerTag string
param costCentreTag string
param ledgerMonths int
param furtherSettings textByName

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName
}
resource snapshotIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: snapshotIdentityName
}
resource restoreIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: restoreIdentityName
}
resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'plan-holdfast-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource site 'Microsoft.Web/sites@2024-04-01' = {
  name: 'func-holdfast-${token}'
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${snapshotIdentity.id}': {}
      '${restoreIdentity.id}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    keyVaultReferenceIdentity: snapshotIdentity.id
    virtualNetworkSubnetId: empty(integrationSubnetId) ? null : integrationSubnetId
    siteConfig: { minTlsVersion: '1.2', scmMinTlsVersion: '1.2', http20Enabled: true }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}app-package'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: snapshotIdentity.id
          }
        }
      }
      // No instance is kept ready: timers and queues start their own, and an idle month costs what its ticks cost.
      scaleAndConcurrency: { instanceMemoryMB: 512, maximumInstanceCount: maximumInstanceCount, alwaysReady: [] }
      // Node.js 24: generally available until April 2028. Source: learn.microsoft.com/azure/azure-functions/supported-languages (JavaScript).
      runtime: { name: 'node', version: '24' }
    }
  }

  // Basic authentication would be a password.
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

resource settings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: site
  name: 'appsettings'
  properties: union(
    {
      AzureWebJobsStorage__blobServiceUri: storage.properties.primaryEndpoints.blob
      AzureWebJobsStorage__queueServiceUri: storage.properties.primaryEndpoints.queue
      AzureWebJobsStorage__tableServiceUri: storage.properties.primaryEndpoints.table
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: snapshotIdentity.properties.clientId
      HOLDFAST_SNAPSHOT_CLIENT_ID: snapshotIdentity.properties.clientId
      HOLDFAST_RESTORE_CLIENT_ID: restoreIdentity.properties.clientId
      HOLDFAST_ARM_ENDPOINT: environment().resourceManager
      HOLDFAST_RETAIL_PRICES_URL: 'https://prices.azure.com/api/retail/prices'
      HOLDFAST_CURRENCY: currency
      // The snapshot identity reads the bills: Cost Management Reader is its own (estate.bicep).
      HOLDFAST_COST_CLIENT_ID: snapshotIdentity.properties.clientId
      HOLDFAST_BILLING_ACCOUNT_ID: billingAccountId
      HOLDFAST_BILLING_ACCOUNT_NAME: billingAccountName
      HOLDFAST_OWNER_TAG: ownerTag
      HOLDFAST_COST_CENTRE_TAG: costCentreTag
      HOLDFAST_LEDGER_MONTHS: string(ledgerMonths)
      HOLDFAST_WEBHOOKS: empty(webhooksSecretUri) ? '' : '@Microsoft.KeyVault(SecretUri=${webhooksSecretUri})'
      APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${snapshotIdentity.properties.clientId};Authorization=AAD'
      // Half of the instance for V8's old space: the rest is the host, buffers and code. Node would reckon with the whole machine's memory.
      languageWorkers__node__arguments: '--max-old-space-size=256 --max-semi-space-size=16'
      // Names the identity whose token stands in for a client secret. Source: App Service authentication, "Use a managed identity instead of a secret".
      OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: snapshotIdentity.properties.clientId
      WEBSITE_AUTH_AAD_ALLOWED_TENANTS: authTenantId
    },
    furtherSettings
  )
}

// Signs people and apps in and hands the app who they are; the app itself checks roles, and fails closed.
resource authentication 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: site
  name: 'authsettingsV2'
  dependsOn: [settings]
  properties: {
    platform: { enabled: true, runtimeVersion: '~1' }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: 'Return401'
      excludedPaths: ['/api/health']
    }
    httpSettings: { requireHttps: true }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: authClientId
          clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
          openIdIssuer: '${environment().authentication.loginEndpoint}${authTenantId}/v2.0'
        }
        validation: { allowedAudiences: [authClientId, 'api://${authClientId}'] }
      }
    }
    login: { tokenStore: { enabled: false } }
  }
}

// What the app does is in Application Insights; here is only who came in.
resource signIns 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: site
  name: 'sign-ins'
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'AppServiceAuthenticationLogs', enabled: true }]
  }
}

output siteId string = site.id
output hostName string = site.properties.defaultHostName

// Holdfast's own resources: one resource group with the app, its storage, its two identities and what watches it.
// What it needs in the subscriptions that it protects (groups for snapshots, rights) is estate.bicep: a deployment of its own, because `azd down` deletes every
// resource group that this deployment names, and must never reach one that holds recovery points.
targetScope = 'subscription'

import { textByName } from 'modules/types.bicep'

@description('Name of this installation; part of every name, and the tag by which azd finds it.')
@minLength(1)
@maxLength(24)
param environmentName string

@description('Region of the app itself. Snapshots live in the regions of the disks, whatever this is.')
param location string

@description('Client id of the app registration that signs people in (the azd hook creates it).')
@minLength(36)
@maxLength(36)
param authClientId string

@description('Tenant whose people and apps may sign in.')
param authTenantId string = tenant().tenantId

@description('Addresses that get the alerts by mail.')
param alertEmails string[] = []

@description('Currency of prices and reports.')
@minLength(3)
@maxLength(3)
param currency string = 'USD'

@description('Account that Azure bills, for the FOCUS export: id and name as the invoice has them; empty leaves the export without them.')
param billingAccountId string = ''

@description('Name of that account.')
param billingAccountName string = ''

@description('Tag that says who owns a disk or machine, in the reports.')
param ownerTag string = 'owner'

@description('Tag that says which cost centre pays.')
param costCentreTag string = 'costCentre'

@description('Months that the ledger is kept.')
@minValue(1)
@maxValue(240)
param ledgerMonths int = 25

@description('Key Vault secret with the webhooks that messages go to, as https://VAULT.vault.azure.net/secrets/NAME; empty for none. The snapshot identity must be Key Vault Secrets User there.')
param webhooksSecretUri string = ''

@description('Puts the app into a virtual network of its own and closes storage to everything else. Private endpoints cost some 22 USD a month.')
param closedNetwork bool = false

@description('Address range of that network; a /24 is enough.')
param networkAddressPrefix string = '10.90.0.0/24'

@description('At most so many instances at a time.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Redundancy of the storage account that holds the catalogue.')
@allowed(['Standard_LRS', 'Standard_ZRS'])
param storageSku string = 'Standard_LRS'

@description('Days that logs are kept; 30 are free.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Logs of a day beyond this are dropped, in GB: a bound on what a mishap can cost.')
@minValue(1)
param dailyLogCapGb int = 1

@description('Tags of every resource.')
param tags textByName = {}

@description('Values of app settings by name, for those of src/config.ts that have no parameter of their own.')
param appSettings textByName = {}

var allTags = union(tags, { 'azd-env-name': environmentName })
var token = toLower(uniqueString(subscription().id, environmentName, location))

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: allTags
}

module identities 'modules/identities.bicep' = {
  scope: group
  name: 'identities'
  params: { token: token, location: location, tags: allTags }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  name: 'monitoring'
  params: {
    token: token
    location: location
    tags: allTags
    retentionDays: logRetentionDays
    dailyCapGb: dailyLogCapGb
    alertEmails: alertEmails
    publisherPrincipalId: identities.outputs.snapshotPrincipalId
  }
}

module network 'modules/network.bicep' = if (closedNetwork) {
  scope: group
  name: 'network'
  params: { token: token, location: location, tags: allTags, addressPrefix: networkAddressPrefix }
}

module storage 'modules/storage.bicep' = {
  scope: group
  name: 'storage'
  params: {
    token: token
    location: location
    tags: allTags
    sku: storageSku
    userPrincipalId: identities.outputs.snapshotPrincipalId
    workspaceId: monitoring.outputs.workspaceId
    closed: closedNetwork
    endpointSubnetId: network.?outputs.endpointSubnetId ?? ''
    networkId: network.?outputs.networkId ?? ''
  }
}

module app 'modules/app.bicep' = {
  scope: group
  name: 'app'
  params: {
    token: token
    location: location
    tags: union(allTags, { 'azd-service-name': 'holdfast' })
    storageName: storage.outputs.name
    snapshotIdentityName: identities.outputs.snapshotName
    restoreIdentityName: identities.outputs.restoreName
    insightsName: monitoring.outputs.insightsName
    workspaceId: monitoring.outputs.workspaceId
    integrationSubnetId: network.?outputs.integrationSubnetId ?? ''
    maximumInstanceCount: maximumInstanceCount
    authClientId: authClientId
    authTenantId: authTenantId
    currency: currency
    webhooksSecretUri: webhooksSecretUri
    billingAccountId: billingAccountId
    billingAccountName: billingAccountName
    ownerTag: ownerTag
    costCentreTag: costCentreTag
    ledgerMonths: ledgerMonths
    furtherSettings: appSettings
  }
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  name: 'alerts'
  params: {
    token: token
    location: location
    tags: allTags
    insightsId: monitoring.outputs.insightsId
    siteId: app.outputs.siteId
    actionGroupId: monitoring.outputs.actionGroupId
  }
}

@description('The address of the app.')
output HOLDFAST_URL string = 'https://${app.outputs.hostName}'
output HOLDFAST_HOST_NAME string = app.outputs.hostName
output HOLDFAST_SNAPSHOT_PRINCIPAL_ID string = identities.outputs.snapshotPrincipalId
output HOLDFAST_RESTORE_PRINCIPAL_ID string = identities.outputs.restorePrincipalId
output HOLDFAST_TENANT_ID string = authTenantId
output AZURE_RESOURCE_GROUP string = group.name

// The same in a virtual network of its own, with storage closed to everything else.
using '../main.bicep'

param environmentName = 'holdfast'
param location = 'westeurope'
param authClientId = '11111111-1111-4111-8111-111111111111'
param authTenantId = '22222222-2222-4222-8222-222222222222'
param alertEmails = ['backup@example.com', 'night@example.com']
param currency = 'EUR'
param closedNetwork = true
param networkAddressPrefix = '10.90.0.0/24'
param storageSku = 'Standard_ZRS'
param webhooksSecretUri = 'https://kv-example.vault.azure.net/secrets/holdfast-webhooks'

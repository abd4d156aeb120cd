// A small installation, open to the network (storage still takes no key): what most start with.
using '../main.bicep'

param environmentName = 'holdfast'
param location = 'westeurope'
param authClientId = '11111111-1111-4111-8111-111111111111'
param authTenantId = '22222222-2222-4222-8222-222222222222'
param alertEmails = ['backup@example.com']
param currency = 'EUR'
param tags = { costCentre: '4711' }

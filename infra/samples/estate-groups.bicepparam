// Only two resource groups are protected, restores may go anywhere in the subscription, and nobody reads its costs.
using '../estate.bicep'

param regions = ['westeurope']
param snapshotPrincipalId = '33333333-3333-4333-8333-333333333333'
param restorePrincipalId = '44444444-4444-4444-8444-444444444444'
param protectedGroups = ['rg-shop', 'rg-billing']
param restoreTo = 'subscription'
param readCosts = false

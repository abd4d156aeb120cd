// One subscription with disks in two regions, all of it protected, restores into one group.
using '../estate.bicep'

param regions = ['westeurope', 'northeurope']
param snapshotPrincipalId = '33333333-3333-4333-8333-333333333333'
param restorePrincipalId = '44444444-4444-4444-8444-444444444444'
param restoreTo = 'groups'
param restoreGroups = ['rg-restores']
param tags = { costCentre: '4711' }

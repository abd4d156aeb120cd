// Every subscription below one management group may be read; restores are granted elsewhere.
using '../management-group.bicep'

param snapshotPrincipalId = '33333333-3333-4333-8333-333333333333'
param restorePrincipalId = '44444444-4444-4444-8444-444444444444'

// What Holdfast needs in one subscription that it protects: its own resource groups for snapshots, one per region, the custom roles, and who has them where.
// Deployed once per subscription, apart from main.bicep: removing the app leaves the recovery points where they are.
targetScope = 'subscription'

import { textByName } from 'modules/types.bicep'

@description('Regions of the disks that are protected here: each gets a resource group for its snapshots.')
@minLength(1)
param regions string[]

@description('Principal id of the snapshot identity (output of main.bicep).')
@minLength(36)
@maxLength(36)
param snapshotPrincipalId string

@description('Principal id of the restore identity (output of main.bicep).')
@minLength(36)
@maxLength(36)
param restorePrincipalId string

@description('Resource groups whose disks and machines may be read and snapshotted. Empty: the whole subscription.')
param protectedGroups string[] = []

@description('The rights to read come from a management group above (management-group.bicep): none is given here.')
param protectedByManagementGroup bool = false

@description('Where restores may go: nowhere, into the groups of `restoreGroups`, or anywhere in the subscription.')
@allowed(['nowhere', 'groups', 'subscription'])
param restoreTo string = 'nowhere'

@description('Resource groups that restores may go into.')
param restoreGroups string[] = []

@description('Lets the report read what the snapshots really cost.')
param readCosts bool = true

@description('Names of the groups for snapshots, up to the region; policies say rg-holdfast-{region} unless told otherwise.')
param groupPrefix string = 'rg-holdfast-'

@description('Tags of the groups for snapshots.')
param tags textByName = {}

@description('Cost Management Reader. Source: Azure built-in roles.')
var costReader = '72fafb9e-0641-4937-9268-a91bfd8191a3'

var roles = loadJsonContent('roles.json')
// Names of custom roles are unique in a tenant, and each subscription has its own: no right reaches across.
var suffix = take(subscription().subscriptionId, 8)
var readsAll = !protectedByManagementGroup && empty(protectedGroups)
var readGroups = protectedByManagementGroup ? [] : protectedGroups

resource definitions 'Microsoft.Authorization/roleDefinitions@2022-04-01' = [
  for role in roles: {
    name: guid(subscription().id, 'holdfast', role.name)
    properties: {
      roleName: 'Holdfast ${toLower(role.name)} ${suffix}'
      description: role.description
      type: 'CustomRole'
      permissions: [{ actions: role.actions, notActions: [], dataActions: role.dataActions, notDataActions: [] }]
      assignableScopes: [subscription().id]
    }
  }
]

// In the order of roles.json; a test holds the names to these places.
var sourceReader = definitions[0].id
var keeper = definitions[1].id
var snapshotReader = definitions[2].id
var restoreOperator = definitions[3].id
var restorePlanner = definitions[4].id

resource groups 'Microsoft.Resources/resourceGroups@2024-11-01' = [
  for region in regions: {
    name: '${groupPrefix}${region}'
    location: region
    tags: union(tags, { 'holdfast-snapshots': 'do not delete: recovery points' })
  }
]

// The source reader here as well: to see that the group is there, and its locks.
module own 'modules/assign-in-group.bicep' = [
  for (region, index) in regions: {
    scope: groups[index]
    name: 'holdfast-own-${region}'
    params: {
      assignments: [
        { principalId: snapshotPrincipalId, roleDefinitionId: keeper }
        { principalId: snapshotPrincipalId, roleDefinitionId: sourceReader }
        { principalId: restorePrincipalId, roleDefinitionId: snapshotReader }
      ]
    }
  }
]

resource readSubscription 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (readsAll) {
  name: guid(subscription().id, snapshotPrincipalId, 'source reader')
  properties: { principalId: snapshotPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: sourceReader }
}

module readGroup 'modules/assign-in-group.bicep' = [
  for group in readGroups: {
    scope: resourceGroup(group)
    name: 'holdfast-read-${uniqueString(group)}'
    params: { assignments: [{ principalId: snapshotPrincipalId, roleDefinitionId: sourceReader }] }
  }
]

resource restoreSubscription 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (restoreTo == 'subscription') {
  name: guid(subscription().id, restorePrincipalId, 'restore operator')
  properties: { principalId: restorePrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: restoreOperator }
}

resource planRestores 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (restoreTo != 'nowhere') {
  name: guid(subscription().id, restorePrincipalId, 'restore planner')
  properties: { principalId: restorePrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: restorePlanner }
}

module restoreGroup 'modules/assign-in-group.bicep' = [
  for group in (restoreTo == 'groups' ? restoreGroups : []): {
    scope: resourceGroup(group)
    name: 'holdfast-restore-${uniqueString(group)}'
    params: { assignments: [{ principalId: restorePrincipalId, roleDefinitionId: restoreOperator }] }
  }
]

resource costs 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (readCosts) {
  name: guid(subscription().id, snapshotPrincipalId, costReader)
  properties: {
    principalId: snapshotPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', costReader)
  }
}

output snapshotGroups string[] = [for region in regions: '${groupPrefix}${region}']

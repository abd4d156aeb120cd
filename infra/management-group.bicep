// Reading, restoring and cost rights for every subscription below a management group, in place of one grant per subscription.
// The two roles on snapshots stay with each subscription's own groups (estate.bicep): roles with data actions cannot be assigned at a management group.
// Source: Azure custom roles, "Custom role limits".
targetScope = 'managementGroup'

@description('Principal id of the snapshot identity (output of main.bicep).')
@minLength(36)
@maxLength(36)
param snapshotPrincipalId string

@description('Principal id of the restore identity (output of main.bicep).')
@minLength(36)
@maxLength(36)
param restorePrincipalId string

@description('Lets restores go into every subscription below. Off: grant it per subscription or resource group.')
param restoreAnywhere bool = false

@description('Lets the report read what the snapshots really cost.')
param readCosts bool = true

@description('Cost Management Reader. Source: Azure built-in roles.')
var costReader = '72fafb9e-0641-4937-9268-a91bfd8191a3'

var roles = filter(loadJsonContent('roles.json'), role => empty(role.dataActions))

resource definitions 'Microsoft.Authorization/roleDefinitions@2022-04-01' = [
  for role in roles: {
    name: guid(managementGroup().id, 'holdfast', role.name)
    properties: {
      roleName: 'Holdfast ${toLower(role.name)} ${managementGroup().name}'
      description: role.description
      type: 'CustomRole'
      permissions: [{ actions: role.actions, notActions: [], dataActions: [], notDataActions: [] }]
      assignableScopes: [managementGroup().id]
    }
  }
]

resource read 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(managementGroup().id, snapshotPrincipalId, 'source reader')
  properties: {
    principalId: snapshotPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: definitions[0].id
  }
}

resource restore 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (restoreAnywhere) {
  name: guid(managementGroup().id, restorePrincipalId, 'restore operator')
  properties: {
    principalId: restorePrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: definitions[1].id
  }
}

resource planRestores 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (restoreAnywhere) {
  name: guid(managementGroup().id, restorePrincipalId, 'restore planner')
  properties: {
    principalId: restorePrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: definitions[2].id
  }
}

resource costs 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (readCosts) {
  name: guid(managementGroup().id, snapshotPrincipalId, costReader)
  properties: {
    principalId: snapshotPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: tenantResourceId('Microsoft.Authorization/roleDefinitions', costReader)
  }
}

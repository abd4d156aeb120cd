type assignment = {
  principalId: string
  roleDefinitionId: string
}

@description('Who has which role in this resource group.')
param assignments assignment[]

resource all 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for given in assignments: {
    name: guid(resourceGroup().id, given.principalId, given.roleDefinitionId)
    properties: {
      principalId: given.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: given.roleDefinitionId
    }
  }
]

import { textByName } from 'types.bicep'

@description('Part of the names that makes them unique.')
param token string
param location string
param tags textByName

resource snapshot 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-holdfast-snapshot-${token}'
  location: location
  tags: tags
}

resource restore 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-holdfast-restore-${token}'
  location: location
  tags: tags
}

output snapshotName string = snapshot.name
output snapshotPrincipalId string = snapshot.properties.principalId
output restoreName string = restore.name
output restorePrincipalId string = restore.properties.principalId

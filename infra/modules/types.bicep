@export()
@description('Texts by name: tags, app settings.')
type textByName = { *: string }

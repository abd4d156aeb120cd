/**
 * Azure's public regions by their names in prices and resources.
 *
 * Source: https://learn.microsoft.com/azure/reliability/regions-list (programmatic names; ⚠ from memory and public copies of the list, 2026-11: a region
 *         that is newer is taken with `?force=true`).
 */
export const AZURE_REGIONS: ReadonlySet<string> = new Set(
  [
    'australiacentral australiacentral2 australiaeast australiasoutheast austriaeast belgiumcentral brazilsouth brazilsoutheast canadacentral canadaeast',
    'centralindia centralus chilecentral denmarkeast eastasia eastus eastus2 eastus3 francecentral francesouth germanynorth germanywestcentral',
    'indonesiacentral israelcentral israelnorthwest italynorth japaneast japanwest jioindiacentral jioindiawest koreacentral koreasouth malaysiawest',
    'mexicocentral newzealandnorth northcentralus northeurope norwayeast norwaywest polandcentral qatarcentral southafricanorth southafricawest',
    'southcentralus southcentralus2 southeastasia southeastus southeastus3 southindia spaincentral swedencentral swedensouth switzerlandnorth',
    'switzerlandwest taiwannorth taiwannorthwest uaecentral uaenorth uksouth ukwest westcentralus westeurope westindia westus westus2 westus3',
    'usgovarizona usgovtexas usgovvirginia usdodcentral usdodeast chinaeast chinaeast2 chinaeast3 chinanorth chinanorth2 chinanorth3',
  ].flatMap((line) => line.split(' ')),
);

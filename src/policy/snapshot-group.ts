/** Source: learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules, Microsoft.Resources/resourceGroups. */
const GROUP_NAME = /^[\p{L}\p{N}_().-]{0,89}[\p{L}\p{N}_()-]$/u;
/** As long as the longest names of regions are. */
const LONG_REGION = 'germanywestcentral';

/** The resource group of Holdfast's own that the snapshots of a region lie in. */
export function snapshotGroup(template: string, region: string): string {
  return template.replaceAll('{region}', region);
}

/** The disk access resource of a region. */
export function diskAccessOf(template: string, region: string): string {
  return template.replaceAll('{region}', region);
}

/** True where a template gives a name that Azure accepts, in whatever region. */
export function isGroupTemplate(template: string): boolean {
  return GROUP_NAME.test(snapshotGroup(template, LONG_REGION));
}

import { type Access, accessOf } from './access-of.ts';
import { ArmError } from './arm-error.ts';
import { isObject, listAt, objectAt, textAt } from './json.ts';
import { parseResourceId } from './resource-id.ts';
import type { AzureState } from './state.ts';
import type { Principal } from './token.ts';

/** Refuses what no role of the caller allows. Errors: 403 AuthorizationFailed, in Azure's words. */
export function authorize(state: AzureState, principal: Principal, method: string, path: string): void {
  const access = accessOf(method, path);
  if (access === null || state.roles.allows(principal.clientId, access)) return;
  if (access.action === 'Microsoft.Resources/subscriptions/read' && state.roles.sees(principal.clientId, access.scope))
    return;
  throw new ArmError(
    403,
    'AuthorizationFailed',
    `The client '${principal.clientId}' with object id '${principal.objectId}' does not have authorization to perform action ` +
      `'${access.action}' over scope '${access.scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );
}

/**
 * Refuses a body that refers to what the caller may not use: the source of a copy, the interfaces of a machine, the subnets of an interface.
 *
 * Errors: 403 LinkedAuthorizationFailed. Source: ARM, linked access checks; azuredisk-csi-driver#1711 for the sources of disks.
 */
export function authorizeLinks(
  state: AzureState,
  principal: Principal,
  method: string,
  path: string,
  body: unknown,
): void {
  if ((method !== 'PUT' && method !== 'PATCH') || !isObject(body)) return;
  const refused = linksOf(body).filter((link) => !state.roles.allows(principal.clientId, link));
  if (refused.length === 0) return;
  const access = accessOf(method, path);
  throw new ArmError(
    403,
    'LinkedAuthorizationFailed',
    `The client '${principal.clientId}' with object id '${principal.objectId}' has permission to perform action '${access?.action}' on scope ` +
      `'${access?.scope}'; however, it does not have permission to perform action(s) '${refused.map((each) => each.action).join(',')}' on the linked ` +
      `scope(s) '${refused.map((each) => each.scope).join(',')}' (respectively) or the linked scope(s) are invalid.`,
  );
}

function linksOf(body: unknown): Access[] {
  const properties = objectAt(body, 'properties');
  const links: Access[] = [];
  const source = textAt(properties, 'creationData', 'sourceResourceId');
  const type = source === null ? undefined : parseResourceId(source)?.type;
  if (source !== null && type !== undefined) links.push({ action: `${type}/beginGetAccess/action`, scope: source });
  for (const each of listAt(properties, 'networkProfile', 'networkInterfaces')) {
    const id = textAt(each, 'id');
    if (id !== null) links.push({ action: 'Microsoft.Network/networkInterfaces/join/action', scope: id });
  }
  const securityGroup = textAt(properties, 'networkSecurityGroup', 'id');
  if (securityGroup !== null)
    links.push({ action: 'Microsoft.Network/networkSecurityGroups/join/action', scope: securityGroup });
  for (const id of Object.keys(objectAt(body, 'identity', 'userAssignedIdentities')))
    links.push({ action: 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action', scope: id });
  for (const each of listAt(properties, 'ipConfigurations')) {
    const id = textAt(each, 'properties', 'subnet', 'id');
    if (id !== null) links.push({ action: 'Microsoft.Network/virtualNetworks/subnets/join/action', scope: id });
  }
  return links;
}

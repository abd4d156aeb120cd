import * as z from 'zod';
import type { Scope } from './policy.ts';

const GUID = '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}';
/** A word of an id in whatever case: JSON Schema has no flag for that. */
const anyCase = (word: string) =>
  word.replace(/[a-z]/gi, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`);
/** Source: learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules: 1 to 90 letters, digits, `_`, `(`, `)`, `-` and `.`. */
const GROUPS = `${anyCase('resourceGroups')}/([\\p{L}\\p{N}_().*?\\-]{1,90})`;
/** Source: as above, Microsoft.Management managementGroups: 1 to 90 letters, digits, `-`, `_`, `(`, `)` and `.`, not ending in `.`. */
const MANAGEMENT_GROUP = `${anyCase('Microsoft.Management')}/${anyCase('managementGroups')}/([\\p{L}\\p{N}_().\\-]{0,89}[\\p{L}\\p{N}_()\\-])`;
const SCOPE = new RegExp(`^(?:/subscriptions/(${GUID})(?:/${GROUPS})?|/providers/${MANAGEMENT_GROUP})$`, 'u');

/** Where a policy looks: see `Scope`. */
export const scopeLeaf = z
  .string()
  .regex(SCOPE)
  .describe(
    '"/subscriptions/<GUID>", "/subscriptions/<GUID>/resourceGroups/<name or pattern with * and ?>" to name groups of it, or "/providers/Microsoft.Management/managementGroups/<id>" for every subscription below it',
  );

/** Takes a scope that `scopeLeaf` has accepted apart. */
export function splitScope(text: string): Scope | null {
  const [, subscriptionId, resourceGroup, managementGroup] = SCOPE.exec(text) ?? [];
  if (managementGroup) return { managementGroup };
  return subscriptionId ? { subscriptionId: subscriptionId.toLowerCase(), resourceGroup: resourceGroup ?? null } : null;
}

import type { Access } from './access-of.ts';
import { RESTORE_CLIENT_ID, SNAPSHOT_CLIENT_ID } from './token.ts';

/** What a role allows. Shape: actions as Azure writes them, `*` for any number of characters. */
export interface RoleDefinition {
  readonly name: string;
  readonly actions: readonly string[];
  readonly dataActions: readonly string[];
}

/** Who has a role where. Shape: `clientId` of an identity, or `*` for everybody without a role of their own; in a scope `*` stands for part of a name. */
export interface RoleAssignment {
  readonly clientId: string;
  readonly role: string;
  readonly scope: string;
}

const COMPUTE = 'Microsoft.Compute';
const NETWORK = 'Microsoft.Network';
const GROUP_READ = 'Microsoft.Resources/subscriptions/resourceGroups/read';
const LOCKS_READ = 'Microsoft.Authorization/locks/read';
const DOWNLOAD = `${COMPUTE}/snapshots/download/action`;

function each(type: string, ...verbs: readonly string[]): string[] {
  return verbs.map((verb) => `${type}/${verb}`);
}

/** Source: Azure built-in roles, and the split of two identities by least privilege that a snapshot product needs. */
export const ROLE_DEFINITIONS: readonly RoleDefinition[] = [
  { name: 'Owner', actions: ['*'], dataActions: [] },
  { name: 'Reader', actions: ['*/read'], dataActions: [] },
  {
    name: 'Data Operator for Managed Disks',
    actions: [],
    dataActions: [`${COMPUTE}/disks/*/action`, `${COMPUTE}/snapshots/*/action`],
  },
  {
    name: 'Cost Management Reader',
    actions: ['Microsoft.CostManagement/*/read', 'Microsoft.CostManagement/query/action'],
    dataActions: [],
  },
  {
    name: 'Snapshot source reader',
    actions: [
      GROUP_READ,
      LOCKS_READ,
      'Microsoft.Management/managementGroups/descendants/read',
      ...each(`${COMPUTE}/disks`, 'read', 'beginGetAccess/action'),
      ...each(`${COMPUTE}/virtualMachines`, 'read', 'extensions/read'),
      `${COMPUTE}/diskEncryptionSets/read`,
      ...each(NETWORK, 'networkInterfaces/read', 'virtualNetworks/read', 'virtualNetworks/subnets/read'),
      ...each(NETWORK, 'networkSecurityGroups/read', 'publicIPAddresses/read'),
    ],
    dataActions: [],
  },
  {
    name: 'Snapshot keeper',
    actions: each(`${COMPUTE}/snapshots`, 'read', 'write', 'delete', 'beginGetAccess/action', 'endGetAccess/action'),
    dataActions: [DOWNLOAD],
  },
  {
    name: 'Snapshot reader',
    actions: [
      GROUP_READ,
      LOCKS_READ,
      ...each(`${COMPUTE}/snapshots`, 'read', 'write', 'beginGetAccess/action', 'endGetAccess/action'),
    ],
    dataActions: [DOWNLOAD],
  },
  {
    name: 'Restore operator',
    actions: [
      GROUP_READ,
      LOCKS_READ,
      ...each(`${COMPUTE}/disks`, 'read', 'write', 'delete', 'beginGetAccess/action', 'endGetAccess/action'),
      ...each(`${COMPUTE}/virtualMachines`, 'read', 'write', 'delete', 'deallocate/action', 'start/action'),
      `${COMPUTE}/virtualMachines/attachDetachDataDisks/action`,
      ...each(COMPUTE, 'diskEncryptionSets/read', 'availabilitySets/read', 'proximityPlacementGroups/read'),
      ...each(`${NETWORK}/networkInterfaces`, 'read', 'write', 'delete', 'join/action'),
      ...each(`${NETWORK}/virtualNetworks`, 'read', 'subnets/read', 'subnets/join/action'),
      ...each(NETWORK, 'networkSecurityGroups/join/action', 'publicIPAddresses/read', 'publicIPAddresses/join/action'),
      'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action',
    ],
    dataActions: [],
  },
  {
    // Whether a size can be had is told before anything is made. Azure knows these on a subscription only, wherever restores may go in it.
    name: 'Restore planner',
    actions: each(COMPUTE, 'skus/read', 'locations/usages/read'),
    dataActions: [],
  },
];

const EVERYWHERE = '/subscriptions/*';
const MANAGEMENT_GROUPS = '/providers/Microsoft.Management/managementGroups/*';
const OWN_GROUPS = '/subscriptions/*/resourceGroups/*holdfast*';

/** Who may do what in a new sandbox: two identities with different rights, and everybody else as an owner. */
export const ROLE_ASSIGNMENTS: readonly RoleAssignment[] = [
  { clientId: '*', role: 'Owner', scope: '/' },
  { clientId: '*', role: 'Data Operator for Managed Disks', scope: '/' },
  {
    clientId: SNAPSHOT_CLIENT_ID,
    role: 'Snapshot source reader',
    scope: EVERYWHERE,
  },
  {
    clientId: SNAPSHOT_CLIENT_ID,
    role: 'Snapshot source reader',
    scope: MANAGEMENT_GROUPS,
  },
  {
    clientId: SNAPSHOT_CLIENT_ID,
    role: 'Cost Management Reader',
    scope: EVERYWHERE,
  },
  { clientId: SNAPSHOT_CLIENT_ID, role: 'Snapshot keeper', scope: OWN_GROUPS },
  { clientId: RESTORE_CLIENT_ID, role: 'Snapshot reader', scope: OWN_GROUPS },
  { clientId: RESTORE_CLIENT_ID, role: 'Restore operator', scope: EVERYWHERE },
  { clientId: RESTORE_CLIENT_ID, role: 'Restore planner', scope: EVERYWHERE },
];

interface Entry {
  readonly assignment: RoleAssignment;
  readonly covers: (scope: string) => boolean;
  readonly allows: (action: string) => boolean;
  readonly allowsData: (action: string) => boolean;
}

/** Who may do what: definitions and assignments, as they are now. */
export class RoleBook {
  private definitions = new Map<string, RoleDefinition>();
  private entries: Entry[] = [];

  constructor() {
    this.reset();
  }

  reset(): void {
    this.definitions = new Map(ROLE_DEFINITIONS.map((role) => [role.name.toLowerCase(), role]));
    this.assign(ROLE_ASSIGNMENTS, true);
  }

  /** Lets everybody do everything. */
  open(): void {
    this.assign(
      ['Owner', 'Data Operator for Managed Disks'].map((role) => ({
        clientId: '*',
        role,
        scope: '/',
      })),
      true,
    );
  }

  define(definitions: readonly RoleDefinition[]): void {
    for (const role of definitions) this.definitions.set(role.name.toLowerCase(), role);
    this.assign(
      this.entries.map((entry) => entry.assignment),
      true,
    );
  }

  /** Adds assignments, or replaces all. Errors: the first role that is not defined, by its name; nothing has changed then. */
  assign(assignments: readonly RoleAssignment[], replace: boolean): string | null {
    const entries: Entry[] = [];
    for (const assignment of assignments) {
      const role = this.definitions.get(assignment.role.toLowerCase());
      if (role === undefined) return assignment.role;
      entries.push({
        assignment,
        covers: coverOf(assignment.scope),
        allows: patternOf(role.actions),
        allowsData: patternOf(role.dataActions),
      });
    }
    this.entries = replace ? entries : [...this.entries, ...entries];
    return null;
  }

  list(): {
    definitions: readonly RoleDefinition[];
    assignments: readonly RoleAssignment[];
  } {
    return {
      definitions: [...this.definitions.values()],
      assignments: this.entries.map((entry) => entry.assignment),
    };
  }

  allows(clientId: string, access: Access, kind: 'action' | 'dataAction' = 'action'): boolean {
    const scope = access.scope.toLowerCase();
    const action = access.action.toLowerCase();
    return this.of(clientId).some(
      (entry) => (kind === 'action' ? entry.allows : entry.allowsData)(action) && entry.covers(scope),
    );
  }

  /** Whether an identity has a role in a subscription, or somewhere below it: then it sees it. */
  sees(clientId: string, subscriptionScope: string): boolean {
    const key = subscriptionScope.toLowerCase();
    return this.of(clientId).some(({ assignment, covers }) => {
      const own = assignment.scope.toLowerCase();
      return covers(key) || own.startsWith(`${key}/`) || own.startsWith('/subscriptions/*/');
    });
  }

  /** The assignments of an identity; those for everybody where it has none. */
  private of(clientId: string): Entry[] {
    const own = this.entries.filter(({ assignment }) => assignment.clientId.toLowerCase() === clientId.toLowerCase());
    return own.length > 0 ? own : this.entries.filter(({ assignment }) => assignment.clientId === '*');
  }
}

function coverOf(scope: string): (scope: string) => boolean {
  if (scope === '/') return () => true;
  const pattern = new RegExp(`^${escaped(scope.toLowerCase()).replaceAll('\\*', '[^/]*')}(/|$)`);
  return (given) => pattern.test(given);
}

function patternOf(actions: readonly string[]): (action: string) => boolean {
  if (actions.includes('*')) return () => true;
  if (actions.length === 0) return () => false;
  const pattern = new RegExp(
    `^(${actions.map((action) => escaped(action.toLowerCase()).replaceAll('\\*', '.*')).join('|')})$`,
  );
  return (given) => pattern.test(given);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

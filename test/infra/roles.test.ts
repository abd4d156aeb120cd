import { describe, expect, it } from 'vitest';
import { roles } from '../../src/functions/principal.ts';
import { ROLE_DEFINITIONS } from '../../src/sandbox/azure/roles.ts';
import { customRoles, readInfra } from './infra-files.ts';

const actionsOf = (identity: string) =>
  customRoles.filter((role) => role.identity === identity).flatMap((role) => [...role.actions, ...role.dataActions]);

describe('custom roles', () => {
  it.each(customRoles)('$name: Azure and the sandbox give the same rights', ({ name, actions, dataActions }) => {
    const played = ROLE_DEFINITIONS.find((role) => role.name === name);
    expect(played?.actions.toSorted()).toEqual(actions.toSorted());
    expect(played?.dataActions.toSorted()).toEqual(dataActions.toSorted());
  });

  it('the sandbox has no role of its own making beside them', () => {
    const builtIn = ['Owner', 'Reader', 'Data Operator for Managed Disks', 'Cost Management Reader'];
    const names = [...customRoles.map((role) => role.name), ...builtIn];
    expect(ROLE_DEFINITIONS.map((role) => role.name).toSorted()).toEqual(names.toSorted());
  });

  it.each([
    ['snapshot', /\/(disks|virtualMachines|networkInterfaces)\/(write|delete)$/],
    ['snapshot', /\/virtualMachines\/[a-zA-Z]+\/action$/],
    ['restore', /\/snapshots\/delete$/],
    ['restore', /\/(restorePointCollections|restorePoints)\/delete$/],
  ])('the %s identity has nothing like %s', (identity, forbidden) => {
    expect(actionsOf(identity).filter((action) => forbidden.test(action))).toEqual([]);
  });

  it('nobody has a wildcard, a right over rights, or the lock of an immutability policy', () => {
    const forbidden = /\*|immutability|Microsoft\.Authorization\/(?!locks\/read$)/i;
    expect([...actionsOf('snapshot'), ...actionsOf('restore')].filter((action) => forbidden.test(action))).toEqual([]);
  });

  it("whoever may delete snapshots may do so in Holdfast's own groups only", () => {
    const deleting = customRoles.filter((role) => role.actions.includes('Microsoft.Compute/snapshots/delete'));
    expect(deleting.map(({ name, on }) => [name, on])).toEqual([['Snapshot keeper', 'own']]);
  });

  it('roles with data actions stay below management groups, where Azure refuses them', () => {
    expect(customRoles.filter((role) => role.dataActions.length > 0).map((role) => role.on)).toEqual(['own', 'own']);
  });
});

describe('app roles', () => {
  const appRoles: readonly { id: string; value: string; isEnabled: boolean }[] = JSON.parse(
    readInfra('app-roles.json'),
  );

  it('are those that the app checks', () => {
    expect(appRoles.map((role) => role.value)).toEqual(roles);
    expect(appRoles.every((role) => role.isEnabled)).toBe(true);
    expect(new Set(appRoles.map((role) => role.id)).size).toBe(roles.length);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { alertConditions, customRoles } from './infra-files.ts';

/** Where `.ci/bicep` has put what the compiler predicts. */
const folder = process.env.HOLDFAST_BICEP_PREDICTED;
const absence = folder === undefined ? 'no Bicep compiler here: .ci/bicep runs these' : null;

const SUBSCRIPTION = '/subscriptions/55555555-5555-4555-8555-555555555555';
const SNAPSHOT = '33333333-3333-4333-8333-333333333333';
const RESTORE = '44444444-4444-4444-8444-444444444444';
const COST_READER = '72fafb9e-0641-4937-9268-a91bfd8191a3';

interface Resource {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly location?: string;
  readonly sku?: { readonly name: string };
  readonly identity?: { readonly type: string; readonly userAssignedIdentities: object };
  // biome-ignore lint/suspicious/noExplicitAny: each resource type has a shape of its own, and the assertions are the check.
  readonly properties: any;
}

function readJson(name: string) {
  return JSON.parse(readFileSync(join(folder ?? '', name), 'utf8'));
}

/** What a sample would create. */
function predict(sample: string) {
  const { predictedResources, diagnostics } = readJson(`${sample}.snapshot.json`) as {
    predictedResources: readonly Resource[];
    diagnostics: readonly unknown[];
  };
  const all = (type: string) => predictedResources.filter((resource) => resource.type === type);
  const one = (type: string, name = '') => {
    const found = all(type).filter((resource) => resource.name.includes(name));
    expect(found, `${type} ${name}`).toHaveLength(1);
    return found[0] as Resource;
  };
  return { resources: predictedResources, diagnostics, all, one };
}

/** Role assignments as [who, which role, where]. */
function assignmentsOf(sample: string): readonly (readonly string[])[] {
  const { all } = predict(sample);
  const names = new Map(
    all('Microsoft.Authorization/roleDefinitions').map((role) => [role.name, role.properties.roleName as string]),
  );
  return all('Microsoft.Authorization/roleAssignments')
    .map(({ id, properties }) => {
      const role = String(properties.roleDefinitionId).split('/').at(-1) ?? '';
      const who =
        properties.principalId === SNAPSHOT ? 'snapshot' : properties.principalId === RESTORE ? 'restore' : '?';
      const where = id
        .replace(/\/providers\/Microsoft\.Authorization\/roleAssignments\/.*$/, '')
        .replace(SUBSCRIPTION, '');
      return [who, names.get(role) ?? role, where];
    })
    .toSorted((a, b) => a.join(' ').localeCompare(b.join(' ')));
}

describe.skipIf(absence)(`what Azure would be asked for${absence ? ` (${absence})` : ''}`, () => {
  describe.each(['main', 'main-closed'])('the app (%s)', (sample) => {
    const { resources, diagnostics, all, one } = folder ? predict(sample) : ({} as ReturnType<typeof predict>);

    it('is predicted without a diagnostic, in one resource group', () => {
      expect(diagnostics).toEqual([]);
      expect(all('Microsoft.Resources/resourceGroups').map(({ name }) => name)).toEqual(['rg-holdfast']);
      // The id of what is made on condition is an expression, with its resource group in it or, below another resource, none: those have a parent that is checked.
      const groups = resources.flatMap(({ id }) =>
        [...id.matchAll(/\/resourceGroups\/([^/']+)/g)].map((match) => match[1]),
      );
      expect(new Set(groups)).toEqual(new Set(['rg-holdfast']));
    });

    it('storage takes no key and shows nothing to the public', () => {
      const { properties } = one('Microsoft.Storage/storageAccounts');
      expect(properties).toMatchObject({
        allowSharedKeyAccess: false,
        allowBlobPublicAccess: false,
        minimumTlsVersion: 'TLS1_2',
        supportsHttpsTrafficOnly: true,
        publicNetworkAccess: sample === 'main' ? 'Enabled' : 'Disabled',
        networkAcls: { defaultAction: sample === 'main' ? 'Allow' : 'Deny', bypass: 'None' },
      });
      expect(one('Microsoft.Storage/storageAccounts/blobServices/containers').properties.publicAccess).toBe('None');
    });

    it('is a Flex Consumption app on Node 24 with 512 MB and nothing kept ready', () => {
      expect(one('Microsoft.Web/serverfarms').sku).toEqual({ name: 'FC1', tier: 'FlexConsumption' });
      const { properties, identity } = one('Microsoft.Web/sites');
      expect(properties.functionAppConfig).toMatchObject({
        runtime: { name: 'node', version: '24' },
        scaleAndConcurrency: { instanceMemoryMB: 512, alwaysReady: [] },
        deployment: { storage: { authentication: { type: 'UserAssignedIdentity' } } },
      });
      expect(properties.httpsOnly).toBe(true);
      expect(identity?.type).toBe('UserAssigned');
      expect(Object.keys(identity?.userAssignedIdentities ?? {})).toHaveLength(2);
      expect(
        all('Microsoft.Web/sites/basicPublishingCredentialsPolicies').map((policy) => policy.properties.allow),
      ).toEqual([false, false]);
    });

    it('authentication refuses whoever is not signed in, everywhere but at health', () => {
      const { properties } = one('Microsoft.Web/sites/config', 'authsettingsV2');
      expect(properties.globalValidation).toEqual({
        requireAuthentication: true,
        unauthenticatedClientAction: 'Return401',
        excludedPaths: ['/api/health'],
      });
      const { registration, validation } = properties.identityProviders.azureActiveDirectory;
      // Only the cloud itself knows its sign-in address, so this stays an expression.
      expect(registration.openIdIssuer).toContain("loginEndpoint, '22222222-2222-4222-8222-222222222222'");
      expect(registration.clientSecretSettingName).toBe('OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID');
      expect(validation.allowedAudiences).toEqual([registration.clientId, `api://${registration.clientId}`]);
    });

    it('telemetry is taken with a token of Microsoft Entra only', () => {
      expect(one('Microsoft.Insights/components').properties.DisableLocalAuth).toBe(true);
      expect(one('Microsoft.OperationalInsights/workspaces').properties).toMatchObject({
        features: { disableLocalAuth: true },
        workspaceCapping: { dailyQuotaGb: 1 },
      });
      const { properties } = one('Microsoft.Web/sites/config', 'appsettings');
      expect(properties.APPLICATIONINSIGHTS_AUTHENTICATION_STRING).toContain('Authorization=AAD');
    });

    it('no setting is a secret', () => {
      const { properties } = one('Microsoft.Web/sites/config', 'appsettings');
      const text = JSON.stringify(properties);
      expect(text).not.toMatch(/listKeys|AccountKey|SharedAccess|password/i);
      expect(properties.AzureWebJobsStorage__credential).toBe('managedidentity');
      const reference = '@Microsoft.KeyVault(SecretUri=https://kv-example.vault.azure.net/secrets/holdfast-webhooks)';
      expect(properties.HOLDFAST_WEBHOOKS).toBe(sample === 'main' ? '' : reference);
    });

    it('the app starts with these settings', () => {
      const { properties } = one('Microsoft.Web/sites/config', 'appsettings');
      // What only Azure knows, and a reference to a vault, are what App Service puts in their place.
      const known = (name: string, value: string) => {
        if (name === 'HOLDFAST_WEBHOOKS') return '';
        if (!value.startsWith('[')) return value;
        if (name === 'APPLICATIONINSIGHTS_CONNECTION_STRING') {
          return `InstrumentationKey=${SNAPSHOT};IngestionEndpoint=https://westeurope-1.in.applicationinsights.azure.com/`;
        }
        return /client_?id$/i.test(name) ? SNAPSHOT : 'https://example.com/';
      };
      const environment = Object.fromEntries(
        Object.entries<string>(properties).map(([name, value]) => [name, known(name, value)]),
      );
      expect(readConfig(environment)).toMatchObject({ managedIdentity: true, currency: 'EUR', clockUrl: null });
    });

    it('the snapshot identity has data roles on storage and may send telemetry; nobody has more', () => {
      const held = all('Microsoft.Authorization/roleAssignments').map(({ id, properties }) => [
        id.includes('Microsoft.Storage/storageAccounts')
          ? 'storage'
          : id.includes('Insights/components')
            ? 'insights'
            : id,
        String(properties.roleDefinitionId).split('/').at(-1),
        /id-holdfast-(snapshot|restore)-/.exec(properties.principalId)?.[1],
      ]);
      expect(held.toSorted()).toEqual([
        ['insights', '3913510d-42f4-4e42-8a64-420c390055eb', 'snapshot'],
        ['storage', '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3', 'snapshot'],
        ['storage', '974c5e8b-45b9-4653-ba55-5f855dd0fb88', 'snapshot'],
        ['storage', 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b', 'snapshot'],
      ]);
    });

    it('every condition has its metric rule, and so has silence; all of them mail', () => {
      const rules = all('Microsoft.Insights/metricAlerts');
      const watched = rules.map((rule) => rule.properties.criteria.allOf[0].metricName);
      expect(watched).toEqual([
        ...alertConditions.map(({ kind }) => `holdfast-${kind}`),
        'OnDemandFunctionExecutionCount',
      ]);
      const actionGroup = one('Microsoft.Insights/actionGroups');
      for (const { properties } of rules) {
        expect(properties.actions).toEqual([{ actionGroupId: actionGroup.id }]);
        expect(properties).toMatchObject({ enabled: true, autoMitigate: true });
        expect(properties.criteria.allOf).toHaveLength(1);
      }
      expect(actionGroup.properties.emailReceivers).toHaveLength(sample === 'main' ? 1 : 2);
    });

    it('no rule searches logs', () => {
      expect(resources.filter(({ type }) => /scheduledQueryRules/i.test(type))).toEqual([]);
    });

    it('a workbook shows them', () => {
      const items = JSON.parse(one('Microsoft.Insights/workbooks').properties.serializedData).items;
      expect(items.length).toBeGreaterThan(3);
    });

    it('diagnostic settings go to the workspace', () => {
      const settings = all('Microsoft.Insights/diagnosticSettings');
      expect(settings.map(({ properties }) => properties.logs[0].category)).toEqual([
        'StorageDelete',
        'AppServiceAuthenticationLogs',
      ]);
      const { id } = one('Microsoft.OperationalInsights/workspaces');
      expect(settings.every(({ properties }) => properties.workspaceId === id)).toBe(true);
    });

    it('the network is there where it was asked for', () => {
      const closed = sample === 'main-closed';
      expect(all('Microsoft.Network/virtualNetworks')).toHaveLength(closed ? 1 : 0);
      const endpoints = all('Microsoft.Network/privateEndpoints');
      const reached = endpoints.map(
        ({ properties }) => properties.privateLinkServiceConnections[0].properties.groupIds[0],
      );
      expect(reached).toEqual(closed ? ['blob', 'queue', 'table'] : []);
      expect(all('Microsoft.Network/privateDnsZones')).toHaveLength(endpoints.length);
      expect(one('Microsoft.Web/sites').properties.virtualNetworkSubnetId ?? '').toMatch(
        closed ? /\/subnets\/app$/ : /^$/,
      );
    });
  });

  describe('the estate', () => {
    it('has a group for snapshots in each region, which azd does not know', () => {
      const { all, diagnostics } = predict('estate');
      expect(diagnostics).toEqual([]);
      const groups = all('Microsoft.Resources/resourceGroups');
      expect(groups.map(({ name, location }) => [name, location])).toEqual([
        ['rg-holdfast-westeurope', 'westeurope'],
        ['rg-holdfast-northeurope', 'northeurope'],
      ]);
      expect(JSON.stringify(groups)).not.toContain('azd-env-name');
    });

    it('defines the roles of roles.json, assignable in this subscription', () => {
      const defined = predict('estate').all('Microsoft.Authorization/roleDefinitions');
      expect(defined.map(({ properties }) => properties.permissions)).toEqual(
        customRoles.map(({ actions, dataActions }) => [{ actions, dataActions, notActions: [], notDataActions: [] }]),
      );
      expect(defined.map(({ properties }) => properties.roleName)).toEqual(
        customRoles.map(({ name }) => `Holdfast ${name.toLowerCase()} 55555555`),
      );
      expect(defined.every(({ properties }) => properties.assignableScopes.join() === SUBSCRIPTION)).toBe(true);
    });

    it('gives each identity what it needs and where: the whole subscription read, restores into one group', () => {
      const own = (region: string) => [
        ['restore', 'Holdfast snapshot reader 55555555', `/resourceGroups/rg-holdfast-${region}`],
        ['snapshot', 'Holdfast snapshot keeper 55555555', `/resourceGroups/rg-holdfast-${region}`],
        ['snapshot', 'Holdfast snapshot source reader 55555555', `/resourceGroups/rg-holdfast-${region}`],
      ];
      const expected = [
        ...own('westeurope'),
        ...own('northeurope'),
        ['restore', 'Holdfast restore operator 55555555', '/resourceGroups/rg-restores'],
        ['restore', 'Holdfast restore planner 55555555', ''],
        ['snapshot', 'Holdfast snapshot source reader 55555555', ''],
        ['snapshot', COST_READER, ''],
      ];
      expect(assignmentsOf('estate')).toEqual(expected.toSorted((a, b) => a.join(' ').localeCompare(b.join(' '))));
    });

    it('reads only the groups that are named, and no costs, where that was asked for', () => {
      const outside = assignmentsOf('estate-groups').filter(([, , where]) => !where?.includes('rg-holdfast-'));
      expect(outside).toEqual([
        ['restore', 'Holdfast restore operator 55555555', ''],
        ['restore', 'Holdfast restore planner 55555555', ''],
        ['snapshot', 'Holdfast snapshot source reader 55555555', '/resourceGroups/rg-billing'],
        ['snapshot', 'Holdfast snapshot source reader 55555555', '/resourceGroups/rg-shop'],
      ]);
    });

    it('at a management group: reading and costs for all below, no restore, no role with data actions', () => {
      const { all } = predict('management-group');
      const scope = '/providers/Microsoft.Management/managementGroups/contoso';
      const defined = all('Microsoft.Authorization/roleDefinitions');
      expect(defined.map(({ properties }) => [properties.roleName, properties.assignableScopes])).toEqual([
        ['Holdfast snapshot source reader contoso', [scope]],
        ['Holdfast restore operator contoso', [scope]],
        ['Holdfast restore planner contoso', [scope]],
      ]);
      expect(assignmentsOf('management-group')).toEqual([
        ['snapshot', COST_READER, scope],
        ['snapshot', 'Holdfast snapshot source reader contoso', scope],
      ]);
    });
  });

  it.each(['main', 'estate', 'management-group'])('every parameter of %s.bicep is described', (name) => {
    const { parameters } = readJson(`${name}.template.json`);
    const described = Object.entries<{ metadata?: { description?: string } }>(parameters);
    expect(described.filter(([, parameter]) => !parameter.metadata?.description).map(([key]) => key)).toEqual([]);
  });
});

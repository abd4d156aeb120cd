import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { conditionKinds, conditionRules, metricName } from '../../src/watch/condition-kinds.ts';
import { alertConditions, infraFiles, readInfra } from './infra-files.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('files of infra/', () => {
  it('hold no secret and no way to one', () => {
    const secret =
      /listKeys\(|listSecrets\(|listAccountSas|AccountKey=|SharedAccessSignature|InstrumentationKey=|@secure\(\)|client_?secret['"]?\s*:/i;
    expect(infraFiles().filter((name) => secret.test(readInfra(name)))).toEqual([]);
  });

  it('are no generated templates', () => {
    expect(
      infraFiles().filter((name) => /\.(template|snapshot)\.json$|^(main|estate|management-group)\.json$/.test(name)),
    ).toEqual([]);
  });

  it('azure.yaml names what is there', () => {
    const azd = readFileSync(join(ROOT, 'azure.yaml'), 'utf8');
    const hooks = [...azd.matchAll(/node (infra\/hooks\/\S+) (\S+)/g)];
    expect(hooks.map((hook) => hook[2])).toEqual(['sign-in', 'estate', 'package', 'package', 'leave']);
    expect(hooks.every((hook) => existsSync(join(ROOT, hook[1] ?? '')))).toBe(true);
    for (const name of hooks.map((hook) => hook[2]))
      expect(readInfra('hooks/azd.ts')).toMatch(new RegExp(`['"]?${name}['"]?:`));
    // azd finds the app by this tag.
    expect(azd).toContain('services:\n  holdfast:');
    expect(readInfra('main.bicep')).toContain("'azd-service-name': 'holdfast'");
  });

  it('what azd removes names no resource group for snapshots', () => {
    // azd down deletes every resource group that its deployment touched, pre-existing ones too (Azure/azure-dev, resourceGroupsFromDeployment).
    expect(readInfra('main.bicep')).not.toContain('rg-holdfast-');
    expect(readInfra('main.bicep').match(/Microsoft\.Resources\/resourceGroups@/g)).toHaveLength(1);
    expect(readInfra('main.bicep')).not.toMatch(/scope: resourceGroup\(|estate\.bicep'/);
  });
});

describe('alert conditions', () => {
  it('every condition that the app watches has a rule, with the same words', () => {
    const told = conditionKinds.map((kind) => {
      const { severity, title, text, todo } = conditionRules[kind];
      return { kind, severity, title, text, todo };
    });
    expect(alertConditions).toEqual(told);
  });

  it("the metric of a rule is the app's", () => {
    expect(conditionKinds.map(metricName)).toEqual(conditionKinds.map((kind) => `holdfast-${kind}`));
    expect(readInfra('modules/alerts.bicep')).toMatch(/metricName: 'holdfast-\$\{condition\.kind\}'/);
  });
});

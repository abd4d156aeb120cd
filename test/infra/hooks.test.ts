import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Hook } from '../../infra/hooks/commands.ts';
import { deployEstate, leaveEstate, readProtected } from '../../infra/hooks/estate.ts';
import { layOutPackage } from '../../infra/hooks/package.ts';
import { finishSignIn, prepareSignIn, removeSignIn } from '../../infra/hooks/sign-in.ts';

const FIRST = '55555555-5555-4555-8555-555555555555';
const SECOND = '66666666-6666-4666-8666-666666666666';
const environment = {
  AZURE_ENV_NAME: 'test',
  AZURE_SUBSCRIPTION_ID: FIRST,
  AZURE_LOCATION: 'westeurope',
  HOLDFAST_TENANT_ID: 'tenant',
  HOLDFAST_SNAPSHOT_PRINCIPAL_ID: 'snapshot-principal',
  HOLDFAST_RESTORE_PRINCIPAL_ID: 'restore-principal',
  HOLDFAST_HOST_NAME: 'func.example.com',
};

/** An Azure CLI that answers by the start of what it is asked, and remembers it. */
function fakeAzure(
  answers: Readonly<Record<string, string | Error>> = {},
  more: Readonly<Record<string, string>> = {},
) {
  const asked: string[] = [];
  const az = async (...args: readonly string[]) => {
    const line = args.join(' ');
    asked.push(line);
    const answer = Object.entries(answers).find(([start]) => line.startsWith(start))?.[1] ?? '';
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const said: string[] = [];
  const azd = async (...args: readonly string[]) => {
    asked.push(`azd ${args.join(' ')}`);
    return '';
  };
  const hook: Hook = { az, azd, say: (line) => void said.push(line), environment: { ...environment, ...more } };
  return { hook, asked, said };
}

describe('the app registration', () => {
  it('is made where there is none, with the roles and without a secret', async () => {
    const { hook, asked } = fakeAzure({ 'ad app create': 'client' });
    await prepareSignIn(hook);
    const text = asked.join('\n');
    expect(text).toContain('ad app create --display-name Holdfast (test)');
    expect(text).toContain('ad app update --id client --app-roles @infra/app-roles.json');
    expect(text).toContain('ad sp create --id client');
    expect(text).toContain('appRoleAssignmentRequired=true');
    expect(text).not.toMatch(/credential|password|secret/);
    expect(asked.at(-1)).toBe('azd env set HOLDFAST_AUTH_CLIENT_ID client');
  });

  it('is found again by its name, and nothing is made twice', async () => {
    const { hook, asked } = fakeAzure({ 'ad app list': 'client', 'ad sp list': 'principal' });
    await prepareSignIn(hook);
    expect(asked.filter((line) => / create /.test(line))).toEqual([]);
  });

  it('is not guessed among two of one name', async () => {
    const { hook, asked } = fakeAzure({ 'ad app list': 'one\ntwo' });
    await expect(prepareSignIn(hook)).rejects.toThrow('2 app registrations');
    expect(asked.filter((line) => / (create|update) /.test(line))).toEqual([]);
  });

  it("learns the app's address and trusts the snapshot identity in place of a secret", async () => {
    const { hook, asked } = fakeAzure(
      { 'ad signed-in-user show': new Error('a service principal') },
      { HOLDFAST_AUTH_CLIENT_ID: 'client' },
    );
    await finishSignIn(hook);
    expect(asked[0]).toBe(
      'ad app update --id client --web-redirect-uris https://func.example.com/.auth/login/aad/callback',
    );
    const credential = asked.find((line) => line.includes('federated-credential create')) ?? '';
    expect(credential).toContain('"subject":"snapshot-principal"');
    expect(credential).toContain('https://login.microsoftonline.com/tenant/v2.0');
    expect(asked.some((line) => line.includes('appRoleAssignedTo'))).toBe(false);
  });

  it('makes who deploys the first admin, once', async () => {
    const answers = {
      'ad signed-in-user show': 'me',
      'ad sp show --id client --query id': 'principal',
      'ad sp show': 'role',
    };
    const first = fakeAzure(answers, { HOLDFAST_AUTH_CLIENT_ID: 'client' });
    await finishSignIn(first.hook);
    const granted = '{"principalId":"me","resourceId":"principal","appRoleId":"role"}';
    expect(first.asked.filter((line) => line.includes('--method POST') && line.includes(granted))).toHaveLength(1);
    const again = fakeAzure({ ...answers, 'rest --method GET': 'somebody' }, { HOLDFAST_AUTH_CLIENT_ID: 'client' });
    await finishSignIn(again.hook);
    expect(again.asked.filter((line) => line.includes('--method POST'))).toEqual([]);
  });

  it('goes when the app goes', async () => {
    const { hook, asked } = fakeAzure({}, { HOLDFAST_AUTH_CLIENT_ID: 'client' });
    await removeSignIn(hook);
    expect(asked).toEqual(['ad app delete --id client', 'azd env set HOLDFAST_AUTH_CLIENT_ID ']);
  });
});

describe('HOLDFAST_PROTECT', () => {
  it.each([
    ['', [{ subscriptionId: FIRST, regions: ['westeurope'] }]],
    [`${SECOND}=northeurope`, [{ subscriptionId: SECOND, regions: ['northeurope'] }]],
    [
      `${FIRST}=WestEurope, northeurope; ${SECOND}=eastus,eastus;`,
      [
        { subscriptionId: FIRST, regions: ['westeurope', 'northeurope'] },
        { subscriptionId: SECOND, regions: ['eastus'] },
      ],
    ],
  ])('%j is read', (text, expected) => {
    expect(readProtected({ environment: { ...environment, HOLDFAST_PROTECT: text } })).toEqual(expected);
  });

  it.each([`${FIRST}`, `${FIRST}=`, 'prod=westeurope', `${FIRST}=west europe`, `${FIRST}=westeurope --x`])(
    '%j is refused',
    (text) => {
      expect(() => readProtected({ environment: { ...environment, HOLDFAST_PROTECT: text } })).toThrow(
        'HOLDFAST_PROTECT has',
      );
    },
  );
});

describe('the estate', () => {
  const protect = { HOLDFAST_PROTECT: `${FIRST}=westeurope,northeurope;${SECOND}=eastus` };

  it('is deployed once in each subscription, apart from the app', async () => {
    const { hook, asked } = fakeAzure({}, { ...protect, HOLDFAST_RESTORE_TO: `rg-a, ${SECOND}/rg-b` });
    await deployEstate(hook);
    const deployed = asked.filter((line) => line.startsWith('deployment sub create'));
    expect(deployed).toHaveLength(2);
    expect(deployed[0]).toContain(
      `--name holdfast-estate-test --subscription ${FIRST} --location westeurope --template-file infra/estate.bicep`,
    );
    expect(deployed[0]).toContain('regions=["westeurope","northeurope"]');
    expect(deployed[0]).toContain('restoreTo=groups restoreGroups=["rg-a"]');
    expect(deployed[1]).toContain('restoreTo=groups restoreGroups=["rg-a","rg-b"]');
  });

  it('without a word about restores they may go nowhere', async () => {
    const { hook, asked } = fakeAzure();
    await deployEstate(hook);
    expect(asked[0]).toContain('restoreTo=nowhere');
  });

  it('takes back rights to restore that are no longer named, and only those', async () => {
    const held = ['rg-a', 'rg-old'].map((group) => `/id/${group}\t/subscriptions/${FIRST}/resourceGroups/${group}`);
    const { hook, asked } = fakeAzure({ 'role assignment list': held.join('\n') }, { HOLDFAST_RESTORE_TO: 'RG-A' });
    await deployEstate(hook);
    expect(asked[1]).toContain(
      "principalId=='restore-principal' && roleDefinitionName=='Holdfast restore operator 55555555'",
    );
    expect(asked.slice(2)).toEqual([`role assignment delete --ids /id/rg-old --subscription ${FIRST}`]);
  });

  it('gives back rights and roles when the app goes, and never a group or a snapshot', async () => {
    const { hook, asked, said } = fakeAzure(
      {
        'deployment sub show': '["snapshot-principal","restore-principal"]',
        'role assignment list': '/a/1\n/a/2',
        'role definition list': 'definition',
      },
      protect,
    );
    await leaveEstate(hook);
    const deleted = asked.filter((line) => line.includes(' delete '));
    expect(deleted.slice(0, 3)).toEqual([
      `role assignment delete --ids /a/1 --subscription ${FIRST}`,
      `role assignment delete --ids /a/2 --subscription ${FIRST}`,
      `role definition delete --name definition --subscription ${FIRST}`,
    ]);
    expect(deleted).toHaveLength(6);
    expect(asked.join('\n')).toContain("principalId=='snapshot-principal' || principalId=='restore-principal'");
    expect(asked.join('\n')).not.toMatch(/group delete|snapshot delete|resource delete/);
    expect(said.at(-1)).toContain('groups for snapshots stay');
  });

  it('without a record of the deployment nothing is deleted', async () => {
    const { hook, asked } = fakeAzure({ 'deployment sub show': new Error('not found') });
    await leaveEstate(hook);
    expect(asked.filter((line) => line.includes(' delete '))).toEqual([]);
  });
});

describe('the package', () => {
  it('holds the built files beside each other, host.json, and a package.json that needs nothing', async () => {
    const root = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
    for (const [name, text] of [
      ['main.cjs', 'main'],
      ['chart.cjs', 'chart'],
      ['host.json', '{}'],
      ['package.json', '{"name":"x","version":"1.0.0","dependencies":{"y":"1"}}'],
    ]) {
      await writeFile(join(root, name ?? ''), text ?? '');
    }
    const files = ['main.cjs', 'chart.cjs'].map((name) => ({ path: join(root, name) }));
    await layOutPackage(root, files, join(root, 'azure'));
    expect((await readdir(join(root, 'azure'))).toSorted()).toEqual([
      'chart.cjs',
      'host.json',
      'main.cjs',
      'package.json',
    ]);
    const manifest = JSON.parse(await readFile(join(root, 'azure/package.json'), 'utf8'));
    expect(manifest).toEqual({ name: 'x', version: '1.0.0', private: true, main: 'main.cjs' });
  });
});

import { environmentValue, type Hook } from './commands.ts';

/** One subscription that is protected, and the regions of its disks. */
export interface Protected {
  readonly subscriptionId: string;
  readonly regions: readonly string[];
}

const SUBSCRIPTION = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const REGION = /^[a-z][a-z0-9]{2,40}$/;

/**
 * Reads `HOLDFAST_PROTECT`: `subscription=region,region;subscription=region`. Without it: the subscription and the region of the app itself.
 *
 * Errors: throws with every part that is not of that form.
 */
export function readProtected(hook: Pick<Hook, 'environment'>): readonly Protected[] {
  const text = hook.environment.HOLDFAST_PROTECT?.trim();
  if (!text) {
    return [
      {
        subscriptionId: environmentValue(hook, 'AZURE_SUBSCRIPTION_ID'),
        regions: [environmentValue(hook, 'AZURE_LOCATION')],
      },
    ];
  }
  const parts = text.split(';').filter((part) => part.trim() !== '');
  const wrong: string[] = [];
  const found = parts.map((part) => {
    const [subscriptionId = '', regions = ''] = part.split('=').map((side) => side.trim());
    const names = regions.split(',').map((region) => region.trim().toLowerCase());
    if (!SUBSCRIPTION.test(subscriptionId) || !names.every((name) => REGION.test(name))) wrong.push(part.trim());
    return { subscriptionId, regions: [...new Set(names)] };
  });
  if (wrong.length > 0) {
    throw new Error(
      `HOLDFAST_PROTECT has ${wrong.join(' and ')}; it is subscription-id=region,region;subscription-id=region`,
    );
  }
  return found;
}

/** Makes the groups for snapshots, the custom roles and their assignments in each protected subscription. May run again at any time. */
export async function deployEstate(hook: Hook): Promise<void> {
  const restoreTo = hook.environment.HOLDFAST_RESTORE_TO || 'nowhere';
  for (const { subscriptionId, regions } of readProtected(hook)) {
    hook.say(`${subscriptionId}: groups for snapshots in ${regions.join(', ')}`);
    await hook.az(
      ...['deployment', 'sub', 'create', '--name', deploymentName(hook), '--subscription', subscriptionId],
      ...['--location', regions[0] ?? '', '--template-file', 'infra/estate.bicep', '--only-show-errors', '-o', 'none'],
      '--parameters',
      `regions=${JSON.stringify(regions)}`,
      `snapshotPrincipalId=${environmentValue(hook, 'HOLDFAST_SNAPSHOT_PRINCIPAL_ID')}`,
      `restorePrincipalId=${environmentValue(hook, 'HOLDFAST_RESTORE_PRINCIPAL_ID')}`,
      ...restoreParameters(subscriptionId, restoreTo),
    );
    await narrowRestores(hook, subscriptionId, restoreTo);
  }
}

/** A deployment adds rights and takes none away: whoever names fewer places for restores means it. */
async function narrowRestores(hook: Hook, subscriptionId: string, restoreTo: string): Promise<void> {
  const role = `Holdfast restore operator ${subscriptionId.slice(0, 8)}`;
  const mine = `principalId=='${environmentValue(hook, 'HOLDFAST_RESTORE_PRINCIPAL_ID')}' && roleDefinitionName=='${role}'`;
  const own = ['--subscription', subscriptionId];
  const list = await hook.az(
    'role',
    'assignment',
    'list',
    '--all',
    ...own,
    '--query',
    `[?${mine}].[id, scope]`,
    '-o',
    'tsv',
  );
  const wanted = restoreScopes(subscriptionId, restoreTo);
  for (const line of list.split('\n').filter((each) => each !== '')) {
    const [id = '', scope = ''] = line.split('\t');
    if (wanted.includes(scope.toLowerCase())) continue;
    await hook.az('role', 'assignment', 'delete', '--ids', id, ...own);
    hook.say(`${scope}: restores may no longer go there`);
  }
}

/**
 * Takes back every right that the two identities had, and the custom roles. The groups for snapshots stay, with all that is in them.
 *
 * Safety: removes role assignments of these two principals and Holdfast's own role definitions, nothing else; never a resource group or a snapshot.
 */
export async function leaveEstate(hook: Hook): Promise<void> {
  for (const { subscriptionId } of readProtected(hook)) {
    const own = ['--subscription', subscriptionId];
    const show = ['deployment', 'sub', 'show', '--name', deploymentName(hook), ...own];
    // azd forgets the outputs before this runs; the deployment's own record still has the principals.
    const query = '[properties.parameters.snapshotPrincipalId.value, properties.parameters.restorePrincipalId.value]';
    const record = await hook.az(...show, '--query', query, '-o', 'json').catch(() => '');
    if (record === '') {
      hook.say(`${subscriptionId}: no record of a deployment; nothing is taken back there`);
      continue;
    }
    const principals = JSON.parse(record) as readonly string[];
    const match = principals.map((id) => `principalId=='${id}'`).join(' || ');
    await deleteEach(hook, ['role', 'assignment'], '--ids', `[?${match}].id`, [...own, '--all']);
    const named = `[?starts_with(roleName, 'Holdfast ') && ends_with(roleName, '${subscriptionId.slice(0, 8)}')].name`;
    await deleteEach(hook, ['role', 'definition'], '--name', named, [...own, '--custom-role-only', 'true']);
    hook.say(`${subscriptionId}: rights taken back; its groups for snapshots stay`);
  }
}

async function deleteEach(
  { az }: Hook,
  kind: readonly string[],
  by: string,
  query: string,
  where: readonly string[],
): Promise<void> {
  const found = await az(...kind, 'list', ...where, '--query', query, '-o', 'tsv');
  const subscription = where.slice(0, 2);
  for (const id of found.split('\n').filter((line) => line !== ''))
    await az(...kind, 'delete', by, id, ...subscription);
}

function deploymentName(hook: Hook): string {
  return `holdfast-estate-${environmentValue(hook, 'AZURE_ENV_NAME')}`;
}

/** `nowhere`, `subscription`, or the names of resource groups with commas; `SUBSCRIPTION/GROUP` is one of that subscription, a bare name one of each. */
function restoreParameters(subscriptionId: string, restoreTo: string): string[] {
  const groups = groupsOf(subscriptionId, restoreTo);
  if (restoreTo === 'subscription') return ['restoreTo=subscription'];
  if (groups.length === 0) return ['restoreTo=nowhere'];
  return ['restoreTo=groups', `restoreGroups=${JSON.stringify(groups)}`];
}

function restoreScopes(subscriptionId: string, restoreTo: string): readonly string[] {
  const subscription = `/subscriptions/${subscriptionId}`.toLowerCase();
  if (restoreTo === 'subscription') return [subscription];
  return groupsOf(subscriptionId, restoreTo).map((group) => `${subscription}/resourcegroups/${group.toLowerCase()}`);
}

function groupsOf(subscriptionId: string, restoreTo: string): readonly string[] {
  if (restoreTo === 'nowhere' || restoreTo === 'subscription') return [];
  return restoreTo.split(',').flatMap((entry) => {
    const [group = '', subscription = subscriptionId] = entry.trim().split('/').reverse();
    return group !== '' && subscription.toLowerCase() === subscriptionId.toLowerCase() ? [group] : [];
  });
}

import { parsePolicy } from '../../src/policy/parse-policy.ts';
import type { World } from './world.ts';

export const SUBSCRIPTION = '00000000-0000-4000-8000-000000000001';
export const SNAPSHOT_GROUP = 'rg-holdfast-westeurope';
const PAGE = 65_536;

const gold = {
  name: 'gold',
  select: {
    scopes: [`/subscriptions/${SUBSCRIPTION}`],
    kinds: ['virtualMachine'],
    include: [{ tag: 'tier', equals: 'gold' }],
  },
  schedules: [
    { name: 'often', cron: '0 */2 * * *', catchUp: 'none' },
    { name: 'nightly', cron: '0 2 * * *' },
  ],
  retention: { keepLast: 3, keepDaily: 2, maxAge: 'P20D', graceHours: 2, maxDeletePercent: 60 },
  snapshot: { resourceGroup: 'rg-holdfast-{region}' },
};

const bronze = {
  name: 'bronze',
  timeZone: 'Europe/Vienna',
  select: {
    scopes: [`/subscriptions/${SUBSCRIPTION}`],
    kinds: ['virtualMachine', 'disk'],
    include: [{ tag: 'bronze', exists: true }],
  },
  schedules: [{ name: 'hourly', cron: '30 * * * *', startWindow: 'PT30M' }],
  retention: { keepLast: 2, keepHourly: 4, graceHours: 1, maxDeletePercent: 60 },
  snapshot: { resourceGroup: 'rg-holdfast-{region}', networkAccess: 'allow' },
};

/** The cron texts as the oracle of the slots reads them: minutes between due moments, and the first of a UTC day. */
export const slotRules = {
  gold: { everyMs: 2 * 3_600_000, offsetMs: 0 },
  bronze: { everyMs: 3_600_000, offsetMs: 30 * 60_000 },
} as const;

export interface Estate {
  readonly machines: readonly string[];
  readonly singleDisk: string;
  readonly doomedDisk: string;
  readonly diskIds: readonly string[];
  /** Lets the machines write and free some blocks. */
  work(): void;
}

/** Three machines (one under both policies, one with two disks), a single disk that stays and one that will be deleted, and two policies. */
export async function furnish(world: World): Promise<Estate> {
  const { azure, chance } = world;
  azure.addGroup(SUBSCRIPTION, SNAPSHOT_GROUP);
  const disk = (name: string, tags: Record<string, string> = {}) =>
    azure.addDisk({ subscriptionId: SUBSCRIPTION, resourceGroup: 'rg-shop', name, tags, sizeBytes: 64 * PAGE }).id;
  const machine = (name: string, tags: Record<string, string>, disks: readonly string[]) =>
    azure.addMachine(
      { subscriptionId: SUBSCRIPTION, resourceGroup: 'rg-shop', name, tags },
      disks.map((diskId, index) => ({ diskId, lun: index === 0 ? null : index - 1 })),
    ).id;
  const web = [disk('web-os'), disk('web-data')];
  const db = [disk('db-os')];
  const app = [disk('app-os')];
  const singleDisk = disk('archive', { bronze: 'yes' });
  const doomedDisk = disk('doomed', { bronze: 'yes' });
  const machines = [
    machine('web', { tier: 'gold' }, web),
    machine('db', { tier: 'gold', bronze: 'too' }, db),
    machine('app', { tier: 'gold' }, app),
  ];
  const diskIds = [...web, ...db, ...app, singleDisk];
  for (const id of [...diskIds, doomedDisk]) azure.write(id, 0, 16 * PAGE);
  for (const document of [gold, bronze]) {
    const parsed = parsePolicy(document);
    if (!parsed.ok) throw new Error(`the policy is not valid: ${JSON.stringify(parsed.problems)}`);
    await world.app.states.wake(document.name, world.now(), { forget: true });
    await world.app.policies.save({ policy: parsed.value, document, by: 'admin', now: world.now(), state: 'active' });
  }
  const work = () => {
    for (const id of diskIds) {
      if (chance.hit(0.3)) azure.write(id, chance.below(60) * PAGE, (1 + chance.below(4)) * PAGE);
      if (chance.hit(0.05)) azure.clear(id, chance.below(60) * PAGE, (1 + chance.below(3)) * PAGE);
    }
  };
  return { machines, singleDisk, doomedDisk, diskIds, work };
}

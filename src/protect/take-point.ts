import type { Clock } from '../base/clock.ts';
import { type AppError, isAppError } from '../base/errors.ts';
import { parseResourceId } from '../base/ids.ts';
import { inParallel } from '../base/in-parallel.ts';
import type { Log } from '../base/log.ts';
import { approximateMs, type EpochMs, formatIso, HOUR_MS, MINUTE_MS } from '../base/time.ts';
import type { Policy } from '../policy/policy.ts';
import { diskAccessOf } from '../policy/snapshot-group.ts';
import type { Message } from '../work/messages.ts';
import type { Agenda, WorkItem } from '../work/work.ts';
import type { Catalogue, StoredPoint } from './catalogue.ts';
import type { ManifestBook } from './manifest-book.ts';
import { planTags } from './plan-tags.ts';
import type { Point } from './point.ts';
import type { PolicyBook } from './policy-book.ts';
import type { SnapshotTaker } from './ports.ts';
import { groupKey, type SnapshotGroup, type Unconfirmed } from './unconfirmed.ts';

export interface TakeDeps {
  readonly policies: PolicyBook;
  readonly catalogue: Catalogue;
  readonly unconfirmed: Unconfirmed;
  readonly agenda: Agenda;
  readonly snapshots: SnapshotTaker;
  readonly manifests: ManifestBook;
  readonly clock: Clock;
  readonly log: Log;
}

/** Snapshots of one virtual machine are sent together, to keep its disks' moments close. */
const PUTS_AT_ONCE = 8;

/** How soon after the PUT the group is looked at. */
const CONFIRM_AFTER_MS = MINUTE_MS;

/** A point that could not be started is tried again for so long after its start window. */
const START_LIMIT_MS = 6 * HOUR_MS;

/** The resource group that a point's snapshots live in. */
export function groupOf(point: Point): SnapshotGroup {
  const first = point.snapshots[0] ? parseResourceId(point.snapshots[0].snapshotId) : null;
  return { subscriptionId: point.source.subscriptionId, resourceGroup: first?.resourceGroup ?? '' };
}

/**
 * Starts the snapshots of a planned point: one PUT a disk, not waited for.
 *
 * Errors: what is worth a retry puts the point back on the agenda; what is not fails the point, and its row says why.
 * Safety: names are the plan's, so a repeated, doubled or late message starts nothing twice.
 */
export async function takePoint(deps: TakeDeps, message: Message): Promise<void> {
  const item: WorkItem = { kind: 'take', id: message.id, dueAt: message.dueAt };
  const stored = await deps.catalogue.get(message.id);
  if (stored?.point.state === 'started') return expectConfirmation(deps, stored.point, item);
  if (stored?.point.state !== 'planned') return deps.agenda.change([], [item]);
  const { point } = stored;
  const policy = (await deps.policies.getRecent(point.policy, deps.clock.now()))?.policy ?? null;
  const now = deps.clock.now();
  const failure = policy === null ? POLICY_GONE : tooLate(point, policy, now);
  if (policy === null || failure) {
    await fail(deps, stored, failure ?? POLICY_GONE);
    return deps.agenda.change([], [item]);
  }
  try {
    await startAll(deps, point, policy);
  } catch (error) {
    if (!isAppError(error)) throw error;
    if (error.retry) return retryLater(deps, stored, item, error);
    const azureCode = String(error.facts.azureCode ?? error.code);
    await fail(deps, stored, { code: error.code, message: `${error.message} (${azureCode})` });
    return expectConfirmation(deps, point, item);
  }
  const startedAt = deps.clock.now();
  const manifest = point.source.kind === 'virtualMachine' ? await deps.manifests.capture(point.source) : null;
  const start = (current: Point): Point | null =>
    current.state === 'planned'
      ? {
          ...current,
          state: 'started',
          startedAt,
          ...(manifest === null ? {} : { manifest }),
          snapshots: current.snapshots.map((snapshot) => ({ ...snapshot, state: 'started' })),
        }
      : null;
  await deps.catalogue.update(point.id, start, stored);
  return expectConfirmation(deps, point, item);
}

const POLICY_GONE = { code: 'policy-gone', message: 'The policy is gone' };

async function startAll(deps: TakeDeps, point: Point, policy: Policy): Promise<void> {
  const tags = planTags(point, policy.snapshot);
  const group = groupOf(point);
  await inParallel(point.snapshots, PUTS_AT_ONCE, (snapshot) =>
    deps.snapshots.start({
      ...group,
      name: parseResourceId(snapshot.snapshotId)?.name ?? '',
      region: point.source.region,
      diskId: snapshot.diskId,
      sku: policy.snapshot.sku,
      tags,
      networkAccess: policy.snapshot.networkAccess,
      ...diskAccess(policy, point),
    }),
  );
}

function diskAccess({ snapshot }: Policy, { source }: Point): { diskAccessId?: string } {
  const { diskAccessId } = snapshot;
  return diskAccessId === undefined ? {} : { diskAccessId: diskAccessOf(diskAccessId, source.region) };
}

/** Has the point's group looked at soon, and takes the point's own item off the agenda. */
async function expectConfirmation(deps: TakeDeps, point: Point, done: WorkItem): Promise<void> {
  const group = groupOf(point);
  await deps.unconfirmed.add(group, 'create', [point.id]);
  const dueAt = nextMinute(deps.clock.now() + CONFIRM_AFTER_MS);
  await deps.agenda.change([{ kind: 'confirm', id: groupKey(group), dueAt }], [done]);
}

/** Whole minutes, so that a wave of points shares one item on the agenda. */
export function nextMinute(instant: EpochMs): EpochMs {
  return Math.ceil(instant / MINUTE_MS) * MINUTE_MS;
}

function tooLate(point: Point, policy: Policy, now: EpochMs): Point['error'] {
  const windows = policy.schedules
    .filter((schedule) => point.schedules.includes(schedule.name))
    .map((schedule) => approximateMs(schedule.startWindow));
  const until = Math.max(point.slot, point.plannedAt) + Math.max(0, ...windows) + START_LIMIT_MS;
  return now <= until ? null : { code: 'too-late', message: 'The point could not be started within its window' };
}

async function retryLater(deps: TakeDeps, stored: StoredPoint, item: WorkItem, error: AppError): Promise<void> {
  const { point } = stored;
  const attempts = point.attempts + 1;
  const waitMs = error.retryAfterMs ?? Math.min(MINUTE_MS * 2 ** Math.min(attempts - 1, 4), 15 * MINUTE_MS);
  deps.log.warn('a point is started later', {
    point: point.id,
    source: point.source.name,
    code: error.code,
    attempts,
    waitMs,
  });
  await deps.catalogue.update(
    point.id,
    (current) => (current.state === 'planned' ? { ...current, attempts } : null),
    stored,
  );
  await deps.agenda.change([{ ...item, dueAt: deps.clock.now() + waitMs }], [item]);
}

async function fail(
  deps: Pick<TakeDeps, 'catalogue' | 'clock' | 'log'>,
  stored: StoredPoint,
  error: NonNullable<Point['error']>,
): Promise<void> {
  const { id, source, policy, slot } = stored.point;
  deps.log.error('a point has failed', {
    point: id,
    source: source.name,
    policy,
    slot: formatIso(slot),
    code: error.code,
  });
  const isOpen = (point: Point) => point.state === 'planned' || point.state === 'started';
  const failed = (current: Point): Point | null =>
    isOpen(current) ? { ...current, state: 'failed', error, finishedAt: deps.clock.now() } : null;
  await deps.catalogue.update(id, failed, stored);
}

/** Marks a point failed whose message ended in the poison queue: its schedule goes on with the next slot. */
export async function failPoisonedPoint(
  deps: Pick<TakeDeps, 'catalogue' | 'agenda' | 'clock' | 'log'>,
  message: Message,
): Promise<void> {
  const stored = await deps.catalogue.get(message.id);
  if (stored) await fail(deps, stored, { code: 'poisoned', message: 'Starting the point failed again and again' });
  await deps.agenda.change([], [{ kind: 'take', id: message.id, dueAt: message.dueAt }]);
}

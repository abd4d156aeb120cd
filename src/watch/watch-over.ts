import { isAppError } from '../base/errors.ts';
import type { Store } from '../base/store.ts';
import { type EpochMs, HOUR_MS, MINUTE_MS } from '../base/time.ts';
import { type NotifyDeps, notify } from '../notify/notify.ts';
import { ConditionBook, type Watched } from './condition-book.ts';
import { conditionKinds, metricName } from './condition-kinds.ts';
import { type Changes, type Condition, decideChanges } from './decide-changes.ts';
import { decideConditions } from './decide-conditions.ts';
import type { Books, Facts } from './facts.ts';
import { expectedGroups, type FactsDeps, gatherFacts, type ReadPolicy, readPolicies } from './gather-facts.ts';
import { planNotices } from './plan-notices.ts';
import type { MetricSink } from './ports.ts';
import { type BooksDeps, readBooks } from './read-books.ts';

export interface WatchDeps extends FactsDeps, BooksDeps, NotifyDeps {
  /** Where metrics go; nowhere by default. */
  readonly metrics?: MetricSink;
}

/** When the app watches: the alert rules want a value every fifteen minutes. Six-field, in UTC. */
export const WATCH_CRON = '0 10,25,40,55 * * * *';

/** While all is well, the facts are gathered so often, and whenever a slot has to be judged. */
const IDLE_MS = HOUR_MS;
/** How often chains and resource groups are looked at: as often as they are swept. */
const BOOKS_EVERY_MS = 6 * HOUR_MS;
/** A timer is never quite on time. */
const SLACK_MS = MINUTE_MS;

/** Until when this process has seen that nothing is open and no look is due: so long the table need not be asked again. */
const quiet = new WeakMap<Store, { readonly since: EpochMs; readonly until: EpochMs }>();

/**
 * One look: gathers facts where something may have changed, decides which conditions hold, tells people of those that have opened or cleared, and sends the
 * metrics.
 *
 * Shape:  how many conditions are open. One storage call at most where all is well and no slot is to be judged.
 * Safety: conditions are written before anybody is told and marked as told afterwards: a crash anywhere tells them at the next look, under the same key.
 */
export async function watchOver(deps: WatchDeps): Promise<{ readonly open: number }> {
  const now = deps.clock.now();
  const known = quiet.get(deps.store);
  if (known && now + SLACK_MS < known.until && now >= known.since) {
    await sendMetrics(deps, [], now);
    return { open: 0 };
  }
  const book = new ConditionBook(deps.store);
  const watched = await book.read();
  const isDue = watched.look === null || now + SLACK_MS >= watched.look.nextLookAt;
  const standing = isDue ? await look(deps, book, watched, now) : watched.conditions;
  if (!isDue && watched.look && standing.length === 0)
    quiet.set(deps.store, { since: now, until: watched.look.nextLookAt });
  await sendMetrics(deps, standing, now);
  return { open: standing.filter(({ clearedAt }) => clearedAt === null).length };
}

async function look(
  deps: WatchDeps,
  book: ConditionBook,
  watched: Watched,
  now: EpochMs,
): Promise<readonly Condition[]> {
  const read = await readPolicies(deps);
  const books = await freshBooks(deps, book, watched.books, read, now);
  const facts: Facts = { ...(await gatherFacts(deps, read, now)), books };
  const changes = decideChanges(watched.conditions, decideConditions(facts), now);
  if ((await book.write(changes.write, changes.forget)) === 'refused') {
    deps.log.warn('conditions were looked at twice at once', {});
    return watched.conditions;
  }
  logChanges(deps, changes);
  await tell(deps, changes);
  await book.noteLook({ lookedAt: now, nextLookAt: nextLook(changes.standing, facts) });
  return changes.standing;
}

async function freshBooks(
  deps: WatchDeps,
  book: ConditionBook,
  before: Books | null,
  read: readonly ReadPolicy[],
  now: EpochMs,
): Promise<Books | null> {
  if (before !== null && now + SLACK_MS < before.at + BOOKS_EVERY_MS) return before;
  const books = await readBooks(deps, before, expectedGroups(read));
  await book.noteBooks(books);
  return books;
}

/** While anything is open or fresh, every time; else when the next slot is to be judged, at last in an hour. */
function nextLook(standing: readonly Condition[], { policies, now }: Facts): EpochMs {
  if (standing.some(({ clearedAt, told }) => clearedAt === null || !told)) return now;
  const verdicts = policies.flatMap(({ enabled, times }) => (enabled ? (times.nextVerdictAt ?? []) : []));
  return Math.min(now + IDLE_MS, ...verdicts);
}

function logChanges({ log }: WatchDeps, { write, leftOutByKind }: Changes): void {
  for (const { kind, name, group, facts, openedAt, clearedAt, told } of write) {
    const line = { condition: kind, name, group, openedAt: new Date(openedAt).toISOString() };
    if (clearedAt !== null) log.info('a condition has cleared', line);
    else if (!told) log.warn('a condition has opened', { ...facts, ...line });
  }
  for (const [condition, conditions] of leftOutByKind)
    log.warn('more conditions than are kept one by one', { condition, conditions });
}

async function tell(deps: WatchDeps, { standing, leftOutByKind }: Changes): Promise<void> {
  if (standing.every(({ told }) => told)) return;
  // Written a moment ago: read anew for their versions.
  const book = new ConditionBook(deps.store);
  const { conditions } = await book.read();
  for (const { notice, tells } of planNotices(conditions, leftOutByKind)) {
    await notify(deps, notice);
    await book.write(tells.filter(({ told }) => !told).map((condition) => ({ ...condition, told: true })));
  }
}

/** Every gauge every time, the zeros too: an alert clears by them alone. A value that is lost is made up for by the next. */
async function sendMetrics({ metrics, log }: WatchDeps, standing: readonly Condition[], now: EpochMs): Promise<void> {
  if (!metrics) return;
  const open = standing.filter(({ clearedAt }) => clearedAt === null);
  const values = conditionKinds.map(
    (kind) => [metricName(kind), open.filter((condition) => condition.kind === kind).length] as const,
  );
  try {
    await metrics.send(new Map(values), now);
  } catch (error) {
    if (!isAppError(error)) throw error;
    log.warn('metrics could not be sent', { code: error.code, ...error.facts });
  }
}

import type { Clock } from '../base/clock.ts';
import { hashId } from '../base/ids.ts';
import type { Log } from '../base/log.ts';
import type { Store } from '../base/store.ts';
import { DAY_MS, type EpochMs, MINUTE_MS } from '../base/time.ts';
import { messageOf } from '../work/messages.ts';
import type { Agenda, WorkItem } from '../work/work.ts';
import { type Delivery, Outbox } from './outbox.ts';
import { cut, type StoredNotice } from './plan-payload.ts';
import { type Severity, severities, type Topic, type Webhooks, type WebhookTarget } from './ports.ts';

/**
 * A message to people.
 *
 * Shape:  `key` names it for good: the same key is sent once, however often it is asked for. Texts may hold what people typed into Azure; they are cut
 *         to length.
 * Safety: never a SAS, a token or a key.
 */
export interface Notice {
  readonly key: string;
  readonly topic: Topic;
  readonly severity: Severity;
  readonly title: string;
  readonly text: string;
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  /** An https URL. */
  readonly link?: string;
}

export interface NotifyDeps {
  readonly store: Store;
  readonly agenda: Agenda;
  readonly clock: Clock;
  readonly log: Log;
  readonly webhooks: Webhooks;
}

/** In characters. Together they stay under what the smallest receiver takes (Teams, 28 KB), whatever the characters are. */
const TITLE_MAX = 140;
const TEXT_MAX = 1_500;
const FACTS_MAX = 10;
const NAME_MAX = 60;
const VALUE_MAX = 200;

/** How long the queue message has before the delivery is sent again. */
const RESEND_AFTER_MS = MINUTE_MS;

/** An ended delivery is kept so long: until then its key is known, and health can show what was given up. */
const KEPT_MS = 90 * DAY_MS;

/**
 * Sends a message to every configured webhook that wants its topic and severity.
 *
 * Shape:  `known` where the key was sent before, `no-targets` where nobody wants it: nothing is written then.
 * Errors: 'storage-unavailable'. What the receivers say is the delivery's business, not the caller's.
 * Safety: when this returns the message is in the outbox and on the agenda. Call it before your own work is marked as done, and again after a crash.
 */
export async function notify(deps: NotifyDeps, notice: Notice): Promise<'queued' | 'known' | 'no-targets'> {
  const targets = deps.webhooks.targets.filter((target) => wants(target, notice));
  if (targets.length === 0) return 'no-targets';
  const outbox = new Outbox(deps.store);
  const stored = storeable(notice, deps.clock.now());
  const before = await outbox.ofMessage(stored.id);
  const names = targets.map(({ name }) => name);
  const isNew = before.length === 0 && (await outbox.insert(stored, names)) === 'done';
  const deliveries = isNew ? [] : before.length > 0 ? before : await outbox.ofMessage(stored.id);
  // After a crash between the two tables: the item's name follows from the row, so that putting it there again changes nothing.
  const waiting = isNew
    ? names.map((target) => itemOf({ notice: stored, target }))
    : deliveries.filter(({ state, attempts }) => state === 'waiting' && attempts === 0).map(itemOf);
  await deps.agenda.change(waiting);
  if (!isNew) return 'known';
  await deps.store.queue('restores').send(waiting.map(messageOf));
  return 'queued';
}

/** Deliveries that were given up, newest first. */
export async function undelivered(store: Store, limit: number): Promise<readonly Delivery[]> {
  const found: Delivery[] = [];
  for await (const page of new Outbox(store).all()) found.push(...page.filter(({ state }) => state === 'given-up'));
  return found.sort((a, b) => (b.finishedAt ?? 0) - (a.finishedAt ?? 0)).slice(0, limit);
}

/** Forgets what ended long ago. Once a day is enough. */
export async function tidyOutbox({ store, clock }: Pick<NotifyDeps, 'store' | 'clock'>): Promise<number> {
  const outbox = new Outbox(store);
  let forgotten = 0;
  for await (const page of outbox.all()) {
    const old = page.filter(({ finishedAt }) => finishedAt !== null && finishedAt < clock.now() - KEPT_MS);
    await outbox.remove(old);
    forgotten += old.length;
  }
  return forgotten;
}

function itemOf({ notice, target }: { notice: Pick<StoredNotice, 'id' | 'at'>; target: string }): WorkItem {
  return { kind: 'notify', id: `${notice.id}.${target}`, dueAt: notice.at + RESEND_AFTER_MS };
}

function wants(target: WebhookTarget, { topic, severity }: Notice): boolean {
  if (!target.topics.includes(topic)) return false;
  // The end of something reaches whoever may have heard of its beginning.
  return severity === 'resolved' || severities.indexOf(severity) >= severities.indexOf(target.from);
}

function storeable({ key, topic, severity, title, text, facts, link }: Notice, now: EpochMs): StoredNotice {
  return {
    id: `msg_${hashId('notice', key)}`,
    at: now,
    topic,
    severity,
    title: cut(title, TITLE_MAX).toWellFormed(),
    text: cut(text, TEXT_MAX).toWellFormed(),
    facts: facts.slice(0, FACTS_MAX).map(({ name, value }) => ({
      name: cut(name, NAME_MAX).toWellFormed(),
      value: cut(value, VALUE_MAX).toWellFormed(),
    })),
    link: link?.startsWith('https://') ? link : null,
  };
}

import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { Message } from '../work/messages.ts';
import type { WorkItem } from '../work/work.ts';
import type { NotifyDeps } from './notify.ts';
import { type Delivery, Outbox, type StoredDelivery } from './outbox.ts';
import { planPayload } from './plan-payload.ts';
import type { PostOutcome, WebhookTarget } from './ports.ts';
import { signPayload } from './sign-payload.ts';

/** A try takes ten seconds at most; one that has not ended after this time died with its process. */
const CLAIM_MS = 2 * MINUTE_MS;

const FIRST_WAIT_MS = 30 * SECOND_MS;
const LONGEST_WAIT_MS = HOUR_MS;

/** A receiver that has been away for so long is not waited for any more: what it would be told is old by then. */
export const GIVE_UP_AFTER_MS = 48 * HOUR_MS;

/** The receiver has taken the webhook down for good. Source: RFC 9110, 410 Gone; Slack answers so for an archived channel. */
const GONE = 410;

/**
 * Tries to deliver one message to one target, and puts it back on the agenda where that fails.
 *
 * Safety: at least once, and each time under the same `webhook-id`: a receiver that keeps the ids it has seen gets it once. The row is claimed by its
 *         ETag before anything is sent, so that a doubled queue message does not double the delivery.
 */
export async function deliverNotice(deps: NotifyDeps, message: Message): Promise<void> {
  const item: WorkItem = { kind: 'notify', id: message.id, dueAt: message.dueAt };
  const again = (at: number) => deps.agenda.change([{ ...item, dueAt: at }], [item]);
  const outbox = new Outbox(deps.store);
  const [id = '', name = ''] = message.id.split('.');
  const stored = await outbox.get(id, name);
  if (stored?.delivery.state !== 'waiting') return deps.agenda.change([], [item]);
  const now = deps.clock.now();
  if (stored.delivery.claimedUntil > now) return again(stored.delivery.claimedUntil);
  const claimed = await outbox.replace(
    { ...stored.delivery, attempts: stored.delivery.attempts + 1, claimedUntil: now + CLAIM_MS },
    stored.etag,
  );
  if (!claimed) return again(now + CLAIM_MS);
  const target = deps.webhooks.targets.find((candidate) => candidate.name === name);
  const outcome: PostOutcome | 'no-target' = target ? await post(deps, target, claimed.delivery) : 'no-target';
  const waitMs = await settle(deps, outbox, claimed, outcome);
  return waitMs === null ? deps.agenda.change([], [item]) : again(deps.clock.now() + waitMs);
}

function post(deps: NotifyDeps, target: WebhookTarget, { notice }: Delivery): Promise<PostOutcome> {
  const { url, signingKey } = target.reveal();
  const body = planPayload(target.kind, notice);
  const signed = signingKey === null ? {} : signPayload(signingKey, notice.id, deps.clock.now(), body);
  return deps.webhooks.poster.post({
    url,
    headers: { 'content-type': 'application/json; charset=utf-8', ...signed },
    body,
    networks: target.networks,
    http: target.http,
  });
}

/** Writes what has come of a try: null where it was the last one, else how long to wait. */
async function settle(
  { clock, log }: NotifyDeps,
  outbox: Outbox,
  { delivery, etag }: StoredDelivery,
  outcome: PostOutcome | 'no-target',
): Promise<number | null> {
  const now = clock.now();
  const error = errorOf(outcome);
  const facts = { notice: delivery.notice.id, target: delivery.target, attempts: delivery.attempts, error };
  if (error === null) {
    await outbox.replace({ ...delivery, state: 'delivered', claimedUntil: 0, error: null, finishedAt: now }, etag);
    log.info('a message was delivered', facts);
    return null;
  }
  if (error === 'no-target' || error === `status-${GONE}` || now - delivery.notice.at >= GIVE_UP_AFTER_MS) {
    await outbox.replace({ ...delivery, state: 'given-up', claimedUntil: 0, error, finishedAt: now }, etag);
    log.error('a message could not be delivered and is given up', facts);
    return null;
  }
  await outbox.replace({ ...delivery, claimedUntil: 0, error }, etag);
  log.warn('a message could not be delivered yet', facts);
  return waitMs(delivery.attempts, outcome);
}

function errorOf(outcome: PostOutcome | 'no-target'): string | null {
  if (outcome === 'no-target') return outcome;
  switch (outcome.kind) {
    case 'delivered':
      return null;
    case 'forbidden':
      return `forbidden-${outcome.reason}`;
    case 'refused':
      return `status-${outcome.status}`;
    case 'failed':
      return outcome.status === null ? outcome.reason : `status-${outcome.status}`;
  }
}

/** What a person has to mend (a wrong address, a removed workflow) is looked at once an hour; the rest soon, then ever more rarely. */
function waitMs(attempts: number, outcome: PostOutcome | 'no-target'): number {
  if (outcome === 'no-target' || outcome.kind !== 'failed') return LONGEST_WAIT_MS;
  const backoffMs = Math.min(FIRST_WAIT_MS * 2 ** (attempts - 1), LONGEST_WAIT_MS);
  return Math.max(backoffMs, outcome.retryAfterMs ?? 0);
}

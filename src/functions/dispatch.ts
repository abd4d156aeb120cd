import type { App } from '../app.ts';
import { assert } from '../base/assert.ts';
import { meterTurn } from '../cost/meter-turn.ts';
import { repriceDay } from '../cost/settle-days.ts';
import { advanceDrill, failPoisonedDrill } from '../drill/advance-drill.ts';
import { deliverNotice } from '../notify/deliver-notice.ts';
import { confirmGroup } from '../protect/confirm-group.ts';
import { failPoisonedPoint, takePoint } from '../protect/take-point.ts';
import { rebuildGroup } from '../rebuild/rebuild-group.ts';
import { advanceRestore, undoPoisonedRestore } from '../restore/advance-restore.ts';
import { deletePoint } from '../retain/delete-point.ts';
import { forgetPoint } from '../retain/forget-point.ts';
import { sweepPolicy } from '../retain/sweep-policy.ts';
import { sendMonth } from '../send/send-month.ts';
import { type Message, type QueueName, readMessage } from '../work/messages.ts';
import { notePoison } from '../work/poison.ts';
import { createMonthRenderer } from './render-month.ts';

type Work = (holdfast: App, message: Message) => Promise<void>;

const workByKind: Readonly<Record<Message['kind'], Work>> = {
  take: takePoint,
  confirm: confirmGroup,
  meter: meterTurn,
  sweep: (holdfast, message) => sweepPolicy(holdfast, message.id),
  delete: deletePoint,
  forget: forgetPoint,
  restore: advanceRestore,
  drill: advanceDrill,
  notify: deliverNotice,
  reprice: repriceDay,
  rebuild: rebuildGroup,
  report: (holdfast, message) => sendMonth({ ...holdfast, renderer: createMonthRenderer(holdfast) }, message),
};

/** What becomes of a message that has failed again and again. What is not named here stays on the agenda and is sent again. */
const poisonedByKind: Partial<Readonly<Record<Message['kind'], Work>>> = {
  take: failPoisonedPoint,
  restore: undoPoisonedRestore,
  drill: failPoisonedDrill,
};

/** Does the work that a queue message asks for. */
export async function runMessage(holdfast: App, body: unknown): Promise<void> {
  const message = readMessage(body);
  const work = workByKind[message.kind];
  assert(work, 'every kind of message has its work');
  await work(holdfast, message);
}

/** Settles a message that ended in the poison queue: it is noted, and what it was to do is marked failed or undone. */
export async function runPoisoned(holdfast: App, queue: QueueName, body: unknown): Promise<void> {
  await notePoison(holdfast, queue, body);
  const message = readMessage(body);
  await poisonedByKind[message.kind]?.(holdfast, message);
}

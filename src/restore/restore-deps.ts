import { MINUTE_MS } from '../base/time.ts';
import type { Webhooks } from '../notify/ports.ts';
import { messageOf } from '../work/messages.ts';
import type { WorkItem } from '../work/work.ts';
import type { RestoreBook } from './restore-book.ts';
import type { RestoreSlots } from './restore-slots.ts';
import type { StepDeps } from './step.ts';

/** What restores need to be carried on. */
export interface RestoreDeps extends StepDeps {
  readonly restores: RestoreBook;
  readonly slots: RestoreSlots;
  readonly webhooks: Webhooks;
}

/** How long the message has before the restore is sent again. */
const RESEND_AFTER_MS = MINUTE_MS;

/** The place of a restore on the agenda while its message is on the way. */
export function restoreItem(deps: Pick<RestoreDeps, 'clock'>, id: string): WorkItem {
  return { kind: 'restore', id, dueAt: deps.clock.now() + RESEND_AFTER_MS };
}

/** Puts a restore on the agenda and sends its message. */
export async function wakeRestore(deps: Pick<RestoreDeps, 'agenda' | 'store' | 'clock'>, id: string): Promise<void> {
  const item = restoreItem(deps, id);
  await deps.agenda.change([item]);
  await deps.store.queue('restores').send([messageOf(item)]);
}

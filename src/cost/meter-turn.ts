import type { Store } from '../base/store.ts';
import { MINUTE_MS } from '../base/time.ts';
import { underLease } from '../work/lease.ts';
import type { Message } from '../work/messages.ts';
import type { Agenda, WorkItem } from '../work/work.ts';
import { type MeterDeps, meterChain } from './meter-chain.ts';

/** Takes a chain's turn at metering: under its lease, and back on the agenda where it is busy or has something to try again. */
export async function meterTurn(deps: MeterDeps & { store: Store; agenda: Agenda }, message: Message): Promise<void> {
  const item: WorkItem = { kind: 'meter', id: message.id, dueAt: message.dueAt };
  const turn = await underLease(deps, message.id, () => meterChain(deps, message.id));
  const againInMs = turn.kind === 'busy' ? MINUTE_MS : turn.value.retryInMs;
  await deps.agenda.change(againInMs === null ? [] : [{ ...item, dueAt: deps.clock.now() + againInMs }], [item]);
}

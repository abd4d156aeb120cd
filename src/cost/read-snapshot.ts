import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Store } from '../base/store.ts';
import { MINUTE_MS, SECOND_MS } from '../base/time.ts';
import { underLease } from '../work/lease.ts';
import type { Agenda, WorkItem } from '../work/work.ts';
import type { Chains } from './chains.ts';
import { closed } from './measure-used-size.ts';
import { CLOSED } from './network-state.ts';
import { type Opening, Openings, readNow } from './openings.ts';
import type { NetworkState, SnapshotAccess } from './ports.ts';

export interface ReadDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly access: SnapshotAccess;
  readonly chains: Chains;
  readonly agenda: Agenda;
  readonly log: Log;
}

export interface SnapshotToRead {
  readonly chainKey: string;
  readonly snapshotId: string;
}

/** Snapshots of one chain that are read at one time: Azure opens five of a family, and metering needs two. */
export const READ_AT_ONCE_MAX = 3;

/**
 * Opens a snapshot for somebody who reads its bytes: the access URL.
 *
 * Shape:  `holder` is the reader's own name, the same in every try: opening again under it prolongs. Close with `closeAfterReading`; what is not closed
 *         is closed by the chain's next turn at metering, which is on the agenda for the end of the time.
 * Errors: 'not-found' for a snapshot that no chain knows; 'azure-locked' where three of the chain are being read; those of the port.
 * Safety: the URL is a secret. Metering leaves alone what is being read; should the access end all the same ('azure-denied'), open again.
 */
export async function openToRead(
  deps: ReadDeps,
  { chainKey, snapshotId }: SnapshotToRead,
  holder: string,
  seconds: number,
): Promise<string> {
  const network = (await networksOf(deps.chains, chainKey)).get(snapshotId.toLowerCase());
  if (network === undefined) throw new AppError('not-found', 'No chain knows this snapshot', { snapshotId });
  const now = deps.clock.now();
  const openings = new Openings(deps.store);
  const read = new Set([...readNow(await openings.of(chainKey), now), snapshotId.toLowerCase()]);
  if (read.size > READ_AT_ONCE_MAX) {
    throw new AppError('azure-locked', 'As many snapshots of the chain are being read as Azure allows beside metering');
  }
  const opening: Opening = { snapshotId, holder, until: now + seconds * SECOND_MS };
  // On the agenda before it is open: a crash anywhere leaves nothing open for good.
  await deps.agenda.change([endOf(chainKey, opening)]);
  await openings.put(chainKey, opening);
  try {
    return await deps.access.open(snapshotId, seconds, network);
  } catch (error) {
    // Nobody reads it then; should it be open by half, the chain's next turn closes it.
    await openings.put(chainKey, { ...opening, until: 0 });
    throw error;
  }
}

/**
 * Ends a reading: the access is revoked and the network put back, unless somebody else reads the snapshot too.
 *
 * Errors: those of storage. What cannot be closed now is closed by the chain's next turn at metering.
 */
export async function closeAfterReading(
  deps: ReadDeps,
  { chainKey, snapshotId }: SnapshotToRead,
  holder: string,
): Promise<void> {
  const openings = new Openings(deps.store);
  const own = (await openings.of(chainKey)).find(
    (opening) => idOf(opening) === snapshotId.toLowerCase() && opening.holder === holder,
  );
  if (own === undefined) return;
  const over = { ...own, until: 0 };
  await openings.put(chainKey, over);
  // Under the chain's lease, so that no measurement loses its access half-way.
  const turn = await underLease(deps, chainKey, () => closeWhatIsOver(deps, chainKey));
  const left = turn.kind === 'busy' || turn.value > 0;
  const again: WorkItem[] = left ? [{ kind: 'meter', id: chainKey, dueAt: deps.clock.now() + MINUTE_MS }] : [];
  await deps.agenda.change(again, [endOf(chainKey, own)]);
}

/**
 * Closes what is open in a chain and should not be: readings that are over or were never ended, and what could not be closed before.
 *
 * Shape:  how many could not be closed this time either. `known` is who has what open, where that was just looked up.
 * Safety: runs under the chain's lease.
 */
export async function closeWhatIsOver(
  deps: Pick<ReadDeps, 'store' | 'clock' | 'access' | 'chains' | 'log'>,
  chainKey: string,
  known?: readonly Opening[],
): Promise<number> {
  const openings = new Openings(deps.store);
  const all = known ?? (await openings.of(chainKey));
  const now = deps.clock.now();
  const over = all.filter(({ until }) => until <= now);
  if (over.length === 0) return 0;
  const read = readNow(all, now);
  const networks = await networksOf(deps.chains, chainKey);
  let left = 0;
  for (const opening of over) {
    const { snapshotId } = opening;
    const network = networks.get(idOf(opening)) ?? CLOSED;
    const done = read.has(idOf(opening)) || (await closed(deps, { snapshotId, network }));
    if (done) await openings.remove(chainKey, opening);
    else left += 1;
  }
  return left;
}

async function networksOf(chains: Chains, chainKey: string): Promise<ReadonlyMap<string, NetworkState>> {
  const nodes = await chains.nodes(chainKey);
  return new Map(nodes.map(({ snapshotId, network }) => [snapshotId.toLowerCase(), network]));
}

function idOf({ snapshotId }: Pick<Opening, 'snapshotId'>): string {
  return snapshotId.toLowerCase();
}

/** The turn that closes what its reader did not. */
function endOf(chainKey: string, { until }: Opening): WorkItem {
  return { kind: 'meter', id: chainKey, dueAt: until + MINUTE_MS };
}

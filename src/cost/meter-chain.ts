import type { Clock } from '../base/clock.ts';
import { AppError, type ErrorCode } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Store } from '../base/store.ts';
import { type EpochMs, MINUTE_MS } from '../base/time.ts';
import { type ChainNode, USUAL_SECTOR_BYTES } from './chain-node.ts';
import type { Chains } from './chains.ts';
import { encodeExtents, writtenBytes } from './extents.ts';
import { type Measurement, measurePoint } from './measure-used-size.ts';
import { decodeProgress, encodeProgress } from './meter-progress.ts';
import { type Opening, Openings, readNow } from './openings.ts';
import type { RangeReader, SnapshotAccess } from './ports.ts';
import { closeWhatIsOver } from './read-snapshot.ts';

/** After so many failed tries a node stays unmetered: its chain's figures then come from the bill, or say that they are incomplete. */
export const METER_ATTEMPTS = 8;

/** What a turn may take before it lets others go first: half of the chain's lease. */
export const TURN_MS = 5 * MINUTE_MS;

/** What passes by itself: such a node is tried again for as long as it takes, at last once in an hour. */
const PASSING: readonly ErrorCode[] = ['throttled', 'azure-unavailable', 'azure-locked', 'storage-unavailable'];

/** Whoever put the rights right wants no deed for it: what was refused is tried again whenever the chain has a turn. */
const FOR_OPERATORS: readonly string[] = ['azure-denied'] satisfies ErrorCode[];

/** The error of a node whose disk has other sectors than ranges can be had of. */
export const NO_RANGES = 'no-ranges';

/** Who could not close a snapshot, in the table of readings. */
const HOLDER = 'meter';

export interface MeterDeps {
  readonly store: Store;
  readonly chains: Chains;
  readonly access: SnapshotAccess;
  readonly ranges: RangeReader;
  readonly clock: Clock;
  readonly log: Log;
}

/** What one run has done for a chain. `retryInMs` is set where it has to be taken up again. */
export interface Metered {
  readonly measured: number;
  readonly retryInMs: number | null;
}

/**
 * Measures every snapshot of a chain that has not been measured yet against the kept one before it, oldest first; then closes what was left open.
 *
 * Errors: what cannot be measured now is noted on its node and tried again later; a node that somebody else changed meanwhile likewise.
 * Safety: runs under the chain's lease. The ranges are in the blob before the node says so; access is closed again whatever happens.
 */
export async function meterChain(deps: MeterDeps, chainKey: string): Promise<Metered> {
  const turn: Turn = { chainKey, until: deps.clock.now() + TURN_MS, openings: null, left: 0 };
  const metered = await measureNodes(deps, turn);
  const left = turn.left + (await closeWhatIsOver(deps, chainKey, turn.openings ?? undefined));
  return left > 0 ? { ...metered, retryInMs: Math.min(metered.retryInMs ?? MINUTE_MS, MINUTE_MS) } : metered;
}

interface Turn {
  readonly chainKey: string;
  readonly until: EpochMs;
  /** Who else had snapshots open at the last look. */
  openings: readonly Opening[] | null;
  /** What could not be closed so far. */
  left: number;
}

async function measureNodes(deps: MeterDeps, turn: Turn): Promise<Metered> {
  const { chainKey, until } = turn;
  const nodes = await deps.chains.nodes(chainKey);
  let measured = 0;
  let retryInMs: number | null = null;
  for (const node of inOrder(nodes)) {
    if (deps.clock.now() >= until) return { measured, retryInMs: 0 };
    try {
      const after = await meterNode(deps, turn, node, baseOf(nodes, node));
      if (after === null) return { measured, retryInMs: 0 };
      if (after.writtenBytes !== null) measured += 1;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const waitMs = await noteFailure(deps, chainKey, node, error);
      if (waitMs !== null) retryInMs = waitMs;
      // One of those that were given up stands for all of them.
      if (error.retry || isGivenUp(node)) break;
    }
  }
  return { measured, retryInMs };
}

/** What is to be measured, oldest first; at last what was refused for so long that it was given up. */
function inOrder(nodes: readonly ChainNode[]): readonly ChainNode[] {
  const open = nodes.filter(
    ({ writtenBytes, state, error }) => writtenBytes === null && state === 'kept' && error !== NO_RANGES,
  );
  const refused = open.filter((node) => isGivenUp(node) && FOR_OPERATORS.includes(node.error ?? ''));
  return [...open.filter((node) => !isGivenUp(node)), ...refused];
}

function isGivenUp({ attempts }: ChainNode): boolean {
  return attempts >= METER_ATTEMPTS;
}

/** Notes why a node could not be measured. Shape: when to try again; null where nothing but a change outside can help. */
async function noteFailure(
  deps: MeterDeps,
  chainKey: string,
  node: ChainNode,
  error: AppError,
): Promise<number | null> {
  const tried = node.attempts + weightOf(error.code);
  const attempts = PASSING.includes(error.code) ? Math.min(tried, METER_ATTEMPTS - 1) : Math.min(tried, METER_ATTEMPTS);
  deps.log.warn('a snapshot could not be measured', {
    snapshot: node.snapshotId,
    code: error.code,
    reason: error.message,
    attempts,
  });
  await deps.chains.change(chainKey, [{ ...node, attempts, error: error.code }]);
  if (attempts >= METER_ATTEMPTS) return null;
  return Math.max(error.retryAfterMs ?? 0, MINUTE_MS * 2 ** Math.max(0, attempts - 1));
}

/** Another's change is no fault of the snapshot's; what Azure rejects, such as a difference across a resize over 4 TiB, it rejects the next time too. */
function weightOf(code: ErrorCode): number {
  if (code === 'precondition-failed') return 0;
  return code === 'azure-rejected' ? METER_ATTEMPTS / 2 : 1;
}

/** The kept node of the same family before a node; null for the first. */
function baseOf(nodes: readonly ChainNode[], node: ChainNode): ChainNode | null {
  const isBase = ({ state, familyId }: ChainNode) =>
    state === 'kept' && familyId !== null && familyId === node.familyId;
  return nodes.slice(0, nodes.indexOf(node)).findLast(isBase) ?? null;
}

/** Measures a node. Shape: the node as it is stored now; null where the turn's time was over first. */
async function meterNode(
  deps: MeterDeps,
  turn: Turn,
  node: ChainNode,
  base: ChainNode | null,
): Promise<ChainNode | null> {
  if (node.sectorBytes !== USUAL_SECTOR_BYTES) return store(deps, turn.chainKey, node, { ...node, error: NO_RANGES });
  const measurement = await measure(deps, turn, node, base);
  if (measurement === null) return null;
  const { extents } = measurement;
  const [chainKey, baseKey] = [turn.chainKey, base?.key ?? null];
  await deps.chains.writeExtents(chainKey, node.key, baseKey, encodeExtents(extents));
  const measured = { ...node, base: baseKey, writtenBytes: writtenBytes(extents), billedBytes: null, error: null };
  return store(deps, chainKey, node, measured);
}

async function measure(
  deps: MeterDeps,
  turn: Turn,
  node: ChainNode,
  base: ChainNode | null,
): Promise<Measurement | null> {
  const { chainKey, until } = turn;
  const baseKey = base?.key ?? null;
  let hasProgress = false;
  const progress = {
    read: async () => {
      const blob = await deps.chains.readProgress(chainKey, node.key, baseKey);
      hasProgress = blob !== null;
      return blob === null ? null : decodeProgress(blob);
    },
    write: async (so: Parameters<typeof encodeProgress>[0]) => {
      hasProgress = true;
      await deps.chains.writeProgress(chainKey, node.key, baseKey, encodeProgress(so));
    },
  };
  const readByOthers = async () => {
    try {
      turn.openings = await new Openings(deps.store).of(chainKey);
      return readNow(turn.openings, deps.clock.now());
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      // On doubt everything is closed: a reader opens again.
      return new Set<string>();
    }
  };
  const leftOpen = async (snapshotId: string) => {
    turn.left += 1;
    await new Openings(deps.store).put(chainKey, { snapshotId, holder: HOLDER, until: 0 });
  };
  const point = { snapshot: node, previous: base, sizeBytes: node.sizeBytes };
  const measurement = await measurePoint(deps, point, { progress, until, readByOthers, leftOpen });
  if (measurement !== null && hasProgress) await deps.chains.dropProgress(chainKey, node.key);
  return measurement;
}

async function store(deps: MeterDeps, chainKey: string, node: ChainNode, changed: ChainNode): Promise<ChainNode> {
  if ((await deps.chains.change(chainKey, [changed])) === 'refused') {
    throw new AppError('precondition-failed', 'A node of a chain was changed while it was measured', {
      snapshot: node.snapshotId,
    });
  }
  return changed;
}

import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { MINUTE_MS } from '../base/time.ts';
import type { ChainNode, Chains } from './chains.ts';
import { encodeExtents, writtenBytes } from './extents.ts';
import { measurePoint } from './measure-used-size.ts';
import type { RangeReader, SnapshotAccess } from './ports.ts';

/** After so many failed tries a node stays unmetered: its chain's figures then say that they are incomplete. */
export const METER_ATTEMPTS = 8;

export interface MeterDeps {
  readonly chains: Chains;
  readonly access: SnapshotAccess;
  readonly ranges: RangeReader;
  readonly clock: Clock;
  readonly log: Log;
}

/** What one run has done for a chain. `retryInMs` is set where a node has to be tried again. */
export interface Metered {
  readonly measured: number;
  readonly retryInMs: number | null;
}

/**
 * Measures every snapshot of a chain that has not been measured yet against the kept one before it, oldest first.
 *
 * Errors: what cannot be measured now is noted on its node and tried again later; a node that somebody else changed meanwhile likewise.
 * Safety: runs under the chain's lease. The ranges are in the blob before the node says so; access is closed again whatever happens.
 */
export async function meterChain(deps: MeterDeps, chainKey: string): Promise<Metered> {
  const nodes = [...(await deps.chains.nodes(chainKey))];
  let measured = 0;
  let retryInMs: number | null = null;
  for (let index = 0; index < nodes.length; index += 1) {
    const node = nodes[index];
    if (!node || node.writtenBytes !== null || node.state !== 'kept' || node.attempts >= METER_ATTEMPTS) continue;
    const base = baseOf(nodes, index);
    try {
      nodes[index] = await meterNode(deps, chainKey, node, base);
      measured += 1;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const attempts = error.code === 'precondition-failed' ? node.attempts : node.attempts + 1;
      deps.log.warn('a snapshot could not be measured', {
        snapshot: node.snapshotId,
        code: error.code,
        reason: error.message,
        attempts,
      });
      await deps.chains.change(chainKey, [{ ...node, attempts, error: error.code }]);
      retryInMs = Math.max(error.retryAfterMs ?? 0, MINUTE_MS * 2 ** Math.max(0, attempts - 1));
      if (error.retry) break;
    }
  }
  return { measured, retryInMs };
}

/** The kept node of the same family before a node; null for the first. */
function baseOf(nodes: readonly ChainNode[], index: number): ChainNode | null {
  const node = nodes[index];
  for (let before = index - 1; before >= 0; before -= 1) {
    const candidate = nodes[before];
    if (candidate?.state === 'kept' && candidate.familyId !== null && candidate.familyId === node?.familyId)
      return candidate;
  }
  return null;
}

async function meterNode(
  deps: MeterDeps,
  chainKey: string,
  node: ChainNode,
  base: ChainNode | null,
): Promise<ChainNode> {
  const point = {
    snapshotId: node.snapshotId,
    previousSnapshotId: base?.snapshotId ?? null,
    sizeBytes: node.sizeBytes,
  };
  const { extents, notClosed } = await measurePoint(deps, point);
  // Measured again later rather than left open: the next measurement closes what this one could not.
  if (notClosed.length > 0)
    throw new AppError('azure-unavailable', 'A snapshot could not be closed after it was measured', {
      snapshots: notClosed.join(' '),
    });
  await deps.chains.writeExtents(chainKey, node.key, base?.key ?? null, encodeExtents(extents));
  const measured = { ...node, base: base?.key ?? null, writtenBytes: writtenBytes(extents), error: null };
  if ((await deps.chains.change(chainKey, [measured])) === 'refused') {
    throw new AppError('precondition-failed', 'A node of a chain was changed while it was measured', {
      snapshot: node.snapshotId,
    });
  }
  return measured;
}

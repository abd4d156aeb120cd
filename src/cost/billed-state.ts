import { readCells } from '../base/cells.ts';
import { AppError } from '../base/errors.ts';
import type { Cells, Row, Store } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';
import type { BilledProgress } from './plan-billed-reads.ts';

const TABLE = 'billedstate';
const PARTITION = 'subscription';

/** How the bill of one subscription stands. */
export interface BilledState extends BilledProgress {
  readonly subscriptionId: string;
  /** The last day that Azure has shown figures of, or has had the time to. */
  readonly through: string | null;
  /** The last day with figures that are not nothing. */
  readonly lastFigureOn: string | null;
  /** The UTC day of the last complete reading. */
  readonly readOn: string | null;
  readonly readAt: EpochMs | null;
  readonly currency: string | null;
  /** The code of what kept the last reading from its end; null where nothing did. */
  readonly failure: string | null;
}

/** A state with the version that was read; null for a subscription that was never asked for. */
export interface StoredBilledState {
  readonly state: BilledState;
  readonly etag: string | null;
}

/** A subscription that was never read. */
export function newBilledState(subscriptionId: string, since: string): BilledState {
  return {
    subscriptionId,
    since,
    readThrough: null,
    finalThrough: null,
    through: null,
    lastFigureOn: null,
    readOn: null,
    readAt: null,
    currency: null,
    failure: null,
  };
}

/** Every subscription whose bill has been asked for. Shape: table `billedstate`, one partition, row = subscription in lower case. */
export async function listBilledStates(store: Store): Promise<readonly StoredBilledState[]> {
  const states: StoredBilledState[] = [];
  for await (const page of store.table(TABLE).list({ partitionKey: PARTITION })) {
    for (const row of page) states.push({ state: readState(row), etag: row.etag });
  }
  return states;
}

/** Writes a state over the one that was read. Errors: 'precondition-failed' where somebody else reads the same bill right now. */
export async function writeBilledState(store: Store, { state, etag }: StoredBilledState): Promise<StoredBilledState> {
  const keys = { partitionKey: PARTITION, rowKey: state.subscriptionId.toLowerCase() };
  const cells = stateCells(state);
  const table = store.table(TABLE);
  const done = etag === null ? await table.insert(keys, cells) : await table.replace(keys, cells, etag);
  if (done.kind === 'done') return { state, etag: done.etag };
  throw new AppError('precondition-failed', 'Somebody else is reading the bill of the same subscription', {
    subscriptionId: state.subscriptionId,
  });
}

function stateCells(state: BilledState): Cells {
  return {
    since: state.since,
    readThrough: state.readThrough ?? undefined,
    finalThrough: state.finalThrough ?? undefined,
    through: state.through ?? undefined,
    lastFigureOn: state.lastFigureOn ?? undefined,
    readOn: state.readOn ?? undefined,
    readAt: state.readAt ?? undefined,
    currency: state.currency ?? undefined,
    failure: state.failure ?? undefined,
  };
}

function readState(row: Row): BilledState {
  const cells = readCells(row);
  return {
    subscriptionId: row.rowKey,
    since: cells.text('since'),
    readThrough: cells.textOrNull('readThrough'),
    finalThrough: cells.textOrNull('finalThrough'),
    through: cells.textOrNull('through'),
    lastFigureOn: cells.textOrNull('lastFigureOn'),
    readOn: cells.textOrNull('readOn'),
    readAt: cells.numberOrNull('readAt'),
    currency: cells.textOrNull('currency'),
    failure: cells.textOrNull('failure'),
  };
}

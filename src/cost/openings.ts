import { readCells } from '../base/cells.ts';
import { hashId } from '../base/ids.ts';
import type { Row, Store } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';

const TABLE = 'readings';

/** A snapshot that somebody has opened, or could not close. From `until` on it has to be closed by whoever comes by. */
export interface Opening {
  readonly snapshotId: string;
  readonly holder: string;
  readonly until: EpochMs;
}

/**
 * Who has which snapshots of a chain open for reading, beside metering, which needs no rows: its own item on the agenda brings it back.
 *
 * Shape:  table `readings`, partition = chain, row key = `<snapshot>|<holder>`; empty but for the time of a reading.
 */
export class Openings {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async of(chainKey: string): Promise<readonly Opening[]> {
    const openings: Opening[] = [];
    for await (const page of this.#store.table(TABLE).list({ partitionKey: chainKey })) {
      openings.push(...page.map(readOpening));
    }
    return openings;
  }

  async put(chainKey: string, { snapshotId, holder, until }: Opening): Promise<void> {
    await this.#store.table(TABLE).put(keysOf(chainKey, snapshotId, holder), { snapshotId, holder, until });
  }

  async remove(chainKey: string, { snapshotId, holder }: Pick<Opening, 'snapshotId' | 'holder'>): Promise<void> {
    await this.#store.table(TABLE).delete(keysOf(chainKey, snapshotId, holder));
  }
}

/** The ids, in lower case, of what somebody reads at a moment. */
export function readNow(openings: readonly Opening[], now: EpochMs): ReadonlySet<string> {
  return new Set(openings.filter(({ until }) => until > now).map(({ snapshotId }) => snapshotId.toLowerCase()));
}

function keysOf(chainKey: string, snapshotId: string, holder: string) {
  return { partitionKey: chainKey, rowKey: `${hashId('opening', snapshotId.toLowerCase())}|${holder}` };
}

function readOpening(row: Row): Opening {
  const cells = readCells(row);
  return { snapshotId: cells.text('snapshotId'), holder: cells.text('holder'), until: cells.number('until') };
}

import { readDocument } from '../base/cells.ts';
import { AppError } from '../base/errors.ts';
import { spreadText } from '../base/long-text.ts';
import type { Cells, Row, RowKeys, Store } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';
import { drillKeys } from '../schedule/drill-names.ts';
import { invertedBefore, policyKey } from '../schedule/point-names.ts';
import { type Drill, drillSchema } from './drill-row.ts';

const TABLE = 'drills';

export interface StoredDrill {
  readonly drill: Drill;
  readonly etag: string;
}

/**
 * All drills, those that run and the evidence of those that are over: it is never removed.
 *
 * Shape:  table `drills`, partition = policy, row key = inverted moment and a mark: a policy's drills are one range, newest first.
 */
export class DrillBook {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async get(id: string): Promise<StoredDrill | null> {
    const keys = drillKeys(id);
    const row = keys && (await this.#store.table(TABLE).get(keys));
    return row ? readDrill(row) : null;
  }

  async insert(drill: Drill): Promise<'done' | 'exists'> {
    return (await this.#store.table(TABLE).insert(keysOf(drill), cellsOf(drill))).kind;
  }

  /** Writes a drill that was read; null where somebody else was first. */
  async write(before: StoredDrill, changed: Partial<Drill>): Promise<StoredDrill | null> {
    const drill: Drill = { ...before.drill, ...changed };
    const written = await this.#store.table(TABLE).replace(keysOf(drill), cellsOf(drill), before.etag);
    return written.kind === 'done' ? { drill, etag: written.etag } : null;
  }

  /** The drills of a policy, newest first; with `before` only earlier ones. */
  async ofPolicy(
    policy: string,
    options: { readonly before: EpochMs | null; readonly limit: number },
  ): Promise<readonly Drill[]> {
    const from = options.before === null ? undefined : invertedBefore(options.before);
    if (from === null) return [];
    const range = { partitionKey: policyKey(policy), limit: options.limit, ...(from === undefined ? {} : { from }) };
    const drills: Drill[] = [];
    for await (const page of this.#store.table(TABLE).list(range))
      drills.push(...page.map((row) => readDrill(row).drill));
    return drills;
  }
}

function keysOf(drill: Drill): RowKeys {
  const keys = drillKeys(drill.id);
  if (!keys) throw new AppError('data-unreadable', 'A drill has no readable id', { drill: drill.id });
  return { partitionKey: keys.partitionKey, rowKey: keys.rowKey };
}

function cellsOf(drill: Drill): Cells {
  return { ...spreadText('drill', JSON.stringify(drill)), policy: drill.policy, state: drill.state };
}

function readDrill(row: Row): StoredDrill {
  return { drill: readDocument(row, 'drill', drillSchema), etag: row.etag };
}

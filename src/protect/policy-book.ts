import * as z from 'zod';
import { readCells, readDocument } from '../base/cells.ts';
import { AppError } from '../base/errors.ts';
import { hashId } from '../base/ids.ts';
import { spreadText } from '../base/long-text.ts';
import type { Row, Store } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';
import { parsePolicy } from '../policy/parse-policy.ts';
import type { Policy } from '../policy/policy.ts';

const TABLE = 'policies';
const PARTITION = 'policy';
const MIRROR = 'policies';

/** A policy as it is kept. `version` names its content: it is the ETag of the HTTP API. */
export interface StoredPolicy {
  readonly policy: Policy;
  readonly document: unknown;
  readonly version: string;
  /** A deleted policy is remembered, as its points may still have to expire by it. */
  readonly state: 'active' | 'deleted';
  readonly updatedAt: EpochMs;
  readonly updatedBy: string;
}

export type SaveResult =
  | { readonly kind: 'created' | 'replaced' | 'unchanged'; readonly version: string }
  | { readonly kind: 'changed'; readonly version: string | null };

/**
 * The policies, in a table, each mirrored to a blob on every save so that they outlive the table.
 *
 * Shape:  table `policies`, one partition, row key = name; blobs `policies/<name>.json`.
 */
export class PolicyBook {
  readonly #store: Store;
  /** Policies as they were read last: parsing one again takes longer than reading its row. The row says whether it is still that version. */
  readonly #readByName = new Map<string, StoredPolicy>();

  constructor(store: Store) {
    this.#store = store;
  }

  async get(name: string): Promise<StoredPolicy | null> {
    const row = await this.#store.table(TABLE).get({ partitionKey: PARTITION, rowKey: name });
    return row ? this.#read(row) : null;
  }

  /** All policies by name, the deleted ones included. */
  async list(): Promise<readonly StoredPolicy[]> {
    const policies: StoredPolicy[] = [];
    for await (const page of this.#store.table(TABLE).list({ partitionKey: PARTITION }))
      policies.push(...page.map((row) => this.#read(row)));
    return policies;
  }

  /**
   * Writes a policy. `ifMatch` is the version the caller has seen: null to create only, undefined to write over whatever is there.
   *
   * Shape:  `changed` where another version stands there than the caller has seen; nothing is written then.
   */
  async save(entry: {
    policy: Policy;
    document: unknown;
    by: string;
    now: EpochMs;
    state: 'active' | 'deleted';
    ifMatch?: string | null;
  }): Promise<SaveResult> {
    const text = JSON.stringify(entry.document);
    const version = hashId('policy', entry.state, text);
    const keys = { partitionKey: PARTITION, rowKey: entry.policy.name };
    const cells = {
      ...spreadText('document', text),
      version,
      state: entry.state,
      updatedAt: entry.now,
      updatedBy: entry.by,
    };
    const table = this.#store.table(TABLE);
    const row = await table.get(keys);
    const before = row ? this.#read(row) : null;
    const seen = before?.state === 'active' ? before.version : null;
    if (entry.ifMatch !== undefined && entry.ifMatch !== seen) return { kind: 'changed', version: seen };
    if (before && before.version === version) return { kind: 'unchanged', version };
    await this.#store
      .blobs(MIRROR)
      .write(
        `${entry.policy.name}.json`,
        new TextEncoder().encode(JSON.stringify({ state: entry.state, document: entry.document })),
      );
    const written = row ? await table.replace(keys, cells, row.etag) : await table.insert(keys, cells);
    if (written.kind !== 'done')
      return { kind: 'changed', version: (await this.get(entry.policy.name))?.version ?? null };
    return { kind: seen === null ? 'created' : 'replaced', version };
  }

  #read(row: Row): StoredPolicy {
    const cells = readCells(row);
    const known = this.#readByName.get(row.rowKey);
    const state = cells.text('state');
    const version = cells.text('version');
    if (known?.version === version && known.state === state && known.updatedAt === cells.number('updatedAt'))
      return known;
    const document = readDocument(row, 'document', z.unknown());
    const parsed = parsePolicy(document, { name: row.rowKey });
    if (!parsed.ok || (state !== 'active' && state !== 'deleted')) {
      throw new AppError('data-unreadable', 'A stored policy cannot be read', { policy: row.rowKey });
    }
    const stored = {
      policy: parsed.value,
      document,
      version,
      state,
      updatedAt: cells.number('updatedAt'),
      updatedBy: cells.text('updatedBy'),
    } as const;
    this.#readByName.set(row.rowKey, stored);
    return stored;
  }
}

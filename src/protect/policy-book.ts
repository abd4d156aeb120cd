import * as z from 'zod';
import { readCells, readDocument } from '../base/cells.ts';
import { AppError } from '../base/errors.ts';
import { hashId } from '../base/ids.ts';
import { spreadText } from '../base/long-text.ts';
import { readJson } from '../base/read-json.ts';
import type { Row, RowKeys, Store, Table } from '../base/store.ts';
import { type EpochMs, MINUTE_MS } from '../base/time.ts';
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
  /** After a rebuild from Azure nothing of this policy is deleted until an admin has confirmed. */
  readonly awaitsConfirmation: boolean;
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
  readonly #recentByName = new Map<string, { readonly at: EpochMs; readonly stored: Promise<StoredPolicy | null> }>();

  constructor(store: Store) {
    this.#store = store;
  }

  async get(name: string): Promise<StoredPolicy | null> {
    const row = await this.#store.table(TABLE).get({ partitionKey: PARTITION, rowKey: name });
    return row ? this.#read(row) : null;
  }

  /**
   * A policy as it was within the last minute: for work that a tick of that minute could have done as well, in a wave of a thousand.
   *
   * Safety: never for what decides about a deletion.
   */
  async getRecent(name: string, now: EpochMs): Promise<StoredPolicy | null> {
    const known = this.#recentByName.get(name);
    if (known && now >= known.at && now - known.at < MINUTE_MS) return known.stored;
    // The promise is kept, not its answer: a wave asks all at once.
    const stored = this.get(name);
    this.#recentByName.set(name, { at: now, stored });
    stored.catch(() => this.#recentByName.delete(name));
    return stored;
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
    this.#recentByName.delete(entry.policy.name);
    const text = JSON.stringify(entry.document);
    const version = hashId('policy', entry.state, text);
    const keys = { partitionKey: PARTITION, rowKey: entry.policy.name };
    const table = this.#store.table(TABLE);
    const row = await table.get(keys);
    const before = row ? this.#read(row) : null;
    const cells = {
      ...spreadText('document', text),
      version,
      state: entry.state,
      updatedAt: entry.now,
      updatedBy: entry.by,
      awaitsConfirmation: before?.awaitsConfirmation === true ? true : undefined,
    };
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

  /**
   * Takes back from their mirror the policies whose rows are gone, and has all policies wait for a confirmation before they delete anything.
   *
   * Shape:  names, sorted; `unreadable` are mirrors that hold no valid policy any more.
   */
  async takeBack(by: string, now: EpochMs): Promise<{ restored: readonly string[]; unreadable: readonly string[] }> {
    const known = new Set((await this.list()).map(({ policy }) => policy.name));
    const restored: string[] = [];
    const unreadable: string[] = [];
    for await (const names of this.#store.blobs(MIRROR).list('')) {
      for (const file of names) {
        const name = file.replace(/\.json$/, '');
        if (known.has(name)) continue;
        ((await this.#takeBackOne(name, by, now)) ? restored : unreadable).push(name);
      }
    }
    await this.#await(true);
    return { restored: restored.sort(), unreadable: unreadable.sort() };
  }

  /** Lets the policies delete again. */
  async confirm(): Promise<void> {
    await this.#await(false);
  }

  async #takeBackOne(name: string, by: string, now: EpochMs): Promise<boolean> {
    const mirror = readMirror(await this.#store.blobs(MIRROR).read(`${name}.json`));
    const parsed = mirror && parsePolicy(mirror.document, { name });
    if (!mirror || !parsed?.ok) return false;
    const text = JSON.stringify(mirror.document);
    await this.#store.table(TABLE).insert(
      { partitionKey: PARTITION, rowKey: name },
      {
        ...spreadText('document', text),
        version: hashId('policy', mirror.state, text),
        state: mirror.state,
        updatedAt: now,
        updatedBy: by,
        awaitsConfirmation: true,
      },
    );
    return true;
  }

  async #await(awaitsConfirmation: boolean): Promise<void> {
    const table = this.#store.table(TABLE);
    for await (const page of table.list({ partitionKey: PARTITION })) {
      for (const { partitionKey, rowKey } of page) await setFlag(table, { partitionKey, rowKey }, awaitsConfirmation);
    }
  }

  #read(row: Row): StoredPolicy {
    const cells = readCells(row);
    const known = this.#readByName.get(row.rowKey);
    const state = cells.text('state');
    const version = cells.text('version');
    const awaitsConfirmation = row.cells.awaitsConfirmation === true;
    if (
      known?.version === version &&
      known.state === state &&
      known.updatedAt === cells.number('updatedAt') &&
      known.awaitsConfirmation === awaitsConfirmation
    )
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
      awaitsConfirmation,
    } as const;
    this.#readByName.set(row.rowKey, stored);
    return stored;
  }
}

const mirrorSchema = z.strictObject({ state: z.enum(['active', 'deleted']), document: z.unknown() });

function readMirror(content: Uint8Array | null): z.infer<typeof mirrorSchema> | null {
  if (content === null) return null;
  return mirrorSchema.safeParse(readJson(new TextDecoder().decode(content))).data ?? null;
}

/** Sets or clears one row's flag, again while others write the row. */
async function setFlag(table: Table, keys: RowKeys, awaitsConfirmation: boolean): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const row = await table.get(keys);
    if (!row || (row.cells.awaitsConfirmation === true) === awaitsConfirmation) return;
    const cells = { ...row.cells, awaitsConfirmation: awaitsConfirmation ? true : undefined };
    if ((await table.replace(keys, cells, row.etag)).kind === 'done') return;
  }
  throw new AppError('precondition-failed', 'A policy is changed by others all the time', { policy: keys.rowKey });
}

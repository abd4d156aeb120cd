import * as z from 'zod';
import { readCells, readDocument } from '../base/cells.ts';
import { hashId } from '../base/ids.ts';
import { spreadText } from '../base/long-text.ts';
import type { Store } from '../base/store.ts';
import { type EpochMs, utcDay } from '../base/time.ts';

/** What can stand in the audit log. */
export type AuditAction =
  | 'policy.save'
  | 'policy.delete'
  | 'point.take'
  | 'point.rebuild'
  | 'point.mark'
  | 'point.unmark'
  | 'point.delete'
  | 'point.lost'
  | 'point.locked'
  | 'point.hold'
  | 'point.release'
  | 'sweep.stop'
  | 'sweep.approve'
  | 'restore.start'
  | 'restore.step'
  | 'restore.end'
  | 'restore.cancel'
  | 'restore.undo'
  | 'drill.start'
  | 'drill.end'
  | 'prices.save'
  | 'prices.delete'
  | 'files.read'
  | 'report.send'
  | 'rebuild.start'
  | 'rebuild.confirm'
  | 'request.refused';

/** One entry: who did what to what. `facts` never hold a SAS, a token or a key. */
export interface AuditEntry {
  readonly at: EpochMs;
  readonly actor: string;
  readonly action: AuditAction;
  readonly target: string;
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

/** An entry of a kind that people have to hear of. */
export type Incident = Pick<AuditEntry, 'at' | 'target' | 'facts'> & { readonly action: string };

const factsSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

/** What people have to hear of: it has a second row, where the last days of it are one call. */
const INCIDENTS: readonly AuditAction[] = ['point.lost', 'point.locked'];
const INCIDENT_TABLE = 'incidents';
const INCIDENT_PARTITION = 'incident';

/**
 * Evidence: every write to Azure and every refused request.
 *
 * Shape:  tables `auditYYYYMM`, partition = UTC day, row key = time and a hash of the entry: recording it again changes nothing. Incidents stand in the
 *         table `incidents` as well, one partition.
 */
export class Audit {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async record(entry: AuditEntry): Promise<void> {
    const day = utcDay(entry.at);
    const facts = JSON.stringify(entry.facts);
    const rowKey = `${String(entry.at).padStart(15, '0')}.${hashId(entry.actor, entry.action, entry.target, facts)}`;
    const cells = {
      at: entry.at,
      actor: entry.actor,
      action: entry.action,
      target: entry.target.slice(0, 2_000),
      ...spreadText('facts', facts),
    };
    await this.#store.table(`audit${day.slice(0, 4)}${day.slice(5, 7)}`).put({ partitionKey: day, rowKey }, cells);
    if (INCIDENTS.includes(entry.action))
      await this.#store.table(INCIDENT_TABLE).put({ partitionKey: INCIDENT_PARTITION, rowKey }, cells);
  }

  /** The incidents from a moment on, oldest first, at most `limit`. */
  async incidents(from: EpochMs, limit: number): Promise<readonly Incident[]> {
    const range = { partitionKey: INCIDENT_PARTITION, from: String(from).padStart(15, '0'), limit };
    const found: Incident[] = [];
    for await (const page of this.#store.table(INCIDENT_TABLE).list(range)) {
      for (const row of page) {
        const cells = readCells(row);
        const facts = readDocument(row, 'facts', factsSchema);
        found.push({ at: cells.number('at'), action: cells.text('action'), target: cells.text('target'), facts });
      }
    }
    return found;
  }
}

/** The actor of what Holdfast does by itself. */
export const HOLDFAST = 'holdfast';

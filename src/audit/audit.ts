import { hashId } from '../base/ids.ts';
import { spreadText } from '../base/long-text.ts';
import type { Store } from '../base/store.ts';
import { type EpochMs, utcDay } from '../base/time.ts';

/** What can stand in the audit log. */
export type AuditAction =
  | 'policy.save'
  | 'policy.delete'
  | 'point.take'
  | 'point.mark'
  | 'point.unmark'
  | 'point.delete'
  | 'point.lost'
  | 'point.hold'
  | 'point.release'
  | 'sweep.stop'
  | 'sweep.approve'
  | 'restore.start'
  | 'restore.step'
  | 'restore.end'
  | 'restore.cancel'
  | 'request.refused';

/** One entry: who did what to what. `facts` never hold a SAS, a token or a key. */
export interface AuditEntry {
  readonly at: EpochMs;
  readonly actor: string;
  readonly action: AuditAction;
  readonly target: string;
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

/**
 * Evidence: every write to Azure and every refused request.
 *
 * Shape:  tables `auditYYYYMM`, partition = UTC day, row key = time and a hash of the entry: recording it again changes nothing.
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
    await this.#store.table(`audit${day.slice(0, 4)}${day.slice(5, 7)}`).put(
      { partitionKey: day, rowKey },
      {
        at: entry.at,
        actor: entry.actor,
        action: entry.action,
        target: entry.target.slice(0, 2_000),
        ...spreadText('facts', facts),
      },
    );
  }
}

/** The actor of what Holdfast does by itself. */
export const HOLDFAST = 'holdfast';

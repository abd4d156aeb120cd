import * as z from 'zod';
import { readDocument } from '../base/cells.ts';
import { AppError } from '../base/errors.ts';
import { spreadText } from '../base/long-text.ts';
import type { RowKeys, Store } from '../base/store.ts';
import { policyKey } from '../schedule/point-names.ts';
import { type Drill, drillSchema, secondsByStep } from './drill-row.ts';

const TABLE = 'drillproofs';
const ATTEMPTS = 5;

const moment = z.number().int();

const proofSchema = z.strictObject({
  sourceKey: z.string(),
  sourceName: z.string(),
  policy: z.string(),
  drillId: z.string(),
  /** When it finished. */
  at: moment,
  kind: z.enum(['disk', 'vm', 'files']),
  pick: z.enum(['latest', 'random']),
  result: z.enum(['passed', 'failed']),
  reason: z.string().nullable(),
  pointId: z.string().nullable(),
  takenAt: moment.nullable(),
  lastPassedAt: moment.nullable(),
  secondsByStep: z.record(z.string(), z.number()),
  checks: drillSchema.shape.checks,
});

/** What the newest drill of a source under a policy has shown, and when one passed last: the proof proper, which stays when a later one fails. */
export type LastProof = Readonly<z.infer<typeof proofSchema>>;

/**
 * The newest finished drill of each source under each policy.
 *
 * Shape:  table `drillproofs`, partition = policy, row key = source. With a policy only its own.
 */
export async function* lastProofs(store: Store, policy?: string): AsyncIterable<LastProof> {
  const table = store.table(TABLE);
  const pages = policy === undefined ? table.scan() : table.list({ partitionKey: policyKey(policy) });
  for await (const page of pages) for (const row of page) yield readDocument(row, 'proof', proofSchema);
}

/** Lets a drill that is over be the newest of its source; noting it again changes nothing. */
export async function noteProof(store: Store, drill: Drill, result: 'passed' | 'failed', at: number): Promise<void> {
  if (drill.source === null) return;
  const keys: RowKeys = { partitionKey: policyKey(drill.policy), rowKey: drill.source.key };
  const table = store.table(TABLE);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const row = await table.get(keys);
    const before = row && readDocument(row, 'proof', proofSchema);
    if (before && before.at > at) return;
    const proof: LastProof = {
      sourceKey: drill.source.key,
      sourceName: drill.source.name,
      policy: drill.policy,
      drillId: drill.id,
      at,
      kind: drill.settings.kind,
      pick: drill.settings.pick,
      result,
      reason: drill.reason?.message ?? null,
      pointId: drill.pointId,
      takenAt: drill.takenAt,
      lastPassedAt: result === 'passed' ? at : (before?.lastPassedAt ?? null),
      secondsByStep: secondsByStep(drill),
      checks: drill.checks,
    };
    const cells = spreadText('proof', JSON.stringify(proof));
    const written = row ? await table.replace(keys, cells, row.etag) : await table.insert(keys, cells);
    if (written.kind === 'done') return;
  }
  throw new AppError('precondition-failed', 'A proof is changed by others all the time', { drill: drill.id });
}

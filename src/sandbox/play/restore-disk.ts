import { setTimeout as sleep } from 'node:timers/promises';
import type { PointAnswer, RestoreAnswer } from './app-answers.ts';
import type { HttpClient } from './http.ts';

/** A restored disk beside the snapshot it was made from. */
export interface RestoreComparison {
  readonly restore: string;
  readonly state: string;
  readonly point: string;
  readonly takenAt: string | null;
  readonly disk: string;
  readonly created: string | null;
  readonly comparedBytes: number;
  readonly equal: boolean;
  readonly seconds: number;
  readonly error: string | null;
}

interface Digest {
  readonly digest: string;
  readonly usedBytes: number;
}

const POLL_MS = 250;
const POLLS_MAX = 240;
const RUNNING = ['queued', 'running', 'pending', 'cancelling', 'undoing'];

/**
 * Restores one disk of a point by HTTP, follows it to its end, and compares the new disk with the snapshot, byte for byte, inside the sandbox.
 *
 * Errors: rejects when the app refuses the restore or it does not end within a minute of real time.
 */
export async function restoreDisk(
  app: HttpClient,
  admin: HttpClient,
  asked: { readonly point: PointAnswer; readonly disk: string; readonly resourceGroup: string; readonly name: string },
): Promise<RestoreComparison> {
  const startedAt = performance.now();
  const { point, disk, resourceGroup, name } = asked;
  const snapshot = point.snapshots.find((each) => each.disk === disk);
  if (!snapshot) throw new Error(`The point ${point.id} has no disk ${disk}.`);
  const target = { disk, resourceGroup, name };
  const begun = await app.send<RestoreAnswer>('POST', '/api/restores', { kind: 'disk', point: point.id, target });
  const location = begun.headers.get('location');
  if (begun.status !== 202 || location === null) {
    throw new Error(`The restore was answered ${begun.status}: ${JSON.stringify(begun.body)}`);
  }
  const ended = await follow(app, location);
  const created = ended.created.map((each) => each.diskId ?? each.id).find((id) => id !== undefined) ?? null;
  const same = created === null ? null : await compare(admin, snapshot.id, created);
  return {
    restore: ended.id,
    state: ended.state,
    point: point.id,
    takenAt: point.takenAt,
    disk,
    created,
    comparedBytes: same?.bytes ?? 0,
    equal: same?.equal ?? false,
    seconds: (performance.now() - startedAt) / 1_000,
    error: ended.error === null ? null : `${ended.error.code}: ${ended.error.message}`,
  };
}

async function follow(app: HttpClient, location: string): Promise<RestoreAnswer> {
  for (let polls = 0; polls < POLLS_MAX; polls += 1) {
    const restore = await app.ask<RestoreAnswer>('GET', location);
    if (!RUNNING.includes(restore.state)) return restore;
    await sleep(POLL_MS);
  }
  throw new Error(`The restore ${location} does not end.`);
}

async function compare(
  admin: HttpClient,
  a: string,
  b: string,
): Promise<{ readonly equal: boolean; readonly bytes: number }> {
  const digestOf = (id: string) => admin.ask<Digest>('GET', `/sandbox/estate/digest?id=${encodeURIComponent(id)}`);
  const [first, second] = [await digestOf(a), await digestOf(b)];
  return { equal: first.digest === second.digest, bytes: first.usedBytes };
}

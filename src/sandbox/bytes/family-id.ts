import { createHash } from 'node:crypto';

/** How many families this process has made: keeps ids apart where seeds are the same, and the same in the next run. */
let familiesMade = 0;

/** A new id for the incremental snapshots of one volume, or of one line of copies. Shape: a UUID. */
export function familyIdOf(seed: number): string {
  familiesMade += 1;
  const hex = createHash('sha256').update(`${seed}/${familiesMade}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

import type { ReadDeps } from '../cost/cost.ts';
import type { RangeReader } from '../cost/ports.ts';
import type { DiskByteSource } from '../files/ports.ts';
import type { PolicyBook, SourceBook } from '../protect/protect.ts';
import type { StartDeps } from '../restore/start-restore.ts';
import type { DrillBook } from './drill-book.ts';
import type { DiskAccess } from './ports.ts';

/** What drills act on. */
export interface DrillDeps extends StartDeps, ReadDeps {
  readonly drills: DrillBook;
  readonly policies: PolicyBook;
  readonly sources: SourceBook;
  readonly diskAccess: DiskAccess;
  readonly bytes: DiskByteSource;
  readonly ranges: RangeReader;
}

import { readCells, readDocument } from '../base/cells.ts';
import { AppError } from '../base/errors.ts';
import { spreadText } from '../base/long-text.ts';
import type { Cells, Row, Store } from '../base/store.ts';
import { type EpochMs, HOUR_MS, utcDay } from '../base/time.ts';
import type { Source } from '../inventory/inventory.ts';
import { storedSourceSchema } from '../inventory/stored-source.ts';
import { policyKey } from '../schedule/point-names.ts';

const TABLE = 'sources';

/** A source under one policy, as last seen. */
export interface ProtectedSource {
  readonly policy: string;
  readonly source: Source;
  readonly lastSeenAt: EpochMs;
  /** The moment of the first point ever, remembered after that point is gone; null before it. */
  readonly protectedSince: EpochMs | null;
  /** The newest succeeded point's moment: what the achieved RPO counts from. */
  readonly lastPointAt: EpochMs | null;
  /** When the policy matched it first. */
  readonly firstSeenAt: EpochMs;
  /** Since when the policy matches it no longer; null while it does. */
  readonly leftAt: EpochMs | null;
  /** The longest time between two neighbouring points, by the UTC day of the newer: kept here, as pruning takes the points themselves. Oldest day first. */
  readonly gaps: readonly DayGap[];
}

/** Units: milliseconds. */
export interface DayGap {
  readonly day: string;
  readonly gapMs: number;
}

/** Days of achieved RPO that a source remembers. */
const GAP_DAYS = 35;

/**
 * Which sources each policy protects or has protected.
 *
 * Shape:  table `sources`, partition = policy, row key = source: a policy's sources are one partition.
 */
export class SourceBook {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async *ofPolicy(policy: string): AsyncIterable<ProtectedSource> {
    for await (const page of this.#store.table(TABLE).list({ partitionKey: policyKey(policy) }))
      for (const row of page) yield readSource(row);
  }

  /** Remembers the sources that a policy matches now; what is known of their points stays. With `all` it matches no others: those have left. */
  async see(
    policy: string,
    sources: readonly Source[],
    now: EpochMs,
    options: { readonly all: boolean } = { all: false },
  ): Promise<void> {
    const keys = new Set(sources.map(({ key }) => key));
    await this.#change(policy, (known) => [
      ...sources.map((source) => {
        const before = known.get(source.key)?.entry;
        return {
          policy,
          source,
          lastSeenAt: now,
          protectedSince: before?.protectedSince ?? null,
          lastPointAt: before?.lastPointAt ?? null,
          firstSeenAt: before?.firstSeenAt ?? now,
          leftAt: null,
          gaps: before?.gaps ?? [],
        };
      }),
      ...[...known.values()].flatMap(({ entry }) =>
        options.all && entry.leftAt === null && !keys.has(entry.source.key) ? [{ ...entry, leftAt: now }] : [],
      ),
    ]);
  }

  /** Notes succeeded points: the first sets the moment protection began, the newest the achieved RPO. */
  async notePoints(policy: string, takenByKey: ReadonlyMap<string, readonly EpochMs[]>): Promise<void> {
    await this.#change(policy, (known) =>
      [...takenByKey].flatMap(([key, taken]) => {
        const entry = known.get(key)?.entry;
        return entry ? [[...taken].sort((a, b) => a - b).reduce(withPoint, entry)] : [];
      }),
    );
  }

  /** Changes rows that were read, and reads them again where somebody else was first: what protection began with is never written over unseen. */
  async #change(
    policy: string,
    change: (known: ReadonlyMap<string, Known>) => readonly ProtectedSource[],
  ): Promise<void> {
    const table = this.#store.table(TABLE);
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const known = new Map<string, Known>();
      for await (const page of table.list({ partitionKey: policyKey(policy) })) {
        for (const row of page) known.set(row.rowKey, { entry: readSource(row), etag: row.etag });
      }
      const writes = change(known).flatMap((entry) => {
        const before = known.get(entry.source.key);
        if (before && isSame(before.entry, entry)) return [];
        const write = { rowKey: entry.source.key, cells: cellsOf(entry) };
        return [
          before
            ? ({ ...write, kind: 'replace', etag: before.etag } as const)
            : ({ ...write, kind: 'insert' } as const),
        ];
      });
      if (writes.length === 0 || (await table.write(policyKey(policy), writes)) === 'done') return;
    }
    throw new AppError('precondition-failed', 'The sources of a policy are changed by others all the time', { policy });
  }
}

function withPoint(entry: ProtectedSource, takenAt: EpochMs): ProtectedSource {
  const protectedSince = Math.min(entry.protectedSince ?? takenAt, takenAt);
  const lastPointAt = Math.max(entry.lastPointAt ?? takenAt, takenAt);
  return { ...entry, protectedSince, lastPointAt, gaps: withGap(entry, takenAt) };
}

/** A point that is older than the newest one closes no gap; the first of all opens the first. */
function withGap({ gaps, lastPointAt }: ProtectedSource, takenAt: EpochMs): readonly DayGap[] {
  if (lastPointAt === null || takenAt <= lastPointAt) return gaps;
  const [day, gapMs] = [utcDay(takenAt), takenAt - lastPointAt];
  const last = gaps.at(-1);
  if (last?.day !== day) return [...gaps, { day, gapMs }].slice(-GAP_DAYS);
  return last.gapMs >= gapMs ? gaps : [...gaps.slice(0, -1), { day, gapMs }];
}

interface Known {
  readonly entry: ProtectedSource;
  readonly etag: string;
}

/** How much older a sighting may be before it is written again. */
const SIGHTING_MS = 12 * HOUR_MS;

function isSame(a: ProtectedSource, b: ProtectedSource): boolean {
  return (
    b.lastSeenAt - a.lastSeenAt < SIGHTING_MS &&
    a.protectedSince === b.protectedSince &&
    a.lastPointAt === b.lastPointAt &&
    a.leftAt === b.leftAt &&
    JSON.stringify(a.source) === JSON.stringify(b.source)
  );
}

function cellsOf(entry: ProtectedSource): Cells {
  return {
    ...spreadText('source', JSON.stringify(entry.source)),
    policy: entry.policy,
    lastSeenAt: entry.lastSeenAt,
    protectedSince: entry.protectedSince ?? undefined,
    lastPointAt: entry.lastPointAt ?? undefined,
    firstSeenAt: entry.firstSeenAt,
    leftAt: entry.leftAt ?? undefined,
    gaps: entry.gaps.map(({ day, gapMs }) => `${day}:${gapMs}`).join(' ') || undefined,
  };
}

function readGaps(text: string | null): readonly DayGap[] {
  return (text ?? '').split(' ').flatMap((entry) => {
    const [day, gapMs] = entry.split(':');
    return day && gapMs ? [{ day, gapMs: Number(gapMs) }] : [];
  });
}

function readSource(row: Row): ProtectedSource {
  const cells = readCells(row);
  return {
    policy: cells.text('policy'),
    source: readDocument(row, 'source', storedSourceSchema),
    lastSeenAt: cells.number('lastSeenAt'),
    protectedSince: cells.numberOrNull('protectedSince'),
    lastPointAt: cells.numberOrNull('lastPointAt'),
    firstSeenAt: cells.numberOrNull('firstSeenAt') ?? cells.number('lastSeenAt'),
    leftAt: cells.numberOrNull('leftAt'),
    gaps: readGaps(cells.textOrNull('gaps')),
  };
}

import type { App } from '../app.ts';
import { AppError } from '../base/errors.ts';
import { type EpochMs, formatIso, parseIso } from '../base/time.ts';
import type { FormProblem } from '../console/restore-views.ts';
import type { PointLine, PointView, SourceLine, SourcesView, SourceView } from '../console/views.ts';
import { openPriceBook, type PriceBook, redundancyOfSku } from '../cost/cost.ts';
import { isHeld, type Point } from '../protect/point.ts';
import { type ShownPoint, PointView as ShownPoints } from '../protect/show-point.ts';
import type { ProtectedSource } from '../protect/source-book.ts';
import { monthlyMicroUnits } from '../retain/monthly-cost.ts';

/** Sources and points of one page. */
const SOURCES_SHOWN = 200;
const POINTS_SHOWN = 150;
const QUERY_MAX = 200;

/** All sources that have all words of a search in their names. */
export async function readSources(app: App, asked: string | null): Promise<SourcesView> {
  const query = (asked ?? '').trim().slice(0, QUERY_MAX);
  const words = query.toLowerCase().split(/\s+/);
  const all = [...(await sourceLines(app)).values()].sort((a, b) => a.name.localeCompare(b.name));
  const found = all.filter(({ name, policies, resourceGroup, region }) => {
    const text = [name, ...policies, resourceGroup, region].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const sources = found.slice(0, SOURCES_SHOWN);
  return { kind: 'sources', at: app.clock.now(), query, sources, found: found.length, total: all.length };
}

/** One source with its points, newest first, from a moment on. Errors: 'not-found', 'bad-request'. */
export async function readSource(app: App, key: string, beforeText: string | null): Promise<SourceView> {
  const before = beforeText === null ? null : parseIso(beforeText);
  if (beforeText !== null && before === null)
    throw new AppError('bad-request', 'This is no moment', { found: beforeText.slice(0, 80) });
  const lines = new PointLines(app);
  const points: PointLine[] = [];
  let first: Point | null = null;
  const range = { limit: POINTS_SHOWN, ...(before === null ? {} : { before }) };
  for await (const { point } of app.catalogue.ofSource(key, range)) {
    first ??= point;
    points.push((await lines.of(point)).line);
  }
  const source = (await sourceLines(app)).get(key) ?? (first ? lineOfPoint(first) : null);
  if (!source) throw new AppError('not-found', 'There is no source of this key', { source: key.slice(0, 100) });
  const oldest = points.length === POINTS_SHOWN ? points.at(-1) : undefined;
  return {
    ...{ kind: 'source', at: app.clock.now(), source, currency: app.currency, points },
    diskNames: first?.snapshots.map(({ diskName }) => diskName) ?? [],
    before: oldest ? formatIso(oldest.slot) : null,
    once: crypto.randomUUID(),
  };
}

/** One point. Errors: 'not-found'. */
export async function readPoint(
  app: App,
  id: string,
  form: { readonly problems: readonly FormProblem[]; readonly sent: Readonly<Record<string, string>> } = {
    problems: [],
    sent: {},
  },
): Promise<PointView> {
  const point = await findPoint(app, id);
  const { line, shown } = await new PointLines(app).of(point);
  return {
    ...{ kind: 'point', at: app.clock.now(), currency: app.currency, point: line, trigger: point.trigger },
    source: { key: point.source.key, name: point.source.name },
    skewMs: point.skewMs,
    error: point.error,
    hold: line.isHeld && point.hold ? point.hold : null,
    mark: point.mark,
    hasManifest: point.manifest !== undefined,
    snapshots: shown.snapshots,
    ...form,
  };
}

/** A point by its id. Errors: 'not-found'. */
export async function findPoint(app: App, id: string): Promise<Point> {
  const stored = await app.catalogue.get(id);
  if (!stored) throw new AppError('not-found', 'There is no point of this id', { point: id.slice(0, 100) });
  return stored.point;
}

async function sourceLines(app: App): Promise<ReadonlyMap<string, SourceLine>> {
  const lines = new Map<string, SourceLine>();
  for (const { policy } of await app.policies.list())
    for await (const entry of app.sources.ofPolicy(policy.name)) {
      const known = lines.get(entry.source.key);
      lines.set(entry.source.key, known ? joined(known, entry) : lineOf(entry));
    }
  return lines;
}

function lineOf({ policy, source, lastPointAt, leftAt }: ProtectedSource): SourceLine {
  const { key, name, kind, resourceGroup, region, disks } = source;
  const sizeBytes = disks.reduce((sum, disk) => sum + disk.sizeBytes, 0);
  const own = { key, name, kind, resourceGroup, region, disks: disks.length, sizeBytes };
  return { ...own, policies: [policy], lastPointAt, isLeft: leftAt !== null };
}

function joined(line: SourceLine, { policy, lastPointAt, leftAt }: ProtectedSource): SourceLine {
  return {
    ...line,
    policies: [...line.policies, policy],
    lastPointAt: Math.max(line.lastPointAt ?? 0, lastPointAt ?? 0) || null,
    isLeft: line.isLeft && leftAt !== null,
  };
}

/** A source that no policy remembers, as its newest point does. */
function lineOfPoint({ source, policy, snapshots, takenAt }: Point): SourceLine {
  const { key, name, kind, resourceGroup, region } = source;
  const sizeBytes = snapshots.reduce((sum, snapshot) => sum + snapshot.sizeBytes, 0);
  const own = { key, name, kind, resourceGroup, region, disks: snapshots.length, sizeBytes };
  return { ...own, policies: [policy], lastPointAt: takenAt, isLeft: true };
}

/** Shows points with what they store and cost: each chain, price and policy is read once. */
class PointLines {
  readonly #app: App;
  readonly #now: EpochMs;
  readonly #shown: ShownPoints;
  readonly #prices: PriceBook;
  readonly #skus = new Map<string, Promise<string | null>>();

  constructor(app: App) {
    this.#app = app;
    this.#now = app.clock.now();
    this.#shown = new ShownPoints(app.chains);
    this.#prices = openPriceBook({ store: app.store, source: app.prices, log: app.log }, app.currency, this.#now);
  }

  async of(point: Point): Promise<{ readonly line: PointLine; readonly shown: ShownPoint }> {
    const shown = await this.#shown.show(point, this.#now);
    const held = isHeld(point, this.#now);
    const { id, policy, schedules, slot, takenAt } = point;
    const line = {
      ...{ id, policy, schedules, slot, takenAt, state: shown.state, storedBytes: shown.storedBytes },
      costMicroUnits: await this.#costOf(point, shown.storedBytes),
      isHeld: held,
      heldUntil: held ? (point.hold?.until ?? null) : null,
      deleteAfter: point.mark?.deleteAfter ?? null,
    };
    return { line, shown };
  }

  async #costOf({ policy, source }: Point, bytes: number | null): Promise<number | null> {
    const sku = bytes === null ? null : await this.#skuOf(policy);
    if (bytes === null || sku === null) return null;
    const answer = await this.#prices.priceOf(source.region, redundancyOfSku(sku));
    return answer.kind === 'known' ? monthlyMicroUnits(bytes, answer.price.microUnitsPerGiBMonth) : null;
  }

  #skuOf(policy: string): Promise<string | null> {
    const reading =
      this.#skus.get(policy) ?? this.#app.policies.get(policy).then((stored) => stored?.policy.snapshot.sku ?? null);
    this.#skus.set(policy, reading);
    return reading;
  }
}

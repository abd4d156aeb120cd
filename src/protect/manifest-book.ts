import type { Clock } from '../base/clock.ts';
import { AppError, isAppError } from '../base/errors.ts';
import { hashId } from '../base/ids.ts';
import type { Log } from '../base/log.ts';
import { readJson } from '../base/read-json.ts';
import type { Store } from '../base/store.ts';
import { type EpochMs, MINUTE_MS } from '../base/time.ts';
import { type MachineDescriber, type Manifest, manifestSchema } from '../inventory/manifest.ts';

const CONTAINER = 'manifests';

/** How long a list of machines serves the points that are taken: a wave of them shares one. */
const LIST_LASTS_MS = 2 * MINUTE_MS;

export interface ManifestDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly describer: MachineDescriber;
}

/**
 * The manifests of virtual machines: what each was, beside its disks' bytes, when a point was taken.
 *
 * Shape:  container `manifests`, blob `<source>/<moment it was first seen, 15 digits>.<hash of it>`: written when the machine has changed, named by each
 *         point; after a loss of the tables, a point's manifest is the newest one from before it.
 * Errors: 'data-unreadable' for a manifest that cannot be read strictly.
 */
export class ManifestBook {
  readonly #deps: ManifestDeps;
  readonly #listBySubscription = new Map<
    string,
    { readonly at: EpochMs; readonly list: Promise<readonly Manifest[]> }
  >();
  readonly #latestBySource = new Map<string, string>();

  constructor(deps: ManifestDeps) {
    this.#deps = deps;
  }

  /**
   * Keeps the manifest of a machine as it is now.
   *
   * Shape: the manifest's name; null where it could not be had: a point without one is better than none.
   */
  async capture(source: { key: string; id: string; subscriptionId: string }): Promise<string | null> {
    try {
      const machines = await this.#machinesOf(source.subscriptionId);
      const manifest = machines.find(({ id }) => id.toLowerCase() === source.id.toLowerCase());
      return manifest ? await this.#keep(source.key, manifest) : null;
    } catch (error) {
      if (!isAppError(error)) throw error;
      this.#deps.log.warn('a point is taken without a manifest', { source: source.id, code: error.code });
      return null;
    }
  }

  /** A manifest by the name that `capture` gave; null where it is gone. */
  async read(name: string): Promise<Manifest | null> {
    const content = await this.#deps.store.blobs(CONTAINER).read(name);
    if (content === null) return null;
    const parsed = manifestSchema.safeParse(readJson(Buffer.from(content).toString('utf8')));
    if (!parsed.success) throw new AppError('data-unreadable', 'A manifest cannot be read', { manifest: name });
    return parsed.data;
  }

  /** The name of the manifest that a machine had at a moment: the newest one from before it; null where there is none. */
  async nameAt(sourceKey: string, at: EpochMs): Promise<string | null> {
    const end = `${sourceKey}/${String(at + 1).padStart(15, '0')}`;
    let latest: string | null = null;
    for await (const names of this.#deps.store.blobs(CONTAINER).list(`${sourceKey}/`))
      for (const name of names) if (name < end && (latest === null || name > latest)) latest = name;
    return latest;
  }

  async #machinesOf(subscriptionId: string): Promise<readonly Manifest[]> {
    const now = this.#deps.clock.now();
    const known = this.#listBySubscription.get(subscriptionId);
    if (known && now - known.at < LIST_LASTS_MS && now >= known.at) return known.list;
    const list = this.#deps.describer.describeMachines(subscriptionId);
    this.#listBySubscription.set(subscriptionId, { at: now, list });
    try {
      return await list;
    } catch (error) {
      this.#listBySubscription.delete(subscriptionId);
      throw error;
    }
  }

  async #keep(sourceKey: string, manifest: Manifest): Promise<string> {
    const content = JSON.stringify(manifest);
    const hash = hashId('manifest', content);
    const latest = this.#latestBySource.get(sourceKey) ?? (await this.#findLatest(sourceKey));
    const name =
      latest?.endsWith(`.${hash}`) === true
        ? latest
        : `${sourceKey}/${String(this.#deps.clock.now()).padStart(15, '0')}.${hash}`;
    if (name !== latest) await this.#deps.store.blobs(CONTAINER).write(name, Buffer.from(content));
    this.#latestBySource.set(sourceKey, name);
    return name;
  }

  async #findLatest(sourceKey: string): Promise<string | undefined> {
    let latest: string | undefined;
    for await (const names of this.#deps.store.blobs(CONTAINER).list(`${sourceKey}/`))
      for (const name of names) if (latest === undefined || name > latest) latest = name;
    return latest;
  }
}

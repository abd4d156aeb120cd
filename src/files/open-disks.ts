import { randomUUID } from 'node:crypto';
import { AppError, type ErrorCode, isAppError } from '../base/errors.ts';
import { MINUTE_MS, SECOND_MS } from '../base/time.ts';
import { withTimeLimit } from '../base/time-limit.ts';
import { chainKey, closeAfterReading, openToRead, type ReadDeps } from '../cost/cost.ts';
import type { PointSnapshot } from '../protect/protect.ts';
import type { DiskByteSource, DiskContents, FaultCode, FileSystem, Tools, Volume } from './ports.ts';

/** How long an access is granted from its last prolonging on: what is not closed ends by itself. */
const ACCESS_SECONDS = 900;
const PROLONG_BELOW_MS = 5 * MINUTE_MS;
/** Disks kept open for the next request: each holds some of its bytes, and a thread where it is NTFS. */
const KEPT_DISKS = 2;

/** What opening disks needs. */
export interface OpenDisksDeps extends ReadDeps {
  readonly bytes: DiskByteSource;
}

/** A disk of a point while it is read. */
export interface OpenDisk {
  readonly contents: DiskContents;
  /** The file system of a volume, opened once. */
  fileSystem(volume: Volume): Promise<FileSystem>;
}

interface Session {
  readonly snapshot: PointSnapshot;
  url: Promise<string> | null;
  urlUntil: number;
  opened: Promise<OpenDisk> | null;
  readonly fileSystems: Map<string, Promise<FileSystem>>;
  users: number;
}

const codeByFault: Readonly<Record<FaultCode, ErrorCode>> = {
  damaged: 'not-readable',
  unsupported: 'not-readable',
  'too-large': 'not-readable',
  'not-a-file': 'bad-request',
  'not-a-directory': 'bad-request',
};

/** What the lazily loaded readers are handed. */
export const tools: Tools = {
  fault: (code, message, facts = {}) => new AppError(codeByFault[code], message, { fault: code, ...facts }),
  isFault: (error): error is AppError => isAppError(error) && error.facts.fault !== undefined,
  limitTime: withTimeLimit,
};

/**
 * The disks of points that this process reads now, or has just read: requests of the same minutes share one access and what was read.
 *
 * Shape:  at most two disks are kept beyond their use. The access is granted for a quarter of an hour and prolonged while it is used.
 * Errors: 'azure-locked' where too many snapshots of the chain are being read, those of the ports, and 'not-readable'.
 * Safety: every access is noted before it is opened, and is ended by the chain's next turn at metering where this process does not come to it.
 *         The URL stays in memory.
 */
export class OpenDisks {
  readonly #deps: OpenDisksDeps;
  readonly #sessions = new Map<string, Session>();
  #closing: Promise<void> = Promise.resolve();
  /** This process among the readers of a snapshot. */
  readonly #holder = `files-${randomUUID().slice(0, 8)}`;

  constructor(deps: OpenDisksDeps) {
    this.#deps = deps;
  }

  /** Holds a disk open while something runs. `keep: false` closes it behind it, unless others use it. */
  async use<T>(snapshot: PointSnapshot, run: (disk: OpenDisk) => Promise<T>, keep = true): Promise<T> {
    const release = await this.hold(snapshot);
    try {
      return await run(release.disk);
    } finally {
      await release.end(keep);
    }
  }

  /** Holds a disk open until its end is told: for what streams after its request was answered. */
  async hold(snapshot: PointSnapshot): Promise<{ readonly disk: OpenDisk; end(keep: boolean): Promise<void> }> {
    const key = snapshot.snapshotId.toLowerCase();
    const known = this.#sessions.get(key);
    const session = known ?? this.#begin(snapshot);
    // Taken out and put back: the one used last stands last.
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    session.users += 1;
    let ended = false;
    const end = async (keep: boolean) => {
      if (ended) return;
      ended = true;
      session.users -= 1;
      if (!keep && known === undefined && session.users === 0) await this.#close(key, session);
      else await this.#closeUnused(KEPT_DISKS);
    };
    try {
      session.opened ??= this.#open(session);
      return { disk: await session.opened, end };
    } catch (error) {
      session.opened = null;
      await end(false);
      throw error;
    }
  }

  /** Ends all that nobody uses. */
  async closeIdle(): Promise<void> {
    await this.#closeUnused(0);
  }

  #begin(snapshot: PointSnapshot): Session {
    return { snapshot, url: null, urlUntil: 0, opened: null, fileSystems: new Map(), users: 0 };
  }

  async #open(session: Session): Promise<OpenDisk> {
    const { readDisk } = await import('./read-disk.ts');
    const fetch = (offset: number, length: number) => this.#read(session, offset, length);
    const contents = await readDisk({ sizeBytes: session.snapshot.sizeBytes, fetch }, tools);
    return {
      contents,
      fileSystem: (volume) => {
        const known = session.fileSystems.get(volume.name);
        if (known) return known;
        // Room first: what is only kept for the next request may be large.
        const opening = this.#closeUnused(0).then(() => contents.open(volume));
        session.fileSystems.set(volume.name, opening);
        opening.catch(() => session.fileSystems.delete(volume.name));
        return opening;
      },
    };
  }

  async #read(session: Session, offset: number, length: number): Promise<Uint8Array> {
    try {
      return await this.#deps.bytes.read(await this.#url(session), offset, length);
    } catch (error) {
      if (!isAppError(error, 'azure-denied')) throw error;
      // Somebody ended the access: it is asked for once more.
      session.url = null;
      return this.#deps.bytes.read(await this.#url(session), offset, length);
    }
  }

  #url(session: Session): Promise<string> {
    const now = this.#deps.clock.now();
    if (session.url === null || session.urlUntil - now < PROLONG_BELOW_MS) {
      session.urlUntil = now + ACCESS_SECONDS * SECOND_MS;
      const opening = this.#grant(session);
      session.url = opening;
      opening.catch(() => {
        if (session.url === opening) session.url = null;
      });
    }
    return session.url;
  }

  async #grant({ snapshot }: Session): Promise<string> {
    const target = { chainKey: chainKey(snapshot.diskUniqueId), snapshotId: snapshot.snapshotId };
    try {
      return await openToRead(this.#deps, target, this.#holder, ACCESS_SECONDS);
    } catch (error) {
      if (!isAppError(error, 'azure-locked')) throw error;
      // What is only kept for the next request must not stand in this one's way.
      await this.closeIdle();
      return openToRead(this.#deps, target, this.#holder, ACCESS_SECONDS);
    }
  }

  async #closeUnused(kept: number): Promise<void> {
    // Who holds a disk and has not read it for as long as an access lasts has gone without saying so.
    const now = this.#deps.clock.now();
    const unused = [...this.#sessions].filter(
      ([, { users, urlUntil }]) => users === 0 || (urlUntil > 0 && urlUntil < now),
    );
    for (const [key, session] of unused.slice(0, Math.max(0, unused.length - kept))) await this.#close(key, session);
  }

  async #close(key: string, session: Session): Promise<void> {
    this.#sessions.delete(key);
    for (const opening of session.fileSystems.values())
      await opening.then((opened) => opened.close()).catch(() => undefined);
    if (session.url === null) return;
    // One after another: a chain is closed under its lease.
    const closing = this.#closing.then(() => this.#endAccess(session));
    this.#closing = closing;
    await closing;
  }

  async #endAccess({ snapshot }: Session): Promise<void> {
    const target = { chainKey: chainKey(snapshot.diskUniqueId), snapshotId: snapshot.snapshotId };
    try {
      await closeAfterReading(this.#deps, target, this.#holder);
    } catch (error) {
      // It is on the agenda, and ends by itself.
      const code = isAppError(error) ? error.code : 'unknown';
      this.#deps.log.warn('an access to a snapshot is ended later', { snapshot: target.snapshotId, code });
    }
  }
}

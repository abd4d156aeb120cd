import type { EpochMs } from '../base/time.ts';

/**
 * Reads bytes behind a snapshot's access URL.
 *
 * Shape:  exactly `length` bytes from `offset`.
 * Errors: 'azure-denied' for an access that has ended, 'not-found', 'azure-rejected', 'azure-unavailable' after its tries.
 * Safety: the URL is the secret: it goes into no message and no fact.
 */
export interface DiskByteSource {
  read(url: string, offset: number, length: number): Promise<Uint8Array>;
}

/** What a path of a file system names. `other` is a device, a pipe or a socket: shown, never opened. */
export type EntryKind = 'file' | 'directory' | 'symlink' | 'other';

/**
 * One entry of a directory.
 *
 * Shape:  `name` is fit for a path: never empty, `.`, `..`, nor with a slash; bytes that are no UTF-8 are shown as `\xHH`. `id` is the file system's own
 *         number of the file. `mode` is the octal text of the permissions, where the file system has such.
 */
export interface FileEntry {
  readonly name: string;
  readonly kind: EntryKind;
  readonly sizeBytes: number;
  readonly modifiedAt: EpochMs | null;
  readonly mode: string | null;
  readonly id: string;
  /** Where a link leads; links are never followed. */
  readonly target?: string;
  /** Why its content cannot be read, where that is known: it is encrypted, for example. */
  readonly unreadable?: string;
}

/** A page of a directory, in the order of names. */
export interface FilePage {
  readonly entries: readonly FileEntry[];
  /** The name to go on after; null at the end. */
  readonly next: string | null;
}

/** Which part of a directory to list. */
export interface PageRequest {
  readonly after: string | null;
  readonly limit: number;
}

/**
 * A file system of a snapshot, read only.
 *
 * Shape:  paths are lists of names as its entries show them. `stat` and `list` answer null where there is nothing of that name.
 * Errors: those that it was opened with: see `Faults`.
 */
export interface FileSystem {
  /** What a reader of each listing must know: `journal not replayed`. */
  readonly notes: readonly string[];
  stat(path: readonly string[]): Promise<FileEntry | null>;
  list(path: readonly string[], page: PageRequest): Promise<FilePage | null>;
  /** The bytes of a file, in pieces. What the file lacks behind its end is not given. */
  read(path: readonly string[], offset: number, length: number): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Why a disk, a partition or a file cannot be read. */
export type FaultCode = 'damaged' | 'unsupported' | 'too-large' | 'not-a-file' | 'not-a-directory';

/**
 * What lazily loaded code is handed instead of importing it: a class that exists twice is two classes.
 *
 * Shape: `fault` makes the error to throw, `isFault` knows it again; `limitTime` ends silent work of others after real milliseconds.
 */
export interface Tools {
  readonly fault: (code: FaultCode, message: string, facts?: Readonly<Record<string, string | number>>) => Error;
  readonly isFault: (error: unknown) => error is Error;
  readonly limitTime: <T>(limitMs: number, work: (signal: AbortSignal) => Promise<T>) => Promise<T>;
}

/** Reads a disk, or a stretch of it. Errors: a `damaged` fault for bytes behind its end. */
export interface ByteReader {
  readonly sizeBytes: number;
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A stretch of a disk that may hold a file system. */
export interface Volume {
  /** `p1`, `p2`, … as partitions are numbered; `p0` for a disk without partitions. */
  readonly name: string;
  readonly offset: number;
  readonly sizeBytes: number;
  /** The name in the partition table, if it has one. */
  readonly label: string;
  /** What was found there: `ext4`, `ntfs`, `xfs`, `unknown`. */
  readonly fileSystem: string;
  /** Null where its files can be read; else why not. */
  readonly unreadable: string | null;
}

/** What is on a disk. */
export interface DiskContents {
  readonly table: 'gpt' | 'mbr' | 'none';
  readonly volumes: readonly Volume[];
  /** Opens the file system of one of its volumes. Errors: `unsupported` with its name, `damaged`. */
  open(volume: Volume): Promise<FileSystem>;
}

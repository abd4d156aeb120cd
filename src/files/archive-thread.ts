import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { SevenZipModule } from '7z-wasm';
import { type ArchiveEntry, ListingReader } from './read-listing.ts';

/** Where this file lies: the thread is started from it. Bundled as CommonJS there is no `import.meta`. */
export const THREAD_FILE = import.meta.filename ?? __filename;

/** Cells of the memory that both sides see. */
export const CELL = { answered: 0, length: 1, taken: 2, cancelled: 3 } as const;
/** Bytes that one read hands over at most, and pieces of a file that may be on their way. */
export const SHARED_BYTES = 1_048_576;
const PIECES_AHEAD = 8;
/** Memory that the library may take. Units: WebAssembly pages of 64 KiB. */
const MEMORY_PAGES_MAX = 2_560;
/** Entries that a listing may have: records of one file may be many. */
const ENTRIES_MAX = 400_000;
/** Entries handed over at once: this side keeps no more. */
const BATCH_ENTRIES = 2_000;

/** What the thread is started with. */
export interface ThreadData {
  readonly isArchiveThread: true;
  readonly type: 'NTFS' | 'FAT';
  readonly sizeBytes: number;
  readonly cells: SharedArrayBuffer;
  readonly bytes: SharedArrayBuffer;
}

export type ThreadRequest =
  | { readonly kind: 'list' }
  | { readonly kind: 'extract'; readonly raw: string; readonly offset: number; readonly length: number };
export type ThreadAnswer =
  | { readonly kind: 'read'; readonly offset: number; readonly length: number }
  | { readonly kind: 'entries'; readonly entries: readonly ArchiveEntry[] }
  | { readonly kind: 'piece'; readonly bytes: Uint8Array }
  | { readonly kind: 'done'; readonly code: number }
  | { readonly kind: 'failed'; readonly why: 'too-many' | 'read' | 'library' };

const data = workerData as ThreadData | null;
if (parentPort && data?.isArchiveThread === true) serve(parentPort, data);

function serve(port: MessagePort, { type, sizeBytes, cells: sharedCells, bytes: sharedBytes }: ThreadData): void {
  const cells = new Int32Array(sharedCells);
  const bytes = new Uint8Array(sharedBytes);
  const send = (answer: ThreadAnswer) => port.postMessage(answer);
  const memory = (globalThis as unknown as { WebAssembly: { Memory: { prototype: WasmMemory } } }).WebAssembly.Memory
    .prototype;
  const grow = memory.grow;
  let outOfMemory = false;
  memory.grow = function limited(this: WasmMemory, pages: number): number {
    if (this.buffer.byteLength / 65_536 + pages <= MEMORY_PAGES_MAX) return grow.call(this, pages);
    outOfMemory = true;
    throw new RangeError('out of memory');
  };
  /** Asks the other side for bytes, and waits for them: the library cannot wait in any other way. */
  const readVolume = (offset: number, length: number): Uint8Array => {
    Atomics.store(cells, CELL.answered, 0);
    send({ kind: 'read', offset, length });
    Atomics.wait(cells, CELL.answered, 0);
    if (Atomics.load(cells, CELL.answered) !== 1) throw new Stop('read');
    return bytes.subarray(0, Atomics.load(cells, CELL.length));
  };
  port.on('message', (request: ThreadRequest) => {
    const run = request.kind === 'list' ? list : extract;
    const failed = (why: Stop['why']) =>
      send({ kind: 'failed', why: outOfMemory ? 'too-many' : why === 'enough' ? 'library' : why });
    run({ send, cells, read: readVolume, type, sizeBytes, ranOut: () => outOfMemory }, request as never).catch(
      (error: unknown) => failed(error instanceof Stop ? error.why : 'library'),
    );
  });
}

interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Ends the library in the middle of its work: its instance is thrown away with it. */
class Stop extends Error {
  readonly why: 'too-many' | 'read' | 'library' | 'enough';
  constructor(why: 'too-many' | 'read' | 'library' | 'enough') {
    super(why);
    this.why = why;
  }
}

type LibraryFactory = (options: object) => Promise<SevenZipModule>;

interface Call {
  readonly send: (answer: ThreadAnswer) => void;
  readonly cells: Int32Array;
  readonly read: (offset: number, length: number) => Uint8Array;
  readonly type: 'NTFS' | 'FAT';
  readonly sizeBytes: number;
  /** True once the library was refused more memory: what it says then is not the image's fault. */
  readonly ranOut: () => boolean;
}

const IMAGE = '/volume';

async function list(call: Call): Promise<void> {
  let entries: ArchiveEntry[] = [];
  let count = 0;
  const reader = new ListingReader((entry) => {
    count += 1;
    if (count > ENTRIES_MAX) throw new Stop('too-many');
    entries.push(entry);
    if (entries.length < BATCH_ENTRIES) return;
    call.send({ kind: 'entries', entries });
    entries = [];
  });
  const code = await runLibrary(call, ['l', '-slt', `-t${call.type}`, IMAGE], (text) => reader.add(text));
  reader.end();
  call.send({ kind: 'entries', entries });
  call.send({ kind: 'done', code });
}

async function extract(
  call: Call,
  request: { readonly raw: string; readonly offset: number; readonly length: number },
): Promise<void> {
  let skip = request.offset;
  let rest = request.length;
  let sent = 0;
  let ended = false;
  const code = await runLibrary(
    call,
    ['x', '-so', '-spd', '-ssc', `-t${call.type}`, IMAGE, `-i!${request.raw}`],
    (piece) => {
      if (Atomics.load(call.cells, CELL.cancelled) !== 0) throw new Stop('enough');
      const skipped = Math.min(skip, piece.length);
      skip -= skipped;
      const wanted = piece.slice(skipped, skipped + Math.min(rest, piece.length - skipped));
      rest -= wanted.length;
      if (wanted.length > 0) {
        call.send({ kind: 'piece', bytes: wanted });
        sent += 1;
      }
      for (
        let taken = Atomics.load(call.cells, CELL.taken);
        sent - taken > PIECES_AHEAD;
        taken = Atomics.load(call.cells, CELL.taken)
      ) {
        Atomics.wait(call.cells, CELL.taken, taken);
        if (Atomics.load(call.cells, CELL.cancelled) !== 0) throw new Stop('enough');
      }
      if (rest <= 0) throw new Stop('enough');
    },
  ).catch((error: unknown) => {
    ended = error instanceof Stop && error.why === 'enough';
    if (!ended) throw error;
    return 0;
  });
  call.send({ kind: 'done', code });
}

/** Runs the library's command once, in an instance of its own: what a damaged image does to its memory ends with it. */
async function runLibrary(call: Call, command: readonly string[], write: (bytes: Uint8Array) => void): Promise<number> {
  // A CommonJS package, which Node and the bundler wrap differently.
  const loaded = (await import('7z-wasm')).default as unknown as LibraryFactory | { readonly default: LibraryFactory };
  const factory = typeof loaded === 'function' ? loaded : loaded.default;
  const nothing = () => undefined;
  let stopped: unknown = null;
  const library = await factory({
    wasmBinary: readLibrary(),
    print: nothing,
    printErr: nothing,
    stdin: () => null,
    quit: nothing,
  });
  const guard =
    <A extends readonly unknown[], R>(work: (...given: A) => R) =>
    (...given: A): R => {
      try {
        return work(...given);
      } catch (error) {
        stopped ??= error;
        throw error;
      }
    };
  mountVolume(library, call, guard);
  const output = (library.FS as unknown as { streams: { stream_ops: object }[] }).streams[1];
  if (output)
    output.stream_ops = {
      ...output.stream_ops,
      // The library's memory comes as signed bytes.
      write: guard((_stream: unknown, buffer: Int8Array, offset: number, length: number) => {
        write(new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length));
        return length;
      }),
    };
  try {
    const code = library.callMain([...command]) as unknown;
    if (stopped !== null) throw stopped;
    if (call.ranOut()) throw new Stop('too-many');
    return typeof code === 'number' ? code : 0;
  } catch (error) {
    throw stopped instanceof Stop ? stopped : error instanceof Stop ? error : new Stop('library');
  }
}

type Guard = <A extends readonly unknown[], R>(work: (...given: A) => R) => (...given: A) => R;

/** Shows the library the volume as a file whose bytes are asked for when they are read. */
function mountVolume(library: SevenZipModule, { sizeBytes, read }: Call, guard: Guard): void {
  const files = library.FS as unknown as {
    createFile(
      parent: string,
      name: string,
      properties: object,
      canRead: boolean,
      canWrite: boolean,
    ): { id: number; mode: number; node_ops: object; stream_ops: object; usedBytes: number };
  };
  const node = files.createFile('/', IMAGE.slice(1), {}, true, false);
  const epoch = new Date(0);
  node.usedBytes = sizeBytes;
  node.node_ops = {
    ...node.node_ops,
    getattr: () => ({
      dev: 1,
      ino: node.id,
      mode: node.mode,
      nlink: 1,
      uid: 0,
      gid: 0,
      rdev: 0,
      size: sizeBytes,
      atime: epoch,
      mtime: epoch,
      ctime: epoch,
      blksize: 4_096,
      blocks: 1,
    }),
  };
  node.stream_ops = {
    ...node.stream_ops,
    open: () => undefined,
    close: () => undefined,
    llseek: (stream: { position: number }, offset: number, whence: number) =>
      whence === 1 ? stream.position + offset : whence === 2 ? sizeBytes + offset : offset,
    read: guard((_stream: unknown, buffer: Int8Array, offset: number, length: number, position: number) => {
      const wanted = Math.max(0, Math.min(length, sizeBytes - position, SHARED_BYTES));
      if (wanted === 0) return 0;
      const got = read(position, wanted);
      buffer.set(got, offset);
      return got.length;
    }),
  };
}

/** The library's code: beside this file where the app was built, else in its package. */
function readLibrary(): Uint8Array {
  const beside = join(dirname(THREAD_FILE), '7zz.wasm');
  return readFileSync(existsSync(beside) ? beside : createRequire(THREAD_FILE).resolve('7z-wasm/7zz.wasm'));
}

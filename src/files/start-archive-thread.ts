import { Worker } from 'node:worker_threads';
import type { ThreadAnswer, ThreadData, ThreadRequest } from './archive-thread.ts';
import type { ByteReader, Tools } from './ports.ts';
import type { ArchiveEntry } from './read-listing.ts';

/** Real time that the library may take for the list of a volume, and for the next piece of a file. */
const LIST_MS = 120_000;
const PIECE_MS = 60_000;
/** What V8 may take in the thread; the library's own memory is bounded there. Units: MiB. */
const THREAD_HEAP_MIB = 64;

/** The library at work on one volume. */
export interface ArchiveThread {
  /** Hands over all entries, some thousand at a time. */
  list(found: (entries: readonly ArchiveEntry[]) => void): Promise<void>;
  extract(raw: string, offset: number, length: number): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Starts the thread and answers its reads. One request at a time: who comes second waits. */
export async function startArchiveThread(
  volume: ByteReader,
  type: 'NTFS' | 'FAT',
  tools: Tools,
): Promise<ArchiveThread> {
  const { CELL, SHARED_BYTES, THREAD_FILE } = await import('./archive-thread.ts');
  const shared = {
    cells: new SharedArrayBuffer(4 * Object.keys(CELL).length),
    bytes: new SharedArrayBuffer(SHARED_BYTES),
  };
  const [cells, bytes] = [new Int32Array(shared.cells), new Uint8Array(shared.bytes)];
  const workerData: ThreadData = { isArchiveThread: true, type, sizeBytes: volume.sizeBytes, ...shared };
  const worker = new Worker(THREAD_FILE, {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MIB },
    execArgv: [],
  });
  let failure: unknown = null;
  let wake = (): void => undefined;
  const answers: ThreadAnswer[] = [];
  const fail = (error: unknown): void => {
    failure ??= error;
    wake();
  };
  const answerRead = async (offset: number, length: number): Promise<void> => {
    let result = 1;
    try {
      const read = await volume.read(offset, length);
      bytes.set(read);
      Atomics.store(cells, CELL.length, read.length);
    } catch (error) {
      failure ??= error;
      result = 2;
    }
    Atomics.store(cells, CELL.answered, result);
    Atomics.notify(cells, CELL.answered);
  };
  worker.on('message', (answer: ThreadAnswer) => {
    if (answer.kind === 'read') void answerRead(answer.offset, answer.length);
    else {
      answers.push(answer);
      wake();
    }
  });
  worker.on('error', () =>
    fail(tools.fault('damaged', 'The file system cannot be read: reading it took too much memory')),
  );
  worker.on('exit', () => fail(tools.fault('damaged', 'The file system cannot be read: its reader ended')));
  worker.unref();

  const next = async (limitMs: number): Promise<ThreadAnswer> =>
    tools.limitTime(limitMs, async (signal) => {
      while (answers.length === 0) {
        if (failure !== null) throw failure;
        await new Promise<void>((resolve, reject) => {
          wake = resolve;
          signal.addEventListener(
            'abort',
            () => reject(tools.fault('too-large', 'Reading the file system takes too long')),
            { once: true },
          );
        });
      }
      return answers.shift() as ThreadAnswer;
    });
  let turn: Promise<unknown> = Promise.resolve();
  /** Waits for the requests before; the answer ends this one's turn. */
  const takeTurn = async (): Promise<() => void> => {
    const before = turn;
    let end = (): void => undefined;
    turn = new Promise<void>((resolve) => {
      end = resolve;
    });
    await before;
    // A request keeps the process alive, an idle thread does not.
    worker.ref();
    return () => {
      worker.unref();
      end();
    };
  };
  const ask = (request: ThreadRequest): void => {
    Atomics.store(cells, CELL.taken, 0);
    Atomics.store(cells, CELL.cancelled, 0);
    worker.postMessage(request);
  };
  const judge = (answer: ThreadAnswer): void => {
    if (answer.kind === 'failed') {
      if (failure !== null) throw failure;
      throw answer.why === 'too-many'
        ? tools.fault('too-large', 'The file system has too many files')
        : tools.fault('damaged', 'The file system cannot be read');
    }
    if (answer.kind === 'done' && answer.code > 1)
      throw tools.fault('damaged', 'The file system cannot be read', { code: answer.code });
  };
  return {
    list: async (found) => {
      const end = await takeTurn();
      try {
        ask({ kind: 'list' });
        for (;;) {
          const answer = await next(LIST_MS);
          judge(answer);
          if (answer.kind === 'entries') found(answer.entries);
          if (answer.kind === 'done') return;
        }
      } finally {
        end();
      }
    },
    async *extract(raw, offset, length) {
      const end = await takeTurn();
      let finished = false;
      try {
        ask({ kind: 'extract', raw, offset, length });
        for (let rest = length; ; ) {
          const answer = await next(PIECE_MS);
          finished = answer.kind === 'done' || answer.kind === 'failed';
          judge(answer);
          if (answer.kind === 'piece') {
            yield answer.bytes;
            rest -= answer.bytes.length;
            Atomics.add(cells, CELL.taken, 1);
            Atomics.notify(cells, CELL.taken);
          }
          if (answer.kind === 'done') {
            if (rest > 0) throw tools.fault('damaged', 'The file is shorter than its directory says');
            return;
          }
        }
      } finally {
        // Who goes away early stops the library and takes what it still sends, so that the next request finds it idle.
        Atomics.store(cells, CELL.cancelled, 1);
        Atomics.notify(cells, CELL.taken);
        while (!finished && failure === null) {
          const answer = await next(PIECE_MS).catch(() => null);
          finished = answer === null || answer.kind === 'done' || answer.kind === 'failed';
        }
        end();
      }
    },
    close: async () => {
      await worker.terminate();
    },
  };
}

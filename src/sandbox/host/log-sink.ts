import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';

export type LogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none';

/** One line of the host's log. `user` is the app speaking, `system` the host or the library. */
export interface LogLine {
  readonly level: LogLevel;
  readonly category: 'user' | 'system';
  readonly message: string;
  readonly functionName?: string | undefined;
  readonly invocationId?: string | undefined;
}

/** Takes log lines; `close` resolves when all are written. */
export interface LogSink {
  write(line: LogLine): void;
  close(): Promise<void>;
}

/**
 * Opens the log: JSON lines to a file (appended) or to stderr, never to stdout, which carries the ready line alone.
 *
 * Shape:  `{"at","level","category","message","functionName"?,"invocationId"?}`; `at` is the time of the estate's clock, as the app lives in it.
 * Safety: from here on whatever the app prints (`console.log` too) goes to the log as it is. System lines below `information` are left out.
 */
export function openLog(path: string | undefined, now: () => number): LogSink {
  const output: Writable = path === undefined ? process.stderr : createWriteStream(path, { flags: 'a' });
  process.stdout.write = output.write.bind(output) as typeof process.stdout.write;
  if (path !== undefined) process.stderr.write = output.write.bind(output) as typeof process.stderr.write;
  return {
    write: (line) => {
      if (line.category === 'system' && (line.level === 'debug' || line.level === 'trace')) return;
      output.write(`${JSON.stringify({ at: new Date(now()).toISOString(), ...line })}\n`);
    },
    close: () => (path === undefined ? Promise.resolve() : new Promise((resolve) => output.end(() => resolve()))),
  };
}

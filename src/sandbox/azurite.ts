import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { CertificateFiles } from './certificate.ts';

/** The three services of a running Azurite, and how to stop it. */
export interface Azurite {
  readonly blobUri: string;
  readonly queueUri: string;
  readonly tableUri: string;
  /** Resolves with how it ended, whoever ended it. */
  readonly ended: Promise<string>;
  /** Ends it with all that it holds. */
  stop(): Promise<void>;
}

const ACCOUNT = 'devstoreaccount1';
const START_MS = 60_000;
const OUTPUT_KEPT = 4_000;
const LISTENING = /Azurite (Blob|Queue|Table) service is successfully listening at https:\/\/127\.0\.0\.1:(\d+)/g;

/** Runs before Azurite, inside its process: when we are gone, killed even, our end of its stdin closes and it ends too. */
const END_WITH_US = 'data:text/javascript,process.stdin.resume().once("end",()=>process.exit(0))';

/**
 * Starts Azurite as a child process: https, tokens (`--oauth basic`), everything in memory, on three ports of 127.0.0.1 from `firstPort` on; 0 for free ones.
 *
 * Shape:  resolves when all three services listen.
 * Errors: rejects with what Azurite said when it ends early or does not listen within a minute.
 * Safety: tokens are read but their signatures are not checked (Azurite's `basic` level), so it listens on loopback alone. No telemetry.
 */
export async function startAzurite(certificate: CertificateFiles, firstPort = 0): Promise<Azurite> {
  const child = spawn(process.execPath, ['--import', END_WITH_US, findAzurite(), ...options(certificate, firstPort)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ports = await readPorts(child);
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ? `was ended by ${signal}` : `ended with code ${code}`));
  });
  const uri = (service: string) => `https://127.0.0.1:${ports.get(service)}/${ACCOUNT}`;
  return {
    blobUri: uri('Blob'),
    queueUri: uri('Queue'),
    tableUri: uri('Table'),
    ended,
    stop: () => stopChild(child),
  };
}

function findAzurite(): string {
  return join(dirname(createRequire(import.meta.url).resolve('azurite/package.json')), 'dist/src/azurite.js');
}

function options(certificate: CertificateFiles, firstPort: number): string[] {
  const services = ['blob', 'queue', 'table'].flatMap((name, at) => {
    const port = firstPort === 0 ? 0 : firstPort + at;
    return [`--${name}Host`, '127.0.0.1', `--${name}Port`, String(port)];
  });
  const tls = ['--cert', certificate.certificatePath, '--key', certificate.keyPath, '--oauth', 'basic'];
  // The storage SDKs ask for API versions that are newer than what Azurite lists.
  return [...services, ...tls, '--inMemoryPersistence', '--silent', '--disableTelemetry', '--skipApiVersionCheck'];
}

function readPorts(child: ChildProcess): Promise<Map<string, string>> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (why: string) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`Azurite ${why}: ${output.trim() || 'it said nothing'}`));
    };
    const timer = setTimeout(() => fail('does not listen in time'), START_MS);
    const read = (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-OUTPUT_KEPT);
      const ports = new Map([...output.matchAll(LISTENING)].map((match) => [match[1] ?? '', match[2] ?? '']));
      if (ports.size < 3) return;
      clearTimeout(timer);
      child.removeAllListeners();
      resolve(ports);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', (error) => fail(`cannot be started (${error.message})`));
    child.once('exit', () => fail('ended at once'));
  });
}

function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    // Nothing of it is kept, so there is nothing to close in order.
    child.kill('SIGKILL');
  });
}

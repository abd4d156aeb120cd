import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** How the host treats queue messages: `extensions.queues` of host.json. */
export interface QueueSettings {
  readonly batchSize: number;
  readonly newBatchThreshold: number;
  readonly maxDequeueCount: number;
  /** How long a failed message stays away while the clock runs; on a frozen clock it comes back at once. */
  readonly visibilityTimeoutMs: number;
  /**
   * How long a received message is invisible to others; renewed while its function runs. After a `kill -9` a message comes back when this is over.
   * Units: real seconds. The real host takes ten minutes; ours is killed and started again by tests that must not wait for that.
   */
  readonly holdSeconds: number;
}

/** All that the host is told: by its environment, and by the app's package.json and host.json. */
export interface HostSettings {
  readonly appRoot: string;
  readonly entryPath: string;
  readonly routePrefix: string;
  readonly queues: QueueSettings;
  readonly port: number;
  readonly adminPort: number;
  readonly sandboxAdminUrl: string;
  readonly secret: string;
  /** Audience that a bearer token must name. */
  readonly audience: string;
  /** Paths that pass without signing in. */
  readonly anonymousPaths: readonly string[];
  readonly logPath: string | undefined;
}

/** Long enough for a process that is busy for a while. */
const HOLD_SECONDS = 15;

type Env = Readonly<Record<string, string | undefined>>;
type Json = Readonly<Record<string, unknown>>;

/**
 * Reads the settings.
 *
 * Errors: throws with the name of what is missing or wrong.
 * Source: defaults of `extensions.queues` and of the route prefix: learn.microsoft.com/azure/azure-functions/functions-host-json.
 */
export function readSettings(env: Env): HostSettings {
  const appRoot = resolve(env.SANDBOX_APP_ROOT ?? '.');
  const hostJson = readJson(join(appRoot, 'host.json'));
  const main = readJson(join(appRoot, 'package.json')).main;
  if (typeof main !== 'string') throw new Error('The package.json of the app names no "main"');
  const extensions = section(hostJson, 'extensions');
  const routePrefix = section(extensions, 'http').routePrefix;
  return {
    appRoot,
    entryPath: join(appRoot, main),
    routePrefix: typeof routePrefix === 'string' ? routePrefix : 'api',
    queues: readQueueSettings(section(extensions, 'queues'), env),
    port: readPort(env, 'SANDBOX_HOST_PORT', 7071),
    adminPort: readPort(env, 'SANDBOX_HOST_ADMIN_PORT', 0),
    sandboxAdminUrl: required(env, 'SANDBOX_ADMIN_URL').replace(/\/$/, ''),
    secret: required(env, 'SANDBOX_SECRET'),
    audience: env.SANDBOX_AUDIENCE ?? 'api://holdfast',
    anonymousPaths: (env.SANDBOX_ANONYMOUS_PATHS ?? '/api/health').split(',').filter((path) => path !== ''),
    logPath: env.SANDBOX_HOST_LOG,
  };
}

function readQueueSettings(queues: Json, env: Env): QueueSettings {
  const holdSeconds = Number(env.SANDBOX_HOST_HOLD_SECONDS ?? HOLD_SECONDS);
  if (!Number.isInteger(holdSeconds) || holdSeconds < 1)
    throw new Error('SANDBOX_HOST_HOLD_SECONDS has to be a whole number');
  const batchSize = number(queues, 'batchSize', 16);
  if (queues.messageEncoding !== undefined && queues.messageEncoding !== 'base64') {
    throw new Error('host.json asks for a message encoding that is not played: only base64 is');
  }
  return {
    batchSize: Math.min(32, batchSize),
    newBatchThreshold: number(queues, 'newBatchThreshold', Math.floor(batchSize / 2)),
    maxDequeueCount: number(queues, 'maxDequeueCount', 5),
    visibilityTimeoutMs: parseTimeSpan(queues.visibilityTimeout ?? '00:00:00'),
    holdSeconds,
  };
}

/** Reads `hh:mm:ss`. Units: milliseconds. Errors: throws where it is none. */
export function parseTimeSpan(text: unknown): number {
  const parts = typeof text === 'string' ? /^(\d{1,2}):(\d{2}):(\d{2})$/.exec(text) : null;
  if (!parts) throw new Error('host.json has a time span that is not of the form hh:mm:ss');
  return ((Number(parts[1]) * 60 + Number(parts[2])) * 60 + Number(parts[3])) * 1_000;
}

function readJson(path: string): Json {
  const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (typeof value !== 'object' || value === null) throw new Error(`${path} is no JSON object`);
  return value as Json;
}

function section(parent: Json, name: string): Json {
  const value = parent[name];
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function number(parent: Json, name: string, fallback: number): number {
  const value = parent[name] ?? fallback;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    throw new Error(`host.json: "${name}" has to be a whole number`);
  }
  return value;
}

function required(env: Env, name: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set`);
  return value;
}

function readPort(env: Env, name: string, fallback: number): number {
  const port = Number(env[name] ?? fallback);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`${name} is no port`);
  return port;
}

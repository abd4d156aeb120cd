import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { withTimeLimit } from '../base/time-limit.ts';

/** What every call to storage needs. */
export interface StorageContext {
  readonly clock: Clock;
  readonly log?: Log | undefined;
}

/** What a call is about: for messages only. */
export interface StorageTarget {
  readonly operation: string;
  /** Table, queue or container. */
  readonly name: string;
}

/** One try of a call. `uncertain`: an earlier try may have been carried out although its answer never came. */
export interface StorageTry {
  readonly abortSignal: AbortSignal;
  readonly uncertain: boolean;
}

/** Waits between tries, by the product's clock. The same each time, so that a simulation repeats itself. Units: ms. */
const RETRY_WAITS_MS = [250, 500, 1_000, 2_000, 4_000];
/** The longest that storage's own Retry-After is honoured in place. */
const RETRY_AFTER_MAX_MS = 30_000;
/** A request that is silent for this long is lost. Real time: this is about the wire. Storage itself gives a query up after 30 s. */
const TRY_TIMEOUT_MS = 60_000;
/** A table, queue or container that is being deleted keeps its name for at least 30 s, sometimes minutes. */
const BEING_DELETED_WAIT_MS = 5_000;
const BEING_DELETED_TRIES = 36;

const RETRIED_STATUS = [408, 429, 500, 502, 503, 504];
/** Failures of the SDKs that are not statuses: a lost connection, our own timeout, a broken body, a missing token. */
const SDK_ERRORS = ['RestError', 'AbortError', 'TimeoutError'];
const TOKEN_ERRORS = ['AuthenticationError', 'CredentialUnavailableError', 'AggregateAuthenticationError'];

/**
 * Calls storage, and again after a failure that may pass.
 *
 * Errors: 'storage-unavailable' for whatever the SDK throws in the end; anything that is not the SDK's (a bug) goes through.
 * Safety: neither message nor facts hold what the SDK says: its texts carry URLs and headers.
 */
export async function storageCall<T>(
  context: StorageContext,
  target: StorageTarget,
  attempt: (tried: StorageTry) => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await withTimeLimit(TRY_TIMEOUT_MS, (abortSignal) => attempt({ abortSignal, uncertain: tries > 0 }));
    } catch (error) {
      const waitMs = RETRY_WAITS_MS[tries];
      if (waitMs === undefined || !mayPass(error)) throw translate(error, target, tries + 1);
      const retryAfterMs = Math.min(readRetryAfterMs(error), RETRY_AFTER_MAX_MS);
      context.log?.warn('Storage did not answer as it should: trying again', { ...describe(error), ...target, tries });
      await context.clock.wait(Math.max(waitMs, retryAfterMs));
    }
  }
}

/**
 * Runs a call; where its table, queue or container is missing, creates that and runs it again.
 *
 * Errors: 'storage-unavailable', also where something of this name is still being deleted after three minutes.
 */
export async function withContainer<T>(
  context: StorageContext,
  target: StorageTarget,
  create: (abortSignal: AbortSignal) => Promise<unknown>,
  call: () => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof MissingContainer) || tries >= BEING_DELETED_TRIES) throw asAppError(error, target);
      const created = await createOnce(context, { ...target, operation: 'create' }, create);
      if (created === 'being-deleted') await context.clock.wait(BEING_DELETED_WAIT_MS);
    }
  }
}

/** Thrown inside this folder alone: what a call needs is not there (yet, or still). */
export class MissingContainer extends Error {
  override readonly name = 'MissingContainer';
}

function createOnce(
  context: StorageContext,
  target: StorageTarget,
  create: (abortSignal: AbortSignal) => Promise<unknown>,
): Promise<'done' | 'being-deleted'> {
  return storageCall(context, target, async ({ abortSignal }) => {
    try {
      await create(abortSignal);
    } catch (error) {
      if (isBeingDeleted(error)) return 'being-deleted';
      // Somebody else has created it meanwhile.
      if (statusOf(error) !== 409) throw error;
    }
    return 'done';
  });
}

function asAppError(error: unknown, target: StorageTarget): unknown {
  if (!(error instanceof MissingContainer)) return error;
  return new AppError('storage-unavailable', 'A table, queue or container cannot be created', { ...target });
}

const CONTAINER_MISSING = ['TableNotFound', 'QueueNotFound', 'ContainerNotFound'];
const CONTAINER_BEING_DELETED = ['TableBeingDeleted', 'QueueBeingDeleted', 'ContainerBeingDeleted'];

/** True where a call failed because its table, queue or container is not there. */
export function isContainerMissing(error: unknown): boolean {
  return CONTAINER_MISSING.includes(codeOf(error) ?? '');
}

/** True where a call failed because its table, queue or container is on its way out. */
export function isBeingDeleted(error: unknown): boolean {
  return CONTAINER_BEING_DELETED.includes(codeOf(error) ?? '');
}

/** The HTTP status of an error of the SDKs; undefined where no answer came. */
export function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

/** Storage's own word for what went wrong, such as `EntityAlreadyExists`; each of the three SDKs keeps it elsewhere. */
export function codeOf(error: unknown): string | undefined {
  const { details, code } = (error ?? {}) as {
    details?: { odataError?: { code?: unknown }; errorCode?: unknown; code?: unknown };
    code?: unknown;
  };
  const found = details?.odataError?.code ?? details?.errorCode ?? details?.code ?? code;
  return typeof found === 'string' ? found : undefined;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

function mayPass(error: unknown): boolean {
  if (!SDK_ERRORS.includes(nameOf(error))) return false;
  const status = statusOf(error);
  return status === undefined || status < 300 || RETRIED_STATUS.includes(status);
}

function describe(error: unknown): { status: number | undefined; storageCode: string | undefined } {
  return { status: statusOf(error), storageCode: codeOf(error) };
}

function translate(error: unknown, target: StorageTarget, tries: number): unknown {
  if (TOKEN_ERRORS.includes(nameOf(error))) {
    return new AppError('storage-unavailable', 'There is no token for the storage account', { ...target });
  }
  if (!SDK_ERRORS.includes(nameOf(error))) return error;
  const facts = { ...target, ...describe(error), tries };
  return new AppError('storage-unavailable', 'The storage account does not answer as it should', facts);
}

function readRetryAfterMs(error: unknown): number {
  const response = (error as { response?: { headers?: { get(name: string): string | undefined } } }).response;
  const seconds = Number(response?.headers?.get('retry-after'));
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : 0;
}

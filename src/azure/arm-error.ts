import { AppError, type ErrorCode } from '../base/errors.ts';
import { readJson } from '../base/read-json.ts';

/** What ARM said when it refused. */
export interface ArmRefusal {
  readonly status: number;
  /** ARM's error code, such as `ResourceNotFound`. */
  readonly code: string;
  readonly text: string;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
}

/** What a call was: for messages only. Never a URL with a query, which may be a secret. */
export interface ArmTarget {
  readonly method: string;
  readonly path: string;
}

const TEXT_LENGTH = 300;

/**
 * Codes and words by which Azure tells that something is held fast rather than merely busy.
 *
 * Source: ScopeLocked https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources; the others are texts of the disk provider
 *         seen in its answers: ⚠ unpublished, so both code and words are looked at and what is not known stays a conflict.
 */
const LOCKED_CODES = ['ScopeLocked', 'ImmutabilityPolicyActive', 'SnapshotImmutable'];
const LOCKED_TEXT = /immutab|shared access signature|access is granted|active access|ActiveSAS/i;

/** Translates a refusal of ARM into the product's words: the only place that looks at its status. */
export function toAppError(refusal: ArmRefusal, target: ArmTarget): AppError {
  const { code, message } = judge(refusal);
  const facts = {
    ...target,
    status: refusal.status,
    azureCode: refusal.code,
    azureText: withoutSecrets(refusal.text),
    azureRequestId: refusal.requestId,
  };
  return new AppError(code, message, facts, { retryAfterMs: refusal.retryAfterMs });
}

function judge({ status, code, text }: ArmRefusal): { code: ErrorCode; message: string } {
  if (status === 404) return { code: 'not-found', message: 'Azure knows no such resource' };
  if (status === 429) return { code: 'throttled', message: 'Azure asks to slow down' };
  if (status === 401 || (status === 403 && code !== 'RequestDisallowedByPolicy')) {
    return { code: 'azure-denied', message: 'Azure refuses the identity' };
  }
  if (status === 409 && (LOCKED_CODES.includes(code) || LOCKED_TEXT.test(text))) {
    return { code: 'azure-locked', message: 'A lock, an immutability policy or an open access forbids it' };
  }
  if (status === 409)
    return { code: 'conflict', message: 'Azure says that the state of the resource does not allow it' };
  if (status === 412) return { code: 'precondition-failed', message: 'Somebody else changed the resource meanwhile' };
  if (status >= 500 || status === 408) {
    return { code: 'azure-unavailable', message: 'Azure does not answer as it should' };
  }
  return { code: 'azure-rejected', message: 'Azure rejects the call' };
}

/** Reads the body of a refusal; ARM nests it in `error`, and some providers answer text or nothing. */
export function readRefusal(
  status: number,
  bodyText: string | null | undefined,
  header: (name: string) => string | undefined,
): ArmRefusal {
  const error = readErrorBody(bodyText);
  return {
    status,
    code: error.code ?? header('x-ms-error-code') ?? String(status),
    text: error.message ?? '',
    requestId: header('x-ms-request-id'),
    retryAfterMs: readRetryAfterMs(header('retry-after')),
  };
}

function readErrorBody(bodyText: string | null | undefined): { code?: string; message?: string } {
  const body = readJson(bodyText ?? '');
  const { error } = (body ?? {}) as { error?: unknown };
  const { code, message } = (error ?? body ?? {}) as { code?: unknown; message?: unknown };
  return {
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof message === 'string' ? { message } : {}),
  };
}

/** Retry-After in seconds, as ARM writes it; undefined for none. */
export function readRetryAfterMs(value: string | undefined): number | undefined {
  const seconds = value === undefined ? Number.NaN : Number(value);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds * 1_000) : undefined;
}

/** Azure's own text, shortened, without the query of any URL in it: a query may be a signature. */
export function withoutSecrets(text: string): string {
  return text.replace(/\?[^\s'"]*/g, '?…').slice(0, TEXT_LENGTH);
}

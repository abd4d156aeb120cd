import { AppError } from '../base/errors.ts';
import type { OperationState } from '../restore/ports.ts';
import type { Arm } from './arm-client.ts';
import { readRetryAfterMs } from './arm-error.ts';
import type { FirstAnswer } from './submit.ts';

/** Between two looks at an operation where Azure names no time. Units: ms. */
const POLL_MS = 2_000;

/**
 * Where to ask how an operation stands: the status document rather than the result's place, as it alone tells a code of failure.
 *
 * Shape:  null where the first answer was the last.
 */
export function operationUrl({ headers }: FirstAnswer): string | null {
  return headers['azure-asyncoperation'] ?? headers.location ?? null;
}

/**
 * Asks once how an operation stands.
 *
 * Errors: AppError; 'not-found' where Azure has forgotten the operation, 'azure-rejected' for a URL that is not ARM's.
 */
export async function askOperation(arm: Arm, url: string): Promise<OperationState> {
  try {
    const { status, headers, body } = await arm.send('GET', url);
    const retryAfterMs = readRetryAfterMs(headers['retry-after']) ?? POLL_MS;
    const document = (body ?? {}) as StatusDocument;
    if (typeof document.status !== 'string') {
      return status === 202 ? { kind: 'running', retryAfterMs, percent: null } : { kind: 'succeeded' };
    }
    return readStatus(document, retryAfterMs);
  } catch (error) {
    // A result's place answers a failed operation with the failure itself.
    if (error instanceof AppError && ['conflict', 'azure-locked'].includes(error.code)) {
      return failed(error.facts.azureCode, error.facts.azureText);
    }
    throw error;
  }
}

interface StatusDocument {
  readonly status?: unknown;
  readonly percentComplete?: unknown;
  readonly error?: { readonly code?: unknown; readonly message?: unknown };
}

function readStatus({ status, percentComplete, error }: StatusDocument, retryAfterMs: number): OperationState {
  switch (String(status).toLowerCase()) {
    case 'succeeded':
      return { kind: 'succeeded' };
    case 'failed':
    case 'canceled':
    case 'cancelled':
      return failed(error?.code ?? status, error?.message);
    default:
      return { kind: 'running', retryAfterMs, percent: typeof percentComplete === 'number' ? percentComplete : null };
  }
}

function failed(code: unknown, message: unknown): OperationState {
  return { kind: 'failed', code: String(code ?? 'Unknown'), message: String(message ?? '') };
}

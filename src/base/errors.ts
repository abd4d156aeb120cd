/** Who has to act on a failure: the caller, the operator of the estate, Azure, or Holdfast itself. */
export type Blame = 'caller' | 'operator' | 'azure' | 'holdfast';

interface ErrorRule {
  readonly httpStatus: number;
  readonly retry: boolean;
  readonly blame: Blame;
  readonly title: string;
}

/**
 * Every operating failure the product knows. Adapters translate to these codes once; nobody else looks at an HTTP status of Azure.
 * The codes are part of the HTTP API: they are stable.
 */
export const errorRules = {
  'bad-request': { httpStatus: 400, retry: false, blame: 'caller', title: 'The request is not valid' },
  'not-signed-in': { httpStatus: 401, retry: false, blame: 'caller', title: 'Sign in first' },
  forbidden: { httpStatus: 403, retry: false, blame: 'caller', title: 'The role is missing' },
  'not-found': { httpStatus: 404, retry: false, blame: 'caller', title: 'There is no such thing' },
  conflict: { httpStatus: 409, retry: false, blame: 'caller', title: 'The state does not allow it' },
  'precondition-failed': {
    httpStatus: 412,
    retry: true,
    blame: 'holdfast',
    title: 'Somebody else changed it meanwhile',
  },
  'too-large': { httpStatus: 413, retry: false, blame: 'caller', title: 'The body is too large' },
  'unsupported-media-type': {
    httpStatus: 415,
    retry: false,
    blame: 'caller',
    title: 'The body is not of a known type',
  },
  'not-supported-yet': { httpStatus: 422, retry: false, blame: 'caller', title: 'Not supported yet' },
  'not-readable': { httpStatus: 422, retry: false, blame: 'operator', title: 'The disk or file cannot be read' },
  'precondition-required': { httpStatus: 428, retry: false, blame: 'caller', title: 'Say which version is meant' },
  throttled: { httpStatus: 429, retry: true, blame: 'azure', title: 'Azure asks to slow down' },
  'azure-unavailable': { httpStatus: 503, retry: true, blame: 'azure', title: 'Azure does not answer as it should' },
  'azure-denied': { httpStatus: 502, retry: false, blame: 'operator', title: 'Azure refuses the identity' },
  'azure-rejected': { httpStatus: 502, retry: false, blame: 'operator', title: 'Azure rejects the call' },
  'azure-locked': {
    httpStatus: 409,
    retry: false,
    blame: 'operator',
    title: 'A lock or an immutability policy forbids it',
  },
  'operation-failed': { httpStatus: 502, retry: false, blame: 'azure', title: 'An operation of Azure failed' },
  'storage-unavailable': {
    httpStatus: 503,
    retry: true,
    blame: 'azure',
    title: 'The storage account does not answer as it should',
  },
  'data-unreadable': { httpStatus: 500, retry: false, blame: 'holdfast', title: 'A stored row cannot be read' },
} as const satisfies Record<string, ErrorRule>;

export type ErrorCode = keyof typeof errorRules;

/** Facts of a failure: never a SAS, a token or a key. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean | null | undefined>>;

/**
 * An operating failure: something outside went wrong in a way that the product expects.
 *
 * Shape: `message` is static text; what differs is in `facts`. `retryAfterMs` is what the other side asked for, if it did.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    facts: ErrorFacts = {},
    options: { cause?: unknown; retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.facts = facts;
    this.retryAfterMs = options.retryAfterMs;
  }

  get retry(): boolean {
    return errorRules[this.code].retry;
  }
}

/** True for an AppError with one of the given codes. */
export function isAppError(error: unknown, ...codes: readonly ErrorCode[]): error is AppError {
  return error instanceof AppError && (codes.length === 0 || codes.includes(error.code));
}

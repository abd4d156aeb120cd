/**
 * Stops an invocation at a bug: a state that the code rules out.
 *
 * Errors: throws AssertionError with a static message; the host retries or alarms. Never for bad input.
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** A bug in Holdfast itself: never caught to go on. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

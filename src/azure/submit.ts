import type { SnapshotsUpdateOptionalParams } from '@azure/arm-compute';
import { assert } from '../base/assert.ts';
import { AppError } from '../base/errors.ts';
import { readJson } from '../base/read-json.ts';
import { translateFailure } from './arm-call.ts';

/** The first answer to a call that may go on as a long-running operation. Shape: header names in lower case. */
export interface FirstAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** What an SDK poller offers that is used here: sending, and not waiting for the end. */
interface Submittable {
  submitted(): Promise<void>;
}

type OnResponse = NonNullable<SnapshotsUpdateOptionalParams['onResponse']>;

/**
 * Sends the one request that begins an operation of the SDK, and gives its answer back without waiting for the end.
 *
 * Shape:  the poller is never handed on: an `async` function that returned it would wait for the whole operation, as pollers are thenables.
 * Errors: AppError.
 */
export async function submit(begin: (options: { onResponse: OnResponse }) => Submittable): Promise<FirstAnswer> {
  let first: FirstAnswer | undefined;
  const onResponse: OnResponse = (response) => {
    first ??= {
      status: response.status,
      headers: response.headers.toJSON(),
      body: readJson(response.bodyAsText ?? '') ?? null,
    };
  };
  await readArm(async () => {
    await begin({ onResponse }).submitted();
  });
  assert(first !== undefined, 'the SDK gave no answer of the first request');
  return first;
}

/**
 * Runs a call of the SDK and translates what the gate has not: a body that cannot be read.
 *
 * Errors: AppError.
 */
export async function readArm<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw translateFailure(error);
  }
}

/** As `readArm`, with null where Azure knows no such resource. */
export async function readArmOrNull<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await readArm(call);
  } catch (error) {
    if (error instanceof AppError && error.code === 'not-found') return null;
    throw error;
  }
}

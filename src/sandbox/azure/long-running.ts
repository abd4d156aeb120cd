import { RETRY_AFTER_SECONDS } from './limits.ts';
import type { Operation } from './operations.ts';
import type { ArmAnswer, ArmRequest } from './route.ts';

/** Where a provider keeps the results of its operations. Source: real answers: DiskOperations for disks and snapshots, operations for the rest of Compute. */
export type OperationPlace =
  | 'Microsoft.Compute/DiskOperations'
  | 'Microsoft.Compute/operations'
  | 'Microsoft.Network/operations'
  | 'Microsoft.Resources/operations';

/**
 * Begins a long-running operation and answers 202 (or what `status` says) with both ways to follow it:
 * `Azure-AsyncOperation` (a status document) and `Location` with `monitor=true` (202 until the end, then the result).
 */
export function begin(
  request: ArmRequest,
  options: {
    subscriptionId: string;
    region: string;
    place: OperationPlace;
    durationMs: number;
    status?: number;
    body?: unknown;
    /** Why it will end badly, where that is clear at once. */
    failure?: { readonly code: string; readonly message: string } | null;
    complete(): unknown;
    fail?(): void;
    /** Hears when it will end; infinity where it never does. */
    begun?(dueMs: number): void;
  },
): ArmAnswer {
  const { state } = request;
  const operation = state.operations.begin({
    id: state.nextGuid(),
    subscriptionId: options.subscriptionId,
    region: options.region,
    nowMs: state.clock.now(),
    durationMs: options.durationMs,
    fault: request.operationFault,
    failure: options.failure ?? null,
    complete: options.complete,
    fail: options.fail ?? (() => {}),
  });
  options.begun?.(operation.dueMs);
  const [namespace, kind] = options.place.split('/');
  const path = `/subscriptions/${options.subscriptionId}/providers/${namespace}/locations/${options.region}/${kind}/${operation.id}`;
  const url = `${state.baseUrl}${path}`;
  const version = `api-version=${request.apiVersion}`;
  return {
    status: options.status ?? 202,
    headers: {
      'Azure-AsyncOperation': `${url}?${version}`,
      Location: `${url}?monitor=true&${version}`,
      'Retry-After': String(RETRY_AFTER_SECONDS),
    },
    ...(options.body === undefined ? {} : { body: options.body }),
  };
}

/** The status document of an operation, or with `monitor=true` its result. */
export function answerOperation(operation: Operation, monitor: boolean): ArmAnswer {
  const waiting = { 'Retry-After': String(RETRY_AFTER_SECONDS) };
  if (monitor) {
    if (operation.status === 'InProgress') return { status: 202, headers: waiting };
    if (operation.failure !== null) return { status: 409, body: { error: operation.failure } };
    return operation.result === null ? { status: 200 } : { status: 200, body: operation.result };
  }
  const body: Record<string, unknown> = {
    startTime: new Date(operation.startedMs).toISOString(),
    status: operation.status,
    name: operation.id,
  };
  if (operation.endedMs !== null) body.endTime = new Date(operation.endedMs).toISOString();
  if (operation.status === 'Failed') body.error = operation.failure;
  if (operation.status === 'Succeeded' && operation.result !== null) body.properties = { output: operation.result };
  return { status: 200, headers: operation.status === 'InProgress' ? waiting : {}, body };
}

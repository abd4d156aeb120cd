/** How a long-running operation ended, or has not yet. */
export type OperationStatus = 'InProgress' | 'Succeeded' | 'Failed';

/** A long-running operation of Azure, addressed by its id. Units: `dueMs` on the sandbox clock. */
export interface Operation {
  readonly id: string;
  readonly subscriptionId: string;
  readonly region: string;
  readonly startedMs: number;
  readonly dueMs: number;
  readonly failure: { readonly code: string; readonly message: string } | null;
  /** What a poll of `Location` answers in the end: a body with 200, or null for 204. */
  result: unknown;
  status: OperationStatus;
  endedMs: number | null;
  complete(): unknown;
  fail(): void;
}

/** What an ordered fault does to the operation that a request begins. */
export interface OperationFault {
  readonly kind: 'stuck' | 'failed' | 'slow';
  readonly seconds?: number;
  readonly code?: string;
}

/** Finished operations are remembered this many deep. Source: Azure keeps operation results for a day or so ⚠. */
const FINISHED_MAX = 5_000;

/** The operations under way, finished when their time has come and anybody looks. */
export class Operations {
  private readonly byId = new Map<string, Operation>();
  private waiting: Operation[] = [];
  private earliestMs = Number.POSITIVE_INFINITY;

  /**
   * Begins an operation. One without duration is finished at once; its answer is 202 all the same, as Azure's is.
   *
   * Shape: `complete` does what is left to do and answers the final body.
   */
  begin(options: {
    id: string;
    subscriptionId: string;
    region: string;
    nowMs: number;
    durationMs: number;
    fault: OperationFault | null;
    failure?: Operation['failure'];
    complete(): unknown;
    fail(): void;
  }): Operation {
    const { fault } = options;
    const slowMs = fault?.kind === 'slow' ? (fault.seconds ?? 0) * 1_000 : options.durationMs;
    const failure =
      fault?.kind === 'failed'
        ? { code: fault.code ?? 'InternalServerError', message: 'The operation failed as ordered.' }
        : (options.failure ?? null);
    const operation: Operation = {
      id: options.id,
      subscriptionId: options.subscriptionId,
      region: options.region,
      startedMs: options.nowMs,
      dueMs: fault?.kind === 'stuck' ? Number.POSITIVE_INFINITY : options.nowMs + slowMs,
      failure,
      result: null,
      status: 'InProgress',
      endedMs: null,
      complete: options.complete,
      fail: options.fail,
    };
    this.byId.set(operation.id, operation);
    if (operation.dueMs <= options.nowMs) finish(operation);
    else {
      this.waiting.push(operation);
      this.earliestMs = Math.min(this.earliestMs, operation.dueMs);
    }
    this.forgetOldest();
    return operation;
  }

  find(id: string): Operation | undefined {
    return this.byId.get(id.toLowerCase());
  }

  /** Operations that have not ended. */
  get pending(): number {
    return this.waiting.length;
  }

  /** Finishes, in the order of their time, what is due. Costs one comparison while nothing is. */
  settle(nowMs: number): void {
    if (nowMs < this.earliestMs) return;
    const due = this.waiting.filter((each) => each.dueMs <= nowMs).sort((a, b) => a.dueMs - b.dueMs);
    this.waiting = this.waiting.filter((each) => each.dueMs > nowMs);
    this.earliestMs = this.waiting.reduce((least, each) => Math.min(least, each.dueMs), Number.POSITIVE_INFINITY);
    for (const operation of due) finish(operation);
  }

  private forgetOldest(): void {
    if (this.byId.size <= FINISHED_MAX) return;
    for (const [id, operation] of this.byId) {
      if (operation.status === 'InProgress') continue;
      this.byId.delete(id);
      if (this.byId.size <= FINISHED_MAX) return;
    }
  }
}

function finish(operation: Operation): void {
  operation.endedMs = operation.dueMs;
  if (operation.failure !== null) {
    operation.status = 'Failed';
    operation.fail();
  } else {
    operation.result = operation.complete();
    operation.status = 'Succeeded';
  }
  // What is remembered must not keep alive what the operation was about.
  operation.complete = done;
  operation.fail = done;
}

function done(): null {
  return null;
}

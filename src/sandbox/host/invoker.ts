import { randomUUID } from 'node:crypto';
import type { CoreContext, InvocationRequest, LoadedApp } from './core-module.ts';
import type { LogSink } from './log-sink.ts';
import type { RegisteredFunction } from './registered-function.ts';

/** How an invocation ended. `result` is what the handler gave back. */
export type InvocationEnd =
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly error: unknown };

export interface InvocationCount {
  done: number;
  failed: number;
}

/** Runs functions, and knows how many run. */
export interface Invoker {
  /** Runs one function to its end; never rejects. */
  invoke(target: RegisteredFunction, request: InvocationRequest): Promise<InvocationEnd>;
  running(): number;
  counts(): Readonly<Record<string, InvocationCount>>;
  /** Resolves when nothing runs. */
  idle(): Promise<void>;
}

/** A new invocation's name. */
export function newInvocationId(): string {
  return randomUUID();
}

/**
 * Makes the one place where functions are run: arguments, hooks, handler, hooks, answer, in the worker's order.
 *
 * Source: order and context objects as azure-functions-nodejs-worker 3.x gives them (its InvocationHandler): hooks run one after another and may exchange
 *         inputs, handler, result and error; an error that is left after the last hook fails the invocation.
 */
export function createInvoker(app: LoadedApp, log: LogSink): Invoker {
  const counts: Record<string, InvocationCount> = {};
  for (const { name } of app.functions) counts[name] = { done: 0, failed: 0 };
  let running = 0;
  let idleWaiters: (() => void)[] = [];

  const invoke = async (target: RegisteredFunction, request: InvocationRequest): Promise<InvocationEnd> => {
    running += 1;
    const count = counts[target.name] ?? { done: 0, failed: 0 };
    const facts = { functionName: target.name, invocationId: request.invocationId };
    try {
      const result = await runStages(app, target, request, log);
      count.done += 1;
      return { kind: 'done', result };
    } catch (error) {
      count.failed += 1;
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      log.write({ level: 'error', category: 'system', message: `The invocation failed: ${text}`, ...facts });
      return { kind: 'failed', error };
    } finally {
      running -= 1;
      if (running === 0) {
        for (const wake of idleWaiters) wake();
        idleWaiters = [];
      }
    }
  };

  return {
    invoke,
    running: () => running,
    counts: () => counts,
    idle: () => (running === 0 ? Promise.resolve() : new Promise((resolve) => idleWaiters.push(resolve))),
  };
}

async function runStages(
  app: LoadedApp,
  target: RegisteredFunction,
  request: InvocationRequest,
  log: LogSink,
): Promise<unknown> {
  const facts = { functionName: target.name, invocationId: request.invocationId };
  const core: CoreContext = {
    invocationId: request.invocationId,
    request,
    metadata: target.metadata,
    state: undefined,
    log: (level, category, message) => log.write({ level, category, message, ...facts }),
  };
  const model = await app.model.getInvocationModel(core);
  const { context, inputs } = await model.getArguments();

  const shared = { hookData: {}, appHookData: app.appHookData, invocationContext: context };
  const before = { ...shared, functionCallback: target.callback, inputs };
  core.state = 'preInvocationHooks';
  await app.runHooks('preInvocation', before);

  const after: { inputs: unknown[]; result: unknown; error: unknown } & object = {
    ...shared,
    inputs: before.inputs,
    result: null,
    error: null,
  };
  core.state = 'invocation';
  try {
    after.result = await model.invokeFunction(context, before.inputs, before.functionCallback);
  } catch (error) {
    after.error = error ?? new Error('The function threw nothing');
  }
  core.state = 'postInvocationHooks';
  await app.runHooks('postInvocation', after);
  core.state = undefined;
  if (after.error !== null && after.error !== undefined) throw after.error;
  await model.getResponse(context, after.result);
  return after.result;
}

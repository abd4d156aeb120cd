import Module, { createRequire } from 'node:module';
import type { LogLevel, LogSink } from './log-sink.ts';
import { type RegisteredFunction, readFunction } from './registered-function.ts';

/** A value on its way to or from the library, as the worker's protocol wraps it. */
export interface TypedData {
  readonly string?: string;
  readonly json?: string;
}

/** What a trigger hands to one invocation. */
export interface InvocationRequest {
  readonly invocationId: string;
  readonly inputData: readonly { readonly name: string; readonly data: TypedData }[];
  readonly triggerMetadata: Readonly<Record<string, TypedData>>;
}

/** What the library is told of an invocation. `state` is the host's: it says which stage runs. */
export interface CoreContext {
  readonly invocationId: string;
  readonly request: InvocationRequest;
  readonly metadata: RegisteredFunction['metadata'];
  state: 'preInvocationHooks' | 'invocation' | 'postInvocationHooks' | undefined;
  log(level: LogLevel, category: 'user' | 'system', message: string): void;
}

/** One invocation as the library sees it. */
export interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: unknown): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<unknown>;
}

interface ProgrammingModel {
  readonly name: string;
  getCapabilities(capabilities: Record<string, string>): Promise<Record<string, string>>;
  getInvocationModel(context: CoreContext): InvocationModel | Promise<InvocationModel>;
}

type Hook = (context: object) => unknown;

/** A loaded app: what it registered, and the library that speaks for it. */
export interface LoadedApp {
  readonly functions: readonly RegisteredFunction[];
  readonly model: ProgrammingModel;
  /** Address of the library's own http server; undefined where the app does not stream. */
  readonly httpUri: string | undefined;
  /** Shared by all hooks of the app. */
  readonly appHookData: object;
  runHooks(name: string, context: object): Promise<void>;
}

/** The version of the worker's interface that is played. Source: @azure/functions 4.16 asks for `log` when it streams (host 4.28 and later). */
const CORE_VERSION = '3.13.0';
const HOST_VERSION = '4.1046.0';
const CORE_MODULE = '@azure/functions-core';

/**
 * Loads an app as the Functions worker for Node does, and runs its appStart hooks.
 *
 * The library finds its host by `require('@azure/functions-core')`, a module that exists only inside a host: `require` is taken over for that one name.
 *
 * Errors: throws where the app throws on loading, registers nothing, or asks for what is not played here.
 */
export async function loadApp(entryPath: string, appRoot: string, log: LogSink): Promise<LoadedApp> {
  const functions: RegisteredFunction[] = [];
  const hooks = new Map<string, Set<Hook>>();
  let model: ProgrammingModel | null = null;

  const runHooks = async (name: string, context: object) => {
    for (const hook of hooks.get(name) ?? []) await hook(context);
  };
  const core = {
    version: CORE_VERSION,
    hostVersion: HOST_VERSION,
    Disposable,
    log: (level: LogLevel, category: 'user' | 'system', message: string) => log.write({ level, category, message }),
    registerHook: (name: string, hook: Hook) => {
      const set = hooks.get(name) ?? new Set();
      hooks.set(name, set.add(hook));
      return new Disposable(() => set.delete(hook));
    },
    setProgrammingModel: (given: ProgrammingModel) => {
      model = given;
    },
    getProgrammingModel: () => model,
    registerFunction: (metadata: unknown, callback: unknown) => {
      const registered = readFunction(metadata, callback);
      if (functions.some(({ name }) => name === registered.name)) {
        throw new Error(`Two functions are named "${registered.name}"`);
      }
      functions.push(registered);
      return new Disposable(() => functions.splice(functions.indexOf(registered), 1));
    },
  };

  provideModule(core);
  createRequire(entryPath)(entryPath);
  if (model === null || functions.length === 0) throw new Error('The app registered no function');
  const loaded: ProgrammingModel = model;

  const appHookData = {};
  await runHooks('appStart', { hookData: {}, appHookData, functionAppDirectory: appRoot });
  const capabilities = await loaded.getCapabilities({});
  return { functions, model: loaded, httpUri: capabilities.HttpUri, appHookData, runHooks };
}

function provideModule(core: object): void {
  const prototype = Module.prototype as { require(this: unknown, id: string): unknown };
  const original = prototype.require;
  prototype.require = function (id) {
    return id === CORE_MODULE ? core : Reflect.apply(original, this, [id]);
  };
}

class Disposable {
  private readonly undo: () => unknown;
  constructor(undo: () => unknown) {
    this.undo = undo;
  }
  dispose(): void {
    this.undo();
  }
}

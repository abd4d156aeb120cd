/** What starts a function. */
export type Trigger =
  | { readonly kind: 'http'; readonly route: string; readonly methods: readonly string[] }
  | { readonly kind: 'timer'; readonly schedule: string; readonly runOnStartup: boolean }
  | { readonly kind: 'queue'; readonly queueName: string; readonly connection: string };

/** A function that the app registered. `metadata` and `callback` go back to the library as they came. */
export interface RegisteredFunction {
  readonly name: string;
  /** Name of the trigger's binding, which the library expects the input under. */
  readonly bindingName: string;
  readonly trigger: Trigger;
  readonly metadata: { readonly name: string; readonly bindings: Readonly<Record<string, unknown>> };
  readonly callback: unknown;
}

interface Binding {
  readonly type?: unknown;
  readonly direction?: unknown;
  readonly [option: string]: unknown;
}

/**
 * Reads a registration: one trigger of a kind that is played, and no further binding but the http answer.
 *
 * Errors: throws with the function's name and what is not played. `%NAME%` in a schedule, route or queue name is an environment variable, as in Azure.
 */
export function readFunction(metadata: unknown, callback: unknown): RegisteredFunction {
  const given = metadata as { name: string; bindings: Record<string, Binding>; retryOptions?: unknown };
  const refuse = (what: string) => new Error(`Function "${given.name}": ${what} is not played by this host`);
  if (given.retryOptions !== undefined) throw refuse('a retry policy');
  let found: { bindingName: string; trigger: Trigger } | null = null;
  for (const [bindingName, binding] of Object.entries(given.bindings)) {
    const type = String(binding.type);
    if (/trigger$/i.test(type)) {
      const trigger = readTrigger(type, binding, given.name);
      if (trigger === null) throw refuse(`the trigger "${type}"`);
      found = { bindingName, trigger };
    } else if (!(type === 'http' && bindingName === '$return')) throw refuse(`the binding "${type}"`);
  }
  if (found === null) throw refuse('a function without a trigger');
  return { name: given.name, ...found, metadata: given, callback };
}

function readTrigger(type: string, binding: Binding, name: string): Trigger | null {
  switch (type.toLowerCase()) {
    case 'httptrigger': {
      const methods = (binding.methods as readonly string[] | undefined) ?? ['GET', 'POST'];
      return {
        kind: 'http',
        route: resolveSettings(binding.route ?? name),
        methods: methods.map((method) => method.toUpperCase()),
      };
    }
    case 'timertrigger':
      return {
        kind: 'timer',
        schedule: resolveSettings(binding.schedule),
        runOnStartup: binding.runOnStartup === true,
      };
    case 'queuetrigger':
      return {
        kind: 'queue',
        queueName: resolveSettings(binding.queueName),
        connection: String(binding.connection ?? 'AzureWebJobsStorage'),
      };
    default:
      return null;
  }
}

function resolveSettings(text: unknown): string {
  return String(text).replace(/%([^%]+)%/g, (_, name: string) => {
    const value = process.env[name];
    if (value === undefined) throw new Error(`The app setting ${name} is named by a trigger and is not set`);
    return value;
  });
}

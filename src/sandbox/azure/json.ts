import { ArmError } from './arm-error.ts';

/** A JSON object as it comes over the wire. */
export type Json = Record<string, unknown>;

/** The object under a path of keys, or an empty one. */
export function objectAt(value: unknown, ...path: readonly string[]): Json {
  let current = value;
  for (const key of path) current = isObject(current) ? current[key] : undefined;
  return isObject(current) ? current : {};
}

/** The value under a path of keys. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  const last = path[path.length - 1];
  return last === undefined ? value : objectAt(value, ...path.slice(0, -1))[last];
}

/** The text under a path of keys, or null where nothing is. Errors: 400 where something else is. */
export function textAt(value: unknown, ...path: readonly string[]): string | null {
  const found = valueAt(value, ...path);
  if (found === undefined || found === null) return null;
  if (typeof found === 'string') return found;
  throw new ArmError(400, 'InvalidRequestContent', `The property '${path.join('.')}' must be a string.`, {
    target: path.join('.'),
  });
}

/** The whole number under a path of keys, or null where nothing is. Errors: 400 where something else is. */
export function numberAt(value: unknown, ...path: readonly string[]): number | null {
  const found = valueAt(value, ...path);
  if (found === undefined || found === null) return null;
  if (typeof found === 'number' && Number.isSafeInteger(found)) return found;
  throw new ArmError(400, 'InvalidRequestContent', `The property '${path.join('.')}' must be a whole number.`, {
    target: path.join('.'),
  });
}

/** The list under a path of keys, or an empty one. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** Tells objects from lists, null and plain values. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import type { Finding } from './published-types.ts';

/** Enumerations that grow each year: a value that the types do not know yet is none to worry about. */
const GROWING = /\.vmSize$/;

/** True for what has to be mended. */
export function notFitting({ severity, path }: Finding): boolean {
  return severity === 'problem' || !GROWING.test(path);
}

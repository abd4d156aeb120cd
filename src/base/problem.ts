/**
 * One thing that is wrong with an input.
 *
 * Shape: `path` is a JSON path from the document's root (`$.schedules[0].cron`); `found` is what stood there, shortened; `allowed` says what may.
 */
export interface Problem {
  readonly path: string;
  readonly message: string;
  readonly found?: string;
  readonly allowed?: string;
}

/** Either a value or all the problems that stand against it. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const FOUND_LENGTH = 80;

/** Shows a value of unknown type inside a problem: JSON, at most 80 characters. */
export function showFound(value: unknown): string {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value));
  return text.length > FOUND_LENGTH ? `${text.slice(0, FOUND_LENGTH - 1)}…` : text;
}

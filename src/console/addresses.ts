/** Where the console is. */
export const CONSOLE = '/api/console';

/** An address below the console: each part is encoded, what is not given is left out of the query. */
export function consoleAddress(
  parts: readonly string[],
  query: Readonly<Record<string, string | null | undefined>> = {},
): string {
  return address(CONSOLE, parts, query);
}

/** An address of the API. */
export function apiAddress(
  parts: readonly string[],
  query: Readonly<Record<string, string | null | undefined>> = {},
): string {
  return address('/api', parts, query);
}

function address(root: string, parts: readonly string[], query: Readonly<Record<string, string | null | undefined>>) {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== null && value !== undefined) asked.set(name, value);
  const path = [root, ...parts.map((part) => encodeURIComponent(part.toWellFormed()))].join('/');
  return asked.size === 0 ? path : `${path}?${asked}`;
}

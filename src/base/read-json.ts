/** Reads JSON that may be none. Shape: undefined where the text is no JSON, which no JSON says. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

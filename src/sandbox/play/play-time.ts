import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';

/** How far the host has played. Units: epoch milliseconds of the sandbox's clock. */
export interface Played {
  readonly now: number;
  readonly steps: number;
}

export const STEP_MS = 300_000;

/**
 * Has the host play time up to a moment.
 *
 * Errors: rejects when the host ends before it is done.
 */
export async function playTime(
  hostAdminUrl: string,
  order: { readonly until: number; readonly stepMs?: number },
  onProgress: (played: Played) => void = () => {},
): Promise<Played> {
  const response = await fetch(`${hostAdminUrl}/play`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ until: order.until, stepMs: order.stepMs ?? STEP_MS }),
  });
  if (!response.ok || !response.body)
    throw new Error(`The host would not play: ${response.status} ${await response.text()}`);
  for await (const line of createInterface({ input: Readable.fromWeb(response.body) })) {
    const said = JSON.parse(line) as Partial<Played> & { done?: boolean; error?: string };
    if (said.error !== undefined) throw new Error(`The host stopped playing: ${said.error}`);
    const played = { now: said.now ?? 0, steps: said.steps ?? 0 };
    onProgress(played);
    if (said.done) return played;
  }
  throw new Error('The host stopped playing before it was done.');
}

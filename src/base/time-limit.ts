/**
 * Runs work that must end within a time, and aborts it when it does not.
 *
 * Units:  real milliseconds: this is about silent connections, not about the estate.
 * Errors: those of the work; whoever obeys the signal rejects with its own abort error.
 */
export async function withTimeLimit<T>(limitMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  // Taken back at the end: a signal of AbortSignal.timeout would live on for the whole time, thousands of them in a busy minute.
  const timer = setTimeout(() => controller.abort(), limitMs);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

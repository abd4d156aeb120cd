/** A request as the log shows it. Shape: no tokens, no signatures. Units: `at` on the sandbox clock, `ms` real. */
export interface LoggedRequest {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly route: string;
  readonly status: number;
  readonly code: string | null;
  readonly ms: number;
  readonly caller: string;
  readonly fault: string | null;
  readonly requestId: string;
  readonly correlationId: string;
}

/** How many requests were made since the last reset, by method and route. */
export interface RequestCounts {
  readonly total: number;
  readonly throttled: number;
  readonly byRoute: Record<string, number>;
}

const REQUESTS_MAX = 2_000;

/** The last requests, and counts of all since the last reset. */
export class RequestLog {
  private readonly ring: LoggedRequest[] = [];
  private at = 0;
  private total = 0;
  private throttled = 0;
  private byRoute = new Map<string, number>();

  add(request: LoggedRequest): void {
    this.ring[this.at] = request;
    this.at = (this.at + 1) % REQUESTS_MAX;
    this.total += 1;
    if (request.status === 429) this.throttled += 1;
    const key = `${request.method} ${request.route}`;
    this.byRoute.set(key, (this.byRoute.get(key) ?? 0) + 1);
  }

  /** The newest first. */
  last(limit: number): LoggedRequest[] {
    const ordered = [...this.ring.slice(this.at), ...this.ring.slice(0, this.at)];
    return ordered.slice(Math.max(0, ordered.length - limit)).reverse();
  }

  counts(): RequestCounts {
    const byRoute = Object.fromEntries([...this.byRoute].sort(([, a], [, b]) => b - a));
    return { total: this.total, throttled: this.throttled, byRoute };
  }

  resetCounts(): void {
    this.total = 0;
    this.throttled = 0;
    this.byRoute = new Map();
  }
}

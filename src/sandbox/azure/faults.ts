/** What an ordered fault does. */
export type FaultAction =
  | 'lost-answer'
  | 'lost-request'
  | 'stuck-operation'
  | 'stale-list'
  | { readonly kind: 'failed-operation'; readonly code?: string }
  | { readonly kind: 'slow-operation'; readonly seconds: number }
  | { readonly kind: 'delay'; readonly ms: number }
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly code: string;
      readonly message?: string;
      readonly retryAfterSeconds?: number;
    };

/** A rule: which requests, how often, and what becomes of them. Shape: `path` is a part of it, or `/pattern/` between slashes. */
export interface FaultRule {
  readonly method?: string;
  readonly path?: string;
  /** Only the nth request that fits, counted from 1. */
  readonly nth?: number;
  /** At most so many requests. */
  readonly times?: number;
  /** Each request that fits with this probability, drawn from `seed`. */
  readonly probability?: number;
  readonly seed?: number;
  readonly action: FaultAction;
}

/** A rule at work, as it is read back. */
export interface FaultState extends FaultRule {
  readonly id: number;
  readonly seen: number;
  readonly injected: number;
}

interface Entry {
  readonly id: number;
  readonly rule: FaultRule;
  readonly fits: (method: string, path: string) => boolean;
  readonly random: () => number;
  seen: number;
  injected: number;
}

/** The faults that were ordered. */
export class FaultBook {
  private entries: Entry[] = [];
  private lastId = 0;

  add(rule: FaultRule): number {
    this.lastId += 1;
    const fits = matcherOf(rule);
    this.entries.push({ id: this.lastId, rule, fits, random: randomOf(rule.seed ?? 1), seen: 0, injected: 0 });
    return this.lastId;
  }

  clear(): void {
    this.entries = [];
  }

  list(): FaultState[] {
    return this.entries.map((each) => ({ ...each.rule, id: each.id, seen: each.seen, injected: each.injected }));
  }

  /** The first rule that strikes this request; every rule that fits counts it. */
  strike(method: string, path: string): FaultAction | null {
    if (this.entries.length === 0) return null;
    let struck: FaultAction | null = null;
    for (const entry of this.entries) {
      if (!entry.fits(method, path)) continue;
      entry.seen += 1;
      if (struck !== null || !strikes(entry)) continue;
      entry.injected += 1;
      struck = entry.rule.action;
    }
    return struck;
  }
}

function strikes(entry: Entry): boolean {
  const { rule } = entry;
  if (rule.nth !== undefined && entry.seen !== rule.nth) return false;
  if (rule.times !== undefined && entry.injected >= rule.times) return false;
  return rule.probability === undefined || entry.random() < rule.probability;
}

function matcherOf(rule: FaultRule): (method: string, path: string) => boolean {
  const method = rule.method?.toUpperCase();
  const fitsMethod = (given: string): boolean => method === undefined || method === given;
  const { path } = rule;
  if (path === undefined) return fitsMethod;
  if (path.length > 2 && path.startsWith('/') && path.endsWith('/')) {
    const pattern = new RegExp(path.slice(1, -1), 'i');
    return (given, url) => fitsMethod(given) && pattern.test(url);
  }
  const part = path.toLowerCase();
  return (given, url) => fitsMethod(given) && url.toLowerCase().includes(part);
}

/** Numbers from 0 to 1 that follow from a seed: a linear congruential generator with the constants of POSIX drand48, upper bits used. */
function randomOf(seed: number): () => number {
  let state = (BigInt(Math.trunc(seed)) << 16n) + 0x330en;
  return () => {
    state = (state * 0x5deece66dn + 0xbn) & 0xffffffffffffn;
    return Number(state >> 16n) / 2 ** 32;
  };
}

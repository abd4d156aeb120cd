/** What the clock says of itself on the wire. Units: epoch milliseconds; `rate` virtual seconds a real second. */
export interface ClockState {
  readonly now: number;
  readonly mode: 'frozen' | 'running';
  readonly rate: number;
  readonly version: number;
  readonly waits: { readonly count: number; readonly next: number | null };
}

/** A change of the clock: to a moment, by a step, frozen, or running at a rate. */
export type ClockChange =
  | { readonly to: number }
  | { readonly advanceMs: number }
  | { readonly freeze: true }
  | { readonly run: number };

/** Something held open that its asker can take back. */
export interface Held<T> {
  readonly answer: Promise<T>;
  cancel(): void;
}

interface Wait {
  readonly untilMs: number;
  release(nowMs: number): void;
}

interface Follower {
  acknowledged: number;
  askedAtRealMs: number;
  socket: object | null;
  wake: (() => void) | null;
}

/** A question of a follower is answered after this, changed or not. Units: real milliseconds. */
const FOLLOW_MS = 20_000;
/** A follower that has not asked for this long is forgotten. Units: real milliseconds. */
const FORGET_MS = 30_000;
/** A change is answered after this, acknowledged or not. Units: real milliseconds. */
const ACKNOWLEDGE_MS = 2_000;
/** setTimeout takes no more than 31 bits. Units: milliseconds. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

/**
 * The one clock of sandbox and product: frozen and moved by hand, or running at a rate.
 *
 * Followers hear of each change and acknowledge it, so that after a change nobody lives in an earlier time.
 * Safety: time never goes backwards; a change to an earlier moment leaves the time as it is.
 */
export class SandboxClock {
  private baseMs: number;
  private baseRealMs: number;
  private running = false;
  private rate = 1;
  private version = 1;
  private readonly waits = new Set<Wait>();
  private readonly followers = new Map<string, Follower>();
  private acknowledgements: (() => void)[] = [];
  private timer: NodeJS.Timeout | null = null;

  constructor(startMs: number) {
    this.baseMs = startMs;
    this.baseRealMs = Date.now();
  }

  /** Units: epoch milliseconds. */
  now(): number {
    if (!this.running) return this.baseMs;
    return Math.floor(this.baseMs + (Date.now() - this.baseRealMs) * this.rate);
  }

  state(): ClockState {
    let next: number | null = null;
    for (const wait of this.waits) if (next === null || wait.untilMs < next) next = wait.untilMs;
    return {
      now: this.now(),
      mode: this.running ? 'running' : 'frozen',
      rate: this.rate,
      version: this.version,
      waits: { count: this.waits.size, next },
    };
  }

  /** Changes the clock and answers once every live follower has acknowledged, at most two real seconds later. */
  async change(change: ClockChange): Promise<ClockState> {
    const now = this.now();
    this.baseRealMs = Date.now();
    this.baseMs = now;
    if ('to' in change) this.baseMs = Math.max(now, change.to);
    else if ('advanceMs' in change) this.baseMs = now + Math.max(0, change.advanceMs);
    else if ('freeze' in change) this.running = false;
    else {
      this.running = true;
      this.rate = change.run;
    }
    this.version += 1;
    this.releaseDue();
    for (const follower of this.followers.values()) follower.wake?.();
    await this.acknowledged(this.version);
    return this.state();
  }

  /** Held open until the moment has come. Shape: the answer is the time then. */
  wait(untilMs: number): Held<number> {
    let cancel = (): void => {};
    const answer = new Promise<number>((resolve) => {
      const wait: Wait = { untilMs, release: resolve };
      this.waits.add(wait);
      cancel = () => this.waits.delete(wait);
    });
    this.releaseDue();
    return { answer, cancel };
  }

  /** A follower asks for what comes after the version it knows, which it thereby acknowledges. */
  follow(id: string, after: number, socket: object): Held<ClockState> {
    const known = this.followers.get(id);
    known?.wake?.();
    const follower: Follower = { acknowledged: after, askedAtRealMs: Date.now(), socket, wake: null };
    this.followers.set(id, follower);
    this.settleAcknowledgements();
    if (this.version > after) return { answer: Promise.resolve(this.state()), cancel: () => this.forget(socket) };
    const answer = new Promise<ClockState>((resolve) => {
      const timer = setTimeout(() => follower.wake?.(), FOLLOW_MS);
      follower.wake = () => {
        clearTimeout(timer);
        follower.wake = null;
        resolve(this.state());
      };
    });
    return { answer, cancel: () => this.forget(socket) };
  }

  /** Forgets the followers whose latest question came over this connection: it has closed. */
  forget(socket: object): void {
    for (const [id, follower] of this.followers) {
      if (follower.socket !== socket) continue;
      this.followers.delete(id);
      follower.wake?.();
    }
    this.settleAcknowledgements();
  }

  /** Ends timers and questions, so that the process can exit. */
  close(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    for (const follower of this.followers.values()) follower.wake?.();
    this.followers.clear();
    this.settleAcknowledgements();
  }

  private releaseDue(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const now = this.now();
    let next = Number.POSITIVE_INFINITY;
    for (const wait of this.waits) {
      if (wait.untilMs <= now) {
        this.waits.delete(wait);
        wait.release(now);
      } else if (wait.untilMs < next) next = wait.untilMs;
    }
    if (!this.running || next === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.min(Math.ceil((next - now) / this.rate), TIMEOUT_MS_MAX);
    this.timer = setTimeout(() => this.releaseDue(), delayMs);
  }

  private allAcknowledged(version: number): boolean {
    const oldest = Date.now() - FORGET_MS;
    for (const [id, follower] of this.followers) {
      if (follower.askedAtRealMs < oldest && follower.wake === null) this.followers.delete(id);
      else if (follower.acknowledged < version) return false;
    }
    return true;
  }

  private async acknowledged(version: number): Promise<void> {
    if (this.allAcknowledged(version)) return;
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.acknowledgements = this.acknowledgements.filter((each) => each !== settle);
        resolve();
      };
      const settle = (): void => {
        if (this.allAcknowledged(version)) finish();
      };
      const timer = setTimeout(finish, ACKNOWLEDGE_MS);
      this.acknowledgements.push(settle);
    });
  }

  private settleAcknowledgements(): void {
    for (const settle of [...this.acknowledgements]) settle();
  }
}

import { assert } from '../base/assert.ts';
import { DAY_MS, type EpochMs, HOUR_MS, UTC } from '../base/time.ts';
import type { Policy } from '../policy/policy.ts';
import { readCron } from '../schedule/cron.ts';
import { occurrencesBetween } from '../schedule/occurrences.ts';
import type { ByteModel } from './byte-model.ts';
import { budgetLimit } from './chain-costs.ts';
import { keptPositions } from './covered-source.ts';
import { decideBudget } from './decide-budget.ts';
import { decideMasks, prepareRules } from './decide-masks.ts';
import { budgetNodes } from './plan-budget.ts';
import { deleteRuleOf, floorBits, isKept } from './reason-bits.ts';
import { SWEEP_CRON } from './sweep-times.ts';
import type { RetentionPoint } from './verdict.ts';

/** Slots that one play goes through at most: an hourly schedule for eleven years. */
export const MAX_PLAYED_SLOTS = 100_000;

/** A point that was played: when it was taken, by which rule it was marked, and when it was gone. Null: it is there to the end. */
export interface PlayedPoint {
  readonly takenAt: EpochMs;
  readonly goneAt: EpochMs | null;
  readonly because: string | null;
}

/**
 * What exists at the end of a day of 24 hours since the start.
 *
 * Units:  bytes; micro-units a month, at the rate of that moment. Null without a byte model or a price.
 */
export interface PlayedDay {
  readonly endsAt: EpochMs;
  readonly points: number;
  /** Of these, in their grace. */
  readonly marked: number;
  readonly storedBytes: number | null;
  readonly microUnitsPerMonth: number | null;
}

/** `fits` is false where, on any day, what the budget may not give up exceeded it. Null without a budget that was played. */
export interface Played {
  readonly points: readonly PlayedPoint[];
  readonly days: readonly PlayedDay[];
  readonly fits: boolean | null;
}

interface Living {
  readonly index: number;
  readonly point: RetentionPoint;
  deleteAfter: EpochMs | null;
}

/**
 * Plays a policy forward for one source that is protected from the start on: its schedules, its sweeps with mark and grace, by the same decisions
 * as the real ones. Every slot is thought to succeed at once.
 *
 * Shape:  `answered` null where there would be more slots than MAX_PLAYED_SLOTS.
 * Units:  `budgetMicroUnits` is what the budget allows for all that the model stands for, a month; null plays none.
 */
export function planForward(
  policy: Pick<Policy, 'schedules' | 'timeZone' | 'retention' | 'budget'>,
  play: {
    readonly from: EpochMs;
    readonly days: number;
    readonly model: ByteModel | null;
    readonly budgetMicroUnits: number | null;
  },
): Played | null {
  const to = play.from + play.days * DAY_MS;
  const slots = slotsOf(policy, play.from, to);
  if (slots === null) return null;
  const sweeps = occurrencesBetween(cronOf(SWEEP_CRON), UTC, play.from, to, play.days * 24);
  const forward = new Forward(policy, play.model, play.budgetMicroUnits);
  let slot = 0;
  let sweep = 0;
  const days: PlayedDay[] = [];
  for (let day = 1; day <= play.days; day += 1) {
    const endsAt = play.from + day * DAY_MS;
    for (;;) {
      const nextSlot = slots[slot] ?? Number.POSITIVE_INFINITY;
      const nextSweep = sweeps[sweep] ?? Number.POSITIVE_INFINITY;
      if (Math.min(nextSlot, nextSweep) > endsAt) break;
      if (nextSlot <= nextSweep) {
        forward.take(nextSlot);
        slot += 1;
      } else {
        forward.sweep(nextSweep);
        sweep += 1;
      }
    }
    days.push(forward.lookAt(endsAt));
  }
  return { points: forward.points, days, fits: forward.fits };
}

/** All slots of the schedules, each moment once, oldest first; null where there are more than MAX_PLAYED_SLOTS. */
export function slotsOf(
  { schedules, timeZone }: Pick<Policy, 'schedules' | 'timeZone'>,
  from: EpochMs,
  to: EpochMs,
): readonly EpochMs[] | null {
  const moments = new Set<EpochMs>();
  for (const { cron } of schedules)
    for (const at of occurrencesBetween(cronOf(cron), timeZone, from, to, MAX_PLAYED_SLOTS + 1)) moments.add(at);
  return moments.size > MAX_PLAYED_SLOTS ? null : [...moments].sort((a, b) => a - b);
}

function cronOf(expression: string) {
  const read = readCron(expression);
  assert(read.ok, 'parsePolicy refuses what cannot be read');
  return read.cron;
}

/** The state of a play. */
class Forward {
  readonly points: { takenAt: EpochMs; goneAt: EpochMs | null; because: string | null }[] = [];
  fits: boolean | null = null;
  readonly #policy: Pick<Policy, 'timeZone' | 'retention' | 'budget'>;
  readonly #model: ByteModel | null;
  readonly #budgetMicroUnits: number | null;
  /** Oldest first. */
  #living: Living[] = [];

  constructor(
    policy: Pick<Policy, 'timeZone' | 'retention' | 'budget'>,
    model: ByteModel | null,
    budgetMicroUnits: number | null,
  ) {
    this.#policy = policy;
    this.#model = model;
    this.#budgetMicroUnits = budgetMicroUnits;
  }

  take(at: EpochMs): void {
    const index = this.points.length;
    this.points.push({ takenAt: at, goneAt: null, because: null });
    const point: RetentionPoint = { id: String(index), takenAt: at, state: 'succeeded', held: false, immutable: false };
    this.#living.push({ index, point, deleteAfter: null });
  }

  sweep(now: EpochMs): void {
    this.#deleteDue(now);
    const { retention, timeZone } = this.#policy;
    const points = this.#living.map(({ point }) => point);
    const rules = prepareRules(retention, timeZone, now);
    const decided = decideMasks(points, rules);
    const givenUp = this.#giveUp(points, decided, now);
    for (const [at, place] of decided.order.entries()) {
      const living = this.#living[place] as Living;
      const mask = decided.masks[at] as number;
      const goes = !isKept(mask) || givenUp.has(at);
      if (!goes) living.deleteAfter = null;
      else if (living.deleteAfter === null) {
        living.deleteAfter = now + retention.graceHours * HOUR_MS;
        const played = this.points[living.index];
        if (played) played.because = givenUp.has(at) ? 'budget' : deleteRuleOf(mask);
      }
    }
  }

  lookAt(endsAt: EpochMs): PlayedDay {
    this.#deleteDue(endsAt);
    const { bytes, cost } = this.#stored();
    return {
      endsAt,
      points: this.#living.length,
      marked: this.#living.filter(({ deleteAfter }) => deleteAfter !== null).length,
      storedBytes: bytes === null ? null : Math.round(bytes),
      microUnitsPerMonth: cost === null ? null : Math.round(cost / budgetLimit(1)),
    };
  }

  #deleteDue(now: EpochMs): void {
    const stays = (living: Living) => living.deleteAfter === null || living.deleteAfter > now;
    for (const living of this.#living) {
      const played = this.points[living.index];
      if (!stays(living) && played) played.goneAt = living.deleteAfter;
      if (living.deleteAfter === null && played) played.because = null;
    }
    this.#living = this.#living.filter(stays);
  }

  /** Positions in the order that the budget gives up. */
  #giveUp(
    points: readonly RetentionPoint[],
    decided: ReturnType<typeof decideMasks>,
    now: EpochMs,
  ): ReadonlySet<number> {
    const { budget } = this.#policy;
    const model = this.#model;
    if (budget === null || model === null || this.#budgetMicroUnits === null || points.length === 0) return new Set();
    const positions = keptPositions(points, decided);
    const protectedSince = this.points[0]?.takenAt ?? now;
    const { times, floors } = budgetNodes({ points, protectedSince }, decided, positions, floorBits(budget.floors));
    const width = times.length;
    const edgeCosts = new Float64Array(width * width);
    for (let from = 0; from < width - 1; from += 1) {
      for (let to = from + 1; to < width; to += 1) {
        const gapMs = from === 0 ? null : (times[to] as number) - (times[from] as number);
        edgeCosts[from * width + to] = (gapMs === null ? model.first : model.after(gapMs)).cost ?? 0;
      }
    }
    const decision = decideBudget([{ times, floors, edgeCosts }], budgetLimit(this.#budgetMicroUnits), now);
    this.fits = (this.fits ?? true) && decision.fits;
    const kept = decision.kept[0];
    return new Set([...positions].filter((_, node) => kept?.[node + 1] !== 1));
  }

  #stored(): { bytes: number | null; cost: number | null } {
    if (this.#model === null) return { bytes: null, cost: null };
    let bytes = 0;
    let cost: number | null = 0;
    let last: EpochMs | null = null;
    for (const { point } of this.#living) {
      const part = last === null ? this.#model.first : this.#model.after(point.takenAt - last);
      bytes += part.bytes;
      cost = cost === null || part.cost === null ? null : cost + part.cost;
      last = point.takenAt;
    }
    return { bytes, cost };
  }
}

import type { BilledFigure, BilledMeter, BilledSource, DayRange } from '../../src/cost/ports.ts';

/** What is asked of it, in order. */
export interface CostQuestion extends DayRange {
  readonly subscriptionId: string;
}

/** A Cost Management that answers what a test gives it. */
export interface MemoryCosts {
  readonly source: BilledSource;
  readonly questions: CostQuestion[];
  /** How often meters' names were asked for. */
  namesAsked: number;
  /** Every figure that is shown from now on, by subscription. */
  show(subscriptionId: string, figures: readonly BilledFigure[]): void;
  /** Fails the next so many questions. */
  fail(error: Error, times?: number): void;
}

export function createMemoryCosts(
  meters: readonly BilledMeter[] = [
    { meterId: 'meter-zrs', meter: 'ZRS Snapshots', product: 'Standard HDD Managed Disks' },
  ],
): MemoryCosts {
  const shown = new Map<string, readonly BilledFigure[]>();
  let failures: Error[] = [];
  const costs: MemoryCosts = {
    questions: [],
    namesAsked: 0,
    show: (subscriptionId, figures) => void shown.set(subscriptionId, figures),
    fail: (error, times = 1) => {
      failures = Array.from({ length: times }, () => error);
    },
    source: {
      snapshotFigures: async (subscriptionId, { from, to }) => {
        costs.questions.push({ subscriptionId, from, to });
        const failure = failures.shift();
        if (failure) throw failure;
        return (shown.get(subscriptionId) ?? []).filter(({ day }) => day >= from && day <= to);
      },
      snapshotMeters: async () => {
        costs.namesAsked += 1;
        return meters;
      },
    },
  };
  return costs;
}

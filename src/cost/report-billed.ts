import type { Dimension } from './day-groups.ts';
import type { GroupDay } from './group-book.ts';
import type { ReportGroup } from './report-groups.ts';

/** Why the bill and the estimate differ, and by how much. */
export interface BilledReason {
  readonly code: string;
  readonly microUnits: number;
  readonly chains: number;
}

/**
 * A day that Azure has billed.
 *
 * Shape:  `foreign…` is what other snapshots than Holdfast's cost: it is in no other figure. `final` once the invoice of its month is closed.
 * Units:  micro-units.
 */
export interface BilledDay {
  readonly day: string;
  readonly final: boolean;
  readonly billedMicroUnits: number;
  readonly foreignMicroUnits: number;
  readonly foreignResources: number;
  readonly reasons: readonly BilledReason[];
}

/** Where billed figures are read from. */
export interface BilledBook {
  days(currency: string, range: { readonly from: string; readonly to: string }): Promise<readonly BilledDay[]>;
  groups(
    dimension: Dimension,
    currency: string,
    range: { readonly from: string; readonly to: string },
  ): AsyncIterable<GroupDay>;
}

/**
 * Estimate and bill side by side, over just those days of the report that both know.
 *
 * Shape:  `reasons` add up to the difference; the largest comes first.
 * Units:  micro-units.
 */
export interface BilledPart {
  readonly days: number;
  readonly through: string;
  readonly final: boolean;
  readonly billedMicroUnits: number;
  readonly estimateMicroUnits: number;
  readonly differenceMicroUnits: number;
  readonly foreignMicroUnits: number;
  readonly reasons: readonly BilledReason[];
}

/** Puts bill and estimate side by side: the days that both know, in order; null where there is none. */
export function billedPart(
  billed: readonly BilledDay[],
  total: Pick<ReportGroup, 'billedMicroUnits' | 'estimateOfBilledMicroUnits'>,
): BilledPart | null {
  const last = billed.at(-1);
  if (!last) return null;
  const differenceMicroUnits = total.billedMicroUnits - total.estimateOfBilledMicroUnits;
  const byCode = new Map<string, BilledReason>();
  const put = (reason: BilledReason) => {
    const sum = byCode.get(reason.code);
    byCode.set(reason.code, {
      code: reason.code,
      microUnits: (sum?.microUnits ?? 0) + reason.microUnits,
      chains: Math.max(sum?.chains ?? 0, reason.chains),
    });
  };
  for (const { reasons } of billed) for (const reason of reasons) put(reason);
  const explained = [...byCode.values()].reduce((sum, { microUnits }) => sum + microUnits, 0);
  if (explained !== differenceMicroUnits)
    put({ code: 'other', microUnits: differenceMicroUnits - explained, chains: 0 });
  return {
    days: billed.length,
    through: last.day,
    final: billed.every(({ final }) => final),
    billedMicroUnits: total.billedMicroUnits,
    estimateMicroUnits: total.estimateOfBilledMicroUnits,
    differenceMicroUnits,
    foreignMicroUnits: billed.reduce((sum, { foreignMicroUnits }) => sum + foreignMicroUnits, 0),
    reasons: [...byCode.values()].sort((a, b) => Math.abs(b.microUnits) - Math.abs(a.microUnits)),
  };
}

import { GIB } from '../base/bytes.ts';
import { fromMicroUnits } from '../base/money.ts';
import type { EpochMs, ZoneId } from '../base/time.ts';
import type { Budget, Retention } from '../policy/policy.ts';
import { type Extents, followBlocks } from './block-lives.ts';
import { type ChainBytes, weighChain } from './chain-bytes.ts';
import { decideMasks, type MaskedPoints, type PreparedRules, prepareRules } from './decide-masks.ts';
import { explain } from './explain.ts';
import type { FilePoint, FileSource, PointsFile } from './points-file.ts';
import { isKept } from './reason-bits.ts';
import type { Verdict } from './verdict.ts';

/** The parts of a policy that decide what is kept. */
export interface PreviewPolicy {
  readonly retention: Retention;
  readonly budget: Budget | null;
  readonly timeZone: ZoneId;
}

interface BeforeAndAfter {
  readonly before: number;
  readonly after: number;
}

/**
 * What a policy would do to the points of a file.
 *
 * Shape: verdicts by source, then newest first, then id. `storedBytes` is null where a succeeded point does not say what changed, `monthlyCost` also
 *        where there is no price.
 * Units: bytes; `monthlyCost` in units of its currency.
 */
export interface PreviewPlan {
  readonly verdicts: readonly (Verdict & { readonly source: string })[];
  readonly storedBytes: BeforeAndAfter | null;
  readonly monthlyCost: (BeforeAndAfter & { readonly currency: string }) | null;
  readonly budget: null;
}

/** Decides a points file under a policy. Pure: `now` is given. */
export function planPreview(file: PointsFile, policy: PreviewPolicy, now: EpochMs): PreviewPlan {
  const rules = prepareRules(policy.retention, policy.timeZone, now);
  const sources = file.sources.map((source) => weighSource(source, decideMasks(source.points, rules)));
  const storedBytes = sum(sources.map(({ bytes }) => bytes));
  return {
    verdicts: sources.flatMap((source) => verdictsOf(source, rules)),
    storedBytes,
    monthlyCost: storedBytes && file.price ? costOf(storedBytes, file.price) : null,
    budget: null,
  };
}

/** One source, decided: `bytes` is null where a succeeded point does not say what changed. `chain` holds the positions of its succeeded points, oldest first. */
interface DecidedSource {
  readonly file: FileSource;
  readonly decided: MaskedPoints;
  readonly chain: readonly number[];
  readonly bytes: ChainBytes | null;
}

function weighSource(file: FileSource, decided: MaskedPoints): DecidedSource {
  const chain: number[] = [];
  const extents: Extents[] = [];
  for (let at = decided.order.length - 1; at >= 0; at -= 1) {
    const point = file.points[decided.order[at] as number] as FilePoint;
    if (point.state !== 'succeeded') continue;
    chain.push(at);
    if (point.extents) extents.push(point.extents);
  }
  if (extents.length < chain.length) return { file, decided, chain, bytes: null };
  const kept = Uint8Array.from(chain, (at) => (isKept(decided.masks[at] as number) ? 1 : 0));
  return { file, decided, chain, bytes: weighChain(followBlocks(extents), kept) };
}

function verdictsOf({ file, decided, chain, bytes }: DecidedSource, rules: PreparedRules): PreviewPlan['verdicts'] {
  const freedBytes = new Float64Array(decided.order.length);
  for (const [snapshot, at] of chain.entries()) freedBytes[at] = bytes?.freedBytes[snapshot] ?? 0;
  const verdicts = explain(file.points, decided, rules, bytes ? { freedBytes } : {});
  return verdicts.map(({ id, action, because }) => ({ id, source: file.source, action, because }));
}

function sum(parts: readonly (BeforeAndAfter | null)[]): BeforeAndAfter | null {
  let before = 0;
  let after = 0;
  for (const part of parts) {
    if (part === null) return null;
    before += part.before;
    after += part.after;
  }
  return { before, after };
}

function costOf(bytes: BeforeAndAfter, price: NonNullable<PointsFile['price']>): PreviewPlan['monthlyCost'] {
  const cost = (amount: number) => fromMicroUnits(monthlyMicroUnits(amount, price.microUnitsPerGiBMonth));
  return { before: cost(bytes.before), after: cost(bytes.after), currency: price.currency };
}

/** What stored bytes cost a month: micro-units, rounded half up. In whole numbers of any size: bytes times price is beyond 2^53. */
export function monthlyMicroUnits(bytes: number, microUnitsPerGiBMonth: number): number {
  return Number((BigInt(bytes) * BigInt(microUnitsPerGiBMonth) * 2n + BigInt(GIB)) / BigInt(2 * GIB));
}

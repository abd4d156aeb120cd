import { ExtentRun } from './extent-run.ts';

/** What marks a piece that is to be cleared: no write has this number. */
export const CLEARED_OP = 0;

/**
 * The pieces in which `held` differs from `wanted`, in order: each with the write that is wanted there, or `CLEARED_OP`.
 *
 * Pages of one write hold the same bytes wherever they are found, so comparing write numbers compares contents.
 */
export function differenceOf(held: ExtentRun, wanted: ExtentRun): ExtentRun {
  const pieces = new ExtentRun();
  let i = 0;
  let j = 0;
  for (let at = 0; i < held.count || j < wanted.count; ) {
    const heldStart = i < held.count ? Math.max(held.starts[i] as number, at) : Number.POSITIVE_INFINITY;
    const wantedStart = j < wanted.count ? Math.max(wanted.starts[j] as number, at) : Number.POSITIVE_INFINITY;
    const start = Math.min(heldStart, wantedStart);
    const heldEnd = heldStart === start ? endOf(held, i) : heldStart;
    const wantedEnd = wantedStart === start ? endOf(wanted, j) : wantedStart;
    const heldOp = heldStart === start ? (held.ops[i] as number) : CLEARED_OP;
    const wantedOp = wantedStart === start ? (wanted.ops[j] as number) : CLEARED_OP;
    at = Math.min(heldEnd, wantedEnd);
    if (heldOp !== wantedOp) pieces.push(start, at - start, wantedOp);
    if (i < held.count && endOf(held, i) <= at) i += 1;
    if (j < wanted.count && endOf(wanted, j) <= at) j += 1;
  }
  return pieces;
}

function endOf(run: ExtentRun, index: number): number {
  return (run.starts[index] as number) + (run.lengths[index] as number);
}

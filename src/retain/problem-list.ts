import { type Problem, showFound } from '../base/problem.ts';

/** A file may be wrong in every row: more problems than this help nobody. */
const MAX_PROBLEMS = 200;

/** Collects problems, the first two hundred of them. */
export class ProblemList {
  readonly problems: Problem[] = [];

  add(path: string, message: string, found: unknown, allowed: string): void {
    if (!this.full) this.problems.push({ path, message, found: showFound(found), allowed });
  }

  get full(): boolean {
    return this.problems.length >= MAX_PROBLEMS;
  }
}

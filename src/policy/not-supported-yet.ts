import { type Problem, showFound } from '../base/problem.ts';
import { jsonPath, valueAt } from '../base/schema-problems.ts';

/** The parts of a policy document that stand for a capability of their own. */
export type Capability = 'budget' | 'copies' | 'drills' | 'consistency';

/** Capabilities that are not built: a document that asks for one is refused, rather than half obeyed. Take a name out once it works. */
export const notSupportedYet: ReadonlySet<Capability> = new Set<Capability>(['copies', 'consistency']);

/** The words by which a problem says that the capability is missing, not the document wrong. */
export const NOT_SUPPORTED_YET = 'is not supported yet';

/** Names every field of a document that asks for a capability of the given set. */
export function unsupportedProblems(document: unknown, unsupported: ReadonlySet<Capability>): readonly Problem[] {
  const problems: Problem[] = [];
  const refuse = (path: readonly PropertyKey[], allowed: string) =>
    problems.push({
      path: jsonPath(path),
      message: NOT_SUPPORTED_YET,
      found: showFound(valueAt(document, path)),
      allowed,
    });
  const has = (capability: Capability, path: readonly PropertyKey[] = [capability]) =>
    unsupported.has(capability) && valueAt(document, path) !== undefined;
  if (has('budget')) refuse(['budget'], 'no budget');
  if (has('drills')) refuse(['drills'], 'no drills');
  const copies = valueAt(document, ['copies']);
  if (has('copies') && Array.isArray(copies) && copies.length > 0) refuse(['copies'], 'no copies');
  if (has('consistency')) {
    for (const field of ['prefer', 'minimum']) {
      const level = valueAt(document, ['consistency', field]);
      if (level === 'application' || level === 'crash') refuse(['consistency', field], '"disk"');
    }
  }
  return problems;
}

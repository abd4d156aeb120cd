import { type Parsed, showFound } from '../base/problem.ts';
import type { EpochMs } from '../base/time.ts';
import { parsePolicy } from '../policy/parse-policy.ts';
import { parsePointsFile } from './points-file.ts';
import { type PreviewAnswer, type PreviewPolicy, type PreviewProblem, planPreview } from './preview.ts';

/**
 * Answers the offline preview from the texts of its two files.
 *
 * Shape:  the whole plan, or all problems: never a part.
 * Units:  `now` in epoch milliseconds.
 */
export function previewFiles(policyText: string, pointsText: string, now: EpochMs): PreviewAnswer {
  const policy = parseJson(policyText, parsePreviewPolicy);
  const points = parseJson(pointsText, parsePointsFile);
  if (!policy.ok || !points.ok) {
    return { ok: false, problems: [...inFile('policy', policy), ...inFile('points', points)] };
  }
  return planPreview(points.value, policy.value, now);
}

/**
 * Reads a policy for the preview: a whole one, or just `{ retention, budget, timeZone }`.
 * What else a whole policy asks for does not matter here, so it need not be supported yet.
 */
function parsePreviewPolicy(input: unknown): Parsed<PreviewPolicy> {
  const isObject = typeof input === 'object' && input !== null && !Array.isArray(input);
  const isWhole = isObject && ['name', 'select', 'schedules'].some((field) => Object.hasOwn(input, field));
  const document = isWhole || !isObject ? input : { name: 'preview', select: { scopes: [] }, schedules: [], ...input };
  return parsePolicy(document, { notSupportedYet: new Set() });
}

function parseJson<T>(text: string, parse: (input: unknown) => Parsed<T>): Parsed<T> {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (error) {
    const message = error instanceof SyntaxError ? error.message : 'unreadable';
    const problem = {
      path: '$',
      message: `is not JSON: ${message}`,
      found: showFound(text.slice(0, 40)),
      allowed: 'a JSON document',
    };
    return { ok: false, problems: [problem] };
  }
  return parse(input);
}

function inFile<T>(file: PreviewProblem['file'], parsed: Parsed<T>): PreviewProblem[] {
  return parsed.ok ? [] : parsed.problems.map((problem) => ({ file, ...problem }));
}

import { readFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { systemClock } from './base/clock.ts';
import { showFound } from './base/problem.ts';
import { type EpochMs, parseIso } from './base/time.ts';
import { REBUILD_USAGE, runRebuild } from './cli-rebuild.ts';
import type { PreviewAnswer, PreviewPlan, PreviewProblem } from './retain/preview.ts';
import { previewFiles } from './retain/preview-files.ts';

/**
 * The `holdfast` command: `holdfast preview --policy <file> --points <file> [--now <ISO>]`, and `holdfast rebuild` (see cli-rebuild.ts).
 *
 * Shape:  exit code 0 with the plan as JSON on standard output; 2 with `{ "problems": [ … ] }` on standard error, one problem a line, and nothing on
 *         standard output. A problem has file (`command`, `policy` or `points`), path, message, found and allowed.
 */
const USAGE = `preview --policy <file> --points <file> [--now <ISO 8601>]; ${REBUILD_USAGE}`;

const options = {
  policy: { type: 'string' },
  points: { type: 'string' },
  now: { type: 'string' },
} as const;

function main(args: readonly string[]): PreviewAnswer {
  let values: { policy?: string | undefined; points?: string | undefined; now?: string | undefined };
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true });
    if (parsed.positionals.join(' ') !== 'preview') return refuse([usageProblem(parsed.positionals.join(' '))]);
    values = parsed.values;
  } catch (error) {
    return refuse([usageProblem(error instanceof Error ? error.message : args.join(' '))]);
  }
  const now = values.now === undefined ? systemClock.now() : parseIso(values.now);
  const policy = readText('policy', values.policy);
  const points = readText('points', values.points);
  if (now === null || typeof policy !== 'string' || typeof points !== 'string') {
    return refuse([...(now === null ? [nowProblem(values.now)] : []), ...problemsIn(policy), ...problemsIn(points)]);
  }
  return previewFiles(policy, points, now satisfies EpochMs);
}

function readText(option: 'policy' | 'points', path: string | undefined): string | PreviewProblem {
  const at = { file: 'command', path: `--${option}` } as const;
  if (path === undefined)
    return { ...at, message: 'is required', found: 'nothing', allowed: 'the path of a JSON file' };
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return { ...at, message: `cannot be read (${code})`, found: showFound(path), allowed: 'the path of a JSON file' };
  }
}

function problemsIn(text: string | PreviewProblem): readonly PreviewProblem[] {
  return typeof text === 'string' ? [] : [text];
}

function nowProblem(found: string | undefined): PreviewProblem {
  const allowed = 'an ISO 8601 date and time with offset, such as 2026-03-01T02:00:00Z';
  return { file: 'command', path: '--now', message: 'is not a date and time', found: showFound(found), allowed };
}

function usageProblem(found: string): PreviewProblem {
  return { file: 'command', path: '$', message: 'is not a known command', found: showFound(found), allowed: USAGE };
}

function refuse(problems: readonly PreviewProblem[]): PreviewAnswer {
  return { ok: false, problems };
}

/** Verdicts written at once: two million of them are too long for one text. */
const VERDICTS_AT_ONCE = 10_000;

/** The plan as JSON, one verdict a line, piece by piece. */
function* showPlan({ verdicts, ...rest }: PreviewPlan): Generator<string> {
  yield '{"verdicts":[';
  for (let at = 0; at < verdicts.length; at += VERDICTS_AT_ONCE) {
    const lines = verdicts.slice(at, at + VERDICTS_AT_ONCE).map((verdict) => JSON.stringify(verdict));
    yield `${at === 0 ? '' : ','}\n${lines.join(',\n')}`;
  }
  yield `\n],${JSON.stringify(rest).slice(1)}\n`;
}

const [command, ...rest] = process.argv.slice(2);
const answer = command === 'rebuild' ? null : main(process.argv.slice(2));
if (answer === null) {
  process.exitCode = await runRebuild(rest);
} else if (answer.ok) {
  await pipeline(showPlan(answer.plan), process.stdout);
} else {
  // One problem a line, for people and grep; together one JSON document, for programs.
  const lines = answer.problems.map((problem) => JSON.stringify(problem));
  process.stderr.write(`{"problems":[\n${lines.join(',\n')}\n]}\n`);
  process.exitCode = 2;
}

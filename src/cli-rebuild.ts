import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { systemClock } from './base/clock.ts';

/** What a rebuild answers, as far as the command reads it. */
interface RebuildAnswer {
  readonly id: string;
  readonly state: 'running' | 'awaits confirmation' | 'confirmed';
  readonly groups: { readonly all: number; readonly waiting: number };
  readonly points: number;
}

export const REBUILD_USAGE =
  'rebuild --url <address of the app> --token-file <file with a token of an admin> [--group <id of a resource group>]… [--confirm <id of a rebuild>]';

const LOOK_MS = 5_000;

const options = {
  url: { type: 'string' },
  'token-file': { type: 'string' },
  group: { type: 'string', multiple: true },
  confirm: { type: 'string' },
} as const;

/**
 * The command `holdfast rebuild`: has the app make its catalogue anew from Azure, and follows it to its end; with `--confirm` it lets retention go on after one.
 *
 * Shape:  the rebuild as JSON on standard output and exit code 0; 2 with what is wrong on standard error.
 * Safety: the token is read from a file, as command lines are seen by everybody on the machine.
 */
export async function runRebuild(args: readonly string[]): Promise<number> {
  try {
    const asked = readArguments(args);
    if (asked === null) return complain(`usage: holdfast ${REBUILD_USAGE}`);
    const answer = asked.confirm
      ? await asked.call('POST', `rebuilds/${encodeURIComponent(asked.confirm)}/confirm`)
      : await follow(asked.call, await asked.call('POST', 'rebuilds', { resourceGroups: asked.groups }));
    process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
    return 0;
  } catch (error) {
    return complain(error instanceof Error ? error.message : 'the app cannot be called');
  }
}

type Call = (method: string, path: string, body?: object) => Promise<RebuildAnswer>;

async function follow(call: Call, started: RebuildAnswer): Promise<RebuildAnswer> {
  let answer = started;
  while (answer.state === 'running') {
    const { groups, points } = answer;
    process.stderr.write(`${groups.all - groups.waiting} of ${groups.all} resource groups read, ${points} points\n`);
    await systemClock.wait(LOOK_MS);
    answer = await call('GET', `rebuilds/${answer.id}`);
  }
  return answer;
}

/** Reads the command line; null where something is left out. Errors: throws for an unknown option, an unreadable file, an address that is none. */
function readArguments(args: readonly string[]) {
  const { values } = parseArgs({ args: [...args], options });
  const { url, 'token-file': tokenFile, group = [], confirm } = values;
  if (url === undefined || tokenFile === undefined) return null;
  const token = readFileSync(tokenFile, 'utf8').trim();
  const base = new URL('api/', url.endsWith('/') ? url : `${url}/`);
  const call: Call = (method, path, body) => send(new URL(path, base), method, token, body);
  return { call, groups: group, confirm };
}

async function send(url: URL, method: string, token: string, body?: object): Promise<RebuildAnswer> {
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`the app answers ${response.status}: ${text.slice(0, 2_000)}`);
  return JSON.parse(text) as RebuildAnswer;
}

function complain(what: string): number {
  process.stderr.write(`${what}\n`);
  return 2;
}

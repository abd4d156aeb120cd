import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlayArguments } from './arguments.ts';
import { demoEstate, disksBySource, RESTORED } from './demo-estate.ts';
import { bronzePolicy, goldPolicy, SUBSCRIPTION_ID } from './demo-policies.ts';
import { expectedSlots } from './expected-slots.ts';
import { beginLife, type Cast, type Life } from './life.ts';
import { type Host, type LocalAzure, startLocalAzure } from './local-azure.ts';
import { type Progress, progressBar } from './progress.ts';
import { type RestoreComparison, restoreDisk } from './restore-disk.ts';
import { type MoneySummary, type Summary, showSummary, summarise } from './summary.ts';

/** What the demo needs to know of the app: where it lies, and how it is built. */
export interface DemoApp {
  readonly appRoot: string;
  build(): Promise<void>;
}

/**
 * Where the demo's time starts: 01:00 in Vienna, four weeks before its clocks go forward. So 30 days hold exactly 1,800 snapshots (60 a day)
 * and a night that has no half past two.
 */
const START_MS = Date.parse('2026-03-01T00:00:00Z');
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** From a slot to its confirmed point: a snapshot takes seconds, the pass that confirms it comes within minutes. */
const CONFIRMED_MS = 30 * MINUTE_MS;
/** As shells say it of a program that Ctrl-C has ended before its work was done. */
const INTERRUPTED = 130;
/** So long after midnight the app has closed the last day in its ledger; before that the report says that the day has no figures. */
const DAY_CLOSED_MS = 25 * MINUTE_MS;
/** The port of the Functions host everywhere. */
const HOST_PORT = 7071;

const cast: Cast = {
  estate: demoEstate(),
  policies: [goldPolicy(SUBSCRIPTION_ID), bronzePolicy(SUBSCRIPTION_ID)],
  disksBySource: (policy) => disksBySource(policy === 'gold' ? 'gold' : 'bronze'),
};

/**
 * Plays the demo: starts everything, plays the days, restores a disk, sums up; then stays up, or ends.
 *
 * Shape:  the exit code: 0 when all is well, 1 when something is wrong with the summary or a part has died.
 * Safety: every process it starts is gone when it returns.
 */
export async function playDemo(asked: PlayArguments, app: DemoApp): Promise<number> {
  const startedAt = performance.now();
  const say = (text: string) => process.stderr.write(`${text}\n`);
  say('Starting storage, Azure and the app on this machine …');
  const [built, started] = await Promise.allSettled([app.build(), startLocalAzure(START_MS)]);
  if (started.status === 'rejected') throw started.reason;
  const azure = started.value;
  const interrupted = waitForInterrupt();
  let code = INTERRUPTED;
  try {
    if (built.status === 'rejected') throw built.reason;
    const run = async () => {
      const host = await startHost(azure, app.appRoot);
      const life = await beginLife(azure, host, { ...cast, estate: demoEstate(asked.days) }, START_MS);
      const summary = await playDays(azure, life, asked.days, startedAt);
      process.stdout.write(asked.json ? `${JSON.stringify(summary, null, 2)}\n` : `\n${showSummary(summary)}\n\n`);
      code = summary.ok ? 0 : 1;
      if (asked.exit) return code;
      await azure.admin.ask('POST', '/sandbox/clock', { run: 1 });
      say(await showAddresses(azure, host));
      return interrupted;
    };
    const outcome = await Promise.race([run(), azure.broken, interrupted]);
    if (typeof outcome === 'number') return outcome;
    if (typeof outcome === 'string') {
      say(outcome);
      return 1;
    }
    return code;
  } finally {
    await azure.stop();
  }
}

async function startHost(azure: LocalAzure, appRoot: string): Promise<Host> {
  const folder = join(appRoot, '.sandbox');
  await mkdir(folder, { recursive: true });
  const log = createWriteStream(join(folder, 'host.log'));
  const options = { appRoot, onLine: (line: string) => log.write(`${line}\n`) };
  return azure.startHost({ ...options, port: HOST_PORT }).catch((error: unknown) => {
    // Somebody else has the usual port, perhaps another `npm start`.
    if (String(error).includes('EADDRINUSE')) return azure.startHost({ ...options, port: 0 });
    throw error;
  });
}

async function playDays(azure: LocalAzure, life: Life, days: number, startedAt: number): Promise<Summary> {
  const end = START_MS + days * DAY_MS;
  const bar = progressBar(process.stderr, `${days} days`);
  const onProgress = ({ now }: { now: number }) => showProgress(bar, now, end);
  const secondsSinceStart = () => (performance.now() - startedAt) / 1_000;
  await azure.admin.ask('POST', '/sandbox/counts/reset');
  const playedAt = performance.now();
  const toFirstPoint = await playToFirstPoint(life, end, onProgress).then((taken) =>
    taken ? secondsSinceStart() : null,
  );
  await life.play(days === 0 ? end : end + DAY_CLOSED_MS, onProgress);
  bar.end();
  const playing = (performance.now() - playedAt) / 1_000;
  const counts = await azure.admin.ask<{ total: number; throttled: number }>('GET', '/sandbox/counts');
  const [record, bill] = [await life.judge(), await life.bill()];
  const restore = record.pointsTaken > 0 ? await restoreOne(azure, life) : null;
  return summarise({
    days,
    from: START_MS,
    to: end,
    record,
    bill,
    money: await readMoney(life),
    restore,
    azure: { armCalls: counts.total, throttled: counts.throttled },
    seconds: { toFirstPoint, playing, total: secondsSinceStart() },
  });
}

function showProgress(bar: Progress, now: number, end: number): void {
  bar.show(now - START_MS, end - START_MS, new Date(now).toISOString().slice(0, 16).replace('T', ' '));
}

/** Plays to shortly after the first slot of all. Shape: whether a point has succeeded by then. */
async function playToFirstPoint(
  life: Life,
  end: number,
  onProgress: (played: { now: number }) => void,
): Promise<boolean> {
  const firsts = cast.policies.flatMap(({ schedules, timeZone }) => {
    const crons = schedules.map(({ cron }) => cron);
    return expectedSlots(crons, timeZone, START_MS, Math.min(end, START_MS + 2 * DAY_MS)).slice(0, 1);
  });
  const first = Math.min(...firsts);
  if (first + CONFIRMED_MS > end) return false;
  await life.play(first + CONFIRMED_MS, onProgress);
  return (await life.points()).some((point) => point.state === 'succeeded');
}

/** Restores the disk as it was at the oldest point that is still there. */
async function restoreOne(azure: LocalAzure, life: Life): Promise<RestoreComparison | null> {
  const points = (await life.points()).filter(
    (point) => point.sourceName === RESTORED.source && point.state === 'succeeded' && point.marked === null,
  );
  const point = points.at(-1);
  if (!point) return null;
  const { disk, resourceGroup } = RESTORED;
  return restoreDisk(life.client, azure.admin, { point, disk, resourceGroup, name: `${disk}-restored` });
}

/** What the cost report says of this month, and of what is stored. */
async function readMoney(life: Life): Promise<MoneySummary> {
  const report = await life.client.ask<{
    currency: string;
    total: { costThisMonth: number; costPerMonth: number; storedBytes: number };
  }>('GET', '/api/reports/cost?format=json');
  const { costThisMonth, costPerMonth, storedBytes } = report.total;
  return { thisMonth: costThisMonth, perMonth: costPerMonth, currency: report.currency, reportedBytes: storedBytes };
}

async function showAddresses(azure: LocalAzure, host: Host): Promise<string> {
  const token = await azure.token('Holdfast.Admin');
  return `Time now runs as it does outside. Ctrl-C ends everything.

  console         ${host.url}/api/console
  cost report     ${host.url}/api/reports/cost?format=html
  protection      ${host.url}/api/reports/protection?format=html
  policies        ${host.url}/api/policies
  sources         ${host.url}/api/sources
  health          ${host.url}/api/health
  sandbox Azure   ${azure.adminUrl}/

In a browser, pick a role on the sign-in page that comes first. For scripts, a token of an admin (sandbox only):

  export TOKEN=${token}
  curl -H "Authorization: Bearer $TOKEN" ${host.url}/api/sources`;
}

/** Resolves when somebody asks us to end. */
function waitForInterrupt(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve(undefined));
  });
}

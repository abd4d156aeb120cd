import type { Estate } from '../azure/estate.ts';
import type { PointAnswer } from './app-answers.ts';
import { type BillComparison, compareBill, listBilledSnapshots } from './compare-bill.ts';
import { type PolicyDocument, simpleRetention } from './demo-policies.ts';
import type { HttpClient } from './http.ts';
import { listPoints, listSources } from './list-points.ts';
import { APP_CURRENCY, type Host, type LocalAzure } from './local-azure.ts';
import { type Played, playTime } from './play-time.ts';
import { type ExpectedPolicy, PointRecord, type RecordResult } from './point-record.ts';

/** Whose life is played: what there is, what protects it, and what that must come to. */
export interface Cast {
  readonly estate: Estate;
  readonly policies: readonly PolicyDocument[];
  /** Disks of each source that a policy must protect, by policy name and source name. */
  readonly disksBySource: (policy: string) => Readonly<Record<string, number>>;
  /** Points must live longer than this between their first and last moment, or they are not seen. Default: a day, the usual grace. */
  readonly lookEveryMs?: number;
}

/** An estate under protection whose time can be played, and all that was seen of it. */
export interface Life {
  readonly host: Host;
  readonly client: HttpClient;
  /** Goes on with another host: the old one was ended. */
  moveTo(host: Host): Promise<void>;
  /** Plays up to a moment and looks at every point now and then. Units: epoch milliseconds. */
  play(until: number, onProgress?: (played: Played) => void): Promise<void>;
  points(): Promise<readonly PointAnswer[]>;
  judge(): Promise<RecordResult>;
  bill(): Promise<BillComparison>;
}

const DAY_MS = 86_400_000;

/** Seeds the estate and saves the policies by HTTP, as an admin would. Units: `startMs` is where the sandbox's clock stands. */
export async function beginLife(azure: LocalAzure, firstHost: Host, cast: Cast, startMs: number): Promise<Life> {
  let host = firstHost;
  let client = await host.client('Holdfast.Admin');
  const record = new PointRecord();
  let now = startMs;
  await azure.admin.ask('POST', '/sandbox/estate', cast.estate);
  await azure.admin.ask('POST', '/sandbox/settings', { billingCurrency: APP_CURRENCY });
  for (const policy of cast.policies) await client.ask('PUT', `/api/policies/${policy.name}`, policy);

  const points = async () => {
    const sources = await listSources(client);
    return (await Promise.all(sources.map((source) => listPoints(client, source.key)))).flat();
  };
  const look = async () => {
    const existing = await listBilledSnapshots(azure.admin);
    record.look(await points(), (id) => existing.has(id.toLowerCase()));
  };
  const expected = (policy: PolicyDocument): ExpectedPolicy => ({
    name: policy.name,
    timeZone: policy.timeZone,
    crons: policy.schedules.map(({ cron }) => cron),
    retention: simpleRetention(policy),
    disksBySource: cast.disksBySource(policy.name),
  });
  return {
    get host() {
      return host;
    },
    get client() {
      return client;
    },
    moveTo: async (next) => {
      host = next;
      client = await next.client('Holdfast.Admin');
    },
    play: async (until, onProgress = () => {}) => {
      while (now < until) {
        const next = Math.min(until, now + (cast.lookEveryMs ?? DAY_MS));
        ({ now } = await playTime(host.adminUrl, { until: next }, onProgress));
        await look();
      }
    },
    points,
    judge: async () => {
      await look();
      return record.judge(cast.policies.map(expected), startMs, now);
    },
    bill: async () => compareBill(azure.admin, await points()),
  };
}

import { Audit } from './audit/audit.ts';
import { createArm } from './azure/arm-client.ts';
import { createCredential, type SignIn } from './azure/credentials.ts';
import { createDiskMaker } from './azure/disks.ts';
import { createEstateReader } from './azure/estate.ts';
import { createRangeReader } from './azure/page-ranges.ts';
import { createRateLimiter } from './azure/rate-limiter.ts';
import { createRetailPrices } from './azure/retail-prices.ts';
import { createSnapshotAccess } from './azure/snapshot-access.ts';
import { createSnapshots } from './azure/snapshots.ts';
import { type Clock, systemClock } from './base/clock.ts';
import { followClock } from './base/follow-clock.ts';
import type { Log } from './base/log.ts';
import type { Store } from './base/store.ts';
import { type Config, readConfig } from './config.ts';
import { Chains } from './cost/chains.ts';
import type { PriceSource, RangeReader, SnapshotAccess } from './cost/ports.ts';
import type { EstateReader } from './inventory/inventory.ts';
import { Catalogue } from './protect/catalogue.ts';
import { PointsInUse } from './protect/in-use.ts';
import { PolicyBook } from './protect/policy-book.ts';
import type { SnapshotTaker } from './protect/ports.ts';
import { ScheduleStates } from './protect/schedule-state.ts';
import { SourceBook } from './protect/source-book.ts';
import { Unconfirmed } from './protect/unconfirmed.ts';
import type { DiskMaker } from './restore/ports.ts';
import { RestoreBook } from './restore/restore-book.ts';
import { BudgetBook } from './retain/budget-book.ts';
import type { SnapshotRemover } from './retain/ports.ts';
import { SweepApprovals } from './retain/sweep-stop.ts';
import { createStore } from './state/azure-store.ts';
import { Agenda } from './work/work.ts';

/** What stands outside the app: Azure, storage, time. The simulation brings its own. */
export interface Outside {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly estate: EstateReader;
  /** As the snapshot identity. */
  readonly snapshots: SnapshotTaker;
  readonly remover: SnapshotRemover;
  readonly access: SnapshotAccess;
  readonly ranges: RangeReader;
  readonly prices: PriceSource;
  /** As the restore identity. */
  readonly disks: DiskMaker;
  readonly currency: string;
}

/** Everything a trigger needs, put together once. */
export interface App extends Outside {
  readonly policies: PolicyBook;
  readonly states: ScheduleStates;
  readonly sources: SourceBook;
  readonly catalogue: Catalogue;
  readonly unconfirmed: Unconfirmed;
  readonly inUse: PointsInUse;
  readonly agenda: Agenda;
  readonly chains: Chains;
  readonly approvals: SweepApprovals;
  readonly budgets: BudgetBook;
  readonly restores: RestoreBook;
  readonly audit: Audit;
}

/** Puts the rooms on top of what stands outside. */
export function buildApp(outside: Outside): App {
  const { store } = outside;
  return Object.freeze({
    ...outside,
    policies: new PolicyBook(store),
    states: new ScheduleStates(store),
    sources: new SourceBook(store),
    catalogue: new Catalogue(store),
    unconfirmed: new Unconfirmed(store),
    inUse: new PointsInUse(store),
    agenda: new Agenda(store),
    chains: new Chains(store),
    approvals: new SweepApprovals(store),
    budgets: new BudgetBook(store),
    restores: new RestoreBook(store),
    audit: new Audit(store),
  });
}

/** Structured lines on the console: one JSON object each, as Application Insights and people read them. */
const consoleLog: Log = {
  info: (message, facts) => write('info', message, facts),
  warn: (message, facts) => write('warn', message, facts),
  error: (message, facts) => write('error', message, facts),
};

function write(level: 'info' | 'warn' | 'error', message: string, facts: object = {}): void {
  // biome-ignore lint/suspicious/noConsole: the Functions host collects what the console is told
  console[level](JSON.stringify({ level, message, ...facts }));
}

async function buildOutside(config: Config): Promise<Outside> {
  const clock = config.clockUrl === null ? systemClock : await followClock(config.clockUrl);
  const signIn = (clientId: string | null): SignIn =>
    config.managedIdentity ? { kind: 'managed-identity', clientId } : { kind: 'developer' };
  const armAs = (clientId: string | null) =>
    createArm({
      endpoint: config.armEndpoint,
      audience: MANAGEMENT_AUDIENCE,
      credential: createCredential(signIn(clientId)),
      clock,
      limiter: createRateLimiter(clock),
      log: consoleLog,
    });
  const snapshotArm = armAs(config.snapshotClientId);
  const snapshots = createSnapshots(snapshotArm);
  return {
    store: createStore({
      ...config.storage,
      credential: createCredential(signIn(config.storage.clientId)),
      clock,
      log: consoleLog,
    }),
    clock,
    log: consoleLog,
    estate: createEstateReader(snapshotArm),
    snapshots,
    remover: snapshots,
    access: createSnapshotAccess(snapshotArm),
    ranges: createRangeReader({ clock }),
    prices: createRetailPrices({ url: config.retailPricesUrl, clock }),
    disks: createDiskMaker(armAs(config.restoreClientId)),
    currency: config.currency,
  };
}

/** For whom tokens for Azure Resource Manager are asked, whatever its endpoint is called. */
const MANAGEMENT_AUDIENCE = 'https://management.azure.com';

let building: Promise<App> | null = null;

/** The app of this process, built at the first call; a failed start is tried again at the next. */
export function useApp(): Promise<App> {
  building ??= buildOutside(readConfig())
    .then(buildApp)
    .catch((error: unknown) => {
      building = null;
      throw error;
    });
  return building;
}

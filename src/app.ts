import { randomUUID } from 'node:crypto';
import { Audit } from './audit/audit.ts';
import { createArm } from './azure/arm-client.ts';
import { createCostManagement } from './azure/cost-management.ts';
import { createCredential, type SignIn } from './azure/credentials.ts';
import { createMachineDescriber } from './azure/describe-machines.ts';
import { createDiskBytes } from './azure/disk-bytes.ts';
import { createDiskMaker } from './azure/disks.ts';
import { createEstateReader } from './azure/estate.ts';
import { createMachineMaker } from './azure/machines.ts';
import { createMetrics } from './azure/metrics.ts';
import { createRangeReader } from './azure/page-ranges.ts';
import { createRateLimiter } from './azure/rate-limiter.ts';
import { createRetailPrices } from './azure/retail-prices.ts';
import { createSharedLimits } from './azure/shared-limits.ts';
import { createDiskAccess, createSnapshotAccess } from './azure/snapshot-access.ts';
import { createSnapshots } from './azure/snapshots.ts';
import { type Clock, systemClock } from './base/clock.ts';
import { AppError } from './base/errors.ts';
import { followClock } from './base/follow-clock.ts';
import type { Log } from './base/log.ts';
import type { Store } from './base/store.ts';
import { type Config, readConfig } from './config.ts';
import { Chains } from './cost/chains.ts';
import type { BilledSource, DiskPriceSource, PriceSource, RangeReader, SnapshotAccess } from './cost/ports.ts';
import { DEFAULT_REPORTING, type Reporting } from './cost/reporting.ts';
import { DrillBook } from './drill/drill-book.ts';
import type { DiskAccess } from './drill/ports.ts';
import { OpenDisks } from './files/files.ts';
import type { DiskByteSource } from './files/ports.ts';
import type { EstateReader } from './inventory/inventory.ts';
import type { MachineDescriber } from './inventory/manifest.ts';
import { rememberSubscriptions } from './inventory/resolve-scopes.ts';
import type { Webhooks } from './notify/ports.ts';
import { createPoster } from './notify/post-webhook.ts';
import { Catalogue } from './protect/catalogue.ts';
import { PointsInUse } from './protect/in-use.ts';
import { ManifestBook } from './protect/manifest-book.ts';
import { PolicyBook } from './protect/policy-book.ts';
import type { SnapshotTaker } from './protect/ports.ts';
import { ScheduleStates } from './protect/schedule-state.ts';
import { SourceBook } from './protect/source-book.ts';
import { Unconfirmed } from './protect/unconfirmed.ts';
import { RebuildBook } from './rebuild/rebuild-book.ts';
import type { DiskMaker, MachineMaker } from './restore/ports.ts';
import { RestoreBook } from './restore/restore-book.ts';
import { RestoreSlots } from './restore/restore-slots.ts';
import { BudgetBook } from './retain/budget-book.ts';
import type { SnapshotRemover } from './retain/ports.ts';
import { SweepApprovals } from './retain/sweep-stop.ts';
import { createStore } from './state/azure-store.ts';
import type { Ingestion, MetricSink } from './watch/ports.ts';
import { Agenda } from './work/work.ts';

/** What stands outside the app: Azure, storage, time. The simulation brings its own. */
export interface Outside {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly estate: EstateReader;
  /** As the snapshot identity. */
  readonly describer: MachineDescriber;
  /** As the snapshot identity. */
  readonly snapshots: SnapshotTaker;
  readonly remover: SnapshotRemover;
  readonly access: SnapshotAccess;
  readonly ranges: RangeReader;
  /** The bytes behind an access; without it no files are read. */
  readonly bytes?: DiskByteSource;
  readonly prices: PriceSource;
  /** What disks cost; without it their price is told as missing. */
  readonly diskPrices?: DiskPriceSource;
  /** As the identity that may read costs. */
  readonly costs: BilledSource;
  /** As the restore identity. */
  readonly disks: DiskMaker;
  readonly machines: MachineMaker;
  /** As the restore identity; without it no drill looks into a disk. */
  readonly diskAccess?: DiskAccess;
  readonly currency: string;
  /** Where messages to people go; nowhere by default. */
  readonly webhooks?: Webhooks;
  /** Where metrics go; nowhere by default. */
  readonly metrics?: MetricSink;
  /** Whole months that the cost ledger is kept after their end. */
  readonly ledgerMonths?: number;
  /** How cost reports name things. */
  readonly reporting?: Reporting;
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
  readonly drills: DrillBook;
  readonly bytes: DiskByteSource;
  readonly diskAccess: DiskAccess;
  readonly rebuilds: RebuildBook;
  readonly slots: RestoreSlots;
  readonly manifests: ManifestBook;
  readonly audit: Audit;
  readonly openDisks: OpenDisks;
  readonly webhooks: Webhooks;
  readonly ledgerMonths: number;
  readonly reporting: Reporting;
}

/** Two years to compare with, and the running month. */
const LEDGER_MONTHS = 25;

/** Puts the rooms on top of what stands outside. */
export function buildApp(outside: Outside): App {
  const { store } = outside;
  const [agenda, chains] = [new Agenda(store), new Chains(store)];
  const bytes = outside.bytes ?? {
    read: () => Promise.reject(new AppError('not-readable', 'There is no way to read disks here')),
  };
  return Object.freeze({
    ...outside,
    estate: rememberSubscriptions(outside.estate, outside.clock),
    policies: new PolicyBook(store),
    states: new ScheduleStates(store),
    sources: new SourceBook(store),
    catalogue: new Catalogue(store),
    unconfirmed: new Unconfirmed(store),
    inUse: new PointsInUse(store),
    agenda,
    chains,
    approvals: new SweepApprovals(store),
    budgets: new BudgetBook(store),
    restores: new RestoreBook(store),
    drills: new DrillBook(store),
    bytes,
    diskAccess: outside.diskAccess ?? NO_DISK_ACCESS,
    slots: new RestoreSlots(store),
    manifests: new ManifestBook(outside),
    rebuilds: new RebuildBook(store),
    audit: new Audit(store),
    openDisks: new OpenDisks({ ...outside, agenda, chains, bytes }),
    ledgerMonths: outside.ledgerMonths ?? LEDGER_MONTHS,
    reporting: outside.reporting ?? DEFAULT_REPORTING,
    webhooks: outside.webhooks ?? { targets: [], poster: createPoster() },
  });
}

/** There is nothing to close where nothing can be opened. */
const NO_DISK_ACCESS: DiskAccess = {
  open: () => Promise.reject(new AppError('not-readable', 'There is no way to read disks here')),
  close: async () => {},
};

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
  const store = createStore({
    ...config.storage,
    credential: createCredential(signIn(config.storage.clientId)),
    clock,
    log: consoleLog,
  });
  const instance = randomUUID();
  const armAs = (principal: string, clientId: string | null) =>
    createArm({
      endpoint: config.armEndpoint,
      audience: MANAGEMENT_AUDIENCE,
      credential: createCredential(signIn(clientId)),
      clock,
      limiter: createRateLimiter(clock, createSharedLimits({ store, clock, log: consoleLog, principal, instance })),
      log: consoleLog,
    });
  const retailPrices = createRetailPrices({ url: config.retailPricesUrl, clock });
  const snapshotArm = armAs('snapshot', config.snapshotClientId);
  const restoreArm = armAs('restore', config.restoreClientId);
  const snapshots = createSnapshots(snapshotArm);
  return {
    store,
    clock,
    log: consoleLog,
    estate: createEstateReader(snapshotArm),
    describer: createMachineDescriber(snapshotArm),
    snapshots,
    remover: snapshots,
    access: createSnapshotAccess(snapshotArm),
    ranges: createRangeReader({ clock, credential: createCredential(signIn(config.snapshotClientId)) }),
    bytes: createDiskBytes({ clock, credential: createCredential(signIn(config.snapshotClientId)) }),
    prices: retailPrices,
    diskPrices: retailPrices,
    costs: createCostManagement({
      endpoint: config.armEndpoint,
      audience: MANAGEMENT_AUDIENCE,
      credential: createCredential(signIn(config.costClientId)),
      clock,
      log: consoleLog,
    }),
    disks: createDiskMaker(restoreArm),
    machines: createMachineMaker(restoreArm),
    diskAccess: createDiskAccess(restoreArm),
    currency: config.currency,
    ledgerMonths: config.ledgerMonths,
    reporting: config.reporting,
    webhooks: { targets: config.webhookTargets, poster: createPoster() },
    ...(config.ingestion === null ? {} : { metrics: metricsOf(config, config.ingestion) }),
  };
}

/** A component in Azure takes tokens alone; a developer's takes its key. */
function metricsOf({ managedIdentity, snapshotClientId }: Config, ingestion: Ingestion): MetricSink {
  if (!managedIdentity) return createMetrics(ingestion);
  const credential = createCredential({ kind: 'managed-identity', clientId: snapshotClientId });
  return createMetrics({ ...ingestion, credential });
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

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Azurite, startAzurite } from '../azurite.ts';
import { type CertificateFiles, makeCertificate } from '../certificate.ts';
import { type Child, startChild } from './child.ts';
import { type HttpClient, httpClient } from './http.ts';

/** What the sandbox Azure says when it is ready. */
interface AzureReady {
  readonly arm: string;
  readonly admin: string;
}

/** What the Functions host says when it is ready. */
interface HostReady {
  readonly url: string;
  readonly admin: string;
}

/** A running Azure on this machine: storage, Resource Manager and the clock; the host that runs the app comes and goes. */
export interface LocalAzure {
  readonly armUrl: string;
  readonly adminUrl: string;
  readonly admin: HttpClient;
  readonly certificate: CertificateFiles;
  readonly storage: Pick<Azurite, 'blobUri' | 'queueUri' | 'tableUri'>;
  /** What the managed identity endpoint wants to see as IDENTITY_HEADER. */
  readonly identityHeader: string;
  /** Resolves with what happened when a part of it ends that nobody has stopped. */
  readonly broken: Promise<string>;
  /** Starts a Functions host with the app. */
  startHost(options: HostOptions): Promise<Host>;
  /** A token for people and scripts that call the app. */
  token(role: string, name?: string): Promise<string>;
  stop(): Promise<void>;
}

/** The app in its host. */
export interface Host {
  readonly url: string;
  readonly adminUrl: string;
  readonly admin: HttpClient;
  readonly pid: number;
  readonly ended: Promise<string>;
  lastLines(): readonly string[];
  /** A client of the app with a role. */
  client(role: string): Promise<HttpClient>;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

export interface HostOptions {
  /** Where host.json, package.json and the built app lie. */
  readonly appRoot: string;
  /** 0 for a free one. */
  readonly port: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly onLine?: (line: string) => void;
}

/** How Azure is started; nothing of it is needed. */
export interface AzureOptions {
  /** Resource Manager's port; the admin address has the next one, blobs, queues and tables the three after it. 0 for free ones. */
  readonly port?: number;
  /** No token buckets. */
  readonly unthrottled?: boolean;
  /** Keeps what is asked and answered, bodies too, for `GET /sandbox/exchanges`. */
  readonly record?: boolean;
}

/** The audience of the app's own API, as its registration in Entra ID would have it. */
const APP_AUDIENCE = 'api://holdfast';
/** What the app reports in. */
export const APP_CURRENCY = 'EUR';
const SNAPSHOT_CLIENT_ID = '22222222-2222-4222-8222-222222222222';
const RESTORE_CLIENT_ID = '33333333-3333-4333-8333-333333333333';

const AZURE_MAIN = join(import.meta.dirname, '../azure/main.ts');
const HOST_MAIN = join(import.meta.dirname, '../host/main.ts');

/**
 * Starts Azure on this machine: Azurite and the sandbox Azure side by side, each a process of its own, on free ports of the loopback address.
 *
 * Units:  `startMs` is where the sandbox's clock stands, frozen.
 * Errors: rejects with a part's last words when it does not come up; nothing is left running then.
 * Safety: certificate and secret are made anew and are gone at the end.
 */
export async function startLocalAzure(startMs: number, options: AzureOptions = {}): Promise<LocalAzure> {
  const port = options.port ?? 0;
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-sandbox-'));
  const secret = randomBytes(32).toString('base64url');
  const identityHeader = randomBytes(16).toString('hex');
  const certificate = await makeCertificate(folder);
  const [storage, azure] = await Promise.allSettled([
    startAzurite(certificate, port === 0 ? 0 : port + 2),
    startChild<AzureReady>({
      name: 'the sandbox Azure',
      main: AZURE_MAIN,
      environment: {
        SANDBOX_CERT: certificate.certificatePath,
        SANDBOX_KEY: certificate.keyPath,
        SANDBOX_SECRET: secret,
        SANDBOX_ARM_PORT: String(port),
        SANDBOX_ADMIN_PORT: String(port === 0 ? 0 : port + 1),
        SANDBOX_START: new Date(startMs).toISOString(),
        SANDBOX_IDENTITY_HEADER: identityHeader,
        ...(options.unthrottled ? { SANDBOX_UNTHROTTLED: '1' } : {}),
        ...(options.record ? { SANDBOX_RECORD: '1' } : {}),
      },
    }),
  ]);
  if (storage.status === 'rejected' || azure.status === 'rejected') {
    if (storage.status === 'fulfilled') await storage.value.stop();
    if (azure.status === 'fulfilled') await azure.value.stop();
    await rm(folder, { recursive: true, force: true });
    throw storage.status === 'rejected' ? storage.reason : azure.status === 'rejected' ? azure.reason : undefined;
  }
  return running(storage.value, azure.value, { folder, secret, identityHeader, certificate });
}

interface Secrets {
  readonly folder: string;
  /** Signs every token. */
  readonly secret: string;
  readonly identityHeader: string;
  readonly certificate: CertificateFiles;
}

function running(storage: Azurite, azure: Child<AzureReady>, secrets: Secrets): LocalAzure {
  const { arm: armUrl, admin: adminUrl } = azure.ready;
  const admin = httpClient(adminUrl);
  const hosts = new Set<Child<HostReady>>();
  let stopping = false;
  let report: (what: string) => void = () => {};
  const broken = new Promise<string>((resolve) => {
    report = (what) => {
      if (!stopping) resolve(what);
    };
  });
  azure.ended.then((how) => report([`The sandbox Azure ${how}.`, ...azure.lastLines()].join('\n')));
  storage.ended.then((how) => report(`Azurite ${how}.`));
  const token = async (role: string, name?: string) => {
    const body = { audience: APP_AUDIENCE, roles: [role], ...(name === undefined ? {} : { name }) };
    return (await admin.ask<{ token: string }>('POST', '/sandbox/token', body)).token;
  };
  return {
    armUrl,
    adminUrl,
    admin,
    certificate: secrets.certificate,
    storage,
    identityHeader: secrets.identityHeader,
    broken,
    token,
    startHost: async (options) => {
      const child = await startChild<HostReady>({
        name: 'the Functions host',
        main: HOST_MAIN,
        environment: { ...hostEnvironment(storage, azure.ready, secrets, options), ...options.environment },
        ...(options.onLine ? { onLine: options.onLine } : {}),
      });
      hosts.add(child);
      const { url, admin: hostAdmin } = child.ready;
      const end = async (how: 'stop' | 'kill') => {
        hosts.delete(child);
        await child[how]();
      };
      child.ended.then((how) => {
        if (hosts.has(child)) report([`The Functions host ${how}.`, ...child.lastLines()].join('\n'));
      });
      return {
        url,
        adminUrl: hostAdmin,
        admin: httpClient(hostAdmin),
        pid: child.pid,
        ended: child.ended,
        lastLines: child.lastLines,
        client: async (role) => httpClient(url, await token(role)),
        stop: () => end('stop'),
        kill: () => end('kill'),
      };
    },
    stop: async () => {
      stopping = true;
      await Promise.all([...hosts].map((host) => host.stop()));
      await Promise.all([azure.stop(), storage.stop()]);
      await rm(secrets.folder, { recursive: true, force: true });
    },
  };
}

/** The app's settings as they would stand in Azure, with the sandbox's addresses, and the host's own. */
function hostEnvironment(
  storage: Azurite,
  azure: AzureReady,
  { secret, identityHeader, certificate }: Secrets,
  { appRoot, port }: HostOptions,
): Record<string, string> {
  return {
    AzureWebJobsStorage__blobServiceUri: storage.blobUri,
    AzureWebJobsStorage__queueServiceUri: storage.queueUri,
    AzureWebJobsStorage__tableServiceUri: storage.tableUri,
    AzureWebJobsStorage__credential: 'managedidentity',
    AzureWebJobsStorage__clientId: SNAPSHOT_CLIENT_ID,
    HOLDFAST_SNAPSHOT_CLIENT_ID: SNAPSHOT_CLIENT_ID,
    HOLDFAST_RESTORE_CLIENT_ID: RESTORE_CLIENT_ID,
    HOLDFAST_ARM_ENDPOINT: azure.arm,
    HOLDFAST_RETAIL_PRICES_URL: `${azure.arm}/api/retail/prices`,
    HOLDFAST_CURRENCY: APP_CURRENCY,
    HOLDFAST_BILLING_ACCOUNT_ID: '/providers/Microsoft.Billing/billingAccounts/sandbox',
    HOLDFAST_BILLING_ACCOUNT_NAME: 'Sandbox',
    HOLDFAST_CLOCK_URL: `${azure.admin}/sandbox/clock`,
    IDENTITY_ENDPOINT: `${azure.admin}/msi/token`,
    IDENTITY_HEADER: identityHeader,
    NODE_EXTRA_CA_CERTS: certificate.certificatePath,
    SANDBOX_SECRET: secret,
    SANDBOX_ADMIN_URL: azure.admin,
    SANDBOX_HOST_PORT: String(port),
    SANDBOX_HOST_ADMIN_PORT: '0',
    SANDBOX_APP_ROOT: appRoot,
    SANDBOX_AUDIENCE: APP_AUDIENCE,
  };
}

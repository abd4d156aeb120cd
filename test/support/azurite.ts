import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TokenCredential } from '@azure/identity';
import { startAzurite } from '../../src/sandbox/azurite.ts';
import { makeCertificate } from '../../src/sandbox/certificate.ts';
import { trustCertificate } from './certificate.ts';
import { createTestCredential } from './credential.ts';

/** A storage account for tests: Azurite over https with sign-in by token, in memory, in a process of its own. */
export interface TestStorage {
  readonly blobServiceUri: string;
  readonly queueServiceUri: string;
  readonly tableServiceUri: string;
  readonly credential: TokenCredential;
  stop(): Promise<void>;
}

/** Starts Azurite and lets this process trust it. Stop it in `afterAll`. */
export async function startTestStorage(): Promise<TestStorage> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
  const certificate = await makeCertificate(folder);
  trustCertificate(await readFile(certificate.certificatePath, 'utf8'));
  const azurite = await startAzurite(certificate);
  await rm(folder, { recursive: true });
  return {
    blobServiceUri: azurite.blobUri,
    queueServiceUri: azurite.queueUri,
    tableServiceUri: azurite.tableUri,
    credential: createTestCredential('https://storage.azure.com'),
    stop: azurite.stop,
  };
}

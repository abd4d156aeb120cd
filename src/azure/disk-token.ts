import type { TokenCredential } from '@azure/identity';
import type { PageBlobClient } from '@azure/storage-blob';
import { AppError, isAppError } from '../base/errors.ts';

/**
 * For whom tokens for the bytes of disks are: with a slash at its end, which the service insists on, so that the scope has two.
 *
 * Source: azcopy's ManagedDiskScope and the storage SDKs' challenge policies, which both say that the service checks for this slash.
 */
const DISK_SCOPE = 'https://disk.azure.com//.default';

/** Disks of which it is known that they want a token; more than any instance reads at a time. */
const KNOWN_MAX = 500;

/** Runs a read of the blob behind an access URL. */
export type DiskRead = <T>(url: string, read: (blob: PageBlobClient) => Promise<T>) => Promise<T>;

/**
 * Reads the blobs behind access URLs, with a token beside the signature where a disk wants one.
 *
 * Shape:  a disk with `dataAccessAuthMode: AzureActiveDirectory` refuses the first read with 401; from then on the token goes along. Others never see one.
 * Errors: those of the read: its refusals as 'azure-denied' with `status`; 'azure-rejected' for a URL that is no https address.
 * Safety: the URL is the secret: it goes into no message and no fact. The token goes nowhere but to a URL that Azure Resource Manager has given out.
 * Source: azure-compute-docs, disks-secure-upload-download: Data Operator for Managed Disks, or the data action snapshots/download.
 */
export function createDiskRead(credential?: TokenCredential): DiskRead {
  const wantToken = new Set<string>();
  const retryOptions = { maxTries: 1 };
  return async (url, read) => {
    const disk = checkUrl(url);
    const { AnonymousCredential, PageBlobClient } = await import('@azure/storage-blob');
    if (credential === undefined || !wantToken.has(disk)) {
      try {
        return await read(new PageBlobClient(url, new AnonymousCredential(), { retryOptions }));
      } catch (error) {
        const wanted = isAppError(error, 'azure-denied') && error.facts.status === 401;
        if (credential === undefined || !wanted) throw error;
        if (wantToken.size >= KNOWN_MAX) wantToken.clear();
        wantToken.add(disk);
      }
    }
    return read(new PageBlobClient(url, credential, { retryOptions, audience: DISK_SCOPE }));
  };
}

/** The disk that a URL leads to. Errors: 'azure-rejected'. */
export function checkUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed?.protocol !== 'https:') throw new AppError('azure-rejected', 'An access URL is no https address');
  return `${parsed.host}${parsed.pathname}`;
}

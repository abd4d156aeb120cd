import type { TokenCredential } from '@azure/identity';
import type { Clock } from '../base/clock.ts';
import { AppError, isAppError } from '../base/errors.ts';
import type { DiskByteSource } from '../files/ports.ts';
import { createDiskRead } from './disk-token.ts';
import { dataCall } from './page-ranges.ts';

/** An answer that breaks off is asked for again at once, so often. */
const BROKEN_OFF_TRIES = 3;

/**
 * Reads bytes over a snapshot's access URL: see `DiskByteSource`. One request a read.
 *
 * Errors: those of the data plane, as reading its ranges has them.
 */
export function createDiskBytes({
  clock,
  credential,
}: {
  readonly clock: Clock;
  /** Whose token goes along with the signature where a snapshot wants one. */
  readonly credential?: TokenCredential;
}): DiskByteSource {
  const onDisk = createDiskRead(credential);
  const readOnce = (url: string, offset: number, length: number) =>
    onDisk(url, (blob) =>
      dataCall(clock, 'bytes', (abortSignal) => {
        const bytes = Buffer.allocUnsafeSlow(length);
        // In one request: the library would cut it in pieces of its own.
        return blob.downloadToBuffer(bytes, offset, length, { abortSignal, blockSize: length, concurrency: 1 });
      }),
    );
  return {
    read: async (url, offset, length) => {
      for (let tries = 1; ; tries += 1) {
        try {
          return await readOnce(url, offset, length);
        } catch (error) {
          // What breaks off in the middle of an answer is no refusal, and comes as an error of the stream.
          if (isAppError(error)) throw error;
          if (tries === BROKEN_OFF_TRIES)
            throw new AppError('azure-unavailable', 'The bytes of a disk break off again and again');
        }
      }
    },
  };
}

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/** Where a certificate and its key lie, as PEM files. */
export interface CertificateFiles {
  readonly certificatePath: string;
  readonly keyPath: string;
}

const DAY_MS = 86_400_000;
const LIFETIME_DAYS = 365;
/** Clocks of containers and their hosts differ: the certificate is valid since yesterday. */
const SLACK_MS = DAY_MS;

/**
 * Makes a certificate for `localhost` and `127.0.0.1` and writes it into a folder (made if it is missing).
 *
 * Shape:  one self-signed certificate that is its own authority: the server's, and what clients are told to trust (NODE_EXTRA_CA_CERTS, REQUESTS_CA_BUNDLE).
 * Units:  valid for 365 days of real time.
 * Safety: the key can be read by this user alone; whoever has it can play localhost to those who trust the certificate, so it is made anew at each start.
 */
export async function makeCertificate(folder: string): Promise<CertificateFiles> {
  const nowMs = Date.now();
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(nowMs - SLACK_MS),
    notAfterDate: new Date(nowMs + LIFETIME_DAYS * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files = { certificatePath: join(folder, 'certificate.pem'), keyPath: join(folder, 'key.pem') };
  await writeFile(files.certificatePath, made.cert);
  await writeFile(files.keyPath, made.private, { mode: 0o600 });
  return files;
}

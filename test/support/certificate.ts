import tls from 'node:tls';

/**
 * Lets this process trust a certificate made at test time, for every https client in it (the SDKs included).
 *
 * Shape:  NODE_EXTRA_CA_CERTS is read at the start of a process only, too early for a certificate that a test has just made; Node 24.5 can
 *         exchange the defaults later, for connections opened from then on. It holds for this thread, so each test file calls it.
 */
export function trustCertificate(certificatePem: string): void {
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), certificatePem]);
}

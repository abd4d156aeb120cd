/**
 * True where a form was sent by a page of this site: the cookie of App Service authentication comes with requests of others as well.
 *
 * Safety: fails closed. `Sec-Fetch-Site` no page can set; who does not send it must name the origin, and it must be this host. Neither is a refusal.
 * Source: w3.org/TR/fetch-metadata, 2.3; Go's net/http CrossOriginProtection decides in the same order.
 */
export function isOwnForm(header: (name: string) => string | null): boolean {
  const site = header('sec-fetch-site');
  if (site !== null) return site === 'same-origin';
  const [origin, host] = [header('origin'), header('host')];
  if (origin === null || host === null || host === '') return false;
  return URL.parse(origin)?.host === host.toLowerCase();
}

/**
 * True where a browser says that a page of another site has sent a request. Programs that are no browser say nothing of the kind: they have no cookie to be
 * misused, and their token is their own.
 */
export function isForeign(header: (name: string) => string | null): boolean {
  const site = header('sec-fetch-site');
  if (site !== null) return site !== 'same-origin' && site !== 'none';
  const [origin, host] = [header('origin'), header('host')];
  return origin !== null && URL.parse(origin)?.host !== host?.toLowerCase();
}

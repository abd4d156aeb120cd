import type { Ingestion } from './ports.ts';

/** Where the values go whose connection string names no place. Source: learn.microsoft.com/azure/azure-monitor/app/connection-strings. */
const DEFAULT_ENDPOINT = 'https://dc.services.visualstudio.com';

/** Reads a connection string of Application Insights; null where it has no instrumentation key or leads to a plain address of another machine. */
export function parseIngestion(connectionString: string): Ingestion | null {
  const parts = new Map<string, string>();
  for (const part of connectionString.split(';')) {
    const at = part.indexOf('=');
    if (at > 0) parts.set(part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim());
  }
  const instrumentationKey = parts.get('instrumentationkey') ?? '';
  const endpoint = parts.get('ingestionendpoint') ?? DEFAULT_ENDPOINT;
  if (!/^[0-9a-f-]{36}$/i.test(instrumentationKey) || !URL.canParse(endpoint)) return null;
  const { protocol, hostname, href } = new URL(endpoint);
  const isHere = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
  if (protocol !== 'https:' && !(protocol === 'http:' && isHere)) return null;
  return { endpoint: href.replace(/\/+$/, ''), instrumentationKey };
}

import { subscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import type { ClientRequest } from 'node:http';

/** Loaded before a host: counts the calls that the app makes to each origin, and writes them to a file at SIGUSR2. */
const counts: Record<string, number> = {};

subscribe('http.client.request.start', (message) => {
  const { request } = message as { request: ClientRequest };
  if (request.hasHeader('x-sandbox-host-call')) return;
  const origin = `${request.protocol}//${request.getHeader('host')}`;
  counts[origin] = (counts[origin] ?? 0) + 1;
});

process.on('SIGUSR2', () => {
  const path = process.env.BENCH_COUNTS_PATH;
  if (path !== undefined) writeFileSync(path, JSON.stringify(counts));
});

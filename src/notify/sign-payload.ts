import { createHmac } from 'node:crypto';
import { assert } from '../base/assert.ts';
import type { EpochMs } from '../base/time.ts';
import { readSigningKey } from './parse-targets.ts';

/**
 * The headers by which a receiver knows that a message is ours, has not been changed, is not an old one played again, and is the one it has seen
 * before: `webhook-id` is the same at every try.
 *
 * Source: Standard Webhooks 1.0.0 (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md): HMAC-SHA256 over
 *         `<id>.<seconds>.<body>`, base64, behind `v1,`. Receivers check it with that project's libraries.
 */
export function signPayload(
  signingKey: string,
  id: string,
  now: EpochMs,
  body: string,
): Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>> {
  const key = readSigningKey(signingKey);
  assert(key !== null, 'a signing key was read before');
  const timestamp = String(Math.floor(now / 1_000));
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

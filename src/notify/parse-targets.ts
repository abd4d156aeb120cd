import { isIP } from 'node:net';
import * as z from 'zod';
import type { Parsed } from '../base/problem.ts';
import { readJson } from '../base/read-json.ts';
import { schemaProblems } from '../base/schema-problems.ts';
import { severities, topics, type WebhookTarget, webhookKinds } from './ports.ts';

const TARGETS_MAX = 20;
const URL_MAX = 4_000;

/** A signing key's bytes. Source: Standard Webhooks 1.0.0, "Signature scheme": 24 to 64 bytes, base64 behind `whsec_`. */
const KEY_BYTES = { least: 24, most: 64 };

const targetSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,31}$/)
      .describe('1 to 32 small letters, digits and -'),
    kind: z.enum(webhookKinds).describe(webhookKinds.join(', ')),
    url: z.string().max(URL_MAX).refine(isWebhookUrl).describe('an https URL without a user name'),
    signingKey: z
      .string()
      .refine((key) => readSigningKey(key) !== null)
      .optional()
      .describe('whsec_ and the base64 of 24 to 64 bytes'),
    topics: z
      .array(z.enum(topics).describe(topics.join(', ')))
      .min(1)
      .default([...topics])
      .describe(`some of ${topics.join(', ')}`),
    from: z.enum(severities).default('info').describe(severities.join(', ')),
    networks: z
      .array(
        z
          .string()
          .refine((text) => readNetwork(text) !== null)
          .describe('a network such as 10.20.0.0/16'),
      )
      .default([])
      .describe('networks such as 10.20.0.0/16'),
    http: z.boolean().default(false).describe('true or false'),
  })
  .refine(({ url, http }) => http || !url.toLowerCase().startsWith('http:'), {
    path: ['url'],
    error: 'is plain http, which this target does not allow',
  })
  .refine(({ kind, signingKey }) => (kind === 'json') === (signingKey !== undefined), {
    path: ['signingKey'],
    error: 'belongs to targets of kind json, which need one',
  });

const targetsSchema = z
  .array(targetSchema)
  .max(TARGETS_MAX)
  .refine((targets) => new Set(targets.map(({ name }) => name)).size === targets.length, {
    error: 'has two targets of one name',
  })
  .describe(`at most ${TARGETS_MAX} targets, each with a name of its own`);

/**
 * Reads the setting that names the webhooks: a JSON list; empty text is none.
 *
 * Shape:  problems by path, as of any other document.
 * Safety: problems never show what was found: it may be a secret.
 */
export function parseTargets(text: string): Parsed<readonly WebhookTarget[]> {
  if (text.trim() === '') return { ok: true, value: [] };
  const value = readJson(text);
  if (value === undefined) return { ok: false, problems: [{ path: '$', message: 'is no JSON' }] };
  const parsed = targetsSchema.safeParse(value);
  if (!parsed.success) {
    const problems = schemaProblems(targetsSchema, value).map(({ path, message, allowed }) => ({
      path,
      message,
      ...(allowed === undefined ? {} : { allowed }),
    }));
    return { ok: false, problems };
  }
  const targets = parsed.data.map(
    ({ url, signingKey, ...open }): WebhookTarget => ({
      ...open,
      reveal: () => ({ url, signingKey: signingKey ?? null }),
    }),
  );
  return { ok: true, value: targets };
}

/** The bytes of a signing key; null where it is none. */
export function readSigningKey(text: string): Buffer | null {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1];
  const key = Buffer.from(encoded ?? '', 'base64');
  return key.length >= KEY_BYTES.least && key.length <= KEY_BYTES.most ? key : null;
}

/** Reads a network in CIDR form; null where it is none. */
export function readNetwork(
  text: string,
): { readonly address: string; readonly bits: number; readonly family: 'ipv4' | 'ipv6' } | null {
  const [address = '', bits = '', more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more !== undefined || !/^\d{1,3}$/.test(bits)) return null;
  if (Number(bits) > (version === 4 ? 32 : 128)) return null;
  return { address, bits: Number(bits), family: version === 4 ? 'ipv4' : 'ipv6' };
}

function isWebhookUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}

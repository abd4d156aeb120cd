/** What a message is about: a target may ask for some topics only. */
export const topics = ['alert', 'restore', 'drill', 'report'] as const;
export type Topic = (typeof topics)[number];

/** How much a message matters, least first. `resolved` ends what a warning or a critical one began: whoever got that gets this. */
export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number] | 'resolved';

export const webhookKinds = ['teams', 'slack', 'json'] as const;
export type WebhookKind = (typeof webhookKinds)[number];

/**
 * Where messages go.
 *
 * Safety: the address of a webhook is a secret (whoever knows it may post), as its signing key is. Both are behind a function, so that a target that
 *         ends in a log line or an answer by mistake shows neither.
 */
export interface WebhookTarget {
  readonly name: string;
  readonly kind: WebhookKind;
  readonly topics: readonly Topic[];
  readonly from: (typeof severities)[number];
  /** Addresses beyond the public ones that this target may have, in CIDR form. */
  readonly networks: readonly string[];
  /** True where plain http is allowed. */
  readonly http: boolean;
  readonly reveal: () => { readonly url: string; readonly signingKey: string | null };
}

/** One POST. */
export interface WebhookPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly networks: readonly string[];
  readonly http: boolean;
}

/**
 * What came of a POST.
 *
 * `forbidden`: the address is not one that may be posted to; nothing was sent. `refused`: the receiver says that it is no good. `failed`: try again.
 */
export type PostOutcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'forbidden'; readonly reason: 'scheme' | 'address' }
  | { readonly kind: 'refused'; readonly status: number }
  | {
      readonly kind: 'failed';
      readonly reason: 'no-address' | 'no-connection' | 'no-answer' | 'status';
      readonly status: number | null;
      readonly retryAfterMs: number | null;
    };

/**
 * Posts to a webhook.
 *
 * Errors: none: every failure is an outcome.
 * Safety: neither the URL nor what the receiver answers leaves this call.
 */
export interface WebhookPoster {
  post(request: WebhookPost): Promise<PostOutcome>;
}

/** The targets, and the way to them. */
export interface Webhooks {
  readonly targets: readonly WebhookTarget[];
  readonly poster: WebhookPoster;
}

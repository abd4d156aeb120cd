import { createHash } from 'node:crypto';

const HASH_LENGTH = 22;

/**
 * A short, stable name for anything: base64url of a SHA-256, 22 characters (132 bits).
 * Fit for URLs and table keys, which forbid the slashes of resource ids.
 */
export function hashId(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, HASH_LENGTH);
}

/** The parts of an Azure resource id. Compare them without regard to case: Azure keeps the case an id was created with, and callers vary it. */
export interface ResourceId {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  /** Provider and type, such as `Microsoft.Compute/disks`. */
  readonly type: string;
  readonly name: string;
}

const RESOURCE_ID = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/([^/]+\/[^/]+)\/([^/]+)$/i;

/** Reads the id of a top-level resource; null where it is none. */
export function parseResourceId(id: string): ResourceId | null {
  const parts = RESOURCE_ID.exec(id);
  if (!parts) return null;
  const [, subscriptionId, resourceGroup, type, name] = parts;
  if (!subscriptionId || !resourceGroup || !type || !name) return null;
  return { subscriptionId, resourceGroup, type, name };
}

/** True where two resource ids name the same resource. */
export function sameResource(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

import { createHash, timingSafeEqual } from 'node:crypto';

/** A shared access signature for one disk or snapshot. Units: epoch milliseconds on the sandbox clock. */
export interface Grant {
  readonly resourceKey: string;
  readonly familyId: string | null;
  readonly token: string;
  readonly signature: string;
  readonly access: 'Read' | 'Write';
  expiresMs: number;
}

/** The shared access signatures in force: given, looked up, ended. */
export class Grants {
  private readonly byResource = new Map<string, Grant>();
  private readonly byToken = new Map<string, Grant>();

  /** The grant of a resource that has not expired. */
  active(resourceKey: string, nowMs: number): Grant | null {
    const grant = this.byResource.get(resourceKey);
    if (grant === undefined) return null;
    if (grant.expiresMs > nowMs) return grant;
    this.revoke(resourceKey);
    return null;
  }

  /** Resources of one snapshot family that have a grant now. */
  countOfFamily(familyId: string, nowMs: number): number {
    let count = 0;
    for (const grant of this.byResource.values()) {
      if (grant.familyId === familyId && grant.expiresMs > nowMs) count += 1;
    }
    return count;
  }

  add(options: {
    resourceKey: string;
    familyId: string | null;
    guid: string;
    secret: string;
    access: 'Read' | 'Write';
    expiresMs: number;
  }): Grant {
    const { guid, secret, ...rest } = options;
    const token = guid.replaceAll('-', '').slice(0, 24);
    const signature = createHash('sha256').update(`${secret}|${token}|${options.resourceKey}`).digest('base64');
    const grant: Grant = { ...rest, token, signature };
    this.byResource.set(grant.resourceKey, grant);
    this.byToken.set(token, grant);
    return grant;
  }

  revoke(resourceKey: string): boolean {
    const grant = this.byResource.get(resourceKey);
    if (grant === undefined) return false;
    this.byResource.delete(resourceKey);
    this.byToken.delete(grant.token);
    return true;
  }

  /** The grant that a data-plane request carries, or why it carries none. */
  check(token: string, signature: string | null, nowMs: number): Grant | 'unknown' | 'forged' | 'expired' {
    const grant = this.byToken.get(token);
    if (grant === undefined) return 'unknown';
    const expected = Buffer.from(grant.signature);
    const given = Buffer.from(signature ?? '');
    if (expected.length !== given.length || !timingSafeEqual(expected, given)) return 'forged';
    return grant.expiresMs > nowMs ? grant : 'expired';
  }
}

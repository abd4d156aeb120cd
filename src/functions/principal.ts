import * as z from 'zod';
import { readJson } from '../base/read-json.ts';

/** The app roles, from least to most. */
export const roles = ['Holdfast.Reader', 'Holdfast.Operator', 'Holdfast.Finance', 'Holdfast.Admin'] as const;
export type Role = (typeof roles)[number];

/** What a route asks for. */
export type RequiredRole = 'reader' | 'operator' | 'finance' | 'admin';

/** Which roles satisfy what a route asks for: an admin may do everything, everyone with a role may read. */
const rolesByRequired: Readonly<Record<RequiredRole, readonly Role[]>> = {
  reader: ['Holdfast.Reader', 'Holdfast.Operator', 'Holdfast.Finance', 'Holdfast.Admin'],
  operator: ['Holdfast.Operator', 'Holdfast.Admin'],
  finance: ['Holdfast.Finance', 'Holdfast.Admin'],
  admin: ['Holdfast.Admin'],
};

export interface Principal {
  readonly name: string;
  readonly roles: readonly Role[];
}

const principalSchema = z.object({
  auth_typ: z.string().optional(),
  role_typ: z.string().optional(),
  name_typ: z.string().optional(),
  claims: z.array(z.object({ typ: z.string(), val: z.string() })),
});

const HEADER_LIMIT = 64_000;
const NAME_CLAIMS = [
  'preferred_username',
  'name',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name',
  'appid',
];

/**
 * Reads the principal that App Service authentication puts into `x-ms-client-principal`.
 *
 * Shape:  null where the header is absent or is not what App Service writes: nobody is signed in then.
 * Safety: only true behind App Service authentication, which strips the header from what callers send.
 * Source: App Service, "Work with user identities": base64 of JSON with `claims` of `typ` and `val`.
 */
export function readPrincipal(header: string | null): Principal | null {
  if (header === null || header.length > HEADER_LIMIT) return null;
  const parsed = principalSchema.safeParse(readJson(Buffer.from(header, 'base64').toString('utf8')));
  if (!parsed.success) return null;
  const { claims, role_typ, name_typ } = parsed.data;
  const roleTypes = new Set(['roles', ...(role_typ ? [role_typ] : [])]);
  const nameTypes = [...(name_typ ? [name_typ] : []), ...NAME_CLAIMS];
  const name = nameTypes
    .map((type) => claims.find((claim) => claim.typ === type)?.val)
    .find((found) => found !== undefined);
  const held = claims.filter((claim) => roleTypes.has(claim.typ)).map((claim) => claim.val);
  return { name: (name ?? 'unknown').slice(0, 200), roles: roles.filter((role) => held.includes(role)) };
}

/** The one place that decides whether somebody may: fails closed. */
export function mayCall(principal: Principal | null, required: RequiredRole): boolean {
  return principal?.roles.some((role) => rolesByRequired[required].includes(role)) ?? false;
}

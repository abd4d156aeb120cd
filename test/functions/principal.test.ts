import { describe, expect, it } from 'vitest';
import { mayCall, readPrincipal } from '../../src/functions/principal.ts';

const header = (claims: unknown, more: object = {}) =>
  Buffer.from(JSON.stringify({ auth_typ: 'aad', claims, ...more })).toString('base64');
const role = (val: string) => ({ typ: 'roles', val });

describe('readPrincipal', () => {
  it.each([
    { name: 'no header', given: null },
    { name: 'no base64', given: '%%%' },
    { name: 'no JSON', given: Buffer.from('nope').toString('base64') },
    { name: 'no claims', given: Buffer.from('{}').toString('base64') },
    { name: 'claims of another shape', given: header('Holdfast.Admin') },
    { name: 'an endless header', given: 'A'.repeat(70_000) },
  ])('is nobody: $name', ({ given }) => {
    expect(readPrincipal(given)).toBeNull();
  });

  it('reads name and roles, and only roles that Holdfast knows', () => {
    const principal = readPrincipal(
      header([
        { typ: 'preferred_username', val: 'ops' },
        role('Holdfast.Operator'),
        role('Holdfast.Root'),
        { typ: 'groups', val: 'Holdfast.Admin' },
      ]),
    );
    expect(principal).toEqual({ name: 'ops', roles: ['Holdfast.Operator'] });
  });

  it('takes roles from the claim type that the header names', () => {
    expect(
      readPrincipal(header([{ typ: 'urn:role', val: 'Holdfast.Admin' }], { role_typ: 'urn:role' }))?.roles,
    ).toEqual(['Holdfast.Admin']);
  });
});

describe('mayCall', () => {
  const table = {
    'Holdfast.Reader': ['reader'],
    'Holdfast.Operator': ['reader', 'operator'],
    'Holdfast.Finance': ['reader', 'finance'],
    'Holdfast.Admin': ['reader', 'operator', 'finance', 'admin'],
  } as const;
  it.each(Object.entries(table))('%s may call %j', (held, allowed) => {
    const principal = readPrincipal(header([role(held)]));
    const may = (['reader', 'operator', 'finance', 'admin'] as const).filter((required) =>
      mayCall(principal, required),
    );
    expect(may).toEqual(allowed);
  });

  it('lets nobody in without a role', () => {
    expect(mayCall(null, 'reader')).toBe(false);
    expect(mayCall(readPrincipal(header([])), 'reader')).toBe(false);
  });
});

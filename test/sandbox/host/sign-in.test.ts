import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { localPath } from '../../../src/sandbox/host/sign-in.ts';

describe('the address to go back to', () => {
  test.each([
    ['a path', '/api/reports/cost?format=html', true],
    ['the root', '/', true],
    ['another server', 'https://evil.example/', false],
    ['another server without its scheme', '//evil.example/', false],
    ['with a backslash', '/\\evil.example/', false],
    ['with a tab', '/\t/evil.example/', false],
    ['with a line end', '/a\r\nset-cookie: x=1', false],
    ['a script', 'javascript:alert(1)', false],
    ['nothing', '', false],
    ['a relative path', 'api', false],
  ])('%s', (_, address, allowed) => {
    expect(localPath(address)).toBe(allowed ? address : null);
  });

  test('never leads elsewhere', () => {
    const piece = fc.constantFrom('/', '\\', '\t', '\n', ' ', '.', '@', ':', '?', '#', 'evil.example', 'http:', '%2f');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const path = localPath(pieces.join(''));
        if (path !== null) expect(new URL(path, 'http://here.example').host).toBe('here.example');
      }),
    );
  });
});

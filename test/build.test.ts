import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { buildApp, COMPUTE_GROUPS } from '../src/build.ts';

async function build(files: Record<string, string>) {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-build-'));
  const sources = join(root, 'src');
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(sources, name)), { recursive: true });
    await writeFile(join(sources, name), text);
  }
  const built = await buildApp({ entry: join(sources, 'main.ts'), folder: join(root, 'dist'), sources });
  const load = () => createRequire(import.meta.url)(join(root, 'dist/main.cjs')) as { run(): Promise<unknown> };
  return { root, names: built.map(({ path }) => path.slice(root.length + 1)), load };
}

test('what is loaded lazily is a file of its own, and works', async () => {
  const { root, names, load } = await build({
    'main.ts': `import { GIB } from './base/bytes.ts';
      export const run = async () => [GIB, (await import('./heavy/chart.ts')).draw('x')];`,
    'heavy/chart.ts': `import { GIB } from '../base/bytes.ts'; export const draw = (text: string) => 'drawn ' + text + GIB;`,
    'base/bytes.ts': 'export const GIB = 3;',
  });
  expect(names).toEqual(['dist/main.cjs', 'dist/chart.cjs']);
  expect(await readFile(join(root, 'dist/main.cjs'), 'utf8')).not.toContain('drawn');
  expect(await load().run()).toEqual([3, 'drawn x3']);
});

test('a lazy file may load another', async () => {
  const { names, load } = await build({
    'main.ts': `export const run = async () => (await import('./one.ts')).one();`,
    'one.ts': `export const one = async () => (await import('./two.ts')).two;`,
    'two.ts': `export const two = 2;`,
  });
  expect(names).toEqual(['dist/main.cjs', 'dist/one.cjs', 'dist/two.cjs']);
  expect(await load().run()).toBe(2);
});

test('characters outside ASCII are the same in strings, patterns and templates, and not in the file', async () => {
  const { root, load } = await build({
    'main.ts': `const tag = (parts: TemplateStringsArray, ...more: string[]) => parts.join(more[0]);
      export const run = async () => ['é–😀', \`–\${1}\`, tag\`–\${'x'}😀\`, /^[–😀]$/u.test('😀'), /^–$/.test('–')];`,
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
  expect(await readFile(join(root, 'dist/main.cjs'), 'utf8')).toMatch(/^[\x00-\x7f]*$/);
  expect(await load().run()).toEqual(['é–😀', '–1', '–x😀', true, true]);
});

test('the calls of Azure that the sources make are in the built client', async () => {
  const folder = join(import.meta.dirname, '../src/azure');
  const texts = await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8')));
  const used = texts.flatMap((text) => [...text.matchAll(/\.compute\([^()]*\)\s*\.(\w+)/g)].map(([, group]) => group));
  expect([...new Set(used)].toSorted()).toEqual(COMPUTE_GROUPS);
});

test.each([
  [
    'state in two files',
    {
      'main.ts': `import { E } from './error.ts'; export const run = async () => [E, (await import('./lazy.ts')).make()];`,
      'lazy.ts': `import { E } from './error.ts'; export const make = () => new E();`,
      'error.ts': 'export class E extends Error {}',
    },
    'error.ts would exist twice',
  ],
  [
    'two lazy modules of one name',
    {
      'main.ts': `export const run = async () => [await import('./a/x.ts'), await import('./b/x.ts')];`,
      'a/x.ts': 'export const a = 1;',
      'b/x.ts': 'export const b = 1;',
    },
    'x.cjs',
  ],
  ['a module that is missing', { 'main.ts': `export const run = () => import('./none.ts');` }, 'none.ts'],
])('%s: refused', async (_, files, message) => {
  await expect(build(files)).rejects.toThrow(message);
});

test('the app itself: the entry is under 2.5 MB, and what is loaded lazily lies beside it and works', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-build-'));
  const [entry, ...lazy] = await buildApp({ folder });
  expect(entry?.path).toBe(join(folder, 'main.cjs'));
  expect(entry?.bytes).toBeLessThan(2_500_000);
  const arrow = lazy.find(({ path }) => path.endsWith('apache-arrow.cjs'));
  // As the entry loads it: names of a CommonJS file must be found by Node's own lexer.
  const loaded = (await import(arrow?.path ?? 'none')) as { tableFromIPC?: unknown };
  expect(typeof loaded.tableFromIPC).toBe('function');
  // The description is made by another copy of zod than the schemas: it must read them all the same.
  const describing = lazy.find(({ path }) => path.endsWith('describe-api.cjs'));
  const { describeApi } = (await import(
    describing?.path ?? 'none'
  )) as typeof import('../src/functions/api/describe-api.ts');
  const body = z.strictObject({ source: z.string().min(1).describe('the key of a source') });
  const take = { name: 'points-take', method: 'POST', route: 'points', role: 'operator', body } as const;
  const { components } = describeApi({ routes: [take], rules: {}, named: {}, forms: {} });
  expect(components.schemas.TakePoint).toEqual({
    type: 'object',
    properties: { source: { type: 'string', minLength: 1, description: 'the key of a source' } },
    required: ['source'],
    additionalProperties: false,
  });
});

import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';

/** One file of the built app. */
export interface BuiltFile {
  readonly path: string;
  readonly bytes: number;
}

/** What to build. All paths are absolute; the defaults are this app's own. */
export interface BuildOptions {
  readonly entry?: string;
  readonly folder?: string;
  /** Where the sources lie: what is imported lazily from below here becomes a file of its own. */
  readonly sources?: string;
}

/** Packages that others load lazily and most never do: files of their own as well. Blob lists in Arrow's form are asked for by option alone. */
const LAZY_PACKAGES = ['apache-arrow'];

const ROOT = resolve(import.meta.dirname, '..');
const ENTRY_NAME = 'main';

/**
 * Sources that may exist in the entry and in a lazy file at once: functions and constants alone. A class or a variable that exists twice is two things
 * (`instanceof` fails), so anything else that both would hold stops the build.
 */
const HARMLESS_TWICE = [
  'base/bytes.ts',
  'base/ids.ts',
  'base/money.ts',
  'base/time.ts',
  'base/zone-offsets.ts',
  'files/file-names.ts',
  'files/walk-folder.ts',
  // Markup is made and turned into text within one file of the app: pages go from one to the other as text alone.
  'console/addresses.ts',
  'reports/cost-page-style.ts',
  'reports/html.ts',
  'reports/protection-text.ts',
];

/** What a package reads beside its own code at run time: it goes beside the built files. */
const BESIDE = ['7z-wasm/7zz.wasm'];

/**
 * Builds the app: `dist/main.cjs`, and one more file for each module that the sources load by `await import(…)`.
 *
 * Shape:  the entry first, then the lazy files by path, with their sizes.
 * Errors: rejects where esbuild finds an error, where two lazy modules would have one file name, and where entry and lazy file would share state.
 * Source: esbuild splits code for ES modules only, and the Functions worker's entry is CommonJS; hence a lazy module is built as an entry of its own and
 *         the `import(…)` points to that file. Unbundled, the same `import(…)` is Node's own.
 */
export async function buildApp(options: BuildOptions = {}): Promise<readonly BuiltFile[]> {
  const entry = options.entry ?? join(ROOT, 'src/main.ts');
  const folder = options.folder ?? join(ROOT, 'dist');
  const sources = options.sources ?? join(ROOT, 'src');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });

  const lazy = new Map<string, string>();
  const main = await bundle(entry, join(folder, `${ENTRY_NAME}.cjs`), splitLazy(sources, lazy));
  const results = [main];
  const built = new Set<string>();
  // A lazy module may load others lazily, so the map can grow while it is worked off.
  for (const [name, path] of lazy) {
    if (built.has(name)) continue;
    built.add(name);
    results.push(await bundle(path, join(folder, `${name}.cjs`), splitLazy(sources, lazy)));
  }
  for (const file of isOwnApp(options) ? BESIDE : [])
    await copyFile(createRequire(import.meta.url).resolve(file), join(folder, basename(file)));
  refuseSharedState(
    results.map((result) => result.metafile),
    sources,
  );
  return results.map(({ path, bytes }) => ({ path, bytes }));
}

/** Other sources are built in tests alone, and read nothing beside them. */
function isOwnApp({ sources }: BuildOptions): boolean {
  return sources === undefined;
}

async function bundle(
  entry: string,
  outfile: string,
  plugin: Plugin,
): Promise<BuiltFile & { readonly metafile: Metafile }> {
  const { metafile, outputFiles } = await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    minify: true,
    legalComments: 'none',
    external: ['@azure/functions-core'],
    metafile: true,
    write: false,
    logLevel: 'silent',
    plugins: [plugin, englishOnly, computeGroups],
  });
  const text = asciiOnly(outputFiles[0]?.text ?? '');
  await writeFile(outfile, text);
  return { path: outfile, bytes: text.length, metafile };
}

/**
 * Writes what lies outside ASCII as escapes: one such character makes V8 hold and read the whole file with two bytes a character, a sixth of the time it takes to
 * load. esbuild has done so but in regular expressions, where an escape is the same, and in tagged templates, where it is the same to tags that do not
 * look at the raw text: ours do not.
 */
function asciiOnly(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
  return text.replace(/[^\x00-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Leaves out the languages of zod's messages, a tenth of the entry, which bundling cannot tell to be unused. English stays. */
const englishOnly: Plugin = {
  name: 'english-only',
  setup(setup) {
    setup.onResolve({ filter: /\/locales\/index\.js$/ }, (args) =>
      args.importer.includes('/node_modules/zod/') ? { path: join(args.resolveDir, args.path, '../en.js') } : null,
    );
  },
};

/**
 * The groups of calls of Azure's compute client that the app makes: its client makes all sixty in its constructor, so bundling cannot tell that the others,
 * a sixth of the entry, are unused.
 */
export const COMPUTE_GROUPS: readonly string[] = ['disks', 'resourceSkus', 'snapshots', 'usage', 'virtualMachines'];

/** Leaves out the other groups: the built client has them as undefined. */
const computeGroups: Plugin = {
  name: 'compute-groups',
  setup(setup) {
    setup.onResolve({ filter: /^\.\/classic\/[A-Za-z]+\/index\.js$/ }, ({ importer, path }) => {
      const group = path.split('/')[2] ?? '';
      const isLeftOut = importer.endsWith('/computeManagementClient.js') && !COMPUTE_GROUPS.includes(group);
      return isLeftOut ? { path: group, namespace: 'left-out', sideEffects: false } : null;
    });
    setup.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => {
      const name = `_get${path.charAt(0).toUpperCase()}${path.slice(1)}Operations`;
      return { contents: `export const ${name} = () => undefined;` };
    });
  },
};

/** Turns `import('./x.ts')` and `import('package')` of our own sources into `import('./x.cjs')`, and notes what has to be built for it. */
function splitLazy(sources: string, lazy: Map<string, string>): Plugin {
  return {
    name: 'split-lazy',
    setup(setup) {
      setup.onResolve({ filter: /.*/ }, async (args) => {
        if (args.kind !== 'dynamic-import' || args.pluginData === 'asked') return null;
        const isLazy = isBelow(sources, args.importer) || LAZY_PACKAGES.includes(args.path);
        if (!isLazy || args.path.startsWith('node:')) return null;
        const found = await setup.resolve(args.path, {
          kind: args.kind,
          importer: args.importer,
          resolveDir: args.resolveDir,
          pluginData: 'asked',
        });
        if (found.errors.length > 0 || found.external) return found;
        const name = args.path.startsWith('.')
          ? basename(found.path).replace(/\.[a-z]+$/, '')
          : args.path.replace(/^@/, '').replaceAll('/', '-');
        const other = lazy.get(name);
        if (name === ENTRY_NAME || (other !== undefined && other !== found.path)) {
          return { errors: [{ text: `Two lazily loaded modules would both become "${name}.cjs": rename one` }] };
        }
        lazy.set(name, found.path);
        return { path: `./${name}.cjs`, external: true };
      });
    },
  };
}

function isBelow(folder: string, path: string): boolean {
  return path.startsWith(`${folder}/`) && !path.includes('/node_modules/');
}

function refuseSharedState(metafiles: readonly Metafile[], sources: string): void {
  const seen = new Set<string>();
  for (const metafile of metafiles) {
    const own = Object.entries(metafile.outputs).flatMap(([, output]) =>
      Object.entries(output.inputs)
        .filter(([, input]) => input.bytesInOutput > 0)
        .map(([path]) => resolve(path)),
    );
    for (const path of own) {
      if (!isBelow(sources, path)) continue;
      const name = relative(sources, path);
      if (seen.has(name) && !HARMLESS_TWICE.includes(name)) {
        throw new Error(
          `${name} would exist twice, in two files of the app: hand it to the lazy module as an argument`,
        );
      }
      seen.add(name);
    }
  }
}

function printSizes(files: readonly BuiltFile[], startedAt: number): void {
  for (const file of files) {
    console.log(`${relative(dirname(dirname(file.path)), file.path)}  ${(file.bytes / 1_024).toFixed(1)} KiB`);
  }
  console.log(`built in ${Math.round(performance.now() - startedAt)} ms`);
}

const startedAs = process.argv[1];
if (startedAs !== undefined && import.meta.filename === resolve(startedAs)) {
  const startedAt = performance.now();
  printSizes(await buildApp(), startedAt);
}

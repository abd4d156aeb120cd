import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { committedFiles, machineTraces, packagesNotLocked } from './architecture/committed-text.ts';
import {
  arrows,
  type Breach,
  decisionsArePure,
  environmentInOnePlace,
  everyFileReached,
  fileSize,
  importsExist,
  kebabCaseNames,
  MAX_LINES,
  noDefaultExports,
  noFileCycles,
  noRoomCycles,
  oneClock,
  type Rule,
  sandboxApart,
  tellingNames,
} from './architecture/rules.ts';
import { readSourceFiles, sourceFile } from './architecture/source-file.ts';

const root = join(import.meta.dirname, '..');
const source = readSourceFiles(root, 'src');

/** Programs that somebody starts; everything else must be reached from one of them. */
const ENTRIES = [
  'src/main.ts',
  'src/cli.ts',
  'src/build.ts',
  'src/sandbox/start.ts',
  'src/sandbox/sandbox.ts',
  'src/sandbox/azure/main.ts',
  'src/sandbox/host/main.ts',
  // Its reader is the test that holds a README against it.
  'src/sandbox/azure/support-matrix.ts',
];

const show = (breaches: readonly Breach[]) => breaches.map(({ path, message }) => `${path}: ${message}`);

/** Each rule with a small house that breaks it (the paths it must name) and one that does not. */
const rules: readonly {
  readonly name: string;
  readonly rule: Rule;
  readonly broken: Readonly<Record<string, string>>;
  readonly named: readonly string[];
  readonly sound: Readonly<Record<string, string>>;
}[] = [
  {
    name: 'arrows run functions -> rooms -> base, adapters see public files and ports, only src/*.ts sees adapters',
    rule: arrows,
    broken: {
      'src/base/a.ts': "import { x } from '../protect/protect.ts';",
      'src/protect/b.ts': "import type { x } from '../azure/arm.ts';",
      'src/protect/c.ts': "import {\n  x,\n} from '../retain/marks.ts';",
      'src/retain/d.ts': "export * from '../functions/tick.ts';",
      'src/functions/e.ts': "const x = await import('../state/tables.ts');",
      'src/azure/f.ts': "import { x } from '../protect/insides.ts';",
      'src/cost/g.ts': "import { x } from '../config.ts';",
    },
    named: ['base/a', 'protect/b', 'protect/c', 'retain/d', 'functions/e', 'azure/f', 'cost/g'],
    sound: {
      'src/app.ts': "import { x } from './azure/arm.ts';\nimport { y } from './retain/marks.ts';",
      'src/functions/tick.ts': "import { x } from '../protect/take-point.ts';\nimport { useApp } from '../app.ts';",
      'src/protect/protect.ts': "import { x } from '../base/time.ts';\nimport type { y } from '../retain/ports.ts';",
      'src/azure/arm.ts': "import type { x } from '../protect/ports.ts';",
      'src/cost/cost.ts': "// import { x } from '../azure/arm.ts';",
    },
  },
  {
    name: 'rooms do not import each other in a circle',
    rule: noRoomCycles,
    broken: {
      'src/protect/protect.ts': "import type { x } from '../retain/ports.ts';",
      'src/retain/retain.ts': "import type { x } from '../protect/ports.ts';",
    },
    named: ['src/protect'],
    sound: {
      'src/protect/protect.ts': "import type { x } from '../base/time.ts';",
      'src/retain/retain.ts': "import type { x } from '../protect/ports.ts';",
    },
  },
  {
    name: 'files do not import each other in a circle',
    rule: noFileCycles,
    broken: {
      'src/cost/a.ts': "import { x } from './b.ts';",
      'src/cost/b.ts': "import { x } from './c.ts';",
      'src/cost/c.ts': "import type { x } from './a.ts';",
    },
    named: ['cost/a'],
    sound: {
      'src/cost/a.ts': "import { x } from './b.ts';\nimport { y } from './c.ts';",
      'src/cost/b.ts': "import { x } from './c.ts';",
      'src/cost/c.ts': '',
    },
  },
  {
    name: 'sandbox and product never import each other',
    rule: sandboxApart,
    broken: {
      'src/sandbox/azure/a.ts': "import type { EpochMs } from '../../base/time.ts';",
      'src/cli.ts': "import { x } from './sandbox/start.ts';",
    },
    named: ['sandbox/azure/a', 'src/cli'],
    sound: {
      'src/sandbox/start.ts': "import { x } from './azure/clock.ts';\nimport esbuild from 'esbuild';",
    },
  },
  {
    name: 'every import names a file that is there',
    rule: importsExist,
    broken: { 'src/cost/a.ts': "import { x } from './gone.ts';" },
    named: ['cost/a'],
    sound: {
      'src/cost/a.ts': "import { x } from './b.ts';",
      'src/cost/b.ts': '',
    },
  },
  {
    name: 'only config.ts, the build and the sandbox read the environment',
    rule: environmentInOnePlace,
    broken: {
      'src/azure/a.ts': 'const x = process.env.HOME;',
      'src/azure/b.ts': "import { env } from 'node:process';",
      'src/cost/regex.ts': "const quote = /['\"/]/;\nconst x = process.env.HOME; // it's",
    },
    named: ['azure/a.ts:1', 'azure/b', 'cost/regex.ts:2'],
    sound: {
      'src/config.ts': 'const x = process.env.HOME;',
      'src/sandbox/host/main.ts': 'const x = process.env.HOME;',
      'src/cost/a.ts': "// process.env is read in config.ts\nconst x = 'process.env';\n/* process.env */",
    },
  },
  {
    name: 'only base/clock asks what time it is, and waits',
    rule: oneClock,
    broken: {
      'src/cost/a.ts': 'const x = 1;\nconst now = Date.now();',
      'src/cost/b.ts': 'const now = new Date();',
      'src/state/c.ts': 'await new Promise((done) => setTimeout(done, 5));',
      'src/base/time.ts': 'const x = DateTime.now();',
      'src/azure/d.ts': 'const x = performance.now();',
    },
    named: ['cost/a.ts:2', 'cost/b', 'state/c', 'base/time', 'azure/d'],
    sound: {
      'src/base/clock.ts': 'const x = Date.now();',
      'src/base/follow-clock.ts': 'setTimeout(x, 5);',
      'src/cost/a.ts': 'const x = new Date(now).toISOString(); const y = Date.UTC(2026, 0);',
      'src/sandbox/azure/clock.ts': 'const x = Date.now();',
    },
  },
  {
    name: 'pure decisions import no Azure, no Node, and wait for nothing',
    rule: decisionsArePure,
    broken: {
      'src/retain/decide-tiers.ts': "import { x } from '@azure/arm-compute';",
      'src/protect/plan-points.ts': 'export async function plan() {}',
      'src/policy/read.ts': "import { readFileSync } from 'node:fs';",
      'src/schedule/due.ts': 'const x = Math.random();',
    },
    named: ['decide-tiers', 'plan-points', 'policy/read', 'schedule/due'],
    sound: {
      'src/retain/decide-tiers.ts': "import { hash } from 'node:crypto';\nexport function decide() {}",
      'src/retain/mark.ts': "import { x } from '@azure/arm-compute';\nexport async function mark() {}",
      'src/sandbox/play/plan-days.ts': 'export async function play() {}',
    },
  },
  {
    name: 'every file is reached from an entry',
    rule: everyFileReached(['src/main.ts']),
    broken: {
      'src/main.ts': "import './app.ts';",
      'src/app.ts': '',
      'src/cost/forgotten.ts': '',
    },
    named: ['cost/forgotten'],
    sound: {
      'src/main.ts': "import './app.ts';\nconst x = new URL('./cost/worker.ts', import.meta.url);",
      'src/app.ts': "const x = await import('./cost/late.ts');",
      'src/cost/late.ts': '',
      'src/cost/worker.ts': '',
    },
  },
  {
    name: 'names are kebab-case',
    rule: kebabCaseNames,
    broken: {
      'src/cost/usedSize.ts': '',
      'src/Cost/used-size.ts': '',
      'src/cost/used_size.ts': '',
    },
    named: ['usedSize', 'Cost/', 'used_size'],
    sound: { 'src/cost/used-size.ts': '', 'src/base/sha256.ts': '' },
  },
  {
    name: 'names tell what is inside',
    rule: tellingNames,
    broken: {
      'src/cost/utils.ts': '',
      'src/cost/date-helper.ts': '',
      'src/services/a.ts': '',
      'src/cost/index.ts': '',
    },
    named: ['utils', 'date-helper', 'services/', 'index'],
    sound: { 'src/cost/used-size.ts': '', 'src/functions/restores.ts': '' },
  },
  {
    name: 'exports have names',
    rule: noDefaultExports,
    broken: { 'src/cost/a.ts': 'const x = 1;\nexport default x;' },
    named: ['cost/a.ts:2'],
    sound: {
      'src/cost/a.ts': "export const x = 1; // no export default\nconst y = 'export default';",
    },
  },
  {
    name: `files have at most ${MAX_LINES} lines`,
    rule: fileSize,
    broken: { 'src/cost/a.ts': 'x;\n'.repeat(MAX_LINES + 1) },
    named: ['cost/a'],
    sound: { 'src/cost/a.ts': 'x;\n'.repeat(MAX_LINES) },
  },
];

const house = (files: Readonly<Record<string, string>>) =>
  Object.entries(files).map(([path, text]) => sourceFile(path, text));

describe('the house rules hold in src/', () => {
  for (const { name, rule } of rules) {
    const fromEntries = name.startsWith('every file is reached');
    const applied = fromEntries ? everyFileReached(ENTRIES) : rule;
    test(name, () => {
      expect(show(applied(source))).toEqual([]);
    });
  }
});

describe('the rules of names, defaults and size hold in test/ too', () => {
  const tests = readSourceFiles(root, 'test');
  test.each([
    ['names are kebab-case', kebabCaseNames],
    ['names tell what is inside', tellingNames],
    ['exports have names', noDefaultExports],
  ] as const)('%s', (_name, rule) => {
    expect(show(rule(tests))).toEqual([]);
  });
});

describe('each rule can fail', () => {
  test.each(rules)('$name', ({ rule, broken, named, sound }) => {
    const found = show(rule(house(broken)));
    for (const part of named)
      expect(
        found.some((line) => line.includes(part)),
        `names ${part}: ${found.join('\n')}`,
      ).toBe(true);
    expect(found).toHaveLength(named.length);
    expect(show(rule(house(sound)))).toEqual([]);
  });
});

describe('what is committed works on any machine', () => {
  test.skipIf(!existsSync(join(root, '.git')))('no path of one machine, no address of a registry', () => {
    expect(show(machineTraces(committedFiles(root)))).toEqual([]);
  });

  test('the lock file names every optional package, those of other platforms too', () => {
    expect(show(packagesNotLocked(readFileSync(join(root, 'package-lock.json'), 'utf8')))).toEqual([]);
    const lacking = {
      packages: { 'node_modules/a': { version: '1.0.0', optionalDependencies: { 'a-win32': '1.0.0' } } },
    };
    expect(packagesNotLocked(JSON.stringify(lacking))).toHaveLength(1);
  });

  test.each([
    ['a home folder', `cat ${['', 'home', 'ann', 'x'].join('/')}`],
    ['a checkout', `cd ${['', 'work', 'main'].join('/')}`],
    ['a registry', ['https:/', ['registry', 'npmjs', 'org'].join('.')].join('/')],
    ['a lock file with addresses', `{ "resolved": "${'http'}s://x/y.tgz" }`],
    ['a registry setting', ['registry', 'x'].join('=')],
  ])('%s is seen', (_name, text) => {
    expect(machineTraces([{ path: 'x', text }])).toHaveLength(1);
  });

  test.each(['src/work/lease.ts', '../work/x', '}/work/x', 'https://example.org/home/x', '/usr/bin/chromium'])(
    '%s is no such thing',
    (text) => {
      expect(machineTraces([{ path: 'x', text }])).toEqual([]);
    },
  );
});

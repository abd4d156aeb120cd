import type { SourceFile } from './source-file.ts';

/** One breach of the house's rules: where, and what to do about it. */
export interface Breach {
  readonly path: string;
  readonly message: string;
}

/** A rule over all source files at once. */
export type Rule = (files: readonly SourceFile[]) => readonly Breach[];

/** Folders of src/ that are no rooms: triggers, adapters, what all stand on, and the sandbox. */
const FUNCTIONS = 'functions';
const BASE = 'base';
const ADAPTERS = ['azure', 'state'];
const SANDBOX = 'sandbox';
const LAX = [FUNCTIONS, BASE, SANDBOX, ...ADAPTERS, ''];

/** The first folder below src/; '' for a file that lies in src/ itself. */
function areaOf(path: string): string {
  const parts = path.split('/');
  return parts.length > 2 ? (parts[1] ?? '') : '';
}

const isRoom = (area: string) => !LAX.includes(area);

/**
 * What a room shows to other rooms beside its file of the same name and its ports: a line more here is a door more in the house, so think twice.
 * (No file that only exports others: what a reader follows should be where the code is.)
 */
const SHOWN: Readonly<Record<string, readonly string[]>> = {
  policy: ['check-policy', 'drill-settings', 'match-names', 'parse-policy', 'policy-document', 'snapshot-group'],
  schedule: ['cron', 'decide-due-slots', 'drill-names', 'model-calendar', 'occurrences', 'point-names'],
  inventory: ['manifest', 'match-sources', 'read-estate', 'resolve-scopes', 'stored-source'],
  restore: ['start-restore', 'undo-restore'],
  work: ['lease', 'messages', 'poison'],
  advice: ['advice-book', 'azure-backup-price'],
  reports: ['cost-page-style', 'html', 'protection-text', 'render-cost-report'],
};

/** True for what other rooms and adapters may import of a room. */
function isPublic(path: string): boolean {
  const area = areaOf(path);
  return ['ports', area, ...(SHOWN[area] ?? [])].some((name) => path === `src/${area}/${name}.ts`);
}

/** Everything but the sandbox. */
const isProduct = (path: string) => path.startsWith('src/') && areaOf(path) !== SANDBOX;

/** `functions -> app.ts, rooms -> base`; `azure, state -> rooms' public files and ports, base`; the files of src/ itself see all. */
export const arrows: Rule = (files) =>
  eachOwnImport(files, (from, to) => {
    const [source, target] = [areaOf(from), areaOf(to)];
    if (source === target || source === '' || source === SANDBOX || target === SANDBOX || target === BASE) return null;
    if (source === BASE) return `base stands on nothing: it may not import ${to}`;
    if (source === FUNCTIONS && (to === 'src/app.ts' || isRoom(target))) return null;
    if (target === '') return `only triggers and src/*.ts may import ${to}: it sits above the rooms`;
    if (target === FUNCTIONS) return `nobody imports a trigger (${to})`;
    if (ADAPTERS.includes(target))
      return `only app.ts sees adapters: declare a port and take it as an argument instead of ${to}`;
    if (!isPublic(to)) return `${to} is inside another room: import what that room shows`;
    return null;
  });

/** Rooms that import each other have grown into one. */
export const noRoomCycles: Rule = (files) => {
  const edges = new Map<string, Set<string>>();
  for (const file of files) {
    const source = areaOf(file.path);
    for (const to of ownTargets(file)) {
      const target = areaOf(to);
      if (isRoom(source) && isRoom(target) && source !== target) setOf(edges, source).add(target);
    }
  }
  return cycles(edges).map((loop) => ({
    path: `src/${loop[0]}`,
    message: `rooms import each other: ${loop.join(' -> ')}`,
  }));
};

/** No file leads back to itself, not even by types. */
export const noFileCycles: Rule = (files) => {
  const edges = new Map(files.map((file) => [file.path, new Set(staticTargets(file))]));
  return cycles(edges).map((loop) => ({
    path: loop[0] ?? '',
    message: `files import each other: ${loop.join(' -> ')}`,
  }));
};

/** The sandbox and the product meet on the wire, so that neither can share the other's mistakes. */
export const sandboxApart: Rule = (files) =>
  eachOwnImport(files, (from, to) => {
    if (isProduct(from) && areaOf(to) === SANDBOX) return `the product may not import the sandbox (${to})`;
    if (areaOf(from) === SANDBOX && isProduct(to))
      return `the sandbox may not import the product (${to}): meet it on the wire`;
    return null;
  });

/** Every import of ours names a file that is there. */
export const importsExist: Rule = (files) => {
  const paths = new Set(files.map((file) => file.path));
  return eachOwnImport(files, (_from, to) =>
    to.startsWith('src/') && to.endsWith('.ts') && !paths.has(to) ? `there is no ${to}` : null,
  );
};

/** A program of its own, for developers: no part of the app. */
const BUILD = 'src/build.ts';
const ENVIRONMENT_READERS = ['src/config.ts', BUILD];

/** config.ts is the only reader of the environment; the sandbox and the build are programs of their own. */
export const environmentInOnePlace: Rule = (files) => {
  const mayNot = files.filter(({ path }) => isProduct(path) && !ENVIRONMENT_READERS.includes(path));
  const advice = 'only config.ts reads the environment, take what you need as an argument';
  const imported = mayNot.filter(({ imports }) => imports.some(({ target }) => /^(?:node:)?process$/.test(target)));
  return [
    ...imported.map(({ path }) => ({
      path,
      message: `node:process: ${advice}`,
    })),
    ...eachLine(
      mayNot,
      /\bprocess\.env\b/,
      () => false,
      (found) => `${found}: ${advice}`,
    ),
  ];
};

/** The clock itself, the limit on silent connections, which is about real time, and the script that runs in a browser. */
const CLOCK_FILES = /^src\/(?:base\/(?:clock[^/]*|follow-clock|time-limit)|console\/follow-script)\.ts$/;

/** base/clock is the product's only "now" and only "wait": anything else would not follow the sandbox's clock. */
export const oneClock: Rule = (files) =>
  eachLine(
    files,
    /\bDate\.now\b|\bnew Date\(\s*\)|\bset(?:Timeout|Interval|Immediate)\b|\bperformance\.now\b|\bDateTime\.(?:now|local|utc)\(\s*\)|node:timers/,
    (path) => !isProduct(path) || CLOCK_FILES.test(path) || path === BUILD,
    (found) => `${found}: take a Clock (base/clock) and ask it`,
  );

/** Files of pure decisions: the same answer for the same arguments, anywhere, at any time. */
export function isPure(path: string): boolean {
  return /^src\/(?:policy|schedule)\//.test(path) || (isProduct(path) && /\/(?:decide|plan)-[^/]+\.ts$/.test(path));
}

/** Decisions know no Azure, no files, no network, no random, and wait for nothing. */
export const decisionsArePure: Rule = (files) => {
  const pure = files.filter((file) => isPure(file.path));
  const imported = pure.flatMap((file) =>
    file.imports
      .filter(({ target, own }) =>
        own ? ADAPTERS.includes(areaOf(target)) : /^@azure\/|^node:(?!assert$|crypto$)/.test(target),
      )
      .map(({ target }) => ({
        path: file.path,
        message: `a pure decision may not import ${target}`,
      })),
  );
  const effects = eachLine(
    pure,
    /\basync\b|\bawait\b|\bPromise\b|\bMath\.random\b|\brandom(?:UUID|Bytes|Int)\b|\bfetch\(/,
    () => false,
    (found) => `${found}: a pure decision neither waits nor rolls dice, leave that to the use case beside it`,
  );
  return [...imported, ...effects];
};

/** Code that no entry reaches is code that nobody runs. */
export function everyFileReached(entries: readonly string[]): Rule {
  return (files) => {
    const byPath = new Map(files.map((file) => [file.path, file]));
    const missing = entries.filter((entry) => !byPath.has(entry));
    const reached = new Set<string>();
    const next = entries.filter((entry) => byPath.has(entry));
    for (let path = next.pop(); path !== undefined; path = next.pop()) {
      const file = byPath.get(path);
      if (!file || reached.has(path)) continue;
      reached.add(path);
      next.push(...ownTargets(file));
    }
    return [
      ...missing.map((path) => ({ path, message: 'this entry is not there' })),
      ...files
        .filter(({ path }) => !reached.has(path))
        .map(({ path }) => ({
          path,
          message: 'no entry reaches this file: use it or remove it',
        })),
    ];
  };
}

/** Files are kebab-case. */
export const kebabCaseNames: Rule = (files) =>
  files
    .filter(
      ({ path }) =>
        !/^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*(?:\.property)?(?:\.(?:test|config|d))?\.ts$/.test(
          path,
        ),
    )
    .map(({ path }) => ({
      path,
      message: 'file and folder names are kebab-case',
    }));

/** Names that say nothing about what is inside. */
export const tellingNames: Rule = (files) =>
  files
    .filter(({ path }) => /(?:^|[/-])(?:utils?|helpers?|managers?|services?|common|misc|index)(?:[-.]|\/)/.test(path))
    .map(({ path }) => ({ path, message: 'name the file after what it does' }));

/** A name that is written at the export is found by search everywhere. */
export const noDefaultExports: Rule = (files) =>
  eachLine(
    files,
    /^export default\b|\bas default\b/,
    (path) => path.endsWith('.config.ts'),
    () => 'export by name',
  );

/** The point where a file holds more than one thing for sure; about 200 is the aim. */
export const MAX_LINES = 400;

export const fileSize: Rule = (files) =>
  files
    .filter(({ text }) => text.split('\n').length - 1 > MAX_LINES)
    .map(({ path, text }) => ({
      path,
      message: `${text.split('\n').length - 1} lines, at most ${MAX_LINES}: split it by what changes together`,
    }));

function ownTargets(file: SourceFile): readonly string[] {
  return file.imports.filter(({ own }) => own).map(({ target }) => target);
}

function staticTargets(file: SourceFile): readonly string[] {
  return file.imports.filter(({ own, kind }) => own && kind === 'static').map(({ target }) => target);
}

function eachOwnImport(
  files: readonly SourceFile[],
  judge: (from: string, to: string) => string | null,
): readonly Breach[] {
  return files.flatMap((file) =>
    ownTargets(file).flatMap((to) => {
      const message = judge(file.path, to);
      return message === null ? [] : [{ path: file.path, message }];
    }),
  );
}

function eachLine(
  files: readonly SourceFile[],
  pattern: RegExp,
  isAllowed: (path: string) => boolean,
  say: (found: string) => string,
): readonly Breach[] {
  return files
    .filter(({ path }) => !isAllowed(path))
    .flatMap(({ path, code }) =>
      code.split('\n').flatMap((line, index) => {
        const found = pattern.exec(line)?.[0];
        return found === undefined ? [] : [{ path: `${path}:${index + 1}`, message: say(found) }];
      }),
    );
}

function setOf(map: Map<string, Set<string>>, key: string): Set<string> {
  const known = map.get(key);
  if (known) return known;
  const made = new Set<string>();
  map.set(key, made);
  return made;
}

/** One loop for each node that closes one, walked depth first. */
function cycles(edges: ReadonlyMap<string, ReadonlySet<string>>): readonly (readonly string[])[] {
  const found: string[][] = [];
  const done = new Set<string>();
  const walk = (node: string, trail: readonly string[]) => {
    const seenAt = trail.indexOf(node);
    if (seenAt >= 0) {
      found.push([...trail.slice(seenAt), node]);
      return;
    }
    if (done.has(node)) return;
    for (const next of edges.get(node) ?? []) walk(next, [...trail, node]);
    done.add(node);
  };
  for (const node of edges.keys()) walk(node, []);
  return found;
}

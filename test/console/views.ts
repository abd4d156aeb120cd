import type { RestoreLine } from '../../src/console/restore-views.ts';
import type { ConsoleView, PointLine, SourceLine } from '../../src/console/views.ts';

const AT = Date.UTC(2026, 2, 4, 12);
const ISO = '2026-03-04T12:00:00Z';

/** Every page of the console with `name` wherever a text of somebody else's stands. */
export function allViews(name: string): readonly ConsoleView[] {
  const point: PointLine = {
    ...{ id: name, policy: name, schedules: [name], state: 'succeeded', slot: AT, takenAt: AT, storedBytes: 5_000 },
    ...{ costMicroUnits: 12_000, heldUntil: AT, isHeld: true, deleteAfter: AT },
  };
  const source: SourceLine = {
    ...{ key: name, name, kind: 'virtualMachine', resourceGroup: name, region: name, policies: [name, name], disks: 2 },
    ...{ sizeBytes: 5_000, lastPointAt: AT, isLeft: false },
  };
  const problem = { path: `$.target.${name}`, message: name, found: name, allowed: name };
  const restore: RestoreLine = {
    ...{ id: name, kind: 'swap', state: 'running', source: name, percent: 12, by: name, drill: null, createdAt: ISO },
    finishedAt: null,
  };
  const disk = { name, lun: 0, sizeBytes: 5_000 };
  const form = {
    kind: 'restore-form' as const,
    isMachine: true,
    hasManifest: true,
    disks: [disk, disk],
    once: name,
    problems: [problem],
    point: { id: name, sourceKey: name, sourceName: name, takenAt: AT },
    sent: { disks: [name], name: [name], subnet: [name], path: [name], [name]: [name] },
    suggested: {},
  };
  const coverage = {
    ...{ machines: { total: 2, covered: 1 }, disks: { total: 2, covered: 1 }, uncoveredTotal: 3 },
    uncovered: [{ kind: name, name, resourceGroup: name, region: name }],
  };
  const state = { key: name, name, policy: name, targetMs: 5, ageMs: 5, isOver: true, provenAt: null };
  const budget = {
    ...{ policy: name, group: name, currency: name, amountMicroUnits: 1, costMicroUnits: 2, fits: false, givenUp: 1 },
    at: AT,
  };
  return [
    {
      ...{ kind: 'overview', at: AT, watchedAt: AT, coverage, coverageError: null, sources: [state], sourcesTotal: 1 },
      conditions: [{ severity: 1, title: name, name, facts: name, openedAt: AT, todo: name }],
      ...{ over: 1, missed: 1, missedDays: 7, policies: 1, budgets: [budget], marked: 1, running: [restore] },
    },
    { kind: 'sources', at: AT, query: name, sources: [source], found: 1, total: 2 },
    {
      kind: 'source',
      at: AT,
      source,
      currency: name,
      points: [point],
      diskNames: [name, name],
      before: name,
      once: name,
    },
    {
      ...{ kind: 'point', at: AT, currency: name, point, source: { key: name, name }, trigger: name, skewMs: 5 },
      ...{ error: { code: name, message: name }, hold: { reason: name, by: name, until: AT }, hasManifest: true },
      mark: { because: name, deleteAfter: AT },
      snapshots: [{ id: name, disk: name, lun: 1, sizeBytes: 5, storedBytes: 5, measured: 'billed', state: name }],
      ...{ problems: [problem], sent: { reason: name, until: name } },
    },
    {
      ...{ kind: 'files', point: { id: name, sourceKey: name, sourceName: name }, takenAt: ISO, disk: name },
      ...{ path: `/p1/${name}`, notes: [name], next: name },
      entries: ['file', 'directory', 'symlink', 'disk', 'partition'].map((kind) => ({
        ...{ name, kind, sizeBytes: 5, modified: ISO, note: name },
      })),
    },
    {
      ...{ kind: 'history', source: { key: name, name }, disk: name, path: name, next: name },
      points: [{ point: name, takenAt: ISO, state: 'present', changed: true, sizeBytes: 5, modified: ISO, note: name }],
    },
    { ...form, restoreKind: 'disk', review: false },
    { ...form, restoreKind: 'vm', review: false },
    { ...form, restoreKind: 'swap', review: false },
    { ...form, restoreKind: 'swap', review: true },
    { ...form, restoreKind: 'files', review: false },
    { kind: 'restores', restores: [restore] },
    {
      ...{ kind: 'restore', restore, point: name, takenAt: ISO, sourceKey: name, step: name, expectedAt: ISO },
      ...{ expiresAt: ISO, isOpen: true, mayUndo: true, outcome: name },
      steps: [{ name, startedAt: ISO, finishedAt: ISO }],
      created: [{ type: name, id: name, removedAt: ISO }],
      error: { code: name, message: name, step: name, azureCode: name, reasons: [problem] },
      swap: { machine: name, safetyPoint: name, disks: [{ lun: 0, from: name, to: name }], terraform: [name] },
    },
    {
      ...{ kind: 'restore', restore: { ...restore, state: 'succeeded' }, point: name, takenAt: ISO, sourceKey: name },
      ...{ step: null, expectedAt: null, expiresAt: null, isOpen: false, mayUndo: true, outcome: null, steps: [] },
      ...{ created: [], error: null, swap: null },
    },
    {
      ...{ kind: 'recycle', at: AT, freesBytes: 5, next: name },
      points: [
        {
          ...{ id: name, source: name, sourceName: name, policy: name, takenAt: ISO, because: name, deleteAfter: ISO },
          freesBytes: 5,
        },
      ],
    },
    {
      kind: 'policies',
      policies: [
        {
          ...{ name, enabled: false, timeZone: name, schedules: [{ name, cron: name }], sources: 1 },
          ...{ awaitsConfirmation: true, updatedAt: AT, updatedBy: name },
        },
      ],
    },
    {
      ...{ kind: 'policy', at: AT, name, enabled: true, document: name, points: 2, deletes: 1, unmeasured: 0 },
      ...{ storedBytes: { before: 2, after: 1 }, monthlyCost: { before: 2, after: 1, currency: name }, next: name },
      budget: { fits: false, gapPercent: 0, change: name },
      sources: [{ source: name, name, points: 1, deletes: 1, storedBytes: null }],
      deleted: [{ id: name, source: name, because: name, freedBytes: 5 }],
    },
    {
      ...{ kind: 'drills', unproven: [{ key: name, name }], unprovenTotal: 2 },
      drills: [
        {
          drillId: name,
          ...{ sourceKey: name, sourceName: name, policy: name, at: AT, kind: name, pick: name, result: name },
          ...{ reason: name, pointId: name, takenAt: AT, lastPassedAt: AT, steps: [{ name, seconds: 5 }] },
          checks: [{ name, result: name, detail: name }],
        },
      ],
    },
    { kind: 'failure', title: name, detail: name, facts: [{ name, value: name }], problems: [problem] },
  ];
}

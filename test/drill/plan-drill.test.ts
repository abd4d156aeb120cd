import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { MIB } from '../../src/base/bytes.ts';
import { type Candidate, decideSources, pickByLot } from '../../src/drill/decide-pick.ts';
import { planRestoreBody } from '../../src/drill/plan-restore-body.ts';
import { planEnds, planPieces, planWindows } from '../../src/drill/plan-samples.ts';
import { parsePolicy } from '../../src/policy/parse-policy.ts';
import { policyDocument } from '../../src/policy/policy-document.ts';
import { decideDueDrill } from '../../src/protect/due-drill.ts';
import { drillId, drillKeys } from '../../src/schedule/drill-names.ts';
import { DRILL_SUBNET } from '../restore/restore-world.ts';
import { goldDocument } from '../support/memory-app.ts';

const machine = (key: string, drilledAt: number | null = null): Candidate => ({
  key,
  kind: 'virtualMachine',
  drilledAt,
});
const disk = (key: string, drilledAt: number | null = null): Candidate => ({ key, kind: 'disk', drilledAt });

describe('which source is drilled', () => {
  const choice = { seed: 'one', machinesOnly: false, busy: new Set<string>() };
  it.each<{ name: string; candidates: readonly Candidate[]; more?: Partial<typeof choice>; order: readonly string[] }>([
    { name: 'none of none', candidates: [], order: [] },
    {
      name: 'what was never drilled first, then what was drilled longest ago',
      candidates: [machine('a', 30), machine('b', 10), disk('c'), machine('d', 20)],
      order: ['c', 'b', 'd', 'a'],
    },
    {
      name: 'machines alone',
      candidates: [disk('a'), machine('b', 10)],
      more: { machinesOnly: true },
      order: ['b'],
    },
    {
      name: 'what another drill has comes last',
      candidates: [machine('a'), machine('b', 10)],
      more: { busy: new Set(['a']) },
      order: ['b', 'a'],
    },
  ])('$name', ({ candidates, more, order }) => {
    expect(decideSources(candidates, { ...choice, ...more })).toEqual(order);
  });

  test('the same seed casts the same lot, another one another', () => {
    const many = Array.from({ length: 50 }, (_, index) => machine(`s${index}`));
    expect(decideSources(many, choice)).toEqual(decideSources([...many].reverse(), choice));
    expect(decideSources(many, choice)).not.toEqual(decideSources(many, { ...choice, seed: 'two' }));
    const picked = Array.from({ length: 200 }, (_, index) => pickByLot(`seed ${index}`, ['a', 'b', 'c', 'd']));
    expect(new Set(picked).size).toBe(4);
    expect(pickByLot('one', [])).toBeNull();
  });
});

describe('which bytes are compared', () => {
  test('always: windows are the whole disk, once; pieces lie in what is allocated, are whole or small, and keep to the sample', () => {
    const size = fc.integer({ min: 1, max: 300 * MIB });
    fc.assert(
      fc.property(fc.string(), size, fc.integer({ min: 1, max: 64 }), (seed, sizeBytes, sampleMiB) => {
        const windows = [...planWindows(seed, sizeBytes)].sort((a, b) => a.offset - b.offset);
        let at = 0;
        for (const window of windows) {
          expect(window.offset).toBe(at);
          at += window.length;
        }
        expect(at).toBe(sizeBytes);
        for (const { offset, length } of planEnds(sizeBytes)) expect(offset + length).toBeLessThanOrEqual(sizeBytes);
        const sampleBytes = sampleMiB * MIB;
        const wanted = { sampleBytes, openBytes: sampleBytes };
        const pieces = planPieces(seed, windows, wanted);
        expect(new Set(pieces.map(({ offset }) => offset)).size).toBe(pieces.length);
        for (const { offset, length } of pieces) {
          expect(length).toBeLessThanOrEqual(MIB);
          expect(windows.some((w) => w.offset <= offset && offset + length <= w.offset + w.length)).toBe(true);
        }
        const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
        expect(bytes).toBeLessThan(sampleBytes / 4 + MIB);
        expect(planPieces(seed, [...windows].reverse(), wanted)).toEqual(pieces);
      }),
      { numRuns: 50 },
    );
  });
  test('nothing is taken of nothing', () => {
    expect(planPieces('a', [], { sampleBytes: MIB, openBytes: MIB })).toEqual([]);
    expect(planEnds(MIB / 2)).toEqual([{ offset: 0, length: MIB / 2 }]);
  });
});

describe('drills in a policy', () => {
  const parse = (drills: unknown, more: object = {}) => parsePolicy(goldDocument({ drills, ...more }));
  const cron = '0 5 * * 0';

  it.each<[string, object]>([
    ['a disk by default', { cron }],
    ['a disk', { cron, pick: 'latest', target: { resourceGroup: 'rg-drill', sku: 'Standard_LRS', zone: '1' } }],
    [
      'a machine',
      { cron, kind: 'vm', target: { subnet: DRILL_SUBNET, size: 'Standard_B2s' }, check: { boot: 'agent' } },
    ],
    [
      'files',
      { cron, kind: 'files', path: '/p1/etc', check: { files: ['/p1/etc/hostname', '/p1/etc'], sampleMiB: 4 } },
    ],
  ])('%s is read, and written as it was read', (_, drills) => {
    const parsed = parse(drills);
    expect(parsed.ok || parsed.problems).toBe(true);
    if (!parsed.ok) return;
    expect(parsed.value.drills).toEqual({ pick: 'random', kind: 'disk', ...drills });
    const again = parsePolicy(policyDocument(parsed.value));
    expect(again.ok && again.value).toEqual(parsed.value);
  });

  it.each<[string, unknown, readonly string[]]>([
    ['no cron', {}, ['$.drills.cron']],
    ['a cron that is none', { cron: 'daily' }, ['$.drills.cron']],
    ['a field that is not known', { cron, often: true }, ['$.drills.often']],
    ['a kind that is not known', { cron, kind: 'swap' }, ['$.drills.kind']],
    ['a machine without a subnet', { cron, kind: 'vm' }, ['$.drills.target.subnet']],
    ['files without a path', { cron, kind: 'files' }, ['$.drills.path']],
    ['a path without a partition', { cron, kind: 'files', path: '/etc' }, ['$.drills.path']],
    ['a path that climbs', { cron, kind: 'files', path: '/p1/../etc' }, ['$.drills.path']],
    ['a sample of nothing', { cron, check: { sampleMiB: 0 } }, ['$.drills.check.sampleMiB']],
    [
      'what means nothing for a disk',
      { cron, path: '/p1/etc', target: { subnet: DRILL_SUBNET }, check: { boot: 'runs' } },
      ['$.drills.path', '$.drills.target.subnet', '$.drills.check.boot'],
    ],
    [
      'what means nothing for a machine',
      { cron, kind: 'vm', target: { subnet: DRILL_SUBNET }, check: { sampleMiB: 1, files: ['/p1/a'] } },
      ['$.drills.check.sampleMiB', '$.drills.check.files'],
    ],
    [
      'a file outside of the restored folder',
      { cron, kind: 'files', path: '/p1/var', check: { files: ['/p1/var/a', '/p1/variant'] } },
      ['$.drills.check.files[1]'],
    ],
  ])('%s is refused', (_, drills, paths) => {
    const parsed = parse(drills);
    expect(parsed.ok ? [] : parsed.problems.map(({ path }) => path)).toEqual(paths);
  });

  test('machines of a policy that selects none are refused', () => {
    const { select } = goldDocument();
    const parsed = parse(
      { cron, kind: 'vm', target: { subnet: DRILL_SUBNET } },
      { select: { ...select, kinds: ['disk'] } },
    );
    expect(parsed.ok ? [] : parsed.problems.map(({ path }) => path)).toEqual(['$.drills.kind']);
  });

  test('what is restored is apart, goes by itself, and is only what was asked for', () => {
    const order = { pointId: 'p', disk: 'os' };
    const of = (settings: object) =>
      planRestoreBody({ ...order, settings: { pick: 'random', kind: 'disk', ...settings } });
    expect(of({ target: { sku: 'Standard_LRS', zone: undefined } })).toEqual({
      ...{ kind: 'disk', point: 'p', expiresAfter: 'P2D' },
      target: { disk: 'os', sku: 'Standard_LRS' },
    });
    expect(of({ kind: 'vm', target: { subnet: 's' } })).toMatchObject({ target: { subnet: 's', isolated: true } });
    expect(of({ kind: 'files', path: '/p1/a' })).toMatchObject({
      target: { disk: 'os', path: '/p1/a', container: 'restored-drills' },
    });
  });
});

describe('when a drill is due', () => {
  const policyOf = (drills?: object) => {
    const parsed = parsePolicy(goldDocument({ timeZone: 'Europe/Vienna', ...(drills ? { drills } : {}) }));
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    return parsed.value;
  };
  const policy = policyOf({ cron: '0 5 * * *' });
  const utc = (text: string) => Date.parse(text);

  test('in the zone of the policy, once, and never back-filled', () => {
    const first = decideDueDrill(policy, new Map(), utc('2026-03-01T06:00:00Z'));
    expect([first.id, first.nextDueAt]).toEqual([null, utc('2026-03-02T04:00:00Z')]);
    const due = decideDueDrill(policy, first.state, utc('2026-03-02T04:01:00Z'));
    expect(due.id && drillKeys(due.id)).toMatchObject({
      policy: 'gold',
      mark: 'schedule',
      at: utc('2026-03-02T04:00:00Z'),
    });
    expect(decideDueDrill(policy, due.state, utc('2026-03-02T04:02:00Z')).id).toBeNull();
  });

  test('after a long downtime there is one for all', () => {
    const state = decideDueDrill(policy, new Map(), utc('2026-03-01T06:00:00Z')).state;
    const late = decideDueDrill(policy, state, utc('2026-03-20T12:00:00Z'));
    expect(late.id && drillKeys(late.id)?.at).toBe(utc('2026-03-20T04:00:00Z'));
  });

  test('a policy without drills has none', () => {
    expect(decideDueDrill(policyOf(), new Map(), 0)).toEqual({ id: null, state: new Map(), nextDueAt: null });
  });

  test('ids say what they name', () => {
    const id = drillId({ policy: 'a.b-c_d', at: 1_772_000_000_000, mark: 'x-Y_1' });
    expect(drillKeys(id)).toMatchObject({ policy: 'a.b-c_d', at: 1_772_000_000_000, mark: 'x-Y_1' });
    for (const none of ['', 'x', '1.schedule.gold', `${id}/x`, '998228000000000..gold'])
      expect(drillKeys(none)).toBeNull();
  });
});

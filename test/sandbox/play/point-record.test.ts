import { describe, expect, test } from 'vitest';
import type { PointAnswer } from '../../../src/sandbox/play/app-answers.ts';
import { type ExpectedPolicy, PointRecord } from '../../../src/sandbox/play/point-record.ts';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-03-01T00:00:00Z');
const policy: ExpectedPolicy = {
  name: 'nightly',
  timeZone: 'UTC',
  crons: ['0 2 * * *'],
  retention: { keepDaily: 2 },
  disksBySource: { 'vm-1': 2 },
};
const NOTHING_WRONG = { missed: [], unexpected: [], keptButGone: [] };

function taken(day: number, more: Partial<PointAnswer> = {}): PointAnswer {
  const slot = new Date(START + day * DAY_MS + 2 * 3_600_000).toISOString();
  const snapshot = (disk: string) => ({ id: `${day}-${disk}`, disk, diskId: disk, state: 'succeeded', storedBytes: 1 });
  return {
    id: `p${day}`,
    source: 'key',
    sourceName: 'vm-1',
    policy: 'nightly',
    slot,
    state: 'succeeded',
    takenAt: slot,
    storedBytes: 2,
    held: null,
    marked: null,
    snapshots: [snapshot('a'), snapshot('b')],
    ...more,
  };
}

const all = () => true;
function judge(...looks: readonly (readonly PointAnswer[])[]) {
  const record = new PointRecord();
  for (const points of looks) record.look(points, all);
  return record.judge([policy], START, START + 4 * DAY_MS);
}

describe('what the days have come to', () => {
  test('every slot taken, pruned to what the rules keep', () => {
    const result = judge([taken(0), taken(1)], [taken(1), taken(2)], [taken(2), taken(3)]);
    expect(result).toMatchObject({
      ...NOTHING_WRONG,
      slotsExpected: 4,
      pointsTaken: 4,
      snapshotsTaken: 8,
      pointsPruned: 2,
      snapshotsPruned: 4,
    });
  });

  test.each([
    ['a slot without a point', [taken(0), taken(1), taken(3)], { missed: ['nightly vm-1 2026-03-03T02:00:00.000Z'] }],
    [
      'a point that failed',
      [taken(0), taken(1), taken(2, { state: 'failed' }), taken(3)],
      { missed: ['nightly vm-1 2026-03-03T02:00:00.000Z'] },
    ],
    [
      'a point with a disk too few',
      [taken(0), taken(1), taken(2, { snapshots: taken(2).snapshots.slice(1) }), taken(3)],
      { missed: ['nightly vm-1 2026-03-03T02:00:00.000Z'] },
    ],
    [
      'two points at one slot',
      [taken(0), taken(1), taken(2), taken(3), taken(3, { id: 'again' })],
      { unexpected: ['nightly vm-1 2026-03-04T02:00:00.000Z'] },
    ],
    [
      'a point at no slot',
      [taken(0), taken(1), taken(2), taken(3), taken(0, { id: 'x', slot: '2026-03-01T07:00:00Z' })],
      { unexpected: ['nightly vm-1 2026-03-01T07:00:00.000Z'] },
    ],
    [
      'a source that nobody asked for',
      [taken(0), taken(1), taken(2), taken(3), taken(0, { sourceName: 'vm-2' })],
      { unexpected: ['nightly vm-2'] },
    ],
  ] as const)('%s is seen', (_name, points, expected) => {
    expect(judge(points)).toMatchObject({ ...NOTHING_WRONG, ...expected });
  });

  test('a point that a rule keeps and that is gone is seen', () => {
    const result = judge([taken(0), taken(1)], [taken(1), taken(2), taken(3)], [taken(2)]);
    expect(result.keptButGone).toEqual(['nightly vm-1 2026-03-04T02:00:00.000Z']);
  });

  test('a row whose snapshot Azure does not have is no point', () => {
    const record = new PointRecord();
    const points = [taken(0), taken(1), taken(2), taken(3)];
    record.look(points, (id) => id !== '3-b');
    expect(record.judge([policy], START, START + 4 * DAY_MS).keptButGone).toEqual([
      'nightly vm-1 2026-03-04T02:00:00.000Z',
    ]);
  });
});

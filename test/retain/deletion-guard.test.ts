import { describe, expect, it } from 'vitest';
import { holdTag } from '../../src/protect/hold-tag.ts';
import { isHeldByTag, retentionPoint, viewOf } from '../../src/retain/deletion-guard.ts';
import { azureSnapshot, pointSnapshot, startedPoint, T0 } from '../protect/points.ts';

describe('the hold tag', () => {
  it.each([
    { name: 'no tag', value: undefined, held: false },
    { name: 'for ever', value: holdTag({ reason: 'audit', until: null }), held: true },
    { name: 'until later', value: holdTag({ reason: 'audit', until: T0 + 1 }), held: true },
    { name: 'expired', value: holdTag({ reason: 'audit', until: T0 }), held: false },
    { name: 'unreadable counts as a hold', value: 'whatever', held: true },
    { name: 'empty counts as a hold', value: '', held: true },
  ])('$name', ({ value, held }) => {
    expect(isHeldByTag(value, T0 - (T0 % 1_000))).toBe(held);
  });

  it('fits into a tag', () => {
    expect(holdTag({ reason: 'x'.repeat(400), until: null })).toHaveLength(256);
  });
});

describe('retentionPoint', () => {
  const point = startedPoint({
    state: 'succeeded',
    takenAt: T0 + 4_000,
    snapshots: [pointSnapshot('web-os'), pointSnapshot('web-data')],
  });
  const [os, data] = point.snapshots as [ReturnType<typeof pointSnapshot>, ReturnType<typeof pointSnapshot>];
  const view = (tags: Record<string, string>, immutable: boolean, locked: boolean) =>
    viewOf(
      [azureSnapshot(os), azureSnapshot(data, { tags, immutable })],
      locked ? [data.snapshotId.toLowerCase()] : [],
    );

  it.each([
    {
      name: 'a hold tag on one disk holds the point',
      given: view({ 'holdfast-hold': 'forever audit' }, false, false),
      held: true,
      immutable: false,
    },
    { name: 'an immutability policy on one disk', given: view({}, true, false), held: false, immutable: true },
    { name: 'a management lock', given: view({}, false, true), held: false, immutable: true },
    { name: 'nothing', given: view({}, false, false), held: false, immutable: false },
  ])('$name', ({ given, held, immutable }) => {
    expect(retentionPoint(point, given, T0 + 10_000)).toEqual({
      id: point.id,
      takenAt: T0 + 4_000,
      state: 'succeeded',
      held,
      immutable,
    });
  });

  it('holds by the row as long as the hold lasts', () => {
    const held = { ...point, hold: { reason: 'audit', until: T0 + 20_000, by: 'a', at: T0 } };
    expect(retentionPoint(held, view({}, false, false), T0 + 19_999).held).toBe(true);
    expect(retentionPoint(held, view({}, false, false), T0 + 20_000).held).toBe(false);
  });
});

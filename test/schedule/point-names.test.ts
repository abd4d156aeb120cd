import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashId } from '../../src/base/ids.ts';
import { parseDuration } from '../../src/base/time.ts';
import { invertedSlot, jitterMs, pointId, pointKeys, policyKey, snapshotName } from '../../src/schedule/point-names.ts';

const slot = Date.parse('2026-03-01T02:00:00Z');
const sourceKey = hashId('source', 'disk', 'a');

describe('snapshotName', () => {
  test('is readable', () => {
    const name = snapshotName({ policy: 'gold', diskName: 'vm1_OsDisk_1', diskUniqueId: 'u', slot });
    expect(name).toMatch(/^hf-vm1_OsDisk_1-20260301T0200Z-[0-9a-f]{16}$/);
  });
  test('is a name that Azure takes, whatever the disk is called', () => {
    const any = fc.record({
      policy: fc.string(),
      diskName: fc.string({ maxLength: 300, unit: 'grapheme' }),
      diskUniqueId: fc.string(),
      slot: fc.integer({ min: 0, max: Date.UTC(2200, 0, 1) }),
    });
    fc.assert(
      fc.property(any, (snapshot) => {
        const name = snapshotName(snapshot);
        expect(name.length).toBeLessThanOrEqual(80);
        expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9_.-]*[A-Za-z0-9]$/);
        expect(snapshotName({ ...snapshot })).toBe(name);
      }),
    );
  });
  test.each([
    ['policy', { policy: 'silver' }],
    ['slot, by a second', { slot: slot + 1000 }],
    ['disk of the same name', { diskUniqueId: 'v' }],
    ['policy in capitals', { policy: 'GOLD' }],
  ])('another %s gives another name, also without regard to case', (_, change) => {
    const snapshot = { policy: 'gold', diskName: 'd', diskUniqueId: 'u', slot };
    expect(snapshotName({ ...snapshot, ...change }).toLowerCase()).not.toBe(snapshotName(snapshot).toLowerCase());
  });
  test("the case of Azure's identity says nothing", () => {
    const snapshot = { policy: 'gold', diskName: 'd', slot };
    expect(snapshotName({ ...snapshot, diskUniqueId: 'AB' })).toBe(snapshotName({ ...snapshot, diskUniqueId: 'ab' }));
  });
});

describe('pointId', () => {
  test('says its keys and slot, and sorts newest first', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 999_999_999_999_999 }),
        fc.integer({ min: 0, max: 999_999_999_999_999 }),
        (a, b) => {
          const ids = [a, b].map((one) => pointId({ sourceKey, policy: 'gold', slot: one }));
          const keys = ids.map((id) => pointKeys(id));
          expect(keys[0]).toEqual({
            partitionKey: sourceKey,
            rowKey: `${invertedSlot(a)}.${policyKey('gold')}.${sourceKey.slice(-6)}`,
            slot: a,
          });
          if (a > b) expect((keys[0]?.rowKey ?? '') < (keys[1]?.rowKey ?? '')).toBe(true);
        },
      ),
    );
  });
  const good = pointId({ sourceKey, policy: 'gold', slot });
  test.each([
    ['nothing', ''],
    ['a part', sourceKey],
    ['a short slot', good.replace(/\.\d/, '.')],
    ['something behind', `${good}x`],
    ['a line end behind', `${good}\n`],
    ['a path', `../${good}`],
    ['a quote', good.replace('.', "'")],
    ['a slash', good.replace('.', '/')],
  ])('%s is no id', (_, id) => expect(pointKeys(id)).toBeNull());
  test.each([-1, 1.5, Number.NaN, 1e15])('%d is no slot', (bad) =>
    expect(() => invertedSlot(bad)).toThrow('a slot is'),
  );
});

describe('jitterMs', () => {
  const tenMinutes = parseDuration('PT10M');
  test('none without jitter', () => expect(jitterMs('a', null)).toBe(0));
  test('stays below the jitter, is the same each time, and spreads', () => {
    const spread = Array.from({ length: 1000 }, (_, index) => jitterMs(`s${index}`, tenMinutes));
    expect(Math.min(...spread)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...spread)).toBeLessThan(600_000);
    expect(jitterMs('s7', tenMinutes)).toBe(spread[7]);
    const perMinute = Array.from(
      { length: 10 },
      (_, minute) => spread.filter((ms) => Math.floor(ms / 60_000) === minute).length,
    );
    expect(Math.min(...perMinute)).toBeGreaterThan(60);
    expect(Math.max(...perMinute)).toBeLessThan(140);
  });
});

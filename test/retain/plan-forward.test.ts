import { describe, expect, it } from 'vitest';
import { GIB } from '../../src/base/bytes.ts';
import { DAY_MS, HOUR_MS } from '../../src/base/time.ts';
import { parsePolicy } from '../../src/policy/parse-policy.ts';
import { measureDisk, modelBytes } from '../../src/retain/byte-model.ts';
import { MAX_PLAYED_SLOTS, planForward } from '../../src/retain/plan-forward.ts';

const FROM = Date.UTC(2026, 2, 1);

function policyOf(changes: Readonly<Record<string, unknown>>) {
  const parsed = parsePolicy({
    name: 'played',
    select: { scopes: [] },
    schedules: [{ name: 'nightly', cron: '30 2 * * *' }],
    retention: { keepDaily: 3, graceHours: 24 },
    ...changes,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

const NOTHING = { model: null, budgetMicroUnits: null };

describe('a policy played forward', () => {
  it('takes, marks and deletes as the sweep does: three days kept, one more in its grace', () => {
    const played = planForward(policyOf({}), { from: FROM, days: 10, ...NOTHING });
    expect(played?.points.map(({ takenAt }) => takenAt)).toEqual(
      Array.from({ length: 10 }, (_, day) => FROM + day * DAY_MS + 2.5 * HOUR_MS),
    );
    // Taken on the first at 02:30, no longer kept from the fourth at 02:30 on, marked by the sweep of 07:45, gone a day later.
    expect(played?.points[0]).toEqual({
      takenAt: FROM + 2.5 * HOUR_MS,
      goneAt: FROM + 4 * DAY_MS + 7.75 * HOUR_MS,
      because: 'unkept',
    });
    expect(played?.days.map(({ points, marked }) => [points, marked])).toEqual([
      [1, 0],
      [2, 0],
      [3, 0],
      ...Array.from({ length: 7 }, () => [4, 1]),
    ]);
    expect(played?.points.at(-1)).toMatchObject({ goneAt: null, because: null });
  });

  it('shares moments between schedules and follows the zone through a change of the clocks', () => {
    const schedules = [
      { name: 'nightly', cron: '30 2 * * *' },
      { name: 'half-past', cron: '30 */2 * * *' },
    ];
    const policy = policyOf({ timeZone: 'Europe/Vienna', schedules, retention: { keepLast: 100 } });
    const played = planForward(policy, { from: Date.UTC(2026, 2, 28, 23), days: 1, ...NOTHING });
    const moments = played?.points.map(({ takenAt }) => new Date(takenAt).toISOString().slice(11, 16));
    // The night of the spring gap: 02:30 does not exist, the nightly runs at 03:00 local time.
    expect(moments?.slice(0, 3)).toEqual(['23:30', '01:00', '02:30']);
    expect(new Set(moments).size).toBe(moments?.length);
  });

  it('counts what a failed wish for too many slots would be, and plays none of it', () => {
    const policy = policyOf({ schedules: [{ name: 'often', cron: '*/5 * * * *' }] });
    expect(planForward(policy, { from: FROM, days: 400, ...NOTHING })).toBeNull();
    expect(MAX_PLAYED_SLOTS).toBeLessThan(400 * 288);
  });

  it('never has due, nothing to show', () => {
    const played = planForward(policyOf({ schedules: [] }), { from: FROM, days: 3, ...NOTHING });
    expect(played?.points).toEqual([]);
    expect(played?.days.map(({ points }) => points)).toEqual([0, 0, 0]);
  });
});

/** A disk of 100 GiB that writes 50 MiB an hour. */
const disk = { usedBytes: 100 * GIB, bytesPerMs: (50 * 2 ** 20) / HOUR_MS, microUnitsPerGiBMonth: 50_000 };

describe('the model of bytes', () => {
  const model = modelBytes([disk], 1);

  it('adds what changed, what is written again once, and never more than the disk holds', () => {
    expect(model.first).toEqual({ bytes: 100 * GIB, cost: 100 * GIB * 50_000 });
    expect(model.after(HOUR_MS).bytes / 2 ** 20).toBeCloseTo(50, 0);
    expect(model.after(2 * HOUR_MS).bytes).toBeLessThan(2 * model.after(HOUR_MS).bytes);
    expect(model.after(20 * 365 * DAY_MS).bytes).toBeLessThanOrEqual(100 * GIB);
  });

  it('stands for all disks where it is a sample, and has no money without a price', () => {
    const scaled = modelBytes([disk, { ...disk, microUnitsPerGiBMonth: null }], 3);
    expect(scaled.first).toEqual({ bytes: 600 * GIB, cost: null });
  });

  it('is measured from the nodes of a chain', () => {
    expect(
      measureDisk([
        { createdAt: 0, baseAt: null, writtenBytes: 7 * GIB },
        { createdAt: HOUR_MS, baseAt: 0, writtenBytes: 300 },
        { createdAt: 4 * HOUR_MS, baseAt: HOUR_MS, writtenBytes: 900 },
      ]),
    ).toEqual({ usedBytes: 7 * GIB, bytesPerMs: 300 / HOUR_MS });
    expect(measureDisk([])).toBeNull();
    expect(measureDisk([{ createdAt: 0, baseAt: null, writtenBytes: 1 }])).toEqual({ usedBytes: 1, bytesPerMs: null });
  });
});

describe('a year under one tight budget', () => {
  // 100 GiB cost 5 a month; a year of changes is some 430 GiB written, so keeping everything would cost several times that.
  const model = modelBytes([{ ...disk, bytesPerMs: disk.bytesPerMs / 10 }], 1);
  const amount = 7_000_000;
  const policy = policyOf({
    retention: { keepDaily: 'all', graceHours: 24, minimum: 2 },
    budget: { amountPerMonth: 7, currency: 'EUR' },
    schedules: [{ name: 'daily', cron: '30 2 * * *' }],
  });
  const played = planForward(policy, { from: FROM, days: 365, model, budgetMicroUnits: amount });
  const ages = (played?.points ?? [])
    .filter(({ goneAt }) => goneAt === null)
    .map(({ takenAt }) => (FROM + 365 * DAY_MS - takenAt) / DAY_MS);

  it('does not eat its own tail: a ladder of ages stays, sparser the further back', () => {
    expect(Math.max(...ages)).toBeGreaterThan(180);
    expect(Math.min(...ages)).toBeLessThan(1);
    for (const [from, to] of [
      [0, 7],
      [7, 30],
      [30, 90],
      [90, 365],
    ] as const)
      expect(ages.filter((age) => age >= from && age < to).length).toBeGreaterThan(0);
  });

  it('stays within the money but for what is in its grace', () => {
    expect(played?.fits).toBe(true);
    for (const { microUnitsPerMonth } of played?.days ?? []) expect(microUnitsPerMonth).toBeLessThan(amount * 1.02);
    expect(played?.points.some(({ because }) => because === 'budget')).toBe(true);
  });
});

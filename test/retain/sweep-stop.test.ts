import { describe, expect, it } from 'vitest';
import { decideStop, SweepApprovals } from '../../src/retain/sweep-stop.ts';
import { createMemoryStore } from '../memory/memory-store.ts';

describe('decideStop', () => {
  const rows = [
    {
      name: 'a steady state that deletes a quarter a day runs on',
      counts: { points: 400, takenSince: 100, deletes: 100 },
      verdict: 'go',
    },
    {
      name: 'more than the percentage, and far more than was taken',
      counts: { points: 100, takenSince: 5, deletes: 50 },
      verdict: 'stop',
    },
    { name: 'exactly the percentage', counts: { points: 100, takenSince: 0, deletes: 20 }, verdict: 'go' },
    { name: 'one over the percentage', counts: { points: 100, takenSince: 0, deletes: 21 }, verdict: 'stop' },
    { name: 'exactly twice what was taken', counts: { points: 100, takenSince: 20, deletes: 40 }, verdict: 'go' },
    { name: 'ten points are never too many', counts: { points: 10, takenSince: 0, deletes: 10 }, verdict: 'go' },
    { name: 'eleven of eleven', counts: { points: 11, takenSince: 0, deletes: 11 }, verdict: 'stop' },
  ] as const;
  it.each(rows)('$name: $verdict', ({ counts, verdict }) => {
    expect(decideStop(counts, 20)).toBe(verdict);
  });
});

describe('SweepApprovals', () => {
  it('covers the number that was shown, once', async () => {
    const approvals = new SweepApprovals(createMemoryStore());
    await approvals.ask('gold', { points: 100, takenSince: 5, deletes: 50 }, 1);
    expect(await approvals.use('gold', 50)).toBe(false);
    expect(await approvals.approve('gold', 49, 'someone')).toBe('changed');
    expect(await approvals.approve('silver', 50, 'someone')).toBe('nothing');
    expect(await approvals.approve('gold', 50, 'someone')).toBe('done');
    expect(await approvals.use('gold', 51)).toBe(false);
    expect(await approvals.use('gold', 50)).toBe(true);
    expect(await approvals.use('gold', 50)).toBe(false);
  });
});

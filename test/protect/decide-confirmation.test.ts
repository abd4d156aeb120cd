import { describe, expect, it } from 'vitest';
import { decideConfirmation, MISSING_AFTER_MS, STUCK_AFTER_MS } from '../../src/protect/decide-confirmation.ts';
import { azureSnapshot, byId, pointSnapshot, startedPoint, T0 } from './points.ts';

const os = pointSnapshot('web-os');
const data = pointSnapshot('web-data');
const two = startedPoint({ snapshots: [os, data] });
const SOON = T0 + 60_000;

describe('decideConfirmation', () => {
  const rows = [
    {
      name: 'one of two is not done yet',
      listed: [azureSnapshot(os), azureSnapshot(data, { state: 'pending' })],
      now: SOON,
      kind: 'waiting',
    },
    { name: 'a list lags: the other is not there yet', listed: [azureSnapshot(os)], now: SOON, kind: 'waiting' },
    {
      name: 'not there for long: it is started again',
      listed: [azureSnapshot(os)],
      now: T0 + MISSING_AFTER_MS,
      kind: 'startAgain',
    },
    {
      name: 'not done for ever: it has failed',
      listed: [azureSnapshot(os), azureSnapshot(data, { state: 'pending' })],
      now: T0 + STUCK_AFTER_MS,
      kind: 'failed',
    },
    {
      name: 'one has failed',
      listed: [azureSnapshot(os), azureSnapshot(data, { state: 'failed' })],
      now: SOON,
      kind: 'failed',
    },
    { name: 'both are done', listed: [azureSnapshot(os), azureSnapshot(data)], now: SOON, kind: 'succeeded' },
  ] as const;
  it.each(rows)('$name', ({ listed, now, kind }) => {
    expect(decideConfirmation(two, byId(listed), now).kind).toBe(kind);
  });

  it('counts the point from its first disk and measures the skew', () => {
    const decision = decideConfirmation(
      two,
      byId([azureSnapshot(os, { createdAt: T0 + 1_000 }), azureSnapshot(data, { createdAt: T0 + 3_500 })]),
      SOON,
    );
    expect(decision).toMatchObject({
      kind: 'succeeded',
      point: { state: 'succeeded', takenAt: T0 + 1_000, skewMs: 2_500 },
    });
  });

  it('compares ids without regard to case', () => {
    const listed = [azureSnapshot(os, { id: os.snapshotId.toUpperCase() }), azureSnapshot(data)];
    expect(decideConfirmation(two, byId(listed), SOON).kind).toBe('succeeded');
  });

  it('gives up starting again after five attempts', () => {
    expect(decideConfirmation({ ...two, attempts: 5 }, byId([]), T0 + MISSING_AFTER_MS)).toMatchObject({
      kind: 'failed',
      point: { error: { code: 'not-there' } },
    });
  });

  it('leaves a point alone that has succeeded or is being deleted', () => {
    for (const state of ['succeeded', 'deleting', 'planned'] as const)
      expect(decideConfirmation({ ...two, state }, byId([]), SOON).kind).toBe('closed');
  });

  it('notes which snapshots of a failed point exist, and keeps its error', () => {
    const failed = { ...two, state: 'failed' as const, error: { code: 'not-found', message: 'gone' } };
    const decision = decideConfirmation(failed, byId([azureSnapshot(os)]), SOON);
    expect(decision).toMatchObject({
      kind: 'failed',
      point: { error: { code: 'not-found' }, snapshots: [{ state: 'succeeded' }, { state: 'started' }] },
    });
  });
});

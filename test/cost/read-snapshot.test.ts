import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/base/time.ts';
import { closeAfterReading, openToRead, READ_AT_ONCE_MAX } from '../../src/cost/read-snapshot.ts';
import { underLease } from '../../src/work/lease.ts';
import { createChain, KEY } from './metered-chain.ts';

const whole = { offset: 0, length: 1_048_576 };

async function opened(networks: Parameters<typeof createChain>[0]) {
  const chain = await createChain(networks);
  const of = (at: number) => ({ chainKey: KEY, snapshotId: chain.ids[at] ?? '' });
  return { ...chain, of, before: await chain.networks() };
}

describe('reading snapshots', () => {
  it('opens what is closed, and puts it back', async () => {
    const { deps, of, azure, networks, before } = await opened(['deny', 'allow']);
    for (const at of [0, 1]) {
      const url = await openToRead(deps, of(at), 'files-1', 600);
      expect((await azure.ranges.allocated(url, whole)).written).not.toEqual([]);
      await closeAfterReading(deps, of(at), 'files-1');
      await closeAfterReading(deps, of(at), 'files-1');
    }
    expect(azure.openSnapshots()).toEqual([]);
    expect(await networks()).toEqual(before);
    expect(await deps.agenda.due(Number.MAX_SAFE_INTEGER - 1, 10)).toEqual([]);
  });

  it('goes on while the chain is measured, and measuring goes on while it is read', async () => {
    const { deps, of, azure, books, bill, settle, networks, before } = await opened(['deny', 'deny', 'deny', 'deny']);
    const urls = await Promise.all([0, 1, 2].map((at) => openToRead(deps, of(at), 'files-1', 3_600)));
    await settle();
    expect(await books()).toEqual(bill());
    for (const url of urls) expect((await azure.ranges.allocated(url, whole)).written).not.toEqual([]);
    for (const at of [0, 1, 2]) await closeAfterReading(deps, of(at), 'files-1');
    expect(azure.openSnapshots()).toEqual([]);
    expect(await networks()).toEqual(before);
  });

  it('that begins while the chain is measured is left alone too', async () => {
    const { deps, of, azure, settle } = await opened(['deny', 'deny']);
    let url = '';
    azure.hooks = {
      before: async ({ operation }) => {
        if (operation !== 'readRanges' || url !== '') return;
        url = 'opening';
        url = await openToRead(deps, of(0), 'files-1', 3_600);
      },
    };
    await settle();
    expect((await azure.ranges.allocated(url, whole)).written).not.toEqual([]);
    await closeAfterReading(deps, of(0), 'files-1');
    expect(azure.openSnapshots()).toEqual([]);
  });

  it('leaves two of the five accesses to metering', async () => {
    const { deps, of } = await opened(['deny', 'deny', 'deny', 'deny']);
    for (let at = 0; at < READ_AT_ONCE_MAX; at += 1) await openToRead(deps, of(at), 'files-1', 600);
    await expect(openToRead(deps, of(3), 'restore-2', 600)).rejects.toMatchObject({ code: 'azure-locked' });
    await openToRead(deps, of(2), 'restore-2', 600);
    await closeAfterReading(deps, of(0), 'files-1');
    await openToRead(deps, of(3), 'restore-2', 600);
  });

  it('is shared: the last one closes', async () => {
    const { deps, of, azure } = await opened(['deny']);
    const url = await openToRead(deps, of(0), 'files-1', 600);
    await openToRead(deps, of(0), 'files-2', 600);
    await closeAfterReading(deps, of(0), 'files-1');
    expect((await azure.ranges.allocated(url, whole)).written).not.toEqual([]);
    await closeAfterReading(deps, of(0), 'files-2');
    expect(azure.openSnapshots()).toEqual([]);
  });

  it('that was never ended is ended by the turn on the agenda', async () => {
    const { deps, of, azure, settle, networks, before, pass } = await opened(['deny']);
    await openToRead(deps, of(0), 'files-1', 600);
    const [item] = await deps.agenda.due(Number.MAX_SAFE_INTEGER - 1, 10);
    expect(item).toMatchObject({ kind: 'meter', id: KEY, dueAt: deps.clock.now() + 11 * MINUTE_MS });
    pass(11 * MINUTE_MS);
    expect(await networks()).not.toEqual(before);
    await settle();
    expect(await networks()).toEqual(before);
    expect(azure.openSnapshots()).toEqual([]);
  });

  it('that could not begin stands in nobody else’s way', async () => {
    const { deps, of, azure, settle, networks, before } = await opened(['deny', 'deny', 'deny', 'deny']);
    azure.hooks = {
      after: ({ operation }) => {
        if (operation === 'open') throw new AppError('azure-unavailable', 'the answer was lost');
      },
    };
    for (const at of [0, 1, 2]) {
      await expect(openToRead(deps, of(at), 'files-1', 600)).rejects.toMatchObject({ code: 'azure-unavailable' });
    }
    azure.hooks = {};
    await openToRead(deps, of(3), 'files-1', 600);
    await closeAfterReading(deps, of(3), 'files-1');
    await settle();
    expect(await networks()).toEqual(before);
    expect(azure.openSnapshots()).toEqual([]);
  });

  it('that ends while the chain is busy is ended later', async () => {
    const { deps, of, azure, settle } = await opened(['deny']);
    await openToRead(deps, of(0), 'files-1', 3_600);
    await underLease(deps, KEY, () => closeAfterReading(deps, of(0), 'files-1'));
    expect(azure.openSnapshots()).toHaveLength(1);
    const due = await deps.agenda.due(deps.clock.now() + 2 * MINUTE_MS, 10);
    expect(due.map(({ kind, id }) => [kind, id])).toEqual([['meter', KEY]]);
    await settle();
    expect(azure.openSnapshots()).toEqual([]);
  });

  it('is refused where no chain knows the snapshot', async () => {
    const { deps } = await opened(['deny']);
    await expect(
      openToRead(deps, { chainKey: KEY, snapshotId: '/x' }, 'files-1', HOUR_MS / 1_000),
    ).rejects.toMatchObject({ code: 'not-found' });
  });
});

import { describe, expect, it } from 'vitest';
import type { Log } from '../../src/base/log.ts';
import { underLease } from '../../src/work/lease.ts';
import { readMessage } from '../../src/work/messages.ts';
import { resumeWork } from '../../src/work/resume-work.ts';
import { Agenda, standingKeys, WORK_TABLE, type WorkItem } from '../../src/work/work.ts';
import { createMemoryStore } from '../memory/memory-store.ts';

const quiet: Log = { info: () => {}, warn: () => {}, error: () => {} };
const at = (now: number) => ({ now: () => now, wait: async () => {} });

describe('Agenda', () => {
  it('gives what is due, longest overdue first, and nothing that is not', async () => {
    const agenda = new Agenda(createMemoryStore());
    await agenda.change([
      { kind: 'take', id: 'b', dueAt: 200 },
      { kind: 'meter', id: 'a', dueAt: 100 },
      { kind: 'delete', id: 'c', dueAt: 201 },
    ]);
    expect(await agenda.due(200, 10)).toEqual([
      { kind: 'meter', id: 'a', dueAt: 100 },
      { kind: 'take', id: 'b', dueAt: 200 },
    ]);
    expect(await agenda.due(200, 1)).toHaveLength(1);
    await agenda.change([], [{ kind: 'meter', id: 'a', dueAt: 100 }]);
    expect(await agenda.due(200, 10)).toEqual([{ kind: 'take', id: 'b', dueAt: 200 }]);
  });

  it('brings the standing rows along with every look, and nowhere else', async () => {
    const store = createMemoryStore();
    const agenda = new Agenda(store);
    await agenda.change([{ kind: 'take', id: 'b', dueAt: 0 }]);
    await store.table(WORK_TABLE).put(standingKeys('schedule|gold'), { nextDueAt: 1 });
    const look = await agenda.look(5, 10);
    expect(look.standing.map(({ rowKey }) => rowKey)).toEqual(['!schedule|gold']);
    expect(look.due).toEqual([{ kind: 'take', id: 'b', dueAt: 0 }]);
    expect(await agenda.all(10)).toEqual(look.due);
    expect((await agenda.page('take', null, 10)).items).toEqual(look.due);
  });
});

it('loses nothing when it dies between two groups of a change', async () => {
  const store = createMemoryStore();
  const agenda = new Agenda(store);
  const items = (from: number): WorkItem[] =>
    Array.from({ length: 250 }, (_, id) => ({ kind: 'take', id: `${id}`, dueAt: from }));
  for (let survives = 0; survives < 5; survives += 1) {
    await agenda.change(items(1_000));
    let groups = 0;
    store.hooks = {
      before: ({ operation }) => {
        if (operation === 'write') groups += 1;
        if (groups > survives) throw new Error('crash');
      },
    };
    await agenda.change(items(2_000), items(1_000)).catch(() => {});
    store.hooks = {};
    expect(new Set((await agenda.all(1_000)).map(({ id }) => id)).size).toBe(250);
  }
});

describe('resumeWork', () => {
  it('sends what is overdue and moves it on', async () => {
    const store = createMemoryStore();
    const agenda = new Agenda(store);
    await agenda.change([{ kind: 'take', id: 'point', dueAt: 1_000 }]);
    const resume = async (now: number): Promise<number> => {
      const due = await agenda.due(now, 10);
      await resumeWork({ store, agenda, clock: at(now), log: quiet }, due);
      return due.length;
    };
    expect(await resume(999)).toBe(0);
    expect(await resume(1_000)).toBe(1);
    expect(store.take('snapshots')).toEqual([{ v: 1, kind: 'take', id: 'point', dueAt: 601_000 }]);
    expect(await resume(1_001)).toBe(0);
    expect(await resume(601_000)).toBe(1);
  });
});

describe('underLease', () => {
  it('lets one in at a time, and the next one after a crash', async () => {
    const store = createMemoryStore();
    let inside = 0;
    const run = (now: number) =>
      underLease({ store, clock: at(now) }, 'chain', async () => {
        inside += 1;
      });
    const nested = await underLease({ store, clock: at(0) }, 'chain', () => run(1));
    expect(nested).toEqual({ kind: 'done', value: { kind: 'busy' } });
    expect((await run(2)).kind).toBe('done');
    // A holder that died: its row stays.
    await store.table('leases').put({ partitionKey: 'lease', rowKey: 'chain' }, { until: 600_000 });
    expect((await run(599_999)).kind).toBe('busy');
    expect((await run(600_000)).kind).toBe('done');
    expect(inside).toBe(2);
  });

  it('gives the lease back when the work fails', async () => {
    const store = createMemoryStore();
    const failing = underLease({ store, clock: at(0) }, 'chain', async () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect((await underLease({ store, clock: at(0) }, 'chain', async () => 1)).kind).toBe('done');
  });
});

describe('readMessage', () => {
  it.each([
    { name: 'another version', body: { v: 2, kind: 'take', id: 'a', dueAt: 0 } },
    { name: 'an unknown kind', body: { v: 1, kind: 'erase', id: 'a', dueAt: 0 } },
    { name: 'no id', body: { v: 1, kind: 'take', id: '', dueAt: 0 } },
    { name: 'more than ids', body: { v: 1, kind: 'take', id: 'a', dueAt: 0, force: true } },
    { name: 'a text', body: 'take a' },
  ])('refuses $name', ({ body }) => {
    expect(() => readMessage(body)).toThrow('no known form');
  });
});

import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../src/base/time.ts';
import { runTick } from '../../src/functions/run-tick.ts';
import { savePolicy } from '../../src/protect/save-policy.ts';
import { addShop, createMemoryApp, goldDocument, START } from '../support/memory-app.ts';

/** An hour after `gold` was saved: a slot is due, and so is an item of the agenda that nobody has worked off. */
async function dueWorld() {
  const memory = createMemoryApp();
  addShop(memory);
  await savePolicy(memory.app, { name: 'gold', body: goldDocument(), by: 'admin', force: false });
  await runTick(memory.app);
  memory.store.take('prunes');
  await memory.app.agenda.change([{ kind: 'delete', id: 'forgotten', dueAt: START + 1 }]);
  memory.setNow(START + HOUR_MS);
  return memory;
}

describe('a tick', () => {
  it('plans what is due and sends overdue work again', async () => {
    const memory = await dueWorld();
    expect((await runTick(memory.app)).points).toBe(1);
    expect(memory.store.take('prunes')).toMatchObject([{ kind: 'delete', id: 'forgotten' }]);
  });

  it('plans although overdue work cannot be sent, and says so', async () => {
    const memory = await dueWorld();
    memory.store.hooks = {
      before: ({ operation, name }) => {
        if (operation === 'send' && name === 'prunes') throw new Error('the queue is away');
      },
    };
    await expect(runTick(memory.app)).rejects.toThrow('the queue is away');
    expect(memory.store.dump().points).toHaveLength(1);
  });

  it('sends overdue work although nothing can be planned, and says so', async () => {
    const memory = await dueWorld();
    memory.store.hooks = {
      before: ({ name }) => {
        if (name === 'policies') throw new Error('the policies are away');
      },
    };
    await expect(runTick(memory.app)).rejects.toThrow('the policies are away');
    expect(memory.store.take('prunes')).toHaveLength(1);
  });
});

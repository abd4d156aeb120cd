import { expect, it } from 'vitest';
import { MINUTE_MS } from '../../src/base/time.ts';
import { runTick } from '../../src/functions/run-tick.ts';
import { savePolicy } from '../../src/protect/save-policy.ts';
import { addShop, createMemoryApp, goldDocument, START } from '../support/memory-app.ts';

it('a tick with nothing due is one storage call, and asks Azure for nothing', async () => {
  const memory = createMemoryApp();
  addShop(memory);
  await savePolicy(memory.app, { name: 'gold', body: goldDocument(), by: 'admin', force: false });
  await runTick(memory.app);
  memory.setNow(START + MINUTE_MS);
  const calls: string[] = [];
  memory.store.hooks = { before: ({ operation, name }) => void calls.push(`${operation} ${name}`) };
  memory.azure.hooks = { before: ({ operation }) => void calls.push(operation) };
  expect(await runTick(memory.app)).toEqual({ points: 0, missed: 0, failedPolicies: [] });
  expect(calls).toEqual(['list work']);
});

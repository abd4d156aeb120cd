import { expect, it } from 'vitest';
import { describeStorms, live } from './storm.ts';

describeStorms(0, 50);

it('is the same life twice for the same seed', async () => {
  const [first, second] = [await live(7), await live(7)];
  expect(second.world.log).toEqual(first.world.log);
  expect(second.world.store.dump()).toEqual(first.world.store.dump());
});

import * as z from 'zod';

/** The parts that answers are described with. */

/** A moment: ISO 8601 with offset. */
export const moment = z.string().meta({ format: 'date-time' });
/** A UTC day. */
export const day = z.string().meta({ format: 'date' });
/** A number of bytes. */
export const bytes = z.number().int().min(0);
/** How many. */
export const count = z.number().int().min(0);
/** An amount in units of its currency. */
export const amount = z.number();
/** An amount in whole millionths. */
export const microUnits = z.number().int();
export const text = z.string();
export const tags = z.record(text, text);
/** What has a form of its own that this description leaves open. */
export const open = z.record(text, z.unknown());
/** Where a list goes on; null at its end. */
export const next = text.nullable().describe('the address of the next page; null at the end');

/** Examples that several operations share: the same policy, source and point throughout. */
export const EXAMPLE = {
  subscription: '00000000-0000-4000-8000-000000000001',
  diskId:
    '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-shop/providers/Microsoft.Compute/disks/web-data',
  machineId:
    '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-shop/providers/Microsoft.Compute/virtualMachines/web',
  policy: 'gold',
  source: 'uP2cV7n1Q0yEw3kXb5Rt9a',
  point: 'uP2cV7n1Q0yEw3kXb5Rt9a.998227673299999.7RgX-HgS',
  restore: '998227635599999.k2EGW26-FZ1EIjXkbUzvHH',
  at: '2026-03-01T12:00:00Z',
  version: '3Q',
} as const;

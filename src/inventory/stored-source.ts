import * as z from 'zod';

/** A source as rows keep it, its disks aside: read strictly, so that a damaged row is reported and never acted on. */
export const storedOriginSchema = z.strictObject({
  key: z.string(),
  kind: z.enum(['virtualMachine', 'disk']),
  id: z.string(),
  name: z.string(),
  subscriptionId: z.string(),
  resourceGroup: z.string(),
  region: z.string(),
  tags: z.record(z.string(), z.string()),
});

/** A source as rows keep it, with its disks. */
export const storedSourceSchema = storedOriginSchema.extend({
  disks: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      uniqueId: z.string(),
      lun: z.number().int().nullable(),
      sizeBytes: z.number(),
      sku: z.string(),
    }),
  ),
});

import * as z from 'zod';

const text = z.string();
const orNull = text.nullable();

const attachedSchema = z.strictObject({
  diskId: text,
  /** Null for the OS disk. */
  lun: z.number().int().nullable(),
  caching: z.enum(['None', 'ReadOnly', 'ReadWrite']),
  writeAccelerator: z.boolean(),
});

const ipConfigurationSchema = z.strictObject({
  name: text,
  primary: z.boolean(),
  subnetId: orNull,
  privateAddress: orNull,
  allocation: z.enum(['Static', 'Dynamic']),
  version: z.enum(['IPv4', 'IPv6']),
  publicAddressId: orNull,
});

const interfaceSchema = z.strictObject({
  id: text,
  primary: z.boolean(),
  networkSecurityGroupId: orNull,
  acceleratedNetworking: z.boolean(),
  ipForwarding: z.boolean(),
  dnsServers: z.array(text),
  ipConfigurations: z.array(ipConfigurationSchema),
});

/** What a virtual machine is, and one that is made of it becomes. */
export const machineShape = {
  size: text,
  availabilitySetId: orNull,
  proximityPlacementGroupId: orNull,
  licenseType: orNull,
  security: z
    .strictObject({ type: orNull, encryptionAtHost: z.boolean(), secureBoot: z.boolean(), vTpm: z.boolean() })
    .nullable(),
  plan: z.strictObject({ name: text, publisher: text, product: text, promotionCode: orNull }).nullable(),
  identity: z.strictObject({ system: z.boolean(), userAssigned: z.array(text) }).nullable(),
  bootDiagnostics: z.strictObject({ enabled: z.boolean(), storageUri: orNull }).nullable(),
  ultraDisks: z.boolean(),
  osType: z.enum(['Linux', 'Windows']).nullable(),
  diskController: orNull,
};

/**
 * All that a virtual machine is beside the bytes of its disks, as it was when a point was taken: what a new one is made from.
 *
 * Safety: no secret is in it: neither `osProfile` (passwords, keys, custom data) nor `userData` nor settings of extensions, which are listed by name alone.
 */
export const manifestSchema = z.strictObject({
  v: z.literal(1),
  id: text,
  name: text,
  vmId: text,
  region: text,
  zones: z.array(text),
  ...machineShape,
  computerName: orNull,
  tags: z.record(text, text),
  disks: z.array(attachedSchema),
  /** Null where they could not be read. */
  interfaces: z.array(interfaceSchema).nullable(),
  extensions: z.array(z.strictObject({ name: text, publisher: text, type: text, version: text })),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestInterface = z.infer<typeof interfaceSchema>;

/**
 * Describes every virtual machine of a subscription, by lists.
 *
 * Errors: AppError of Azure's kinds.
 */
export interface MachineDescriber {
  describeMachines(subscriptionId: string): Promise<readonly Manifest[]>;
}

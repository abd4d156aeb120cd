import * as z from 'zod';

/** Kinds of managed disks. Source: SDK, DiskStorageAccountTypes. */
const diskSkus = [
  'Standard_LRS',
  'Premium_LRS',
  'StandardSSD_LRS',
  'UltraSSD_LRS',
  'Premium_ZRS',
  'StandardSSD_ZRS',
  'PremiumV2_LRS',
] as const;

const resourceGroup = z
  .string()
  .regex(/^[-\w._()]{0,89}[-\w_()]$/)
  .optional()
  .describe('the name of a resource group');
const sku = z.enum(diskSkus).optional().describe(diskSkus.join(', '));
const zone = z.enum(['1', '2', '3']).optional().describe('1, 2 or 3');
const diskEncryptionSet = z
  .string()
  .startsWith('/subscriptions/')
  .optional()
  .describe('the resource id of a disk encryption set');
const tags = z
  .record(
    z
      .string()
      .min(1)
      .max(512)
      .regex(/^[^<>%&\\?/]*$/),
    z.string().max(256),
  )
  .refine((value) => Object.keys(value).length <= 49, 'has too many tags: Azure takes 50, one is ours')
  .optional()
  .describe('at most 49 tags as Azure takes them');

/** Source: Azure naming rules for Microsoft.Compute/disks. */
const NAME = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?$/;

export const diskTargetSchema = z.strictObject({
  disk: z.string().min(1).optional().describe('the name of one disk of the point; needed where it has several'),
  resourceGroup,
  name: z
    .string()
    .regex(NAME)
    .optional()
    .describe('a name for the new disk: 1 to 80 letters, digits, _ - and .; begins and ends with a letter, digit or _'),
  sku,
  zone,
  sizeGiB: z
    .number()
    .int()
    .min(1)
    .max(65_536)
    .optional()
    .describe('a whole number of GiB, the size of the source or more'),
  diskEncryptionSet,
  tags,
});

export type DiskTarget = z.infer<typeof diskTargetSchema>;

const SUBNET =
  /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Network\/virtualNetworks\/[^/]+\/subnets\/[^/]+$/i;

export const machineTargetSchema = z.strictObject({
  // Source: Azure naming rules for Microsoft.Compute/virtualMachines: 64 for Linux; the name inside stays as it is on the disk.
  name: z
    .string()
    .regex(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?$/)
    .optional()
    .describe('a name for the new virtual machine: 1 to 64 letters, digits, _ - and .'),
  resourceGroup,
  size: z.string().min(1).max(100).optional().describe('a size of virtual machines, such as Standard_D2s_v5'),
  zone: z.enum(['1', '2', '3', 'none']).optional().describe('1, 2, 3, or none'),
  availabilitySet: z
    .union([z.literal('none'), z.string().startsWith('/subscriptions/')])
    .optional()
    .describe('the resource id of an availability set, or none'),
  subnet: z
    .string()
    .regex(SUBNET)
    .optional()
    .describe('the resource id of a subnet: the machine gets a new interface in it'),
  interfaces: z
    .literal('original')
    .optional()
    .describe('original: the interfaces that the machine had, if they are free now'),
  networkSecurityGroup: z
    .union([z.literal('none'), z.string().startsWith('/subscriptions/')])
    .optional()
    .describe('the resource id of a network security group, or none'),
  privateAddress: z.ipv4().optional().describe('a free address of the subnet'),
  sku,
  diskEncryptionSet,
  tags,
  isolated: z
    .boolean()
    .optional()
    .describe('true: for a look or a drill: no identity, not the original subnet, and removed after expiresAfter'),
});

export type MachineTarget = z.infer<typeof machineTargetSchema>;

export const filesTargetSchema = z.strictObject({
  disk: z.string().min(1).optional().describe('the name of one disk of the point; needed where it has several'),
  path: z.string().min(1).max(4_096).describe('a file or folder, such as /p1/var/www'),
  // Containers of other names are Holdfast's own.
  container: z
    .string()
    .regex(/^restored(-[a-z0-9]+){0,5}$/)
    .max(63)
    .optional()
    .describe('a container of the storage account: restored, or a name that begins with restored-'),
});

export type FilesTarget = z.infer<typeof filesTargetSchema>;

export const swapTargetSchema = z.strictObject({
  disks: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('names of disks of the point; all of them where it is left out'),
  sku,
  safetyPoint: z.boolean().optional().describe('false: swap without taking a recovery point first'),
  start: z.boolean().optional().describe('true: start the machine afterwards also where it was not running'),
});

export type SwapTarget = z.infer<typeof swapTargetSchema>;

import * as z from 'zod';
import { AppError } from '../base/errors.ts';
import type { ManifestInterface } from '../inventory/manifest.ts';

/** Source: Azure REST specifications, Microsoft.Network; the SDK for it is 72 MB unpacked, and a few calls are enough. */
export const NETWORK_API_VERSION = '2024-05-01';

const reference = z.object({ id: z.string() }).optional();

const interfaceSchema = z.object({
  id: z.string(),
  location: z.string(),
  tags: z.record(z.string(), z.string()).optional(),
  properties: z.object({
    provisioningState: z.string().optional(),
    virtualMachine: reference,
    networkSecurityGroup: reference,
    primary: z.boolean().optional(),
    enableAcceleratedNetworking: z.boolean().optional(),
    enableIPForwarding: z.boolean().optional(),
    dnsSettings: z.object({ dnsServers: z.array(z.string()).optional() }).optional(),
    ipConfigurations: z
      .array(
        z.object({
          name: z.string(),
          properties: z.object({
            primary: z.boolean().optional(),
            subnet: reference,
            privateIPAddress: z.string().optional(),
            privateIPAllocationMethod: z.string().optional(),
            privateIPAddressVersion: z.string().optional(),
            publicIPAddress: reference,
          }),
        }),
      )
      .optional(),
  }),
});

/** An interface as Azure tells it. */
export interface ReadInterface {
  readonly shape: ManifestInterface;
  readonly region: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'succeeded' | 'failed';
  /** The machine that has it; null where it is free. */
  readonly attachedTo: string | null;
}

/**
 * Reads a network interface.
 *
 * Errors: 'azure-unavailable' for something that is none.
 */
export function readInterface(value: unknown): ReadInterface {
  const parsed = interfaceSchema.safeParse(value);
  if (!parsed.success) throw new AppError('azure-unavailable', 'An answer of Azure is no network interface');
  const { id, location, tags, properties } = parsed.data;
  const configurations = properties.ipConfigurations ?? [];
  return {
    shape: {
      id,
      primary: properties.primary ?? false,
      networkSecurityGroupId: properties.networkSecurityGroup?.id ?? null,
      acceleratedNetworking: properties.enableAcceleratedNetworking ?? false,
      ipForwarding: properties.enableIPForwarding ?? false,
      dnsServers: properties.dnsSettings?.dnsServers ?? [],
      ipConfigurations: configurations.map(({ name, properties: each }) => ({
        name,
        primary: each.primary ?? configurations.length === 1,
        subnetId: each.subnet?.id ?? null,
        privateAddress: each.privateIPAddress ?? null,
        allocation: each.privateIPAllocationMethod === 'Static' ? 'Static' : 'Dynamic',
        version: each.privateIPAddressVersion === 'IPv6' ? 'IPv6' : 'IPv4',
        publicAddressId: each.publicIPAddress?.id ?? null,
      })),
    },
    region: location,
    tags: tags ?? {},
    state:
      properties.provisioningState === 'Failed'
        ? 'failed'
        : properties.provisioningState === 'Succeeded'
          ? 'succeeded'
          : 'pending',
    attachedTo: properties.virtualMachine?.id ?? null,
  };
}

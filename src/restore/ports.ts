import type { Tags } from '../inventory/inventory.ts';

export interface DiskRequest {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
  readonly region: string;
  readonly snapshotId: string;
  readonly sku: string;
  readonly zone: string | null;
  /** At least the source's size. Units: GiB, as Azure takes it. */
  readonly sizeGiB: number;
  readonly diskEncryptionSetId: string | null;
  /** Whether it may hold an operating system: then it gets of the snapshot what a machine needs to know of it. */
  readonly mayBoot?: boolean;
  readonly tags: Tags;
}

export interface RestoredDisk {
  readonly id: string;
  readonly uniqueId: string;
  readonly tags: Tags;
  readonly state: 'pending' | 'succeeded' | 'failed';
  readonly sizeBytes: number;
  readonly sku: string;
  readonly zone: string | null;
  readonly diskEncryptionSetId: string | null;
  readonly attachedTo: string | null;
}

/** A long-running operation of Azure that can be asked for again after a restart; null where Azure answered at once. */
export type OperationUrl = string | null;

/** How an operation stands. `retryAfterMs` is what Azure asked to wait before the next look. */
export type OperationState =
  | { readonly kind: 'running'; readonly retryAfterMs: number; readonly percent: number | null }
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/**
 * Creates and removes disks: what restoring a disk needs of Azure.
 *
 * Errors: AppError; 'not-found' for a missing snapshot or group, 'conflict' for a name that is taken by something else.
 * Safety: `deleteDisk` is only called for what the restore's own row names.
 */
export interface DiskMaker {
  createDisk(request: DiskRequest): Promise<OperationUrl>;
  getDisk(subscriptionId: string, resourceGroup: string, name: string): Promise<RestoredDisk | null>;
  deleteDisk(subscriptionId: string, resourceGroup: string, name: string): Promise<OperationUrl>;
  operation(url: string): Promise<OperationState>;
}

export type Caching = 'None' | 'ReadOnly' | 'ReadWrite';

/** A disk in a machine: `lun` is null for the OS disk. */
export interface MachineDisk {
  readonly diskId: string;
  readonly lun: number | null;
  readonly caching: Caching;
  readonly writeAccelerator?: boolean;
}

/** A machine as it is now. */
export interface SeenMachine {
  readonly id: string;
  readonly vmId: string;
  readonly region: string;
  readonly zones: readonly string[];
  readonly tags: Tags;
  readonly state: 'pending' | 'succeeded' | 'failed';
  readonly power: 'running' | 'deallocated' | 'other';
  /** What the agent inside says; null where it says nothing. */
  readonly agentReady: boolean | null;
  readonly disks: readonly MachineDisk[];
  readonly interfaceIds: readonly string[];
}

export interface MachineRequest {
  readonly id: string;
  readonly region: string;
  readonly zone: string | null;
  readonly size: string;
  readonly availabilitySetId: string | null;
  readonly proximityPlacementGroupId: string | null;
  readonly licenseType: string | null;
  readonly security: {
    readonly type: string | null;
    readonly encryptionAtHost: boolean;
    readonly secureBoot: boolean;
    readonly vTpm: boolean;
  } | null;
  readonly plan: {
    readonly name: string;
    readonly publisher: string;
    readonly product: string;
    readonly promotionCode: string | null;
  } | null;
  readonly identity: { readonly system: boolean; readonly userAssigned: readonly string[] } | null;
  readonly bootDiagnostics: { readonly enabled: boolean; readonly storageUri: string | null } | null;
  readonly ultraDisks: boolean;
  readonly osType: 'Linux' | 'Windows' | null;
  readonly diskController: string | null;
  readonly disks: readonly MachineDisk[];
  readonly interfaces: readonly { readonly id: string; readonly primary: boolean }[];
  readonly tags: Tags;
}

export interface InterfaceRequest {
  readonly id: string;
  readonly region: string;
  readonly subnetId: string;
  /** A fixed address; null for one that the subnet gives. */
  readonly privateAddress: string | null;
  readonly networkSecurityGroupId: string | null;
  readonly acceleratedNetworking: boolean;
  readonly ipForwarding: boolean;
  readonly dnsServers: readonly string[];
  readonly tags: Tags;
}

export interface SeenInterface {
  readonly id: string;
  readonly region: string;
  readonly tags: Tags;
  readonly state: 'pending' | 'succeeded' | 'failed';
  readonly attachedTo: string | null;
}

/** A size of machines in a region. */
export interface MachineSize {
  readonly name: string;
  readonly family: string;
  readonly cores: number;
  readonly zones: readonly string[];
  /** Not offered to this subscription here at all. */
  readonly refused: boolean;
  readonly refusedZones: readonly string[];
}

/** How much of a quota is used. `name` is a family of sizes, or `cores` for all of the region. */
export interface Quota {
  readonly name: string;
  readonly used: number;
  readonly limit: number;
}

/**
 * Makes, changes and removes virtual machines and their interfaces.
 *
 * Errors: AppError; 'precondition-failed' from `createMachine` where there is a machine of that name: nothing is changed then.
 * Safety: writes are sent once and not waited for. `deleteMachine` and `deleteInterface` leave every disk and every other interface where it is, and are
 *         only called for what the restore's own row says it created.
 */
export interface MachineMaker {
  getMachine(id: string): Promise<SeenMachine | null>;
  createMachine(request: MachineRequest): Promise<OperationUrl>;
  deleteMachine(id: string): Promise<OperationUrl>;
  setPower(id: string, power: 'start' | 'deallocate'): Promise<OperationUrl>;
  replaceOsDisk(id: string, disk: MachineDisk): Promise<OperationUrl>;
  changeDataDisks(
    id: string,
    change: { readonly attach: readonly MachineDisk[]; readonly detach: readonly string[] },
  ): Promise<OperationUrl>;
  getInterface(id: string): Promise<SeenInterface | null>;
  createInterface(request: InterfaceRequest): Promise<OperationUrl>;
  deleteInterface(id: string): Promise<OperationUrl>;
  /** The region of a subnet's network; null where there is no such subnet. */
  subnetRegion(id: string): Promise<string | null>;
  sizes(subscriptionId: string, region: string): Promise<readonly MachineSize[]>;
  quotas(subscriptionId: string, region: string): Promise<readonly Quota[]>;
}

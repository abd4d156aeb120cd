/**
 * Opens managed disks for reading, as the identity that restores.
 *
 * Errors: 'not-found', 'conflict' for a disk that a running machine has, 'throttled', 'azure-unavailable'.
 * Safety: an access URL is a secret: it is handed on in memory only. Only disks that a drill's own restore has made are opened, and closed again.
 */
export interface DiskAccess {
  /** Opens a disk that is closed to the network, then grants read access: the access URL. At most 3 ARM calls. */
  open(diskId: string, durationSeconds: number): Promise<string>;
  /** Revokes the access and closes the disk to the network. Never fails for a disk that is gone. At most 2 ARM calls. */
  close(diskId: string): Promise<void>;
}

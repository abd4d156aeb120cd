/** What other rooms may use of this one. */
export { type CopyResult, copyFolder, type FolderTarget } from './copy-folder.ts';
export { openVolume } from './list-files.ts';
export { type OpenDisk, OpenDisks, type OpenDisksDeps } from './open-disks.ts';
export { type DiskPath, parsePath } from './parse-path.ts';
export type { FileEntry, FileSystem } from './ports.ts';
export { useBytes } from './use-bytes.ts';

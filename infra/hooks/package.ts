import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** A file of the built app. */
interface BuiltFile {
  readonly path: string;
}

/**
 * Lays out what goes to Azure: the built app, host.json and a package.json that needs nothing.
 *
 * Shape: the folder's files beside each other, as the bundle's own lazy files expect.
 */
export async function layOutPackage(root: string, files: readonly BuiltFile[], folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const entry = files[0];
  if (entry === undefined) throw new Error('The build made no file');
  for (const { path } of files) {
    if (dirname(path) !== dirname(entry.path)) throw new Error(`${path} is not beside the entry`);
    await copyFile(path, join(folder, basename(path)));
  }
  await copyFile(join(root, 'host.json'), join(folder, 'host.json'));
  const { name, version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const manifest = { name, version, private: true, main: basename(entry.path) };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

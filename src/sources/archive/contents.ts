import { constants, promises as fs } from 'node:fs';
import path from 'node:path';
import { MillraceError } from '../../core/index.js';
import { MAX_ENTRIES } from '../limits.js';
import type { SourceFile } from './entry-guard.js';
import { type ArchiveFile, extractTar, listTar } from './tar.js';
import { extractZip, listZip } from './zip.js';

/** What a source holds: the files in an archive or a folder, or one file that is none. */
export interface Contents {
  /** How messages call it: a file name. */
  readonly name: string;
  readonly files: readonly SourceFile[];
  /** Writes files, by their paths, to where `targets` says. Nothing is there yet. */
  readonly extract: (targets: ReadonlyMap<string, string>) => Promise<void>;
}

/** Opens a file by the ending of its `name`: a tar or zip archive (a wheel is one), or else a file by itself. */
export async function openFile(file: string, name: string): Promise<Contents> {
  const { size } = await fs.stat(file);
  const archive: ArchiveFile = { file, name, sizeBytes: size };
  if (/\.(?:tgz|tar\.gz|tar)$/i.test(name)) {
    return { name, files: await listTar(archive), extract: (targets) => extractTar(archive, targets) };
  }
  if (/\.(?:zip|whl)$/i.test(name)) {
    return { name, files: await listZip(archive), extract: (targets) => extractZip(archive, targets) };
  }
  return { name, files: [{ path: name, sizeBytes: size }], extract: (targets) => copyAll(targets, () => file) };
}

/** Opens a folder. Symbolic links and hidden files in it are left out. */
export async function openFolder(folder: string): Promise<Contents> {
  const files: SourceFile[] = [];
  const walk = async (relative: string): Promise<void> => {
    for (const entry of await fs.readdir(path.join(folder, relative), { withFileTypes: true })) {
      const inside = relative === '' ? entry.name : `${relative}/${entry.name}`;
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory()) await walk(inside);
      else if (entry.isFile()) files.push({ path: inside, sizeBytes: (await fs.stat(path.join(folder, inside))).size });
      if (files.length > MAX_ENTRIES) {
        throw new MillraceError('failed_precondition', `${folder} holds more than ${MAX_ENTRIES} files`);
      }
    }
  };
  await walk('');
  const name = path.basename(path.resolve(folder));
  return { name, files, extract: (targets) => copyAll(targets, (inside) => path.join(folder, inside)) };
}

/** Copies files, by their paths in a source, from `fileOf` to where `targets` says. Nothing may be there yet. */
export async function copyAll(targets: ReadonlyMap<string, string>, fileOf: (inside: string) => string): Promise<void> {
  for (const [inside, target] of targets) {
    await fs.copyFile(fileOf(inside), target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  }
}

import { type Dirent, promises as fs } from 'node:fs';
import path from 'node:path';
import { isIgnoredName } from './names.js';

/** Something in a folder. `outside` is a symbolic link that leads out of the repository. */
export interface Entry {
  readonly name: string;
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'outside';
}

/** A file of a model version; `relative` to the version folder, with forward slashes. */
export interface FileStamp {
  readonly relative: string;
  readonly path: string;
  readonly sizeBytes: number;
  /** Size, time and inode in one string: another one means another content. */
  readonly stamp: string;
  readonly mtimeMs: number;
}

export interface FileTree {
  /** In order of name. */
  readonly files: readonly FileStamp[];
  /** Latest modification of any file or folder, ignored ones included: somebody is at work here. */
  readonly newestMtimeMs: number;
  /** Relative path of the first symbolic link that leads out of the repository. */
  readonly outside: string | undefined;
}

const MAX_FILES = 10_000;
const MAX_DEPTH = 16;

/** True when `target` is `root` or lies below it; both absolute and free of symbolic links. */
export function isInside(root: string, target: string): boolean {
  const relative = path.relative(root, target);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

/** The entries of a folder in order of name, symbolic links followed as far as they stay inside `root`. */
export async function listFolder(folder: string, root: string): Promise<readonly Entry[]> {
  const dirents = await fs.readdir(folder, { withFileTypes: true });
  dirents.sort((a, b) => (a.name < b.name ? -1 : 1));
  const entries: Entry[] = [];
  for (const dirent of dirents) {
    const entryPath = path.join(folder, dirent.name);
    const kind = await kindOf(dirent, entryPath, root);
    if (kind !== undefined) entries.push({ name: dirent.name, path: entryPath, kind });
  }
  return entries;
}

async function kindOf(dirent: Dirent, entryPath: string, root: string): Promise<Entry['kind'] | undefined> {
  if (dirent.isDirectory()) return 'folder';
  if (dirent.isFile()) return 'file';
  if (!dirent.isSymbolicLink()) return undefined;
  try {
    const target = await fs.realpath(entryPath);
    if (!isInside(root, target)) return 'outside';
    const stats = await fs.stat(target);
    return stats.isDirectory() ? 'folder' : stats.isFile() ? 'file' : undefined;
  } catch {
    // Dangling or circular: as good as absent.
    return undefined;
  }
}

/** Size and time of one file. */
export async function stampFile(filePath: string, relative: string): Promise<FileStamp> {
  const { size, mtimeMs, ino } = await fs.stat(filePath);
  return { relative, path: filePath, sizeBytes: size, stamp: `${size}:${mtimeMs}:${ino}`, mtimeMs };
}

/** All files below a folder. Throws when there are more than 10,000 or they lie deeper than 16 folders. */
export async function readTree(folder: string, root: string): Promise<FileTree> {
  const files: FileStamp[] = [];
  let newestMtimeMs = (await fs.stat(folder)).mtimeMs;
  let outside: string | undefined;
  const walk = async (current: string, prefix: string, depth: number): Promise<void> => {
    if (depth > MAX_DEPTH) throw new Error(`folders are nested deeper than ${MAX_DEPTH}`);
    for (const entry of await listFolder(current, root)) {
      const relative = prefix + entry.name;
      if (entry.kind === 'outside') {
        outside ??= relative;
      } else if (entry.kind === 'folder') {
        if (isIgnoredName(entry.name)) continue;
        newestMtimeMs = Math.max(newestMtimeMs, (await fs.stat(entry.path)).mtimeMs);
        await walk(entry.path, `${relative}/`, depth + 1);
      } else {
        const file = await stampFile(entry.path, relative).catch(ignoreVanished);
        if (file === undefined) continue;
        newestMtimeMs = Math.max(newestMtimeMs, file.mtimeMs);
        if (!isIgnoredName(entry.name)) files.push(file);
        if (files.length > MAX_FILES) throw new Error(`there are more than ${MAX_FILES} files`);
      }
    }
  };
  await walk(folder, '', 1);
  return { files, newestMtimeMs, outside };
}

/** Editors replace files while we scan; the folder's own time tells that somebody is at work. */
function ignoreVanished(error: Error & { readonly code?: string }): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/**
 * Absolute path of a file that a configuration names. Throws a sentence for people when the name is absolute, climbs out
 * of `folder`, is missing, or leads out of `root` by a symbolic link.
 */
export async function resolveInside(folder: string, name: string, root: string): Promise<string> {
  const problem = relativePathProblem(name);
  if (problem !== undefined) throw new Error(`'${name}' ${problem}`);
  const filePath = path.join(folder, name);
  const target = await fs.realpath(filePath).catch(() => undefined);
  if (target === undefined) throw new Error(`'${name}' does not exist`);
  if (!isInside(root, target)) throw new Error(`'${name}' ${LEADS_OUT}`);
  return filePath;
}

export const LEADS_OUT =
  'is a symbolic link that leads out of the repository; copy its target into the repository instead';

/** Why a relative path with forward slashes must not be followed; undefined when it stays below its folder. */
export function relativePathProblem(name: string): string | undefined {
  if (name === '' || name.includes('\0')) return 'is not a file name';
  if (path.posix.isAbsolute(name) || path.win32.isAbsolute(name)) return 'must be relative, not absolute';
  if (name.split(/[\\/]/).includes('..')) return "must not contain '..'";
  return undefined;
}

/** A file system error as a sentence without the path, which the caller knows how to name. */
export function describeFileError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'cannot be read: permission denied';
  if (code === 'ENOTDIR') return 'is not a folder';
  if (code !== undefined) return `cannot be read: ${code}`;
  return error instanceof Error ? error.message : 'cannot be read';
}

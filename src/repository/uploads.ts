import { promises as fs } from 'node:fs';
import path from 'node:path';
import { invalidArgument, MillraceError } from '../core/index.js';
import { relativePathProblem } from './files.js';
import { makeUploadFolder, removeLeftUploads } from './left-uploads.js';
import { versionOfFolder } from './names.js';
import type { ModelSource } from './types.js';

const MAX_FILES = 1_000;
const MAX_PATH_LENGTH = 500;
const MAX_NAME_LENGTH = 200;

/** Model files that came with a load request, in private temporary folders that live as long as their sources. */
export class Uploads {
  /** Versions in use, by folder. */
  readonly #folders = new Map<string, Set<number>>();
  readonly #parent: string;
  readonly #onRemoved: (folder: string) => void;
  /** Ends when what servers that were killed have left is removed. */
  readonly #swept: Promise<void>;

  /** `onRemoved` is told of every folder that is gone. */
  constructor(parent: string, onRemoved: (folder: string) => void) {
    this.#parent = parent;
    this.#onRemoved = onRemoved;
    this.#swept = removeLeftUploads(parent);
  }

  /**
   * Writes files by their path (`<version>/<file>`, or a file beside the version folders) into a new folder that only
   * this user can read, and returns it. Throws `invalid_argument` for paths that would lead out of it, `resource_exhausted` when
   * the disk is full.
   */
  async write(files: ReadonlyMap<string, Uint8Array>): Promise<string> {
    if (files.size > MAX_FILES) throw invalidArgument(`${files.size} files were given; expected at most ${MAX_FILES}`);
    for (const name of files.keys()) {
      const problem = uploadPathProblem(name);
      if (problem !== undefined) throw invalidArgument(`file '${name.slice(0, MAX_PATH_LENGTH)}' ${problem}`);
    }
    const folder = await makeUploadFolder(this.#parent).catch((error: unknown) => {
      throw fullDisk(error, 'a folder for the files') ?? error;
    });
    this.#folders.set(folder, new Set());
    try {
      for (const [name, content] of files) await writeNew(folder, name, content);
    } catch (error) {
      await this.#remove(folder);
      throw error;
    }
    return folder;
  }

  /** Says which versions in a folder are in use; a folder without any is removed. */
  async keep(folder: string, versions: readonly number[]): Promise<void> {
    this.#folders.set(folder, new Set(versions));
    if (versions.length === 0) await this.#remove(folder);
  }

  /** Ends the use of one version. Nothing happens for a source that was not uploaded. */
  async discard(source: ModelSource): Promise<void> {
    const versions = this.#folders.get(source.modelFolder);
    versions?.delete(source.version);
    if (versions?.size === 0) await this.#remove(source.modelFolder);
  }

  async close(): Promise<void> {
    await this.#swept;
    await Promise.all([...this.#folders.keys()].map((folder) => this.#remove(folder)));
  }

  async #remove(folder: string): Promise<void> {
    this.#folders.delete(folder);
    await fs.rm(folder, { recursive: true, force: true });
    this.#onRemoved(folder);
  }
}

function uploadPathProblem(name: string): string | undefined {
  if (name.length > MAX_PATH_LENGTH) return `has a path of more than ${MAX_PATH_LENGTH} characters`;
  const problem = relativePathProblem(name);
  if (problem !== undefined) return problem;
  if (name.includes('\\') || path.posix.normalize(name) !== name || name.endsWith('/')) return 'is not a plain path';
  const [first = '', ...rest] = name.split('/');
  const isLong = [first, ...rest].some((part) => part.length > MAX_NAME_LENGTH);
  if (isLong) return `has a name of more than ${MAX_NAME_LENGTH} characters`;
  if (rest.length > 0 && versionOfFolder(first) === undefined) return "must begin with a version, as in '1/model.onnx'";
  return undefined;
}

async function writeNew(folder: string, name: string, content: Uint8Array): Promise<void> {
  const target = path.join(folder, name);
  try {
    await fs.mkdir(path.dirname(target), { recursive: true });
    await fs.writeFile(target, content, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // Names that differ in case only, or one that is a folder of another.
    if (code === 'EEXIST' || code === 'ENOTDIR' || code === 'EISDIR')
      throw invalidArgument(`file '${name}' is given twice`);
    throw fullDisk(error, `file '${name}' of ${content.byteLength} bytes`) ?? error;
  }
}

/** The refusal of what has no room on the disk; undefined for other errors. */
function fullDisk(error: unknown, what: string): MillraceError | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return undefined;
  return new MillraceError(
    'resource_exhausted',
    `the disk for uploaded models is full: there is no room for ${what}; free some, or set TMPDIR to another disk`,
    { cause: error },
  );
}

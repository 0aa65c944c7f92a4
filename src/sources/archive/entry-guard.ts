import { MillraceError } from '../../core/index.js';
import { HARMLESS_BYTES, MAX_ARTEFACT_BYTES, MAX_ENTRIES, MAX_RATIO } from '../limits.js';

/** Something that an archive says that it holds. `kind`: `file`, `folder`, or what else it is, as messages call it. */
export interface ArchiveEntry {
  readonly path: string;
  readonly kind: string;
  readonly sizeBytes: number;
}

/** A file that may be taken out of an archive, a folder, or what was downloaded. */
export interface SourceFile {
  /** With forward slashes, below where it lies. */
  readonly path: string;
  readonly sizeBytes: number;
}

const MAX_PATH_LENGTH = 1_024;
const MAX_DEPTH = 32;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Why the path of an entry must not be followed; undefined when it stays below the folder that is unpacked to, on every system. */
export function entryPathProblem(path: string): string | undefined {
  if (path === '' || CONTROL.test(path) || path.includes('\ufffd')) return 'has a name that is no path';
  if (path.length > MAX_PATH_LENGTH) return `has a name of more than ${MAX_PATH_LENGTH} characters`;
  if (path.includes('\\')) return 'has a backslash in its name';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'has an absolute path';
  const parts = path.split('/');
  if (parts.includes('..')) return "climbs out of the archive with '..'";
  if (parts.length > MAX_DEPTH) return `lies deeper than ${MAX_DEPTH} folders`;
  return undefined;
}

/** Why an archive of `archiveBytes` must not unpack to `totalBytes`; undefined where it may. */
export function growthProblem(totalBytes: number, archiveBytes: number): string | undefined {
  if (totalBytes > MAX_ARTEFACT_BYTES) return `unpacks to more than ${MAX_ARTEFACT_BYTES} bytes`;
  if (totalBytes <= HARMLESS_BYTES || totalBytes <= archiveBytes * MAX_RATIO) return undefined;
  return `unpacks to more than ${MAX_RATIO} times its ${archiveBytes} bytes`;
}

/** Refuses archives that are made to do harm, while their entries are read. Throws `failed_precondition`. */
export class EntryGuard {
  readonly #name: string;
  readonly #archiveBytes: number;
  readonly #files = new Map<string, SourceFile>();
  #entries = 0;
  #totalBytes = 0;

  /** `name` stands in messages; `archiveBytes` is the size of the archive as it lies there. */
  constructor(name: string, archiveBytes: number) {
    this.#name = name;
    this.#archiveBytes = archiveBytes;
  }

  /** In the order of the archive. */
  get files(): readonly SourceFile[] {
    return [...this.#files.values()];
  }

  add({ path, kind, sizeBytes }: ArchiveEntry): void {
    const shown = JSON.stringify(path.length > 100 ? `${path.slice(0, 100)}…` : path);
    this.#entries++;
    if (this.#entries > MAX_ENTRIES) this.#refuse(`has more than ${MAX_ENTRIES} entries`);
    const problem = entryPathProblem(path);
    if (problem !== undefined) this.#refuse(`is refused: the entry ${shown} ${problem}`);
    if (kind === 'folder') return;
    if (kind !== 'file') this.#refuse(`is refused: the entry ${shown} is ${kind}`);
    this.#count(sizeBytes);
    const plain = plainPath(path);
    // What some file systems take for the same name.
    const key = plain.normalize('NFC').toLowerCase();
    const namesake = this.#files.get(key);
    if (namesake?.path === plain) this.#refuse(`is refused: it has the entry ${shown} twice`);
    if (namesake !== undefined) {
      this.#refuse(`is refused: its entries ${JSON.stringify(namesake.path)} and ${shown} differ in case only`);
    }
    this.#files.set(key, { path: plain, sizeBytes });
  }

  #count(sizeBytes: number): void {
    this.#totalBytes += sizeBytes;
    const problem = growthProblem(this.#totalBytes, this.#archiveBytes);
    if (problem !== undefined) this.#refuse(problem);
  }

  #refuse(problem: string): never {
    throw new MillraceError('failed_precondition', `${this.#name} ${problem}`);
  }
}

/** Without `.` and empty parts. */
export function plainPath(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MillraceError } from '../../core/index.js';
import { type FileLock, lockFile } from '../../store/index.js';
import type { Position } from '../types.js';
import { replaceDurably, sync } from '../writing/durable.js';
import type { WriterMark } from '../writing/row-writer.js';
import { differenceOf, type Identity } from './identity.js';
import type { Counts } from './progress.js';

/** All rows up to a position are done, and what came of them is on the disk. */
export interface Checkpoint {
  readonly position: Position;
  readonly output: WriterMark;
  /** Length of the error file. */
  readonly errorBytes: number;
  readonly counts: Counts;
  /** No row is left. */
  readonly isComplete: boolean;
}

/** What is kept beside an output until it is complete. */
interface Kept {
  readonly format: 1;
  readonly identity: Identity;
  readonly checkpoint: Checkpoint | undefined;
}

/** The folder beside an output with what is done of it. One process at a time has it. */
export class RunState {
  readonly folder: string;
  readonly #identity: Identity;
  readonly #lock: FileLock;
  #checkpoint: Checkpoint | undefined;

  private constructor(folder: string, lock: FileLock, kept: Kept) {
    this.folder = folder;
    this.#lock = lock;
    this.#identity = kept.identity;
    this.#checkpoint = kept.checkpoint;
  }

  /** The last one; undefined = nothing is done. */
  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint;
  }

  get parts(): string {
    return join(this.folder, 'parts');
  }

  get output(): string {
    return join(this.folder, 'output');
  }

  /** For requests that a server answers. */
  get remote(): string {
    return join(this.folder, 'remote');
  }

  get errors(): string {
    return join(this.folder, 'errors.jsonl');
  }

  /**
   * Takes the folder of an output; `restart`: what was done before does not count. Rejects with `failed_precondition` while another
   * process has it, and where it is of another run.
   */
  static async open(output: string, identity: Identity, restart: boolean): Promise<RunState> {
    const folder = stateFolder(output);
    await mkdir(folder, { recursive: true });
    const lock = await lockFile(join(folder, 'lock'));
    if (lock === undefined) throw refused(`another run writes ${output}: wait for its end, or choose another --output`);
    try {
      if (restart) await discard(folder);
      const kept = await readKept(folder);
      const difference = kept && differenceOf(kept.identity, identity);
      if (difference !== undefined) {
        throw refused(
          `${output} was begun by another run (${difference}): --restart discards what it did, another --output leaves it alone`,
        );
      }
      const state = new RunState(folder, lock, kept ?? { format: 1, identity, checkpoint: undefined });
      await mkdir(state.parts, { recursive: true });
      if (kept === undefined) await state.#write();
      return state;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** What was written before is done, whatever happens later. */
  async save(checkpoint: Checkpoint): Promise<void> {
    this.#checkpoint = checkpoint;
    await this.#write();
  }

  async #write(): Promise<void> {
    const path = join(this.folder, 'state.json');
    const kept: Kept = { format: 1, identity: this.#identity, checkpoint: this.#checkpoint };
    await replaceDurably(path, `${JSON.stringify(kept)}\n`);
  }

  /** Removes the folder: the output is in its place. */
  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
    await sync(dirname(this.folder));
  }

  release(): void {
    this.#lock.release();
  }
}

/** Where a run keeps what it has done of an output. */
export function stateFolder(output: string): string {
  return `${output.replace(/\/+$/, '')}.millrace-batch`;
}

/** Whether a run of an output has begun and is not complete. */
export async function hasState(output: string): Promise<boolean> {
  return (await stat(join(stateFolder(output), 'state.json')).catch(() => undefined)) !== undefined;
}

async function discard(folder: string): Promise<void> {
  for (const name of ['state.json', 'parts', 'parts.joined', 'output', 'errors.jsonl', 'remote']) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function readKept(folder: string): Promise<Kept | undefined> {
  const path = join(folder, 'state.json');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    const kept = JSON.parse(text) as Kept;
    if (kept.format === 1) return kept;
  } catch {
    // Told below.
  }
  throw refused(`${path} cannot be read: --restart discards what was done before`);
}

function refused(message: string): MillraceError {
  return new MillraceError('failed_precondition', message);
}

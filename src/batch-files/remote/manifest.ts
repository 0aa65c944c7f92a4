import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../../core/index.js';
import { replaceDurably } from '../writing/durable.js';

/** A file of requests, and how far its batch is. */
export interface RequestFile {
  /** Of the requests; answers are in a file beside it. */
  readonly name: string;
  /** Number of the first row of the first and of the last request, from 1. */
  readonly firstRow: number;
  readonly lastRow: number;
  readonly requests: number;
  /** Ids of the server. */
  readonly fileId?: string;
  readonly batchId?: string;
  /** Requests without an answer of the model, once it is done: answers are on the disk. */
  readonly failed?: number;
}

/** What is known of the requests of a run. */
export interface Manifest {
  /** Rounds of requests that are written: all rows, then alone those whose request has failed. */
  readonly rounds: number;
  readonly files: readonly RequestFile[];
  /** There is an answer to all that is asked. */
  readonly isAnswered: boolean;
}

const NOTHING: Manifest = { rounds: 0, files: [], isAnswered: false };

/** Keeps a manifest in a folder. */
export class ManifestFile {
  readonly folder: string;
  #manifest: Manifest;

  private constructor(folder: string, manifest: Manifest) {
    this.folder = folder;
    this.#manifest = manifest;
  }

  get manifest(): Manifest {
    return this.#manifest;
  }

  static async open(folder: string): Promise<ManifestFile> {
    await mkdir(folder, { recursive: true });
    const path = join(folder, 'manifest.json');
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    try {
      return new ManifestFile(folder, text === undefined ? NOTHING : (JSON.parse(text) as Manifest));
    } catch (cause) {
      throw new MillraceError(
        'failed_precondition',
        `${path} cannot be read: --restart discards what was done before`,
        {
          cause,
        },
      );
    }
  }

  async save(change: Partial<Manifest>): Promise<void> {
    this.#manifest = { ...this.#manifest, ...change };
    await replaceDurably(join(this.folder, 'manifest.json'), `${JSON.stringify(this.#manifest)}\n`);
  }

  /** The same for one of its files. */
  update(name: string, change: Partial<RequestFile>): Promise<void> {
    return this.save({
      files: this.#manifest.files.map((file) => (file.name === name ? { ...file, ...change } : file)),
    });
  }

  /** Files of requests that were being written when a run ended. */
  async discardUnknown(): Promise<void> {
    const known = new Set(this.#manifest.files.map(({ name }) => name));
    for (const name of await readdir(this.folder)) {
      if (/^requests-\d+\.jsonl$/.test(name) && !known.has(name)) await rm(join(this.folder, name));
    }
  }

  answersOf({ name }: RequestFile): string {
    return join(this.folder, name.replace('requests', 'answers'));
  }
}

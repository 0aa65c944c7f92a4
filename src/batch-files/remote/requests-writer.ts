import { join } from 'node:path';
import { TextFile } from '../writing/text-file.js';
import type { ManifestFile, RequestFile } from './manifest.js';

/** Bounds of a file, which is sent as a whole; OpenAI's are 200 MB and 50,000 requests. */
const MAX_BYTES = 32 << 20;
const MAX_REQUESTS = 50_000;

/** Writes requests into files that can be sent. */
export class RequestsWriter {
  readonly #manifest: ManifestFile;
  readonly #files: RequestFile[] = [];
  #file: TextFile | undefined;
  #firstRow = 0;
  #lastRow = 0;
  #requests = 0;

  constructor(manifest: ManifestFile) {
    this.#manifest = manifest;
  }

  /** `row`: number of the first row of the request. */
  async add(row: number, line: string): Promise<void> {
    const bytes = Buffer.from(line);
    if (this.#file !== undefined && (this.#requests >= MAX_REQUESTS || this.#file.length + bytes.length > MAX_BYTES)) {
      await this.#end();
    }
    if (this.#file === undefined) {
      this.#file = await TextFile.open(join(this.#manifest.folder, this.#name()), 0);
      this.#firstRow = row;
    }
    this.#lastRow = row;
    this.#requests++;
    await this.#file.append(bytes);
  }

  #name(): string {
    const number = this.#manifest.manifest.files.length + this.#files.length;
    return `requests-${String(number).padStart(5, '0')}.jsonl`;
  }

  async #end(): Promise<void> {
    if (this.#file === undefined) return;
    await this.#file.commit();
    await this.#file.close();
    const { lastRow, firstRow, requests } = {
      lastRow: this.#lastRow,
      firstRow: this.#firstRow,
      requests: this.#requests,
    };
    this.#files.push({ name: this.#name(), firstRow, lastRow, requests });
    this.#file = undefined;
    this.#requests = 0;
  }

  /** The files, which are on the disk. */
  async finish(): Promise<readonly RequestFile[]> {
    await this.#end();
    return this.#files;
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }
}

import { createHash } from 'node:crypto';
import { type Clock, invalidArgument, MillraceError, type Principal } from '../core/index.js';
import type { NewFile, UploadPart, UploadRecord } from '../store/index.js';
import { FileTooLarge, UnknownFile } from './errors.js';
import type { Files } from './files.js';
import { newId } from './ids.js';
import type { CompletedParts, IncomingPart, PartInfo, UploadDetails } from './types.js';

/** Largest part, as OpenAI has it. */
const MAX_PART_BYTES = 67_108_864;
const MAX_PARTS = 1_000;

/** Files that arrive in parts. */
export class Uploads {
  readonly #files: Files;
  readonly #clock: Clock;

  constructor(files: Files, clock: Clock) {
    this.#files = files;
    this.#clock = clock;
  }

  /** A new upload. Throws where there could be no such file. */
  async create({ ownerId: owner, name: principal }: Principal, details: UploadDetails): Promise<UploadRecord> {
    const { options, records, ledger } = this.#files;
    const { sizeBytes, keepMs = options.keepMs } = details;
    if (sizeBytes > options.maxFileBytes) throw new FileTooLarge(options.maxFileBytes, 'files.maxFileBytes');
    await this.#files.opened();
    ledger.checkFile(owner);
    const nowMs = this.#clock.wallNow();
    const upload = {
      ...details,
      id: newId('upload_'),
      owner,
      principal,
      keepMs: Math.min(keepMs, options.keepMs),
      createdAtMs: nowMs,
      expiresAtMs: nowMs + options.uploadMaxAgeMs,
    };
    await records.uploads.create(upload);
    return { ...upload, state: 'pending' };
  }

  async addPart(principal: Principal, id: string, { bytes, check }: IncomingPart): Promise<PartInfo> {
    await this.#files.opened();
    const upload = await this.#pending(principal, id);
    const { uploads } = this.#files.records;
    const { owner } = upload;
    const incoming = { owner, bytes, maxBytes: MAX_PART_BYTES, limitName: 'of a part' };
    return this.#files.intake.take(incoming, async ({ name: content, sizeBytes }) => {
      await check();
      const stored = (await uploads.parts(id)).reduce((sum, part) => sum + part.sizeBytes, 0);
      if (stored + sizeBytes > upload.sizeBytes) {
        throw invalidArgument(
          `upload '${id}': its parts have ${stored + sizeBytes} bytes, expected ${upload.sizeBytes}`,
        );
      }
      const part = { id: newId('part_'), upload: id, owner, sizeBytes, content, createdAtMs: this.#clock.wallNow() };
      const outcome = await uploads.addPart(part, MAX_PARTS);
      if (outcome === 'full') throw ended(`upload '${id}' has ${MAX_PARTS} parts, and may have no more`);
      if (outcome === 'closed') throw await this.#over(id);
      return part;
    });
  }

  /** Makes the file of the parts, in their order. */
  async complete(principal: Principal, id: string, { parts: ids, md5 }: CompletedParts): Promise<NewFile> {
    await this.#files.opened();
    const upload = await this.#pending(principal, id);
    const { records, ledger, intake } = this.#files;
    const all = await records.uploads.parts(id);
    const parts = inOrder(all, { ids, upload });
    const { owner, purpose, name } = upload;
    ledger.checkFile(owner);
    const hash = createHash('md5');
    const incoming = {
      owner,
      bytes: this.#joined(parts),
      maxBytes: upload.sizeBytes,
      limitName: 'as announced',
      isCopy: true,
      hash,
    };
    return intake.take(incoming, async ({ name: content, sizeBytes }) => {
      const digest = hash.digest('hex');
      if (md5 !== undefined && md5.toLowerCase() !== digest) {
        throw invalidArgument(`md5: expected that of the parts, '${digest}', got '${md5.slice(0, 40)}'`, {
          subject: { parameter: 'md5' },
        });
      }
      const createdAtMs = this.#clock.wallNow();
      const about = { id: newId('file-'), owner, principal: upload.principal, purpose, name, sizeBytes, content };
      const file = { ...about, createdAtMs, expiresAtMs: createdAtMs + upload.keepMs };
      if (!(await records.uploads.complete(id, file))) throw await this.#over(id);
      ledger.release({ owner, files: -1, bytes: sumOf(all) - sizeBytes });
      return file;
    });
  }

  async cancel(principal: Principal, id: string): Promise<UploadRecord> {
    await this.#files.opened();
    const upload = await this.#pending(principal, id);
    const { records, ledger } = this.#files;
    const parts = await records.uploads.parts(id);
    if (!(await records.uploads.cancel(id))) throw await this.#over(id);
    ledger.release({ owner: upload.owner, files: 0, bytes: sumOf(parts) });
    return { ...upload, state: 'cancelled' };
  }

  async #pending({ ownerId }: Principal, id: string): Promise<UploadRecord> {
    const upload = await this.#files.records.uploads.get(id);
    if (upload === undefined || upload.owner !== ownerId) throw new UnknownFile('upload', id);
    if (upload.state !== 'pending') throw ended(`upload '${id}' is ${upload.state}`);
    if (upload.expiresAtMs <= this.#clock.wallNow()) throw ended(`upload '${id}' is expired`);
    return upload;
  }

  async #over(id: string): Promise<MillraceError> {
    const upload = await this.#files.records.uploads.get(id);
    return ended(`upload '${id}' is ${upload?.state ?? 'expired'}`);
  }

  async *#joined(parts: readonly UploadPart[]): AsyncGenerator<Uint8Array> {
    for (const { content } of parts) yield* this.#files.records.contents.read(content);
  }
}

interface WantedParts {
  readonly ids: readonly string[];
  readonly upload: UploadRecord;
}

/** The parts of the ids. Throws where they are not those of the upload, each once, or do not have its bytes. */
function inOrder(all: readonly UploadPart[], { ids, upload }: WantedParts): readonly UploadPart[] {
  const byId = new Map(all.map((part) => [part.id, part]));
  const parts = ids.map((id, index) => {
    const part = byId.get(id);
    if (part === undefined)
      throw wrongParts(`part_ids[${index}]: upload '${upload.id}' has no part '${id.slice(0, 60)}'`);
    // A part is in the file once.
    byId.delete(id);
    return part;
  });
  const sizeBytes = sumOf(parts);
  if (sizeBytes === upload.sizeBytes) return parts;
  throw wrongParts(`part_ids: these parts have ${sizeBytes} bytes, expected ${upload.sizeBytes}`);
}

function sumOf(parts: readonly UploadPart[]): number {
  return parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function wrongParts(message: string): MillraceError {
  return invalidArgument(message, { subject: { parameter: 'part_ids' } });
}

function ended(message: string): MillraceError {
  return new MillraceError('failed_precondition', message);
}

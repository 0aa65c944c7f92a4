import { type CallContext, type Clock, MillraceError, type Principal } from '../core/index.js';
import { admit } from '../governance/index.js';
import type { NewFile, UploadRecord } from '../store/index.js';
import { UnknownFile } from './errors.js';
import type { Files } from './files.js';
import { newId } from './ids.js';
import type { FileInfo, FileListing, FilePageInfo, FileUseCases, UploadInfo } from './types.js';
import { Uploads } from './uploads.js';

/** Files of a page: so many are read and written in one go. */
const MAX_PAGE = 1_000;

export interface FileUseCasesSetup {
  readonly files: Files;
  readonly clock: Clock;
}

export function createFileUseCases({ files, clock }: FileUseCasesSetup): FileUseCases {
  const { records, ledger, options } = files;
  const uploads = new Uploads(files, clock);
  return {
    enabled: options.enabled,
    async create(call, bytes, details) {
      const { ownerId: owner, name: principal } = admitted(call);
      await files.opened();
      ledger.checkFile(owner);
      const incoming = { owner, bytes, maxBytes: options.maxFileBytes, limitName: 'files.maxFileBytes' };
      return files.intake.take(incoming, async ({ name: content, sizeBytes }) => {
        const { purpose, name, keepMs = options.keepMs } = await details();
        ledger.checkFile(owner);
        const createdAtMs = clock.wallNow();
        const expiresAtMs = createdAtMs + Math.min(keepMs, options.keepMs);
        const about = { id: newId('file-'), owner, principal, purpose, name, sizeBytes, content };
        const file = { ...about, createdAtMs, expiresAtMs };
        await records.add(file);
        ledger.addFile(owner);
        return infoOf(file);
      });
    },
    get: async (call, id) => infoOf(await files.find(admitted(call), id)),
    list: (call, listing) => list(files, admitted(call), listing),
    async content(call, id) {
      const { content, ...file } = await files.find(admitted(call), id);
      return { info: infoOf(file), read: () => records.contents.read(content) };
    },
    async remove(call, id) {
      const principal = admitted(call);
      await files.opened();
      const { owner, sizeBytes } = await files.find(principal, id);
      const removal = await records.remove(id);
      if (removal.kind === 'missing') throw new UnknownFile('file', id);
      if (removal.kind === 'inUse') {
        const message = `file '${id}' is the input of batch '${removal.batch}', which has not ended: cancel the batch first`;
        throw new MillraceError('failed_precondition', message);
      }
      ledger.release({ owner, files: 1, bytes: sizeBytes });
    },
    createUpload: async (call, details) => uploadInfo(await uploads.create(admitted(call), details)),
    addPart: async (call, upload, part) => uploads.addPart(admitted(call), upload, part),
    async completeUpload(call, id, completed) {
      const principal = admitted(call);
      const file = await uploads.complete(principal, id, completed);
      const upload = await records.uploads.get(id);
      if (upload === undefined) throw new UnknownFile('upload', id);
      return uploadInfo(upload, file);
    },
    cancelUpload: async (call, id) => uploadInfo(await uploads.cancel(admitted(call), id)),
  };
}

/** The caller, where it may infer anything: files are the input and output of inferences. */
function admitted({ principal }: CallContext): Principal {
  admit(principal, 'model.infer', '');
  return principal;
}

async function list(files: Files, principal: Principal, listing: FileListing): Promise<FilePageInfo> {
  const { purpose, newestFirst, after } = listing;
  const limit = Math.min(MAX_PAGE, listing.limit);
  const behind = after === undefined ? undefined : (await files.find(principal, after)).number;
  const { ownerId: owner } = principal;
  const found = await files.records.list({ owner, purpose, newestFirst, after: behind, limit: limit + 1 });
  return { files: found.slice(0, limit).map(infoOf), hasMore: found.length > limit };
}

function infoOf(file: Omit<NewFile, 'content'>): FileInfo {
  const { id, purpose, name, sizeBytes, createdAtMs, expiresAtMs } = file;
  return { id, purpose, name, sizeBytes, createdAtMs, expiresAtMs };
}

function uploadInfo(upload: UploadRecord, file?: NewFile): UploadInfo {
  const { id, purpose, name, sizeBytes, createdAtMs, expiresAtMs, state } = upload;
  return { id, purpose, name, sizeBytes, createdAtMs, expiresAtMs, state, file: file && infoOf(file) };
}

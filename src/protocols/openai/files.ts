import type { Call } from '../../core/index.js';
import type { FileInfo, FileUseCases } from '../../service/index.js';
import { jsonResponse, type RouteRequest } from '../route.js';
import { readLimit } from '../shared/generation/query.js';
import { IncomingForm } from '../shared/multipart/incoming-form.js';
import type { WireResponse, WireStream } from '../wire.js';
import { readFileName, readFormExpiry, readPurpose, refuseOtherFields } from './form-fields.js';
import { listOf, readNewestFirst, refuseOtherParameters, seconds } from './lists.js';

/** What the routes of files are answered with. */
export interface FilesContext {
  readonly service: { readonly files: FileUseCases };
}

const FORM_FIELDS = ['purpose', 'expires_after[anchor]', 'expires_after[seconds]'] as const;
const MAX_PAGE = 10_000;

/** A file as OpenAI's clients read it. */
export function describeFile({ id, purpose, name, sizeBytes, createdAtMs, expiresAtMs }: FileInfo) {
  return {
    id,
    object: 'file',
    bytes: sizeBytes,
    created_at: seconds(createdAtMs),
    expires_at: seconds(expiresAtMs),
    filename: name,
    purpose,
    status: 'processed',
    status_details: null,
  };
}

/** `POST /v1/files`: the purpose may come before or behind the file. */
export function createFile({ service }: FilesContext, call: Call, request: RouteRequest): Promise<WireResponse> {
  return withForm(request, 'file', async (form) => {
    const file = await service.files.create(call, form.content(), async () => {
      const { fields, fileName } = await form.read();
      refuseOtherFields(fields, FORM_FIELDS);
      const keepMs = readFormExpiry(fields);
      return { purpose: readPurpose(fields.get('purpose')), name: readFileName(fileName, 'filename'), keepMs };
    });
    return jsonResponse(describeFile(file));
  });
}

/** `GET /v1/files`. */
export async function listFiles({ service }: FilesContext, call: Call, { query }: RouteRequest): Promise<WireResponse> {
  refuseOtherParameters(query, ['after', 'limit', 'order', 'purpose']);
  const { files, hasMore } = await service.files.list(call, {
    purpose: query.get('purpose') ?? undefined,
    newestFirst: readNewestFirst(query),
    after: query.get('after') ?? undefined,
    limit: readLimit(query, { max: MAX_PAGE, standard: MAX_PAGE }),
  });
  return jsonResponse(listOf(files.map(describeFile), hasMore));
}

/** `GET /v1/files/{file}`. */
export async function getFile({ service }: FilesContext, call: Call, { params, query }: RouteRequest) {
  refuseOtherParameters(query, []);
  const { file = '' } = params;
  return jsonResponse(describeFile(await service.files.get(call, file)));
}

/** `DELETE /v1/files/{file}`. */
export async function deleteFile({ service }: FilesContext, call: Call, { params, query }: RouteRequest) {
  refuseOtherParameters(query, []);
  const { file: id = '' } = params;
  await service.files.remove(call, id);
  return jsonResponse({ id, object: 'file', deleted: true });
}

/** `GET /v1/files/{file}/content`: chunk by chunk. */
export async function getContent(
  { service }: FilesContext,
  call: Call,
  { params, query }: RouteRequest,
): Promise<WireStream> {
  refuseOtherParameters(query, []);
  const { file: id = '' } = params;
  const { info, read } = await service.files.content(call, id);
  const headers = {
    'content-type': 'application/octet-stream',
    // A browser that opens it must not run it.
    'content-disposition': 'attachment',
    'content-length': String(info.sizeBytes),
  };
  return { status: 200, headers, stream: read() };
}

/** Reads a form, and leaves nothing of it behind. */
export async function withForm<Result>(
  { headers, incoming }: RouteRequest,
  file: string,
  work: (form: IncomingForm) => Promise<Result>,
): Promise<Result> {
  const form = new IncomingForm({ headers, incoming: incoming ?? nothing(), file });
  try {
    return await work(form);
  } finally {
    form.close();
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

import type { Call } from '../../core/index.js';
import type { UploadInfo } from '../../service/index.js';
import { jsonResponse, type RouteRequest } from '../route.js';
import { describe, Fields } from '../shared/generation/fields.js';
import { ParameterError } from '../shared/generation/parameter-error.js';
import type { WireResponse } from '../wire.js';
import { describeFile, type FilesContext, withForm } from './files.js';
import { readExpiry, readFileName, readPurpose, refuseOtherFields } from './form-fields.js';
import { refuseOtherParameters, seconds } from './lists.js';

const MAX_PARTS = 1_000;
const MAX_TYPE_LENGTH = 256;

/** An upload as OpenAI's clients read it. */
function describeUpload(upload: UploadInfo): object {
  const { id, purpose, name, sizeBytes, createdAtMs, expiresAtMs, state, file } = upload;
  return {
    id,
    object: 'upload',
    bytes: sizeBytes,
    created_at: seconds(createdAtMs),
    filename: name,
    purpose,
    status: state,
    expires_at: seconds(expiresAtMs),
    file: file === undefined ? null : describeFile(file),
  };
}

/** `POST /v1/uploads`. */
export async function createUpload(
  { service }: FilesContext,
  call: Call,
  { json }: RouteRequest,
): Promise<WireResponse> {
  const fields = Fields.of(json);
  const details = {
    name: readFileName(fields.any('filename'), 'filename'),
    purpose: readPurpose(fields.any('purpose')),
    sizeBytes: readBytes(fields.any('bytes')),
    mediaType: readMediaType(fields.any('mime_type')),
    keepMs: readExpiry(fields.any('expires_after'), 'expires_after'),
  };
  fields.end();
  return jsonResponse(describeUpload(await service.files.createUpload(call, details)));
}

/** `POST /v1/uploads/{upload}/parts`. */
export function addPart({ service }: FilesContext, call: Call, request: RouteRequest): Promise<WireResponse> {
  const { upload = '' } = request.params;
  return withForm(request, 'data', async (form) => {
    const check = async () => refuseOtherFields((await form.read()).fields, []);
    const part = await service.files.addPart(call, upload, { bytes: form.content(), check });
    return jsonResponse({
      id: part.id,
      object: 'upload.part',
      created_at: seconds(part.createdAtMs),
      upload_id: part.upload,
    });
  });
}

/** `POST /v1/uploads/{upload}/complete`. */
export async function completeUpload(
  { service }: FilesContext,
  call: Call,
  { params, json }: RouteRequest,
): Promise<WireResponse> {
  const { upload = '' } = params;
  const fields = Fields.of(json);
  const parts = readParts(fields.any('part_ids'));
  const md5 = fields.any('md5');
  if (md5 !== undefined && !(typeof md5 === 'string' && /^[0-9a-f]{32}$/i.test(md5))) {
    throw new ParameterError('md5', `'md5': expected 32 hexadecimal digits, got ${describe(md5)}`);
  }
  fields.end();
  return jsonResponse(describeUpload(await service.files.completeUpload(call, upload, { parts, md5 })));
}

/** `POST /v1/uploads/{upload}/cancel`. */
export async function cancelUpload(
  { service }: FilesContext,
  call: Call,
  { params, query }: RouteRequest,
): Promise<WireResponse> {
  refuseOtherParameters(query, []);
  const { upload = '' } = params;
  return jsonResponse(describeUpload(await service.files.cancelUpload(call, upload)));
}

function readBytes(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new ParameterError('bytes', `'bytes': expected a number of bytes, got ${describe(value)}`);
}

function readMediaType(value: unknown): string {
  if (typeof value === 'string' && value.length <= MAX_TYPE_LENGTH) return value;
  throw new ParameterError('mime_type', `'mime_type': expected a media type, got ${describe(value)}`);
}

function readParts(value: unknown): readonly string[] {
  const isList = Array.isArray(value) && value.length <= MAX_PARTS;
  if (isList && value.every((id): id is string => typeof id === 'string')) return value;
  throw new ParameterError(
    'part_ids',
    `'part_ids': expected a list of at most ${MAX_PARTS} ids, got ${describe(value)}`,
  );
}

import { type ErrorCode, excerpt, MillraceError } from '../core/index.js';
import type { ObjectHeaders } from './http/exchange.js';
import { readXml } from './xml.js';

/** A refusal of the store. `not_found`: no such object or bucket; `permission_denied`: the credentials may not; `unavailable`: it may pass. */
export class ObjectStoreError extends MillraceError {
  readonly status: number;
  /** The store's own code, such as `NoSuchKey`; '' where it sent none. */
  readonly storeCode: string;

  constructor(code: ErrorCode, message: string, { status, storeCode }: Pick<Refusal, 'status' | 'storeCode'>) {
    super(code, message);
    this.name = 'ObjectStoreError';
    this.status = status;
    this.storeCode = storeCode;
  }
}

/** An answer of the store that is none of those that were asked for. */
export interface Refusal {
  readonly status: number;
  readonly storeCode: string;
  readonly message: string;
  readonly requestId: string;
  /** Where the bucket is, as far as the store says it. */
  readonly region: string | undefined;
}

const MAX_MESSAGE_LENGTH = 300;

/** What an answer says of its refusal. `text`: its body, at most 64 KiB of it; '' for HEAD. */
export async function readRefusal(status: number, headers: ObjectHeaders, text: string): Promise<Refusal> {
  const root = text === '' ? undefined : await readXml(text);
  // STS puts it into an element of its own.
  const error = root?.child('Error') ?? root;
  return {
    status,
    storeCode: error?.text('Code') ?? '',
    message: excerpt((error?.text('Message') ?? '').replace(/\s+/g, ' ').trim(), MAX_MESSAGE_LENGTH),
    requestId: textOf(headers['x-amz-request-id']) ?? root?.text('RequestId') ?? '',
    region: textOf(headers['x-amz-bucket-region']) ?? error?.text('Region'),
  };
}

const RETRIED_CODES: readonly string[] = [
  'InternalError',
  'OperationAborted',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
];
const EXPIRED_CODES: readonly string[] = ['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired'];

/** Whether the same request may succeed later. */
export function mayPass({ status, storeCode }: Refusal): boolean {
  return status >= 500 || status === 429 || status === 408 || RETRIED_CODES.includes(storeCode);
}

/** Whether other credentials are needed: those of the request have expired. */
export function needsCredentials({ storeCode }: Refusal): boolean {
  return EXPIRED_CODES.includes(storeCode);
}

/** `subject`: what was asked for, such as `s3://bucket/key`. `secrets` are in no message, whatever the store sends. */
export function refusalError(refusal: Refusal, subject: string, secrets: readonly string[]): ObjectStoreError {
  const { status, storeCode, message, requestId, region } = refusal;
  const [code, reason] = meaningOf(refusal);
  const said = [storeCode || `status ${status}`, message, requestId && `request id ${requestId}`].filter(Boolean);
  const where = status === 301 || storeCode === 'AuthorizationHeaderMalformed' ? regionAdvice(region) : '';
  return new ObjectStoreError(code, `${subject}: ${reason}${where} (${redacted(said.join('; '), secrets)})`, refusal);
}

function meaningOf(refusal: Refusal): readonly [ErrorCode, string] {
  const { status, storeCode } = refusal;
  if (storeCode === 'NoSuchBucket') return ['not_found', 'there is no such bucket'];
  if (storeCode === 'NoSuchUpload') return ['failed_precondition', 'the multipart upload is gone'];
  if (status === 404) return ['not_found', 'there is no such object'];
  if (status === 412) return ['failed_precondition', 'the object has changed since it was first read'];
  if (status === 416) return ['invalid_argument', 'the object has no such range of bytes'];
  if (mayPass(refusal)) return ['unavailable', 'the store cannot answer now'];
  if (needsCredentials(refusal)) return ['permission_denied', 'the credentials of this server have expired'];
  if (status === 401 || status === 403) return ['permission_denied', 'the store denies this server access'];
  if (status >= 300 && status < 400)
    return ['failed_precondition', 'the store names another address, which is not asked'];
  return ['failed_precondition', 'the store refuses the request'];
}

function regionAdvice(region: string | undefined): string {
  return region === undefined
    ? ': check objectStore.region'
    : `: the bucket is in '${excerpt(region, 40)}' (objectStore.region)`;
}

function redacted(text: string, secrets: readonly string[]): string {
  return secrets.reduce((left, secret) => (secret === '' ? left : left.replaceAll(secret, '…')), text);
}

function textOf(header: ObjectHeaders[string]): string | undefined {
  return typeof header === 'string' ? excerpt(header, 100) : undefined;
}

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { type Clock, excerpt, Turns } from '../../core/index.js';
import type { RequestSignatures } from '../dialect.js';
import type { WireHeaders, WireRequest } from '../wire.js';
import { AwsError } from './errors.js';
import type { SageMakerOptions } from './options.js';

const ALGORITHM = 'AWS4-HMAC-SHA256';
const SERVICE = 'sagemaker';
const TERMINATOR = 'aws4_request';
const MAX_SKEW_MS = 300_000;
/** Bytes that are hashed in one turn of the event loop. */
const HASHED_BYTES = 1_048_576;

type AccessKeys = SageMakerOptions['accessKeys'];

/** What an `Authorization` header of Signature Version 4 says. */
interface Claim {
  readonly id: string;
  /** `20261127/eu-central-1/sagemaker/aws4_request`. */
  readonly scope: readonly [date: string, region: string];
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `20261127T101500Z`. */
  readonly timestamp: string;
}

/**
 * Checks AWS's Signature Version 4: of the whole request, body included (unsigned payloads are refused), by one of the access keys, for
 * SageMaker, at most five minutes old or ahead.
 */
export function createSignatures(accessKeys: AccessKeys, clock: Clock): RequestSignatures {
  const turns = new Turns(clock);
  return {
    isSigned: ({ authorization }) => typeof authorization === 'string' && authorization.startsWith(ALGORITHM),
    async signerOf(request) {
      const claim = readClaim(request.headers);
      checkTime(claim, clock.wallNow());
      const key = accessKeys.find(({ id }) => id === claim.id);
      if (key === undefined) {
        throw new AwsError(
          'unauthenticated',
          'UnrecognizedClientException',
          `access key '${excerpt(claim.id)}' is not one of sagemaker.accessKeys`,
        );
      }
      const payload = checkPayload(request.headers, await hashBody(request.body, turns));
      const expected = sign(key.secret, claim, canonicalRequest(request, claim, payload));
      if (!timingSafeEqual(expected, Buffer.from(claim.signature, 'hex'))) {
        throw new AwsError(
          'unauthenticated',
          'InvalidSignatureException',
          'the signature is not that of this request with the secret access key that this server knows; check the key, and that no proxy changes the request',
        );
      }
      return key.key;
    },
  };
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 +Credential=([^/, ]+)\/(\d{8})\/([^/, ]+)\/([^/, ]+)\/([^/, ]+), *SignedHeaders=([a-z0-9;_-]+), *Signature=([0-9a-f]{64}) *$/;

function readClaim(headers: WireHeaders): Claim {
  const match = AUTHORIZATION.exec(textOf(headers, 'authorization') ?? '');
  const [, id, date, region, service, terminator, names, signature] = match ?? [];
  if (
    id === undefined ||
    date === undefined ||
    region === undefined ||
    names === undefined ||
    signature === undefined
  ) {
    throw incomplete(
      'the Authorization header must have the form `AWS4-HMAC-SHA256 Credential=<id>/<date>/<region>/sagemaker/aws4_request, SignedHeaders=…, Signature=…`',
    );
  }
  if (service !== SERVICE || terminator !== TERMINATOR) {
    throw incomplete(`the credential must be for '${SERVICE}/${TERMINATOR}', got '${service}/${terminator}'`);
  }
  const timestamp = textOf(headers, 'x-amz-date') ?? '';
  if (!/^\d{8}T\d{6}Z$/.test(timestamp)) throw incomplete('the header X-Amz-Date must have the form 20261127T101500Z');
  if (!timestamp.startsWith(date)) throw incomplete('the date of the credential must be that of the header X-Amz-Date');
  const signedHeaders = names.split(';');
  const unsigned = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))].find(
    (name) => !signedHeaders.includes(name),
  );
  if (unsigned !== undefined) throw incomplete(`the header '${excerpt(unsigned)}' must be signed`);
  const missing = signedHeaders.find((name) => !Object.hasOwn(headers, name));
  if (missing !== undefined) throw incomplete(`the header '${excerpt(missing)}' is signed but was not sent`);
  return { id, scope: [date, region], signedHeaders, signature, timestamp };
}

function checkTime({ timestamp }: Claim, nowMs: number): void {
  const [, year, month, day, hours, minutes, seconds] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp) ?? [];
  const signedMs = Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
  // Not for a date that does not exist.
  if (Math.abs(nowMs - signedMs) <= MAX_SKEW_MS) return;
  const now = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '');
  throw new AwsError(
    'unauthenticated',
    'InvalidSignatureException',
    `the signature is of ${timestamp}, and here it is ${now}: they may be 5 minutes apart`,
  );
}

/** The hash of the body as it was signed. */
function checkPayload(headers: WireHeaders, actual: string): string {
  const declared = textOf(headers, 'x-amz-content-sha256');
  if (declared === undefined || declared === actual) return actual;
  throw new AwsError(
    'unauthenticated',
    'InvalidSignatureException',
    /^[0-9a-f]{64}$/.test(declared)
      ? 'the header X-Amz-Content-Sha256 is not the SHA-256 of the body'
      : `the header X-Amz-Content-Sha256 must be the SHA-256 of the body, got '${excerpt(declared)}': unsigned payloads are not taken`,
  );
}

async function hashBody(body: Uint8Array, turns: Turns): Promise<string> {
  const hash = createHash('sha256');
  for (let at = 0; at < body.length; at += HASHED_BYTES) {
    if (at > 0) await turns.next();
    hash.update(body.subarray(at, at + HASHED_BYTES));
  }
  return hash.digest('hex');
}

function canonicalRequest({ method, url, headers }: WireRequest, { signedHeaders }: Claim, payload: string): string {
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  const values = signedHeaders.map((name) => `${name}:${(textOf(headers, name) ?? '').trim().replace(/ +/g, ' ')}\n`);
  return [
    method,
    // The path as it was sent is encoded once more.
    path.split('/').map(encode).join('/'),
    at < 0 ? '' : canonicalQuery(url.slice(at + 1)),
    values.join(''),
    signedHeaders.join(';'),
    payload,
  ].join('\n');
}

function canonicalQuery(query: string): string {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
      return [encode(decode(name)), encode(decode(value))] as const;
    })
    .sort(([a, x], [b, y]) => (a === b ? compare(x, y) : compare(a, b)))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw incomplete('the percent-encoding of the query is broken');
  }
}

/** RFC 3986: all but its unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sign(secret: string, { scope: [date, region], timestamp }: Claim, canonical: string): Buffer {
  const scope = [date, region, SERVICE, TERMINATOR];
  const hash = createHash('sha256').update(canonical).digest('hex');
  const text = [ALGORITHM, timestamp, scope.join('/'), hash].join('\n');
  const key = scope.reduce<string | Buffer>((chained, part) => hmac(chained, part), `AWS4${secret}`);
  return hmac(key, text);
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function textOf(headers: WireHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

function incomplete(message: string): AwsError {
  return new AwsError('unauthenticated', 'IncompleteSignatureException', message);
}

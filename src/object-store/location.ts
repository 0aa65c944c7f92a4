import { excerpt, invalidArgument } from '../core/index.js';

/** An object of an S3 store: `s3://bucket/key`. */
export interface ObjectLocation {
  readonly bucket: string;
  /** As S3 has it, without percent-encoding. */
  readonly key: string;
}

const SCHEME = 's3://';
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const IP_ADDRESS = /^\d+(?:\.\d+){3}$/;
const MAX_KEY_BYTES = 1_024;
/** Control characters, halves of surrogate pairs, ends of lines. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;
/** Gateways and proxies may decode them once more, and find another path. */
const HIDDEN = /%(?:2e|2f|5c)/i;

/**
 * Reads `s3://bucket/key`. Throws `invalid_argument` for what is not the URL of one object: a key that is empty or above 1,024 bytes, with empty
 * segments, `.` or `..`, control characters, backslashes, or percent-encoded dots and slashes.
 */
export function parseObjectUrl(text: string): ObjectLocation {
  const { bucket, key } = split(text);
  if (key === '') throw wrong(text, 'it names no object: expected s3://<bucket>/<key>');
  if (key.endsWith('/')) throw wrong(text, 'it names a folder: expected s3://<bucket>/<key>');
  return { bucket, key };
}

/** Reads `s3://bucket` or `s3://bucket/prefix`. Throws `invalid_argument` as {@link parseObjectUrl}; the key may be empty, or end with a slash. */
export function parseObjectPrefix(text: string): ObjectLocation {
  return split(text);
}

export function formatObjectUrl({ bucket, key }: ObjectLocation): string {
  return `${SCHEME}${bucket}/${key}`;
}

/**
 * Whether `url` names an object below `prefix`: `s3://b/a` and `s3://b/a/` are for `s3://b/a/x`, and not for `s3://b/ab`; without a slash at its end,
 * the prefix is for the object of its own name, too. False for what is no URL of an object, and where the prefix is none.
 */
export function isBelowPrefix(url: string, prefix: string): boolean {
  let object: ObjectLocation;
  let folder: ObjectLocation;
  try {
    object = parseObjectUrl(url);
    folder = parseObjectPrefix(prefix);
  } catch {
    return false;
  }
  if (object.bucket !== folder.bucket) return false;
  if (folder.key === '' || object.key === folder.key) return true;
  return object.key.startsWith(folder.key.endsWith('/') ? folder.key : `${folder.key}/`);
}

function split(text: string): ObjectLocation {
  if (!text.startsWith(SCHEME)) throw wrong(text, 'expected s3://<bucket>/<key>');
  const rest = text.slice(SCHEME.length);
  const at = rest.indexOf('/');
  const [bucket, key] = at < 0 ? [rest, ''] : [rest.slice(0, at), rest.slice(at + 1)];
  const problem = problemOfBucket(bucket) ?? problemOfKey(key);
  if (problem !== undefined) throw wrong(text, problem);
  return { bucket, key };
}

function problemOfBucket(bucket: string): string | undefined {
  if (BUCKET.test(bucket) && !bucket.includes('..') && !IP_ADDRESS.test(bucket)) return undefined;
  return 'the bucket needs 3 to 63 characters of a-z, 0-9, dots and hyphens, and begins and ends with a letter or digit';
}

function problemOfKey(key: string): string | undefined {
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return `the key has more than ${MAX_KEY_BYTES} bytes`;
  if (UNPRINTABLE.test(key)) return 'the key has control characters, or is no valid Unicode';
  if (key.includes('\\')) return 'the key has a backslash';
  if (HIDDEN.test(key)) return 'the key has a percent-encoded dot or slash: keys are written without percent-encoding';
  const segments = key.split('/');
  if (segments.some((segment) => segment === '.' || segment === '..')) return "the key has a segment '.' or '..'";
  // The last one of a folder is empty.
  if (segments.slice(0, -1).includes('')) return 'the key has an empty segment';
  return undefined;
}

function wrong(text: string, problem: string): Error {
  return invalidArgument(`'${excerpt(text)}' is not the URL of an object: ${problem}`);
}

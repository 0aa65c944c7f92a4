import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { MillraceError } from '../../core/index.js';
import { type Digest, digestOf, formatDigest, isSameDigest } from '../digest.js';
import { MAX_ATTEMPTS } from '../limits.js';
import type { DownloadCache } from '../network/cache.js';
import type { HttpAnswer, HttpClient } from '../network/http-client.js';
import { refuseStatus } from './answer.js';
import type { Artefact } from './artefact.js';

export interface Download {
  readonly file: string;
  readonly digest: Digest;
}

export interface DownloadSetup {
  readonly client: HttpClient;
  readonly cache: DownloadCache;
  readonly maxBytes: number;
  /** Called as bytes come; `totalBytes` is undefined while nobody knows. */
  readonly onProgress: (receivedBytes: number, totalBytes: number | undefined) => void;
  /** Ends it, as that of the client ends its requests: rejects with the reason, and keeps what has come. */
  readonly signal?: AbortSignal;
}

/**
 * The artefact as a file of the cache, with its digest verified. What an earlier attempt has left is continued; what breaks off
 * is, too, as long as it gets further. Rejects with `failed_precondition` where size or digest are not the expected ones.
 */
export async function download(artefact: Artefact, setup: DownloadSetup): Promise<Download> {
  const { digest: expected } = artefact;
  const cached = expected === undefined ? undefined : await setup.cache.find(expected);
  if (cached !== undefined && expected !== undefined) return { file: cached, digest: expected };
  const first = expected === undefined ? await ask(artefact, setup, {}) : undefined;
  const validator = first?.headers.etag;
  const key = expected === undefined ? keyOfUrl(artefact.url, validator) : `${expected.algorithm}-${expected.hex}`;
  const mine = await setup.cache.claim(key);
  try {
    await fetchWhole({ artefact, mine, validator }, first, setup);
  } catch (error) {
    first?.body.destroy();
    if (isBroken(error) || setup.signal?.aborted) await setup.cache.leave(mine, key);
    else await fs.rm(mine, { force: true });
    setup.signal?.throwIfAborted();
    throw error;
  }
  const digest = await digestOf(mine, expected?.algorithm ?? 'sha256');
  if (expected !== undefined && !isSameDigest(digest, expected)) {
    await fs.rm(mine);
    const what = `${artefact.url} has the digest ${formatDigest(digest)}; expected ${formatDigest(expected)}`;
    throw new MillraceError('failed_precondition', `${what}; nothing of it is kept`);
  }
  return { file: await setup.cache.keep(mine, digest), digest };
}

/** The connection failed, not what came over it. */
function isBroken(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'unavailable';
}

/** Without a digest, what was begun is only continued where the server says that it is the same file still. */
function keyOfUrl(url: string, validator: string | undefined): string {
  return `url-${createHash('sha256')
    .update(`${url}\n${validator ?? ''}`)
    .digest('hex')}`;
}

interface Target {
  readonly artefact: Artefact;
  /** The file that is written. */
  readonly mine: string;
  /** The file's ETag, where there is no digest. */
  readonly validator: string | undefined;
}

async function fetchWhole(target: Target, first: HttpAnswer | undefined, setup: DownloadSetup): Promise<void> {
  let answer = first;
  for (let attempt = 1; ; attempt++) {
    const { size: before } = await fs.stat(target.mine);
    try {
      return await fetchRest(target, answer, setup);
    } catch (error) {
      const { size: after } = await fs.stat(target.mine);
      const isOver = setup.signal?.aborted || attempt === MAX_ATTEMPTS;
      if (!isBroken(error) || after <= before || isOver) throw error;
    }
    answer = undefined;
  }
}

/** Asks for what is missing, and appends it; `answer` = what has been asked for from the beginning. */
async function fetchRest(target: Target, answer: HttpAnswer | undefined, setup: DownloadSetup): Promise<void> {
  const { artefact, mine, validator } = target;
  let { size: start } = await fs.stat(mine);
  const isContinuable = artefact.digest !== undefined || isStrong(validator);
  if (start > 0 && !isContinuable) start = 0;
  if (start > 0) answer?.body.destroy();
  let current = start > 0 || answer === undefined ? await ask(artefact, setup, rangeFrom(start, validator)) : answer;
  if (current.status === 416) {
    // More is there than the server has: it is another file, or was whole already.
    current.body.destroy();
    start = 0;
    current = await ask(artefact, setup, {});
  }
  if (current.status === 206 && !isRangeFrom(current, start)) {
    current.body.destroy();
    throw new MillraceError('failed_precondition', `${artefact.url} answers with another range than asked for`);
  }
  if (current.status !== 206) start = 0;
  await append(current, { target, start }, setup);
}

function isStrong(validator: string | undefined): validator is string {
  return validator?.startsWith('"') === true;
}

function rangeFrom(start: number, validator: string | undefined): Readonly<Record<string, string>> {
  if (start === 0) return {};
  return { range: `bytes=${start}-`, ...(isStrong(validator) ? { 'if-range': validator } : {}) };
}

function isRangeFrom({ headers }: HttpAnswer, start: number): boolean {
  return headers['content-range']?.startsWith(`bytes ${start}-`) === true;
}

async function ask(
  artefact: Artefact,
  { client }: DownloadSetup,
  headers: Readonly<Record<string, string>>,
): Promise<HttpAnswer> {
  const { url, trusted, authorization, checkRedirect } = artefact;
  const answer = await client.get({ url, headers, trusted, authorization, ...(checkRedirect && { checkRedirect }) });
  const isAsked = answer.status === 206 || answer.status === 416;
  if (!isAsked || headers.range === undefined) await refuseStatus(answer, `file ${artefact.name}`);
  const { 'content-encoding': encoding = 'identity' } = answer.headers;
  if (encoding !== 'identity') {
    answer.body.destroy();
    throw new MillraceError('failed_precondition', `${url} answers with the encoding '${encoding}'; expected none`);
  }
  return answer;
}

interface Appending {
  readonly target: Target;
  /** Where the answer begins in the file. */
  readonly start: number;
}

async function append(answer: HttpAnswer, { target, start }: Appending, setup: DownloadSetup): Promise<void> {
  const { artefact, mine } = target;
  const announced = Number(answer.headers['content-length'] ?? Number.NaN);
  const total = Number.isNaN(announced) ? artefact.sizeBytes : start + announced;
  const limit = artefact.sizeBytes ?? setup.maxBytes;
  const refuse = (message: string) => {
    answer.body.destroy();
    throw new MillraceError('failed_precondition', `${artefact.url} ${message}`);
  };
  if (limit > setup.maxBytes) refuse(`has ${limit} bytes; expected at most ${setup.maxBytes}`);
  if (total !== undefined && total > limit) refuse(`has ${total} bytes; expected at most ${limit}`);
  const isEndKnown = !Number.isNaN(announced) || answer.headers['transfer-encoding'] !== undefined;
  if (artefact.digest === undefined && !isEndKnown)
    refuse('does not say how long it is, so nobody could tell a part from it');
  let received = start;
  const handle = await fs.open(mine, 'r+');
  try {
    await handle.truncate(start);
    // What has come is written before more is read: it is there when the connection breaks.
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      if (received + chunk.length > limit) refuse(`has more than ${limit} bytes`);
      for (let rest = chunk; rest.length > 0; ) {
        const { bytesWritten } = await handle.write(rest, 0, rest.length, received);
        received += bytesWritten;
        rest = rest.subarray(bytesWritten);
      }
      setup.onProgress(received, total);
    }
  } catch (error) {
    throw error instanceof MillraceError || isOfFileSystem(error) ? error : broken(artefact, received, error);
  } finally {
    await handle.close();
  }
}

function isOfFileSystem(error: unknown): boolean {
  const { syscall } = error as NodeJS.ErrnoException;
  return syscall === 'write' || syscall === 'ftruncate';
}

function broken({ url }: Artefact, received: number, cause: unknown): MillraceError {
  const { message } = cause as Error;
  const what = `${url} broke off after ${received} bytes (${message})`;
  return new MillraceError('unavailable', `${what}; the next attempt continues there`, { cause });
}

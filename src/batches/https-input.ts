import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { type Clock, excerpt, MillraceError } from '../core/index.js';
import { FileTooLarge } from '../files/index.js';
import { isListedHost, type Resolve } from '../network/index.js';
import { HttpClient, STALL_MS } from '../sources/index.js';
import { WrongInput } from './wrong-input.js';

/** `jobs.inputs` of the settings. */
export interface HttpsInputOptions {
  /** Hosts that may have internal addresses. */
  readonly allowPrivate: readonly string[];
  /** PEM file of authorities to trust in place of the usual ones; '' = the usual ones. */
  readonly caFile: string;
}

export interface HttpsInput {
  readonly options: HttpsInputOptions;
  readonly clock: Clock;
  /** Default: as the system looks names up. */
  readonly resolve?: Resolve;
  /** It is below a prefix that its caller may read. */
  readonly url: string;
  /** Why its caller may not read another URL, to which a redirect leads; undefined = it may. */
  readonly refusalOf: (url: string) => string | undefined;
  readonly maxBytes: number;
  /** Setting that says `maxBytes`. */
  readonly limitName: string;
  readonly signal: AbortSignal;
}

const ADVICE = 'jobs.inputs.allowPrivate lifts that for its host';
const MAX_MESSAGE_LENGTH = 1_000;
/** Of answers after which the same request may succeed. */
const PASSING: readonly number[] = [408, 425, 429];

/**
 * The bytes of a file of a web server, as they come. It is read without any credential, from the address that was looked up and checked. Fails with
 * {@link WrongInput} where it is not there, may not be read or is no whole file, with FileTooLarge, and with `unavailable` where a later attempt may
 * succeed: the server does not answer, answers 5xx or 429, or breaks off.
 */
export async function* readHttpsInput(input: HttpsInput): AsyncGenerator<Uint8Array, void> {
  const { url, signal } = input;
  const { body, lengthBytes } = await open(input);
  let received = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      received += chunk.byteLength;
      yield chunk;
    }
  } catch (error) {
    signal.throwIfAborted();
    const of = lengthBytes === undefined ? '' : ` of ${lengthBytes}`;
    const message = `'${url}' broke off after ${received}${of} bytes (${(error as Error).message})`;
    throw new MillraceError('unavailable', message, { cause: error });
  } finally {
    body.destroy();
  }
}

interface OpenFile {
  readonly body: IncomingMessage;
  readonly lengthBytes: number | undefined;
}

async function open(input: HttpsInput): Promise<OpenFile> {
  const { url, maxBytes, limitName } = input;
  const { status, headers, body } = await ask(input);
  const { 'content-length': length, 'content-encoding': encoding = 'identity' } = headers;
  const lengthBytes = length === undefined ? undefined : Number(length);
  const problem = problemOf(status, encoding, lengthBytes !== undefined || headers['transfer-encoding'] !== undefined);
  if (problem === undefined && (lengthBytes ?? 0) <= maxBytes) return { body, lengthBytes };
  body.destroy();
  if (problem === undefined) throw new FileTooLarge(maxBytes, limitName);
  const message = `'${url}' ${problem}`;
  if (status >= 500 || PASSING.includes(status)) throw new MillraceError('unavailable', message);
  throw new WrongInput('input_unreadable', message);
}

function problemOf(status: number, encoding: string, isEndKnown: boolean): string | undefined {
  if (status === 404 || status === 410) return `is not there (status ${status})`;
  if (status !== 200) return `answers with the status ${status}; expected 200`;
  if (encoding !== 'identity') return `answers with the encoding '${encoding}'; expected none`;
  return isEndKnown ? undefined : 'does not say where it ends: expected Content-Length or chunks';
}

async function ask({ options, clock, resolve, url, refusalOf, signal }: HttpsInput) {
  const ca = await authorities(options.caFile);
  const client = new HttpClient({
    clock,
    signal,
    stallMs: STALL_MS,
    allowPrivate: false,
    isPrivate: (asked) => isListedHost(options.allowPrivate, asked),
    internalAdvice: ADVICE,
    ...(resolve && { resolve }),
    ...(ca !== undefined && { ca }),
  });
  const checkRedirect = (target: string) => {
    const refusal = refusalOf(target);
    if (refusal === undefined) return;
    throw new WrongInput('input_not_allowed', excerpt(`'${url}' redirects: ${refusal}`, MAX_MESSAGE_LENGTH));
  };
  try {
    return await client.get({ url, checkRedirect });
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'failed_precondition') throw error;
    throw new WrongInput('input_not_allowed', error.message, { cause: error });
  }
}

/** Read for each input: they are renewed while the server runs. Rejects with `unavailable`. */
async function authorities(caFile: string): Promise<string | undefined> {
  if (caFile === '') return undefined;
  try {
    return await readFile(caFile, 'utf8');
  } catch (cause) {
    throw new MillraceError('unavailable', 'the file of jobs.inputs.caFile cannot be read', { cause });
  }
}

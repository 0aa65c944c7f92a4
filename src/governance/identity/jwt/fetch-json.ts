import { readFile } from 'node:fs/promises';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Clock } from '../../../core/index.js';

/** What is asked for, and how whoever has it is known. */
export interface JsonRequest {
  readonly url: string;
  /** Certificates (PEM) that the server's must follow from, read each time; '' = those that the system trusts. */
  readonly caFile: string;
  /** A file with a bearer token to send, read each time; '' = none. */
  readonly tokenFile: string;
}

/** Gets a JSON document. Rejects with what went wrong, in words. */
export type FetchJson = (request: JsonRequest) => Promise<unknown>;

/** Longest document. Key sets of large providers have some 10 KiB. */
const MAX_DOCUMENT_BYTES = 1_048_576;
/** From the first word to the last byte. */
const TIMEOUT_MS = 5_000;

/** Asks over HTTP(S): follows no redirect, and neither waits nor reads for ever. */
export function createFetchJson(clock: Clock): FetchJson {
  return async ({ url, caFile, tokenFile }) => {
    const headers: Record<string, string> = {
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'millrace',
    };
    if (tokenFile !== '') headers.authorization = `Bearer ${(await readFile(tokenFile, 'utf8')).trim()}`;
    const ca = caFile === '' ? undefined : await readFile(caFile);
    const text = await get(new URL(url), { headers, agent: false, ...(ca && { ca }) }, clock);
    try {
      return JSON.parse(text);
    } catch {
      throw new Error(`${url} is no JSON`);
    }
  };
}

function get(url: URL, options: https.RequestOptions, clock: Clock): Promise<string> {
  const { request } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const sent = request(url, options);
    const fail = (problem: string) => {
      reject(new Error(`${url.href} ${problem}`));
      sent.destroy();
    };
    const timer = clock.setTimer(TIMEOUT_MS, () => fail(`has not answered within ${TIMEOUT_MS / 1_000} s`));
    sent
      .on('error', ({ message, code }: NodeJS.ErrnoException) => fail(`does not answer: ${message || code}`))
      .on('close', () => timer.clear())
      .on('response', (answer) => {
        const problem = problemOf(answer);
        if (problem === undefined) collect(answer, resolve, fail);
        else fail(problem);
      })
      .end();
  });
}

function problemOf({ statusCode = 0, headers }: IncomingMessage): string | undefined {
  if (statusCode >= 300 && statusCode < 400) return `redirects (status ${statusCode}), which is not followed`;
  if (statusCode !== 200) return `answers with status ${statusCode}`;
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') return `answers with the encoding '${encoding.slice(0, 64)}'; expected none`;
  return Number(headers['content-length']) > MAX_DOCUMENT_BYTES ? TOO_LONG : undefined;
}

const TOO_LONG = `is longer than ${MAX_DOCUMENT_BYTES} bytes`;

function collect(answer: IncomingMessage, done: (text: string) => void, fail: (problem: string) => void): void {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  answer
    .on('data', (chunk: Buffer) => {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > MAX_DOCUMENT_BYTES) fail(TOO_LONG);
      else chunks.push(chunk);
    })
    .on('end', () => done(Buffer.concat(chunks).toString()))
    // It has been cut off, and says no 'end'.
    .on('error', ({ message }) => fail(`broke off: ${message}`));
}

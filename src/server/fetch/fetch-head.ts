import type { IncomingHttpHeaders } from 'node:http';
import { headersTooLarge } from '../http/client-error.js';
import type { RequestHead } from '../http/exchange.js';
import { HttpError } from '../http-error.js';

/** Of `: ` and the end of a line. */
const SEPARATOR_BYTES = 2;

/**
 * The head of a `Request` as Node's parser would give it. A body without `Content-Length` counts as chunked; a request without `Host` is
 * for the host of its URL.
 */
export function readHead(request: Request, url: URL): RequestHead {
  const headers: IncomingHttpHeaders = {};
  const rawHeaders: string[] = [];
  for (const [name, value] of request.headers) {
    rawHeaders.push(name, value);
    headers[name] = value;
  }
  headers.host ??= url.host;
  if (request.body !== null && headers['content-length'] === undefined) headers['transfer-encoding'] ??= 'chunked';
  return {
    method: request.method,
    url: url.pathname + url.search,
    headers,
    rawHeaders,
    httpVersion: '1.1',
    httpVersionMajor: 1,
    httpVersionMinor: 1,
    complete: true,
  };
}

interface StoredHead {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyBytes: number;
}

/** The head of a stored request, as Node's parser would give it. */
export function storedHead({ method, url, headers, bodyBytes }: StoredHead): RequestHead {
  const all: IncomingHttpHeaders = { host: 'localhost', ...headers };
  if (bodyBytes > 0) all['content-length'] = String(bodyBytes);
  const rawHeaders = Object.entries(all).flat() as string[];
  const version = { httpVersion: '1.1', httpVersionMajor: 1, httpVersionMinor: 1 };
  return { method, url, headers: all, rawHeaders, ...version, complete: true };
}

/** Why a head is refused that Node's parser would not have let pass; undefined = it is as it should be. */
export function headProblem(head: RequestHead, limits: { readonly maxHeaderBytes: number }): HttpError | undefined {
  const { method = '', url = '', headers, rawHeaders } = head;
  const bytes = rawHeaders.reduce((sum, text) => sum + text.length + SEPARATOR_BYTES, method.length + url.length);
  if (bytes > limits.maxHeaderBytes) return headersTooLarge(limits);
  const length = headers['content-length'];
  if (length === undefined || /^\d{1,15}$/.test(length)) return undefined;
  return new HttpError(400, `header content-length: expected a number of bytes, got '${length.slice(0, 80)}'`);
}

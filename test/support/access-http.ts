import { once } from 'node:events';
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Fetch } from '../../src/server/index.js';
import { HTTP_ROWS, pathOf } from './access-rows.js';

/** A route's request: its path filled in, and its body. */
export function requestOf(id: string): { readonly method: string; readonly path: string; readonly body: string } {
  const [method = '', path = ''] = id.split(' ');
  const body = method === 'POST' || method === 'PUT' ? JSON.stringify(HTTP_ROWS[id]?.request ?? {}) : '';
  return { method, path: pathOf(path, method), body };
}

interface AskOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly search?: string;
  readonly path?: string;
}

/** Sends a route's request to a place, with what carries a credential; `search` is put behind its path, or behind another `path`. */
export async function askHttp(
  place: Pick<RequestOptions, 'host' | 'port' | 'socketPath' | 'agent' | 'protocol'>,
  id: string,
  { headers = {}, search = '', path: other }: AskOptions,
) {
  const { method, path, body } = requestOf(id);
  const all = { ...headers, host: 'localhost', 'content-length': String(Buffer.byteLength(body)) };
  const open = place.protocol === 'https:' ? requestTls : request;
  const sent = open({ ...place, method, headers: all, path: (other ?? path) + search }).end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) {
    chunks.push(chunk);
    if (response.statusCode === 200 && HTTP_ROWS[id]?.endless) break;
  }
  return { status: response.statusCode, text: Buffer.concat(chunks).toString() };
}

/** Hands a route's request to a server without a socket. */
export async function askFetch(fetch: Fetch, id: string, { headers = {} }: Pick<AskOptions, 'headers'>) {
  const { method, path, body } = requestOf(id);
  // A text would bring a type of its own.
  const init = { method, headers, body: body === '' ? null : new Uint8Array(Buffer.from(body)) };
  const response = await fetch(new Request(`http://localhost${path}`, init));
  if (response.status !== 200 || HTTP_ROWS[id]?.endless !== true) {
    return { status: response.status, text: await response.text() };
  }
  await response.body?.cancel();
  return { status: response.status, text: '' };
}

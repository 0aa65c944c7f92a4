import type { App } from '../../src/app.js';
import type { StoredIdentity } from '../../src/governance/index.js';
import type { Fetch, FetchOptions } from '../../src/server/index.js';
import { RawClient, requestText } from './raw-client.js';

/** A request that is sent over a socket, and handed to `fetch`. */
export interface Asked {
  /** `POST /v2/models/m/infer`. */
  readonly line: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** An answer as both ways have it. */
export interface Answered {
  readonly status: number;
  /** Without those of a connection, and those that are another for each request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The server of a program adds them. */
const OF_CONNECTION = ['connection', 'date', 'keep-alive', 'transfer-encoding'];
const OF_REQUEST = ['server-timing', 'x-request-id', 'request-id'];

function comparable(headers: Readonly<Record<string, string>>): Record<string, string> {
  const compared = Object.entries(headers)
    .filter(([name]) => !OF_CONNECTION.includes(name))
    .map(([name, value]): [string, string] => [name, OF_REQUEST.includes(name) ? 'some' : value]);
  return Object.fromEntries(compared.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function lengthOf(body: Asked['body']): Readonly<Record<string, string>> {
  return body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
}

/** Asks over a connection of its own. */
export async function askOverSocket(port: number, { line, headers, body }: Asked): Promise<Answered> {
  const client = await RawClient.connect(port);
  client.send(requestText(line, { ...lengthOf(body), ...headers }));
  if (body !== undefined) client.send(body);
  const answer = line.startsWith('HEAD ') ? await client.response({ bodiless: true }) : await client.wholeResponse();
  client.socket.destroy();
  return { status: answer.status, headers: comparable(answer.headers), body: answer.body.toString('latin1') };
}

/** The same request as a `Request`. */
export function requestOf({ line, headers, body }: Asked, init: RequestInit = {}): Request {
  const [method = '', path = ''] = line.split(' ');
  return new Request(`http://localhost${path}`, {
    method,
    headers: { ...lengthOf(body), ...headers },
    // A text would bring a type of its own.
    body: body === undefined ? null : new Uint8Array(Buffer.from(body)),
    ...init,
  });
}

/** The same as bytes that were stored. */
export async function askStored(
  app: Pick<App, 'answerStored'>,
  { line, headers = {}, body = '' }: Asked,
  identity: StoredIdentity,
): Promise<Answered> {
  const [method = '', url = ''] = line.split(' ');
  return answeredBy(await app.answerStored({ method, url, headers, body: Buffer.from(body) }, { identity }));
}

/** Asks without a socket. */
export async function askByFetch(fetch: Fetch, asked: Asked, options?: FetchOptions): Promise<Answered> {
  return answeredBy(await fetch(requestOf(asked), options));
}

async function answeredBy(response: Response): Promise<Answered> {
  const bytes = Buffer.from(await response.arrayBuffer());
  return {
    status: response.status,
    headers: comparable(Object.fromEntries(response.headers)),
    body: bytes.toString('latin1'),
  };
}

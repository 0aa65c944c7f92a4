import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { requestBytes } from './grpc-messages.js';
import type { GrpcClient } from './grpc-server.js';
import type { GrpcStreamRow, HttpStreamRow } from './stream-rows.js';

/** A stream that somebody reads. */
export interface ReadStream {
  /** Pieces that have come. */
  readonly pieces: number;
  /** How it has ended: all of its text, and whether that was all, or status and details; undefined = it goes on. */
  readonly end: HttpEnd | GrpcEnd | undefined;
  /** Asks for more, where that does not come by itself. */
  ask(): void;
  leave(): void;
}

interface HttpEnd {
  readonly text: string;
  readonly complete: boolean;
}

interface GrpcEnd {
  readonly code: number;
  readonly details: string;
}

/** Opens one at a port of loopback. `id`: method and path of a route. Rejects with what is answered but a stream. */
export async function openHttp(
  port: number,
  id: string,
  { body, headers, key, read = String }: Omit<HttpStreamRow, 'end'> & { readonly key: string },
): Promise<ReadStream> {
  const [method = '', path = ''] = id.split(' ');
  const text = JSON.stringify(body);
  const sent = request({
    host: '127.0.0.1',
    port,
    method,
    path: path.replace(/\{(\w+)\}/g, (_, name: string) => (name === 'version' ? '1' : 'kjv')),
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...headers,
    },
  }).end(text);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  if (response.statusCode !== 200 || response.headers['content-length'] !== undefined) {
    for await (const chunk of response) chunks.push(chunk);
    throw new Error(`no stream: ${response.statusCode} ${Buffer.concat(chunks)}`);
  }
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  // What is asked for is whether it was all.
  for (const emitter of [sent, response]) emitter.on('error', () => undefined);
  return {
    get pieces() {
      return chunks.length;
    },
    get end() {
      return response.closed ? { text: read(Buffer.concat(chunks)), complete: response.complete } : undefined;
    },
    ask: () => undefined,
    leave: () => response.destroy(),
  };
}

/** Opens one and sends its first request. `path`: of its method. */
export function openGrpc(
  client: GrpcClient,
  path: string,
  { request: asked, metadata, key }: GrpcStreamRow & { readonly key: string },
): ReadStream {
  const stream = client.stream({ path, metadata: { authorization: `Bearer ${key}`, ...metadata } });
  let pieces = 0;
  let end: GrpcEnd | undefined;
  stream.on('data', () => pieces++);
  // Its status says the same.
  stream.on('error', () => undefined);
  stream.on('status', ({ code, details }) => {
    end = { code, details };
  });
  const ask = () =>
    void stream.write(asked instanceof Uint8Array ? Buffer.from(asked) : Buffer.from(requestBytes(path, asked)));
  ask();
  return {
    get pieces() {
      return pieces;
    },
    get end() {
      return end;
    },
    ask,
    leave: () => stream.cancel(),
  };
}

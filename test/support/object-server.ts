import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Value } from '@sinclair/typebox/value';
import { type Clock, systemClock } from '../../src/core/index.js';
import {
  type AwsEnvironment,
  type ObjectStore,
  type ObjectStoreOptions,
  ObjectStoreOptionsSchema,
  openObjectStore,
} from '../../src/object-store/index.js';

/** How a request is answered. */
export interface ObjectReply {
  /** Default: 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Breaks the connection after as many bytes of the body. */
  readonly cutAfter?: number;
  /** Sends as many bytes of the body, and then nothing more. */
  readonly stallAfter?: number;
}

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A server on loopback that answers as the test says: with one reply after the other, of which the last one is repeated. */
export interface ObjectServer extends AsyncDisposable {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  reply(...replies: readonly ObjectReply[]): void;
}

export async function startObjectServer(): Promise<ObjectServer> {
  const seen: SeenRequest[] = [];
  let replies: ObjectReply[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method = '', url = '', headers } = request;
    seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    const reply = replies.length > 1 ? replies.shift() : replies[0];
    send(response, reply ?? { status: 404 });
  };
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    reply(...next) {
      replies = [...next];
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(response: ServerResponse, { status = 200, headers, body = '', cutAfter, stallAfter }: ObjectReply): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, { 'content-length': String(bytes.byteLength), ...headers });
  const upTo = cutAfter ?? stallAfter;
  if (upTo === undefined) response.end(bytes);
  else {
    response.flushHeaders();
    response.write(bytes.subarray(0, upTo), () => {
      if (cutAfter !== undefined) response.destroy();
    });
  }
}

/** What S3 says where it refuses. */
export function errorXml(code: string, message = 'No.', more = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message>${more}<RequestId>R1</RequestId></Error>`;
}

export const TEST_CREDENTIALS = { AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'secret-of-test' } as const;

interface TestStore {
  readonly url: string;
  readonly env?: AwsEnvironment['env'];
  readonly files?: Readonly<Record<string, string>>;
  readonly options?: Partial<ObjectStoreOptions>;
  readonly clock?: Clock;
}

/** A client of the server at `url`; waits between attempts take no time, and are noted. */
export function openTestObjects({ url, env = TEST_CREDENTIALS, files = {}, options = {}, clock }: TestStore): {
  readonly objects: ObjectStore;
  /** Milliseconds of each wait. */
  readonly waits: readonly number[];
} {
  const waits: number[] = [];
  const noting: Clock = {
    ...systemClock,
    epochMs: 0,
    sleep: async (delayMs) => {
      waits.push(delayMs);
    },
  };
  const defaults = Value.Default(ObjectStoreOptionsSchema, {}) as ObjectStoreOptions;
  const environment = { env, home: '/home/ada', readFile: async (file: string) => files[file] };
  const objects = openObjectStore({
    options: { ...defaults, endpoint: url, ...options },
    environment,
    clock: clock ?? noting,
    random: () => 1,
  });
  return { objects, waits };
}

import type { GrpcMethod } from '../../src/protocols/index.js';
import { requestBytes } from './grpc-messages.js';
import type { GrpcClient } from './grpc-server.js';

/** A method, a request as JSON, and what carries a credential. */
export interface GrpcQuestion {
  readonly method: Pick<GrpcMethod, 'path' | 'kind'>;
  readonly request?: object | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The status of a call; of a stream of inferences what its first answer says. */
export async function askGrpc(client: GrpcClient, { method, request = {}, metadata }: GrpcQuestion): Promise<number> {
  const { path, kind } = method;
  const message = requestBytes(path, request);
  if (kind === 'stream') return firstOfStream(client, { path, metadata }, message);
  return (await client.unary(message, { path, metadata })).status.code;
}

async function firstOfStream(client: GrpcClient, options: object, message: Uint8Array): Promise<number> {
  const stream = client.stream(options);
  stream.on('error', () => undefined);
  stream.write(Buffer.from(message));
  // Some are answered when nothing more comes.
  stream.end();
  return new Promise((resolve) => {
    stream.on('data', (answer: Buffer) => {
      resolve(answer.includes('lacks the right') ? 7 : answer.includes('unknown model') ? 5 : 0);
      stream.cancel();
    });
    stream.on('status', ({ code }) => resolve(code));
    stream.on('end', () => undefined);
  });
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type JsonAnswer, jsonOf } from './app-server.js';
import { RawClient, requestText } from './raw-client.js';

type Handler = (req: IncomingMessage, res: ServerResponse) => void;

const BODY = JSON.stringify({ inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [1] }] });

/** Both ends of a connection between two machines; undefined remote = hung up already. */
export interface Ends {
  readonly local: string;
  readonly remote: string | undefined;
}

export const BETWEEN_MACHINES: Ends = { local: '10.1.2.3', remote: '10.9.9.9' };

/**
 * Sends one request to a handler through an HTTP server of the test's own whose connections say that they have other ends:
 * a machine need have no address but loopback's.
 */
export async function askThrough(
  handler: Handler,
  line: string,
  {
    ends = BETWEEN_MACHINES,
    headers = {},
  }: { readonly ends?: Ends; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<JsonAnswer> {
  const outer: Server = createServer(handler);
  outer.on('connection', (socket) => {
    Object.defineProperty(socket, 'localAddress', { value: ends.local });
    Object.defineProperty(socket, 'remoteAddress', { value: ends.remote });
  });
  await new Promise<void>((resolve) => outer.listen(0, '127.0.0.1', resolve));
  const client = await RawClient.connect((outer.address() as AddressInfo).port);
  try {
    client.send(requestText(line, headers, line.startsWith('POST') ? (line.endsWith('/infer') ? BODY : '{}') : ''));
    const response = await client.response();
    return response.body.length === 0
      ? { status: response.status, body: undefined, retryAfter: undefined }
      : jsonOf(response);
  } finally {
    client.socket.destroy();
    outer.close();
  }
}

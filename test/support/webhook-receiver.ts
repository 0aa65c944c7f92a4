import { readFileSync } from 'node:fs';
import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** Signs for localhost; also the authority to trust. */
export const RECEIVER_CA = 'test/fixtures/tls/first.crt';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What the receiver answers; undefined = nothing, as long as the connection lives. */
export interface ReceiverReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

type Respond = (request: ReceivedRequest) => ReceiverReply | undefined;

/** A receiver of notifications on a real socket. It consents to all senders, unless `respond` answers its OPTIONS requests. */
export interface WebhookReceiver extends AsyncDisposable {
  /** `localhost:4711` */
  readonly host: string;
  readonly url: string;
  readonly received: readonly ReceivedRequest[];
  /** Notifications: requests that are no handshake. */
  readonly notifications: readonly ReceivedRequest[];
  respond: Respond;
}

const CONSENT: ReceiverReply = { status: 200, headers: { 'webhook-allowed-origin': '*', allow: 'POST' } };
const ACCEPTED: ReceiverReply = { status: 204 };

/** How a receiver answers that consents, and answers notifications with a status. */
export function answering(status: number, headers: Readonly<Record<string, string>> = {}): Respond {
  return ({ method }) => (method === 'OPTIONS' ? CONSENT : { status, headers });
}

export async function startWebhookReceiver(scheme: 'https' | 'http' = 'https'): Promise<WebhookReceiver> {
  const received: ReceivedRequest[] = [];
  const handle = async (req: IncomingMessage, res: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method = '', url = '', headers } = req;
    const request = { method, path: url, headers, body: Buffer.concat(chunks).toString() };
    received.push(request);
    const reply = receiver.respond(request);
    if (reply !== undefined) res.writeHead(reply.status, reply.headers).end(reply.body);
  };
  const listener = (req: IncomingMessage, res: ServerResponse) => void handle(req, res).catch(() => res.destroy());
  const server =
    scheme === 'http'
      ? http.createServer(listener)
      : https.createServer(
          { cert: readFileSync(RECEIVER_CA), key: readFileSync('test/fixtures/tls/first.key') },
          listener,
        );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  const receiver: WebhookReceiver = {
    host,
    url: `${scheme}://${host}/jobs`,
    received,
    get notifications() {
      return received.filter(({ method }) => method !== 'OPTIONS');
    },
    respond: ({ method }) => (method === 'OPTIONS' ? CONSENT : ACCEPTED),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}

/** The body of a notification, once `standardwebhooks` has verified its signature. Throws where that is wrong. */
export function verified({ body, headers }: ReceivedRequest, secret: string) {
  const signed = ['id', 'timestamp', 'signature'].map((name) => [
    `webhook-${name}`,
    String(headers[`webhook-${name}`]),
  ]);
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
  return new Webhook(secret).verify(body, Object.fromEntries(signed)) as any;
}

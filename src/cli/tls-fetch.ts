import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { Readable } from 'node:stream';
import { rootCertificates } from 'node:tls';

/** What is unusual about the TLS of a server. */
export interface TlsOptions {
  /** Certificates to trust, as PEM, in place of the usual ones. */
  readonly ca?: readonly string[];
  /** The certificate to show, and its private key, as PEM. */
  readonly identity?: { readonly cert: string; readonly key: string } | undefined;
}

/** As much of `fetch` as the client uses, with certificates, of which Node's own cannot be told after the start. */
export function createTlsFetch({ ca, identity }: TlsOptions): typeof globalThis.fetch {
  const agent = new Agent({ ...(ca && { ca: [...ca] }), ...identity, ALPNProtocols: ['http/1.1'], keepAlive: true });
  return (url, { method = 'GET', headers, body, signal } = {}) =>
    new Promise<Response>((resolve, reject) => {
      const options = { method, agent, headers: headersOf(headers), ...(signal ? { signal } : {}) };
      request(String(url), options)
        .on('error', reject)
        .on('response', (answer) => resolve(responseOf(answer)))
        .end(body as string | Uint8Array | null | undefined);
    });
}

/** What is trusted anyway, and `ca`. */
export function trustedBeside(ca: string): readonly string[] {
  return [...rootCertificates, ca];
}

function headersOf(headers: RequestInit['headers']): Record<string, string> {
  return Object.fromEntries(new Headers(headers).entries());
}

function responseOf(answer: IncomingMessage): Response {
  const { statusCode: status = 0, headersDistinct } = answer;
  const headers = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  const empty = status === 204 || status === 304;
  if (empty) answer.resume();
  return new Response(empty ? null : (Readable.toWeb(answer) as ReadableStream<Uint8Array>), { status, headers });
}

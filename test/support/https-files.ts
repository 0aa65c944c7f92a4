import { readFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** The certificate of the server, for `localhost` and `127.0.0.1`, which no system trusts. */
export const HTTPS_CA = 'test/fixtures/tls/first.crt';

/** A web server with TLS on loopback whose files are functions that answer, by their paths. */
export interface HttpsFiles extends AsyncDisposable {
  readonly port: number;
  /** `https://localhost:<port>`, without a slash at its end. */
  readonly url: string;
  readonly files: Map<string, RequestListener | string>;
  /** Requests, in order. */
  readonly asked: readonly Pick<IncomingMessage, 'method' | 'url' | 'headers'>[];
}

export async function startHttpsFiles(): Promise<HttpsFiles> {
  const files = new Map<string, RequestListener | string>();
  const asked: Pick<IncomingMessage, 'method' | 'url' | 'headers'>[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const { method, url, headers } = request;
    asked.push({ method, url, headers });
    const file = files.get(url ?? '');
    if (typeof file === 'function') file(request, response);
    else
      response.writeHead(file === undefined ? 404 : 200, { 'content-length': Buffer.byteLength(file ?? '') }).end(file);
  };
  const server = createServer(
    { cert: readFileSync(HTTPS_CA), key: readFileSync('test/fixtures/tls/first.key') },
    answer,
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `https://localhost:${port}`,
    files,
    asked,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

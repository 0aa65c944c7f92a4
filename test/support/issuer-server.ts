import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TokenIssuer } from './token-issuer.js';

/** An issuer of tokens whose document and keys are served over HTTP on loopback. */
export interface IssuerServer extends AsyncDisposable {
  readonly issuer: TokenIssuer;
  /** Nobody listens any more at its address. */
  goDown(): Promise<void>;
  goUp(): Promise<void>;
}

/** Starts one with the key `one`, by which it signs. */
export async function startIssuerServer(): Promise<IssuerServer> {
  let server: Server | undefined;
  let port = 0;
  const goUp = async () => {
    server = createServer((req, res) => {
      res.setHeader('content-type', 'application/json');
      res.end(JSON.stringify(req.url === '/jwks' ? issuer.jwks : issuer.document));
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  };
  const goDown = async () => {
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    server = undefined;
    await closed;
  };
  await goUp();
  const issuer = new TokenIssuer({ url: `http://127.0.0.1:${port}` }).addKey('one');
  return { issuer, goUp, goDown, [Symbol.asyncDispose]: goDown };
}

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Objects by `/bucket/key`, over as much of S3 as jobs use; the real thing is in test/conformance/object-store. */
export interface ObjectDouble extends AsyncDisposable {
  readonly url: string;
  readonly objects: Map<string, string>;
  /** Method and path of each request. */
  readonly asked: readonly string[];
}

/** `stored`: called when an object is there, before the writer gets its answer. */
export async function startObjectDouble(
  stored: (url: string) => Promise<void> = async () => undefined,
): Promise<ObjectDouble> {
  const objects = new Map<string, string>();
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url = '' } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    asked.push(`${method} ${url}`);
    if (method === 'PUT') {
      objects.set(url, Buffer.concat(chunks).toString());
      await stored(url);
    }
    const found = objects.get(url);
    if (found === undefined) response.writeHead(404).end('<Error><Code>NoSuchKey</Code><Message>No.</Message></Error>');
    else {
      const body = Buffer.from(method === 'GET' ? found : '');
      response.writeHead(200, { etag: '"e"', 'content-length': String(body.byteLength) }).end(body);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    asked,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

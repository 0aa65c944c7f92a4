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
  const uploads: Buffer[][] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url = '' } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    asked.push(`${method} ${url}`);
    const bytes = Buffer.concat(chunks);
    const { pathname, searchParams } = new URL(url, 'http://double');
    const uploadId = searchParams.get('uploadId');
    if (searchParams.get('list-type') === '2') {
      response.end(listOf(objects, `${pathname.replace(/\/$/, '')}/`, searchParams.get('prefix') ?? ''));
      return;
    }
    if (method === 'POST' && searchParams.has('uploads')) {
      uploads.push([]);
      response.end(
        `<InitiateMultipartUploadResult><UploadId>${uploads.length}</UploadId></InitiateMultipartUploadResult>`,
      );
      return;
    }
    if (uploadId !== null && method === 'PUT') {
      uploads[Number(uploadId) - 1]?.push(bytes);
      response.writeHead(200, { etag: '"p"' }).end();
      return;
    }
    if (uploadId !== null && method === 'POST') {
      objects.set(pathname, Buffer.concat(uploads[Number(uploadId) - 1] ?? []).toString());
      await stored(pathname);
      response.end('<CompleteMultipartUploadResult/>');
      return;
    }
    if (method === 'PUT') {
      objects.set(url, bytes.toString());
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

function listOf(objects: ReadonlyMap<string, string>, bucket: string, prefix: string): string {
  const keys = [...objects.keys()].filter((url) => url.startsWith(`${bucket}${prefix}`)).sort();
  const entries = keys.map((url) => {
    const size = Buffer.byteLength(objects.get(url) ?? '');
    return `<Contents><Key>${url.slice(bucket.length)}</Key><Size>${size}</Size></Contents>`;
  });
  return `<ListBucketResult>${entries.join('')}</ListBucketResult>`;
}

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Objects by `/bucket/key`, over as much of S3 as jobs use; the real thing is in test/conformance/object-store. */
export interface ObjectDouble extends AsyncDisposable {
  readonly url: string;
  readonly objects: Map<string, string>;
  /** Method and path of each request. */
  readonly asked: readonly string[];
  /** Paths of uploads in parts that have neither ended nor been removed. */
  readonly openUploads: readonly string[];
}

interface Hooks {
  /** Called when an object is there, before the writer gets its answer. */
  readonly stored?: (url: string) => Promise<void>;
  /** Called when half of an object has been sent. */
  readonly halfRead?: (url: string) => Promise<void>;
}

const nothing = async () => undefined;

export async function startObjectDouble({ stored = nothing, halfRead = nothing }: Hooks = {}): Promise<ObjectDouble> {
  const objects = new Map<string, string>();
  const asked: string[] = [];
  const uploads = new Map<string, { readonly path: string; readonly parts: Buffer[] }>();
  let lastUpload = 0;
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
    if (method === 'GET' && searchParams.has('uploads')) {
      const begins = `${pathname}${searchParams.get('prefix') ?? ''}`;
      const entries = [...uploads].filter(([, { path }]) => path.startsWith(begins));
      const listed = entries.map(
        ([id, { path }]) => `<Upload><Key>${path.slice(pathname.length)}</Key><UploadId>${id}</UploadId></Upload>`,
      );
      response.end(`<ListMultipartUploadsResult>${listed.join('')}</ListMultipartUploadsResult>`);
      return;
    }
    if (method === 'POST' && searchParams.has('uploads')) {
      uploads.set(String(++lastUpload), { path: pathname, parts: [] });
      response.end(`<InitiateMultipartUploadResult><UploadId>${lastUpload}</UploadId></InitiateMultipartUploadResult>`);
      return;
    }
    if (uploadId !== null && method === 'PUT') {
      uploads.get(uploadId)?.parts.push(bytes);
      response.writeHead(200, { etag: '"p"' }).end();
      return;
    }
    if (uploadId !== null && method === 'DELETE') {
      uploads.delete(uploadId);
      response.writeHead(204).end();
      return;
    }
    if (uploadId !== null && method === 'POST') {
      objects.set(pathname, Buffer.concat(uploads.get(uploadId)?.parts ?? []).toString());
      await stored(pathname);
      uploads.delete(uploadId);
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
      response.writeHead(200, { etag: '"e"', 'content-length': String(body.byteLength) });
      if (method === 'GET') {
        response.write(body.subarray(0, body.byteLength / 2));
        await halfRead(url);
      }
      response.end(method === 'GET' ? body.subarray(body.byteLength / 2) : undefined);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    asked,
    get openUploads() {
      return [...uploads.values()].map(({ path }) => path);
    },
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

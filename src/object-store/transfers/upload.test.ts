import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  errorXml,
  type ObjectReply,
  type ObjectServer,
  openTestObjects,
  startObjectServer,
} from '../../../test/support/object-server.js';

let server: ObjectServer;
beforeEach(async () => {
  server = await startObjectServer();
});
afterEach(() => server[Symbol.asyncDispose]());

const OBJECT = { bucket: 'bucket', key: 'file' };
const PART = Buffer.alloc(5_242_880, 'x');
const BEGUN = { body: '<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>' };
const STORED = { headers: { etag: '"part"' } };
const COMPLETED = { body: '<CompleteMultipartUploadResult><ETag>"all-2"</ETag></CompleteMultipartUploadResult>' };

const upload = (...replies: readonly ObjectReply[]) => uploadBy({}, ...replies);

async function uploadBy(options: { isOnlyWriter?: boolean }, ...replies: readonly ObjectReply[]): Promise<string> {
  const { objects } = openTestObjects({ url: server.url, options: { maxAttempts: 2 } });
  server.reply(...replies);
  try {
    await objects.upload(OBJECT, [PART, Buffer.from('the rest')], { partBytes: PART.byteLength, ...options });
    return 'stored';
  } catch (error) {
    return (error as Error).message;
  } finally {
    objects.close();
  }
}

const asked = () => server.seen.map(({ method, url }) => `${method} ${url.slice('/bucket/file'.length)}`);

it('is sent in parts, and ended with their ETags', async () => {
  expect(await upload(BEGUN, STORED, STORED, COMPLETED)).toBe('stored');
  expect(asked()).toEqual([
    'POST ?uploads=',
    'PUT ?partNumber=1&uploadId=u1',
    'PUT ?partNumber=2&uploadId=u1',
    'POST ?uploadId=u1',
  ]);
  expect(server.seen[3]?.body).toBe(
    '<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Part><PartNumber>1</PartNumber><ETag>"part"</ETag></Part>' +
      '<Part><PartNumber>2</PartNumber><ETag>"part"</ETag></Part></CompleteMultipartUpload>',
  );
});

it('has its parts removed where one of them is refused', async () => {
  const refused = { status: 403, body: errorXml('QuotaExceeded', 'Full.') };
  expect(await upload(BEGUN, STORED, refused, { status: 204 })).toBe(
    's3://bucket/file: the store denies this server access (QuotaExceeded; Full.; request id R1)',
  );
  expect(asked().at(-1)).toBe('DELETE ?uploadId=u1');
});

it('of the only writer of a key removes the parts that an earlier process has left of it', async () => {
  const entry = (key: string, id: string) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`;
  const left = entry('file', 'u0') + entry('file-of-another', 'u9');
  const listed = { body: `<ListMultipartUploadsResult>${left}</ListMultipartUploadsResult>` };
  const replies = [listed, { status: 204 }, BEGUN, STORED, STORED, COMPLETED];
  expect(await uploadBy({ isOnlyWriter: true }, ...replies)).toBe('stored');
  expect(server.seen.slice(0, 3).map(({ method, url }) => `${method} ${url}`)).toEqual([
    'GET /bucket/?uploads=&prefix=file',
    'DELETE /bucket/file?uploadId=u0',
    'POST /bucket/file?uploads=',
  ]);
});

it('of the only writer of a key does without where it may not list uploads', async () => {
  const denied = { status: 403, body: errorXml('AccessDenied') };
  expect(await uploadBy({ isOnlyWriter: true }, denied, BEGUN, STORED, STORED, COMPLETED)).toBe('stored');
});

it('fails with an error behind the status 200 of its end', async () => {
  expect(await upload(BEGUN, STORED, STORED, { body: errorXml('InternalError', 'Again.') }, { status: 204 })).toBe(
    's3://bucket/file: the store cannot answer now (InternalError; Again.; request id R1)',
  );
  expect(asked().at(-1)).toBe('DELETE ?uploadId=u1');
});

it('is there where only the answer to its end was lost', async () => {
  const lost = { status: 500 };
  const gone = { status: 404, body: errorXml('NoSuchUpload') };
  const there = { body: 'x'.repeat(PART.byteLength + 8), headers: { etag: '"all-2"' } };
  expect(await upload(BEGUN, STORED, STORED, lost, gone, there)).toBe('stored');
  expect(asked().at(-1)).toBe('HEAD ');
});

it('is not there where another object has its key', async () => {
  const gone = { status: 404, body: errorXml('NoSuchUpload') };
  expect(await upload(BEGUN, STORED, STORED, gone, { body: 'other', headers: { etag: '"o"' } }, {})).toBe(
    's3://bucket/file: the multipart upload is gone (NoSuchUpload; No.; request id R1)',
  );
});

it('does not begin where the answer has no id', async () => {
  expect(await upload({ body: '<Odd/>' })).toBe(
    "s3://bucket/file: the store's answer to the begin of an upload cannot be read",
  );
});

it('a list that never ends is refused', async () => {
  const page =
    '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>';
  server.reply({ body: page });
  const { objects } = openTestObjects({ url: server.url });
  const list = async () => {
    for await (const _ of objects.list({ bucket: 'bucket', key: 'a/' }));
  };
  await expect(list()).rejects.toThrow("s3://bucket/a/: the store's list of objects cannot be read");
  expect(server.seen.map(({ url }) => url)).toEqual([
    '/bucket/?list-type=2&encoding-type=url&prefix=a%2F&max-keys=1000',
    '/bucket/?list-type=2&encoding-type=url&prefix=a%2F&max-keys=1000&continuation-token=t',
  ]);
  objects.close();
});

it.each(['no XML', '<ListBucketResult>', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', `${'<a>'.repeat(50_000)}`])(
  'a list of %.30j is refused',
  async (body) => {
    server.reply({ body });
    const { objects } = openTestObjects({ url: server.url });
    await expect(objects.list(OBJECT).next()).rejects.toThrow(
      "s3://bucket/file: the store's list of objects cannot be read",
    );
    objects.close();
  },
);

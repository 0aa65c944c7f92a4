import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { errorXml, type ObjectServer, openTestObjects, startObjectServer } from '../../test/support/object-server.js';
import { until } from '../../test/support/until.js';
import type { ObjectStoreOptions } from './options.js';

let server: ObjectServer;
beforeEach(async () => {
  server = await startObjectServer();
});
afterEach(() => server[Symbol.asyncDispose]());

const OBJECT = { bucket: 'bucket', key: 'a b/ü.json' };
const SLOW_DOWN = { status: 503, body: errorXml('SlowDown', 'Reduce your request rate.') };

function open(options: Partial<ObjectStoreOptions> = {}) {
  return openTestObjects({ url: server.url, options });
}

const outcomeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing was thrown',
    ({ code, message }: { code: string; message: string }) =>
      `${code}: ${message.replaceAll(server.url, '<endpoint>')}`,
  );

describe('a request that may succeed later', () => {
  it.each([
    ['SlowDown', SLOW_DOWN],
    ['429', { status: 429 }],
    ['RequestTimeout', { status: 400, body: errorXml('RequestTimeout') }],
    ['a connection that breaks', { cutAfter: 0, body: 'x', headers: { 'content-length': '100' }, status: 500 }],
  ])('is sent again after %s', async (_, fault) => {
    const { objects, waits } = open();
    server.reply(fault, fault, {});
    await objects.put(OBJECT, Buffer.from('{}'));
    expect(server.seen.map(({ method, body }) => [method, body])).toEqual([
      ['PUT', '{}'],
      ['PUT', '{}'],
      ['PUT', '{}'],
    ]);
    expect(waits).toEqual([200, 400]);
    objects.close();
  });

  it('waits as long as the store says, up to ten seconds', async () => {
    const { objects, waits } = open();
    server.reply(
      { ...SLOW_DOWN, headers: { 'retry-after': '3' } },
      { ...SLOW_DOWN, headers: { 'retry-after': '900' } },
      {},
    );
    await objects.put(OBJECT, Buffer.from(''));
    expect(waits).toEqual([3_000, 10_000]);
    objects.close();
  });

  it('fails after objectStore.maxAttempts', async () => {
    const { objects } = open({ maxAttempts: 3 });
    server.reply(SLOW_DOWN);
    expect(await outcomeOf(objects.put(OBJECT, Buffer.from('')))).toBe(
      'unavailable: s3://bucket/a b/ü.json: the store cannot answer now (SlowDown; Reduce your request rate.; request id R1)',
    );
    expect(server.seen.length).toBe(3);
    objects.close();
  });

  it('fails where no server is', async () => {
    const { objects } = openTestObjects({ url: 'http://127.0.0.1:1', options: { maxAttempts: 2 } });
    expect(await outcomeOf(objects.head(OBJECT))).toBe(
      'unavailable: http://127.0.0.1:1 does not answer: connect ECONNREFUSED 127.0.0.1:1',
    );
    objects.close();
  });

  it('is not sent again once its signal is aborted', async () => {
    const { objects } = open();
    const controller = new AbortController();
    server.reply({ stallAfter: 0, body: 'x' });
    const getting = objects.put(OBJECT, Buffer.from(''), { signal: controller.signal });
    await until('the request has come', () => server.seen.length > 0);
    controller.abort(new Error('the job was cancelled'));
    await expect(getting).rejects.toThrow('the job was cancelled');
    expect(server.seen.length).toBe(1);
    objects.close();
  });
});

it.each([
  [
    { status: 403, body: errorXml('AccessDenied', 'Access Denied') },
    'permission_denied: s3://bucket/a b/ü.json: the store denies this server access (AccessDenied; Access Denied; request id R1)',
  ],
  [
    { status: 404, body: errorXml('NoSuchBucket') },
    'not_found: s3://bucket/a b/ü.json: there is no such bucket (NoSuchBucket; No.; request id R1)',
  ],
  [
    { status: 301, headers: { location: 'http://169.254.169.254/', 'x-amz-bucket-region': 'eu-west-1' } },
    "failed_precondition: s3://bucket/a b/ü.json: the store names another address, which is not asked: the bucket is in 'eu-west-1' (objectStore.region) (status 301)",
  ],
  [
    { status: 400, body: errorXml('AuthorizationHeaderMalformed', 'Wrong.', '<Region>eu-west-1</Region>') },
    "failed_precondition: s3://bucket/a b/ü.json: the store refuses the request: the bucket is in 'eu-west-1' (objectStore.region) (AuthorizationHeaderMalformed; Wrong.; request id R1)",
  ],
  [
    { status: 400, body: '<html>no XML' },
    'failed_precondition: s3://bucket/a b/ü.json: the store refuses the request (status 400)',
  ],
])('%o is an error that is not tried again', async (reply, message) => {
  const { objects } = open();
  server.reply(reply);
  expect(await outcomeOf(objects.put(OBJECT, Buffer.from('')))).toBe(message);
  expect(server.seen.length).toBe(1);
  objects.close();
});

it('of an endless error, 64 KiB are read', async () => {
  const { objects } = open();
  server.reply({ status: 400, body: '<Error><Code>Big</Code><Message>'.padEnd(10_000_000, 'x') });
  expect(await outcomeOf(objects.put(OBJECT, Buffer.from('')))).toBe(
    'failed_precondition: s3://bucket/a b/ü.json: the store refuses the request (status 400)',
  );
  objects.close();
});

it('no credential is in an error, whatever the store answers', async () => {
  const env = {
    AWS_ACCESS_KEY_ID: 'AKIDTEST',
    AWS_SECRET_ACCESS_KEY: 'very-secret',
    AWS_SESSION_TOKEN: 'session-secret',
  };
  const { objects } = openTestObjects({ url: server.url, env });
  server.reply({ status: 403, body: errorXml('Odd', 'You sent AKIDTEST, very-secret and session-secret.') });
  expect(await outcomeOf(objects.put(OBJECT, Buffer.from('')))).toBe(
    'permission_denied: s3://bucket/a b/ü.json: the store denies this server access (Odd; You sent …, … and ….; request id R1)',
  );
  objects.close();
});

it('a connection on which nothing comes is broken off', async () => {
  const clock = new FakeClock();
  const { objects } = openTestObjects({ url: server.url, options: { maxAttempts: 1, stallTimeoutMs: 5_000 }, clock });
  server.reply({ stallAfter: 0, body: 'x', headers: { 'content-length': '10' } });
  const getting = objects.get(OBJECT).then(async ({ body }) => {
    for await (const _ of body);
  });
  const outcome = outcomeOf(getting);
  await until('the request has come', () => server.seen.length > 0);
  await until('the request was broken off', async () => {
    await clock.advance(5_000);
    return clock.pendingTimers === 0;
  });
  expect(await outcome).toBe('unavailable: s3://bucket/a b/ü.json does not answer: nothing came for 5 s');
  objects.close();
});

it('keys and buckets are encoded once, and the body is signed by its SHA-256', async () => {
  const { objects } = open();
  server.reply({});
  await objects.put({ bucket: 'bucket', key: "a+b/(c)'!*~%41?#&=@.txt" }, Buffer.from('text'), {
    contentType: 'text/plain',
  });
  const [{ url, headers } = { url: '', headers: {} }] = server.seen;
  expect(url).toBe('/bucket/a%2Bb/%28c%29%27%21%2A~%2541%3F%23%26%3D%40.txt');
  expect(headers).toMatchObject({
    'content-type': 'text/plain',
    'x-amz-content-sha256': '982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1',
    'x-amz-checksum-sha256': 'mC2ePrmW9VnmM/TRlN7zdh2Qn1o7ZH0ahR/q1nwyydE=',
  });
  objects.close();
});

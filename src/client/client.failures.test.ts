import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  ANSWER,
  client,
  closeServer,
  failure,
  infers,
  NEVER,
  server,
  start,
  X,
} from '../../test/support/client-fixture.js';
import { type FakeAnswer, jsonAnswer } from '../../test/support/fake-server.js';
import { connect } from './index.js';

afterEach(closeServer);
afterEach(() => void vi.useRealTimers());

describe('errors', () => {
  it('carry code, status, request id and the words of the server', async () => {
    await start(() => ({
      ...jsonAnswer({ error: 'the queue of mlp is full', code: 'resource_exhausted' }, 503),
      headers: { 'x-request-id': 'r-9', 'retry-after': '7' },
    }));
    const error = await failure(client().model('mlp').infer(X));
    expect(error).toMatchObject({ code: 'resource_exhausted', status: 503, requestId: 'r-9', retryAfterMs: 7000 });
    expect(error.message).toBe('the queue of mlp is full');
  });

  it('read the date of Retry-After', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2025, 5, 15) });
    await start(() => ({ status: 503, headers: { 'retry-after': 'Sun, 15 Jun 2025 01:00:00 GMT' } }));
    expect((await failure(client().model('mlp').infer(X))).retryAfterMs).toBe(3_600_000);
    await server.close();
    await start(() => ({ status: 503, headers: { 'retry-after': 'later' } }));
    expect((await failure(client().model('mlp').infer(X))).retryAfterMs).toBeUndefined();
  });

  it.each([
    [401, 'unauthenticated'],
    [403, 'permission_denied'],
    [404, 'not_found'],
    [413, 'invalid_argument'],
    [500, 'internal'],
    [504, 'deadline_exceeded'],
  ] as const)('take their code from the status %i when the body names none', async (status, code) => {
    await start(() => ({ status, body: 'plain words\nmore' }));
    expect(await failure(client().model('mlp').infer(X))).toMatchObject({ code, message: 'plain words' });
  });

  it('do not repeat the HTML of a proxy', async () => {
    await start(() => ({ status: 500, body: '<html>oops</html>' }));
    expect((await failure(client().model('mlp').infer(X))).message).toBe('the server answered 500');
  });

  it('say that nobody listens', async () => {
    await start(() => undefined);
    await server.close();
    const error = await failure(client().ready());
    expect(error).toMatchObject({
      code: 'unavailable',
      status: 0,
      message: `cannot reach ${server.url}: connection refused`,
    });
  });

  it('say that the address is none', () => {
    expect(() => connect('ftp://x')).toThrow("'ftp://x' is not the address of a server; expected http://host:port");
  });

  it('refuse answers over the limit', async () => {
    await start(() => jsonAnswer(ANSWER));
    const error = await failure(client({ maxResponseBytes: 20 }).model('mlp').metadata());
    expect(error).toMatchObject({
      code: 'resource_exhausted',
      message: 'the answer is larger than maxResponseBytes (20)',
    });
  });
});

describe('deadlines and cancellation', () => {
  it('tell the server how long the caller waits', async () => {
    await start(() => jsonAnswer(ANSWER));
    await client().model('mlp').infer(X, { timeoutMs: 600_000 });
    const told = Number(infers()[0]?.headers['x-request-timeout-ms']);
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThanOrEqual(600_000);
  });

  it('give up once that time has passed', async () => {
    await start(() => NEVER);
    const error = await failure(client().model('mlp').infer(X, { timeoutMs: 60 }));
    expect(error).toMatchObject({ code: 'deadline_exceeded', status: 0, message: 'no answer within 60 ms' });
  });

  it('give up when the caller aborts', async () => {
    const controller = new AbortController();
    await start(() => {
      controller.abort(new Error('changed my mind'));
      return NEVER;
    });
    const error = await failure(client().model('mlp').infer(X, { signal: controller.signal }));
    expect(error).toMatchObject({ code: 'cancelled', cause: new Error('changed my mind') });
  });

  it('send nothing when the caller has aborted before', async () => {
    await start(() => jsonAnswer(ANSWER));
    const explicit = { x: { data: Float32Array.of(1), shape: [1] } };
    const error = await failure(client().model('mlp').infer(explicit, { signal: AbortSignal.abort() }));
    expect(error.code).toBe('cancelled');
    expect(server.seen).toHaveLength(0);
  });
});

describe('retries', () => {
  const refused: FakeAnswer = { status: 503, headers: { 'retry-after': '0' }, body: '{"error":"loading"}' };

  it('happen when the server has turned the request away with Retry-After', async () => {
    await start((_, index) => (index < 2 ? refused : jsonAnswer(ANSWER)));
    await client().model('mlp').infer(X);
    expect(infers()).toHaveLength(3);
  });

  it('end after the last attempt with the last error', async () => {
    await start(() => refused);
    expect((await failure(client().model('mlp').infer(X))).message).toBe('loading');
    expect(infers()).toHaveLength(3);
  });

  it('can be turned off', async () => {
    await start(() => refused);
    await failure(client({ retry: false }).model('mlp').infer(X));
    expect(infers()).toHaveLength(1);
  });

  it('never follow what may have been executed', async () => {
    await start(() => undefined);
    expect(await failure(client().model('mlp').infer(X))).toMatchObject({ code: 'unavailable', status: 0 });
    expect(infers()).toHaveLength(1);
  });

  it('follow it when the caller says that the request is idempotent', async () => {
    await start((_, index) => (index === 0 ? undefined : jsonAnswer(ANSWER)));
    await client().model('mlp').infer(X, { idempotent: true });
    expect(infers()).toHaveLength(2);
  });
});

import { type IncomingMessage, request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { type Call, MillraceError } from '../../src/core/index.js';
import type { ServerOptions } from '../../src/server/index.js';
import { createFakeService } from '../support/fake-service.js';
import { Answers, eventOf } from '../support/given-answers.js';
import { closeTestServers, startTestServer } from '../support/http-server.js';
import { NO_TIMING } from '../support/no-timing.js';
import { RawClient, requestText } from '../support/raw-client.js';
import { until } from '../support/until.js';

afterEach(closeTestServers);

const PATH = '/v2/models/m/generate_stream';
const BODY = '{"x":[1,2,3,4]}';
const POST = requestText(`POST ${PATH}`, {}, BODY);

/** A server whose models give these answers, one after the other; a cancelled call ends them with its reason. */
async function serve(answers: readonly Answers[], options: Partial<ServerOptions> = {}) {
  const calls: Call[] = [];
  const service = createFakeService({
    async infer(call) {
      const responses = answers[calls.length] as Answers;
      calls.push(call);
      call.onCancel((reason) => responses.fail(reason));
      return { kind: 'many', timing: NO_TIMING, responses };
    },
  });
  return { ...(await startTestServer({ service, options })), calls };
}

function ask(port: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request({ port, path: PATH, method: 'POST' }, resolve).on('error', reject).end(BODY);
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return text;
}

const nextChunk = (response: IncomingMessage) =>
  new Promise<string>((resolve) => response.once('data', (chunk: Buffer) => resolve(chunk.toString())));

describe('a streamed answer', () => {
  it('reaches the client piece by piece, and leaves the connection as it was', async () => {
    const answers = new Answers();
    const { port, finishedWith } = await serve([answers.give('one'), new Answers().end()]);
    const response = await ask(port);
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'transfer-encoding': 'chunked',
      connection: 'keep-alive',
    });
    expect(await nextChunk(response)).toBe(eventOf('one'));
    answers.give('two').end();
    expect(await textOf(response)).toBe(eventOf('two'));
    expect(await finishedWith(() => true)).toMatchObject({
      status: 200,
      route: '/v2/models/{model}/generate_stream',
      error: undefined,
      responseBytes: eventOf('one').length + eventOf('two').length,
    });
    const empty = await ask(port);
    expect([empty.statusCode, await textOf(empty)]).toEqual([200, '']);
  });

  it('takes as long as it takes, unless the client sets a deadline, which may be any', async () => {
    const { url, calls } = await serve([new Answers().end(), new Answers().end()], { requestTimeoutMs: 5_000 });
    const post = (headers: Record<string, string>) => fetch(`${url}${PATH}`, { method: 'POST', body: BODY, headers });
    await (await post({})).text();
    await (await post({ 'x-request-timeout-ms': '3600000' })).text();
    const [first, second] = calls;
    expect(first?.deadlineAt).toBe(Number.POSITIVE_INFINITY);
    expect(second && second.deadlineAt - second.timing.receivedAt).toBeCloseTo(3_600_000);
  });

  it('is an ordinary error where nothing came before that', async () => {
    const refusal = new MillraceError('invalid_argument', 'bad word');
    const { port, finishedWith } = await serve([new Answers().fail(refusal)]);
    const client = await RawClient.connect(port);
    client.send(POST);
    const { status, body } = await client.response();
    expect([status, body.toString()]).toEqual([400, '{"error":"bad word"}']);
    expect((await finishedWith(() => true)).error).toBe(refusal);
  });

  it('ends with an event for an error on the way', async () => {
    const answers = new Answers().give('one').fail(new MillraceError('internal', 'the model is broken'));
    const { port } = await serve([answers]);
    expect(await textOf(await ask(port))).toBe(`${eventOf('one')}data: {"error":"the model is broken"}\n\n`);
  });

  it('breaks off where nobody foresaw an error', async () => {
    const { port, diagnostics, finishedWith } = await serve([new Answers().give('one').fail(new TypeError('oops'))]);
    // Node 26 drops headers that have not left when the connection is destroyed.
    await expect(ask(port).then(textOf)).rejects.toThrow(/^(?:aborted|socket hang up)$/);
    expect(await finishedWith(() => true)).toMatchObject({ status: 200, error: { code: 'internal' } });
    expect(diagnostics).toMatchObject([{ message: `POST ${PATH} failed unexpectedly`, error: { message: 'oops' } }]);
  });

  it('goes to clients of HTTP/1.0 without chunks, up to the end of the connection', async () => {
    const { port } = await serve([new Answers().give('one').end()]);
    const client = await RawClient.connect(port);
    client.send(POST.replace('HTTP/1.1', 'HTTP/1.0'));
    await client.closed;
    expect(client.pending).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(client.pending).not.toContain('chunked');
    expect(client.pending.endsWith(`\r\n\r\n${eventOf('one')}`)).toBe(true);
  });

  it('waits its turn behind an earlier one', async () => {
    const [first, second] = [new Answers(), new Answers().give('second').end()];
    const { port, finishedWith } = await serve([first, second]);
    const client = await RawClient.connect(port);
    client.send(POST, POST.replace(PATH, `${PATH}?second`));
    first.give('first').end();
    await finishedWith(({ path, status }) => path === PATH && status === 200);
    client.send(requestText('GET /v2/health/live', { accept: '*/*', connection: 'close' }));
    await client.closed;
    const { pending } = client;
    expect(pending.indexOf(eventOf('first'))).toBeLessThan(pending.indexOf(eventOf('second')));
    expect(pending.indexOf(eventOf('second'))).toBeLessThan(pending.indexOf('{"live":true}'));
  });
});

describe('a client that reads a stream', () => {
  const PIECE = 'x'.repeat(200_000);

  it('slowly is not sent more than it has room for', async () => {
    const answers = new Answers().give(...Array.from({ length: 200 }, () => PIECE)).end();
    const { port } = await serve([answers]);
    const response = await ask(port);
    response.pause();
    await nextPause(answers);
    // 40 MB are there to be asked for; the kernel's buffers and Node's hold a part of them.
    expect(answers.asked).toBeLessThan(100);
    expect((await textOf(response)).length).toBe(200 * eventOf(PIECE).length);
  });

  it('and leaves ends the call', async () => {
    const answers = new Answers();
    const { port, calls, finishedWith } = await serve([answers.give('one')]);
    const response = await ask(port);
    await nextChunk(response);
    response.destroy();
    expect(await finishedWith(() => true)).toMatchObject({ status: 499, error: { code: 'cancelled' } });
    expect(calls[0]?.cancelled?.message).toBe('the client closed the connection before it had its answer');
  });

  it('and leaves while it has no room ends the iteration, too', async () => {
    const answers = new Answers().give(...Array.from({ length: 200 }, () => PIECE));
    const { port, finishedWith } = await serve([answers]);
    const response = await ask(port);
    response.pause();
    await nextPause(answers);
    response.destroy();
    await answers.left;
    expect(await finishedWith(() => true)).toMatchObject({ status: 499 });
  });

  it('not at all is cut off', async () => {
    const answers = new Answers().give(...Array.from({ length: 200 }, () => PIECE));
    const { port, finishedWith } = await serve([answers], { sendTimeoutMs: 50 });
    const response = await ask(port);
    response.on('error', () => undefined).pause();
    await answers.left;
    const message = 'the server cut off the client, which took nothing of its answer for 50 ms';
    expect(await finishedWith(() => true)).toMatchObject({ status: 499, error: { code: 'cancelled', message } });
  });

  it('may wait longer for an answer than for room', async () => {
    const answers = new Answers();
    const unread = new Answers().give(...Array.from({ length: 200 }, () => PIECE));
    const { port } = await serve([answers.give(PIECE), unread], { sendTimeoutMs: 20 });
    const response = await ask(port);
    let received = 0;
    await new Promise<void>((resolve) => {
      response.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (received === eventOf(PIECE).length) resolve();
      });
    });
    // Another that begins now is cut off for want of room: by then the first has waited longer.
    (await ask(port)).on('error', () => undefined).pause();
    await unread.left;
    answers.give('two').end();
    await new Promise((resolve) => response.once('close', resolve));
    expect(received).toBe(eventOf(PIECE).length + eventOf('two').length);
  });
});

describe('a stream at shutdown', () => {
  it('goes on, is told of it when the grace period is over, and no further one is begun', async () => {
    const { port, server } = await serve([new Answers().give('one')]);
    const response = await ask(port);
    server.drain();
    const client = await RawClient.connect(port);
    client.send(POST);
    expect((await client.response()).status).toBe(503);
    expect(await nextChunk(response)).toBe(eventOf('one'));
    const closed = server.close(0);
    expect(await textOf(response)).toBe('data: {"error":"the server is shutting down"}\n\n');
    await closed;
  });

  it('that has not begun is refused', async () => {
    const { port, server, calls } = await serve([new Answers()]);
    const client = await RawClient.connect(port);
    client.send(POST);
    await until('the call has come', () => calls.length === 1);
    const closed = server.close(0);
    expect((await client.response()).status).toBe(503);
    await closed;
  });
});

/** Resolves when nothing more has been asked for in many turns of the event loop. */
async function nextPause(answers: Answers): Promise<void> {
  for (let turns = 0, asked = 0; turns < 1_000; turns++) {
    if (answers.asked !== asked) turns = 0;
    asked = answers.asked;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

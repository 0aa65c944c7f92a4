import { afterEach, describe, expect, it } from 'vitest';
import { MillraceError, systemClock } from '../../src/core/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { createHeldService, inferText } from '../support/held-service.js';
import { closeTestServers, EVERYBODY, startTestServer } from '../support/http-server.js';
import { RawClient, type RawResponse, requestText } from '../support/raw-client.js';
import { withCases } from '../support/service-of.js';

afterEach(closeTestServers);

const PATH = 'POST /v2/models/m/infer';
const LIVE = requestText('GET /v2/health/live');

describe.each([true, false])('a client that sends requests behind each other, fast path: %s', (fastPath) => {
  it('is not cut off at shutdown for an answer that waits behind another', async () => {
    const { service, arrived, release } = createHeldService();
    const { port, server } = await startTestServer({ service, options: { fastPath, sendTimeoutMs: 20 } });
    const client = await RawClient.connect(port);
    client.send(inferText('a') + inferText('b'));
    await arrived(2);
    release('b');
    // The answer is made by then, and waits.
    await new Promise(setImmediate);
    server.drain();
    await systemClock.sleep(60);
    release('a');
    expect((await client.response()).status).toBe(200);
    expect((await client.response()).status).toBe(200);
  });

  it('that ends behind requests of all kinds gets all its answers', async () => {
    const { service, arrived, release } = createHeldService();
    const { port } = await startTestServer({ service, options: { fastPath } });
    const client = await RawClient.connect(port);
    client.send(inferText('a') + LIVE);
    await arrived(1);
    client.socket.end();
    await new Promise(setImmediate);
    release('a');
    const answers: RawResponse[] = [];
    while (answers.length < 2) {
      const answer = await client.response();
      if (answer.status !== 100) answers.push(answer);
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    await client.closed;
  });

  it('that ends in the middle of what it sends behind a request is told so', async () => {
    const { service, arrived, release } = createHeldService();
    const { port } = await startTestServer({ service, options: { fastPath } });
    const client = await RawClient.connect(port);
    client.send(`${inferText('a')}P`);
    await arrived(1);
    client.socket.end();
    await new Promise(setImmediate);
    release('a');
    const statuses: number[] = [];
    while (statuses.at(-1) !== 400) statuses.push((await client.response()).status);
    expect(statuses.filter((status) => status !== 100)).toEqual([200, 400]);
    await client.closed;
  });

  it('that waits for 100 Continue behind other requests gets it in its turn', async () => {
    const { service, arrived, release } = createHeldService();
    const { port } = await startTestServer({ service, options: { fastPath } });
    const client = await RawClient.connect(port);
    const body = inferText('b').split('\r\n\r\n')[1] ?? '';
    client.send(inferText('a'), requestText(PATH, { expect: '100-continue' }, body));
    await arrived(1);
    await new Promise(setImmediate);
    release('a');
    expect(JSON.parse((await client.response()).body.toString()).id).toBe('a');
    await arrived(2);
    release('b');
    expect((await client.response()).status).toBe(100);
    expect(JSON.parse((await client.response()).body.toString()).id).toBe('b');
  });

  it.each([
    ['upgrade: h2c', { upgrade: 'h2c' }],
    ['connection: upgrade', { connection: 'upgrade', upgrade: 'c' }],
  ])('that ends in the middle of a request with %s is told so', async (_what, headers) => {
    const { port } = await startTestServer({ options: { fastPath } });
    const client = await RawClient.connect(port);
    client.send(requestText(PATH, { ...headers, 'content-length': '10' }, '{'));
    client.socket.end();
    expect((await client.response()).status).toBe(400);
    await client.closed;
  });

  it('that goes on behind an answer that has said close gets no other', async () => {
    const { service, arrived, release } = createHeldService();
    const { port } = await startTestServer({ service, options: { fastPath } });
    const client = await RawClient.connect(port);
    client.send(inferText('a'), `${requestText('POST /nope', { expect: '100-continue', 'content-length': '9' })}{`);
    await arrived(1);
    await new Promise(setImmediate);
    release('a');
    expect((await client.response()).status).toBe(200);
    expect(await client.response()).toMatchObject({ status: 404, headers: { connection: 'close' } });
    await client.closed;
    expect(client.pending).toBe('');
  });

  it('that goes on behind a refusal, which does not wait for the body, has nothing else run', async () => {
    const { service } = createHeldService();
    const inferences: string[] = [];
    const { port } = await startTestServer({
      service: withCases(service, {
        infer: (call, ...rest) => {
          inferences.push(call.requestId);
          return service.inference.infer(call, ...rest);
        },
      }),
      options: { fastPath },
      dependencies: {
        requiresKey: true,
        authenticate: (authorization) => {
          if (authorization === 'Bearer good') return EVERYBODY;
          throw new MillraceError('unauthenticated', 'this key is not known');
        },
      },
    });
    const client = await RawClient.connect(port);
    const key = { authorization: 'Bearer good' };
    client.send(
      requestText(PATH, {}, ' '.repeat(100_000)) + requestText(PATH, key, inferText('b').split('\r\n\r\n')[1]),
    );
    expect(await client.response()).toMatchObject({ status: 401, headers: { connection: 'close' } });
    await client.closed;
    expect(inferences).toEqual([]);
  });

  it('that sends the second in pieces has both run at a time', async () => {
    const { service, arrived, release } = createHeldService();
    // However busy the machine is, the pieces come before the fast path has waited enough for them.
    const clock = new FakeClock();
    const { port } = await startTestServer({ service, clock, options: { fastPath } });
    const client = await RawClient.connect(port);
    const second = inferText('b');
    client.send(`${inferText('a')}${second.slice(0, 9)}`);
    await arrived(1);
    for (const [from, to] of [
      [9, 40],
      [40, -9],
      [-9, undefined],
    ] as const) {
      client.send(second.slice(from, to));
      // An answer on a connection of its own takes turns of the loop, in which the piece is read.
      const other = await RawClient.connect(port);
      other.send(LIVE);
      await other.response();
      other.socket.destroy();
    }
    await arrived(2);
    release('b');
    release('a');
    expect(JSON.parse((await client.response()).body.toString()).id).toBe('a');
    expect(JSON.parse((await client.response()).body.toString()).id).toBe('b');
  });

  it('that takes its time with the second has it answered, whenever the first is', async () => {
    const { service, arrived, release } = createHeldService();
    const clock = new FakeClock();
    const { port } = await startTestServer({ service, clock, options: { fastPath } });
    const client = await RawClient.connect(port);
    const second = inferText('b');
    client.send(`${inferText('a')}${second.slice(0, -9)}`);
    await arrived(1);
    // Longer than the fast path waits for the rest of a request.
    await clock.advance(150);
    client.send(second.slice(-9));
    release('a');
    await arrived(2);
    release('b');
    expect(JSON.parse((await client.response()).body.toString()).id).toBe('a');
    expect(JSON.parse((await client.response()).body.toString()).id).toBe('b');
  });

  it('that goes on behind its last request gets the answer to that, and nothing else', async () => {
    const { port } = await startTestServer({ options: { fastPath } });
    const client = await RawClient.connect(port);
    client.send(`${requestText('GET /v2/health/live', { connection: 'close' })}more`);
    expect(await client.response()).toMatchObject({ status: 200, headers: { connection: 'close' } });
    await client.closed;
    expect(client.pending).toBe('');
  });
});

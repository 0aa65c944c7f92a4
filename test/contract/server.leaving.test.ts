import { constants } from 'node:http2';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../support/fake-clock.js';
import { goneAway } from '../support/grpc-calls.js';
import { closeGrpcServers, framed, RawGrpc } from '../support/grpc-server.js';
import { closeTestServers, startTestServer } from '../support/http-server.js';
import { RawClient, requestText } from '../support/raw-client.js';
import { until } from '../support/until.js';

afterEach(async () => {
  await closeGrpcServers();
  await closeTestServers();
});

const INFER = requestText(
  'POST /v2/models/m/infer',
  {},
  JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] }),
);
const PROBE = requestText('GET /v2/health/live');
const HEALTH = { ':path': '/grpc.health.v1.Health/Check' };
const METRICS = { renderMetrics: () => Promise.resolve({ contentType: 'text/plain', body: 'up 1\n' }) };

/** Resolves once nothing listens there. */
async function closed(port = 0): Promise<void> {
  await until('the port is closed', async () => {
    try {
      (await RawClient.connect(port)).socket.destroy();
      return false;
    } catch {
      return true;
    }
  });
}

describe('a server that leaves', () => {
  it('gives up its ports but that of metrics, and answers once more over each open connection', async () => {
    const options = { grpcPort: 0, metricsPort: 0 };
    const { server, port, addresses } = await startTestServer({ options, dependencies: METRICS });
    const [client, other] = [await RawClient.connect(port), await RawClient.connect(port)];
    for (const each of [client, other]) {
      each.send(INFER);
      expect(await each.response()).toMatchObject({ status: 200, headers: { connection: 'keep-alive' } });
    }
    const grpc = new RawGrpc(addresses.grpc?.port ?? 0);
    expect((await grpc.send([framed(Buffer.alloc(0))], HEALTH)).trailers).toMatchObject({ 'grpc-status': '0' });
    const goaway = goneAway(grpc.session);
    const left = server.leave();
    await closed(port);
    await closed(addresses.grpc?.port);
    client.send(INFER);
    other.send(PROBE);
    for (const each of [client, other]) {
      expect(await each.response()).toMatchObject({ status: 200, headers: { connection: 'close' } });
      await each.closed;
    }
    expect(await goaway).toBe(constants.NGHTTP2_NO_ERROR);
    await left;
    expect((await fetch(`${addresses.metrics?.url}/metrics`)).status).toBe(200);
  });

  it('waits a second for connections over which nothing comes', async () => {
    const clock = new FakeClock();
    const { server, port } = await startTestServer({ clock });
    const client = await RawClient.connect(port);
    client.send(PROBE);
    await client.response();
    let hasLeft = false;
    const left = server.leave().then(() => {
      hasLeft = true;
    });
    await closed(port);
    await clock.advance(999);
    expect(hasLeft).toBe(false);
    await clock.advance(1);
    await left;
    await server.close(10_000);
    await client.closed;
  });
});

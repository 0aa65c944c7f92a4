import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { type StatusObject, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import type { Service } from '../../src/service/index.js';
import { startCli } from '../support/cli-process.js';
import { createFakeService } from '../support/fake-service.js';
import { protoBytes, protoJson } from '../support/grpc-messages.js';
import { answerOf, closeGrpcServers, framed, GrpcClient, RawGrpc } from '../support/grpc-server.js';
import { closeTestServers, startTestServer } from '../support/http-server.js';
import { createTempFolder } from '../support/model-folder.js';

afterEach(async () => {
  await closeGrpcServers();
  await closeTestServers();
});

const SERVICE = '/inference.GRPCInferenceService/';
const PORTS = ['--http-port', '0', '--grpc-port', '0', '--metrics-port', '0'];

/** Answers with its input once there is a file `go` beside the models. Zeros are for warming up. */
const HELD = `
  import { existsSync } from 'node:fs';
  const go = new URL('../../../go', import.meta.url);
  export default {
    inputs: { x: 'INT32[-1]' },
    outputs: { y: 'INT32[-1]' },
    async infer({ inputs: { x } }) {
      while (x.data[0] !== 0 && !existsSync(go)) await new Promise((resolve) => setTimeout(resolve, 5));
      return { y: x };
    },
  };`;

function inferBytes(elements: number, model_name = 'held'): Uint8Array {
  const data = Buffer.from(Int32Array.from({ length: elements }, () => 7).buffer).toString('base64');
  const inputs = [{ name: 'x', datatype: 'INT32', shape: [elements] }];
  return protoBytes('ModelInferRequest', { model_name, inputs, raw_input_contents: [data] });
}

/** A server process whose model answers nothing before `stop` has told it to stop. */
async function serve() {
  const folder = await createTempFolder({ 'models/held/1/model.js': HELD });
  const cli = startCli(['serve', join(folder.path, 'models'), ...PORTS, '--json']);
  const { http, grpc, metrics } = await cli.nextEvent();
  await cli.nextEvent();
  const text = async (url: string) => (await fetch(url)).text();
  return {
    target: String(grpc),
    /** Resolves once so many requests wait or are at an instance. */
    async accepted(count: number) {
      const samples = /^millrace_(?:executing|queued)_requests\{.*\} (\d+)$/gm;
      const countOf = (metric: string) => Array.from(metric.matchAll(samples), ([, value]) => Number(value));
      while (countOf(await text(`${metrics}/metrics`)).reduce((sum, value) => sum + value, 0) < count);
    },
    /** Lets the model answer when the server is draining; resolves with its exit code. */
    async stop() {
      cli.child.kill('SIGTERM');
      while ((await fetch(`${http}/v2/health/ready`)).ok);
      await folder.write({ go: '' });
      return (await cli.ended).exit;
    },
    async [Symbol.asyncDispose]() {
      await cli[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** A service whose answers are of so many bytes. */
function createLargeService(sizeBytes: number): Service {
  const service = createFakeService();
  const outputs = [{ name: 'y', datatype: 'UINT8' as const, shape: [sizeBytes], data: new Uint8Array(sizeBytes) }];
  return {
    ...service,
    infer: async (call, request) => {
      const result = await service.infer(call, request);
      return result.kind === 'one' ? { kind: 'one', response: { ...result.response, outputs } } : result;
    },
  };
}

/** Passes on what a server sends, a piece a turn of the event loop: what it writes waits in its buffers. */
async function slowRelay(port: number) {
  const relay = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    client.pipe(upstream);
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    upstream.on('end', () => client.end());
    upstream.on('data', (piece: Buffer) => {
      client.write(piece);
      upstream.pause();
      setImmediate(() => upstream.resume());
    });
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  return {
    port: (relay.address() as AddressInfo).port,
    [Symbol.dispose]: () => void relay.close(),
  };
}

describe('what is under way when the server is told to stop', () => {
  it('is answered over gRPC: several calls, and large answers too', async () => {
    await using server = await serve();
    const sizes = [1_000_000, 100, 1];
    const calls = sizes.map((size) => {
      const client = new GrpcClient(server.target, { 'grpc.use_local_subchannel_pool': 1 });
      return client.unary(inferBytes(size), { path: `${SERVICE}ModelInfer` });
    });
    await server.accepted(calls.length);
    const exit = server.stop();
    const outcomes = await Promise.all(calls);
    expect(outcomes.map(({ status: end }) => status[end.code])).toEqual(['OK', 'OK', 'OK']);
    expect(await exit).toBe(0);
  });

  it('is answered on a stream', async () => {
    await using server = await serve();
    const stream = new GrpcClient(server.target).stream({ path: `${SERVICE}ModelStreamInfer` });
    const answers: Buffer[] = [];
    stream.on('data', (message: Buffer) => answers.push(message));
    stream.on('error', () => undefined);
    const ended = once(stream, 'status');
    stream.write(Buffer.from(inferBytes(3)));
    stream.end();
    await server.accepted(1);
    const exit = server.stop();
    const [end]: StatusObject[] = await ended;
    expect(status[end?.code ?? -1]).toBe('OK');
    expect(answers.map((message) => protoJson('ModelStreamInferResponse', [message]))).toMatchObject([
      { error_message: '', infer_response: { outputs: [{ name: 'y', shape: ['3'] }] } },
    ]);
    expect(await exit).toBe(0);
  });

  it('is answered to the last byte though the client reads more slowly than it is written', async () => {
    const sizeBytes = 20_000_000;
    const service = createLargeService(sizeBytes);
    const { server, addresses } = await startTestServer({ service, options: { grpcPort: 0 } });
    using relay = await slowRelay(addresses.grpc?.port ?? 0);
    const raw = new RawGrpc(relay.port, { initialWindowSize: 2 * sizeBytes });
    await once(raw.session, 'connect');
    raw.session.setLocalWindowSize(2 * sizeBytes);
    const stream = raw.open({ ':path': `${SERVICE}ModelInfer` });
    const answer = answerOf(stream);
    stream.end(framed(inferBytes(1, 'm')));
    await once(stream, 'data');
    const closed = server.close(10_000);
    const { body, trailers } = await answer;
    expect([body.length > sizeBytes, trailers]).toMatchObject([true, { 'grpc-status': '0' }]);
    await closed;
  });
});

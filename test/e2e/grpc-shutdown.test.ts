import { once } from 'node:events';
import { join } from 'node:path';
import { type StatusObject, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { FREE_PORTS, startCli } from '../support/cli-process.js';
import { protoBytes, protoJson } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { createTempFolder } from '../support/model-folder.js';
import { until } from '../support/until.js';

afterEach(closeGrpcServers);

const SERVICE = '/inference.GRPCInferenceService/';

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

function inferBytes(elements: number): Uint8Array {
  const data = Buffer.from(Int32Array.from({ length: elements }, () => 7).buffer).toString('base64');
  const inputs = [{ name: 'x', datatype: 'INT32', shape: [elements] }];
  return protoBytes('ModelInferRequest', { model_name: 'held', inputs, raw_input_contents: [data] });
}

/** A server process whose model answers nothing before `stop` has told it to stop. */
async function serve() {
  const folder = await createTempFolder({ 'models/held/1/model.js': HELD });
  const cli = startCli(['serve', join(folder.path, 'models'), ...FREE_PORTS, '--json']);
  const { http, grpc, metrics } = await cli.nextEvent();
  await cli.nextEvent();
  const text = async (url: string) => (await fetch(url)).text();
  return {
    target: String(grpc),
    /** Resolves once so many requests wait or are at an instance. */
    async accepted(count: number) {
      const samples = /^millrace_(?:executing|queued)_requests\{.*\} (\d+)$/gm;
      const countOf = (metric: string) => Array.from(metric.matchAll(samples), ([, value]) => Number(value));
      await until(`${count} requests are accepted`, async () => {
        const counts = countOf(await text(`${metrics}/metrics`));
        return counts.reduce((sum, value) => sum + value, 0) >= count;
      });
    },
    /** Lets the model answer when the server is draining; resolves with its exit code. */
    async stop() {
      cli.child.kill('SIGTERM');
      await until('it drains', async () => !(await fetch(`${http}/v2/health/ready`)).ok);
      await folder.write({ go: '' });
      return (await cli.ended).exit;
    },
    async [Symbol.asyncDispose]() {
      await cli[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
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
});

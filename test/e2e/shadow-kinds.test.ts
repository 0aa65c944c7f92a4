import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bytesOf } from '../../src/core/index.js';
import { BodyArena } from '../../src/runtimes/index.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { protoBytes } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { shadowed } from '../support/shadow-models.js';
import { settledReport, shadowReport } from '../support/shadow-reports.js';
import { createSharedObject } from '../support/shared-object.js';
import { until } from '../support/until.js';

const TINY = readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf'));
const ALL = 'versions: all\nlabels: { stable: 1, next: 2 }\n';
/** 120 KiB and more: large enough for the memory of bodies. */
const ELEMENTS = 60_000;
const large = (more: string) => `runtime: echo
inputs: [{ name: x, datatype: FP32, shape: [-1, ${ELEMENTS}] }]
outputs: [{ name: y, datatype: FP32, shape: [-1, ${ELEMENTS}] }]
instances: { placement: process }
${more}
`;
const numbers = (more: string) => `runtime: echo
maxBatchSize: 8
inputs: [{ name: x, datatype: INT32, shape: [-1, 1] }]
outputs: [{ name: y, datatype: INT32, shape: [-1, 1] }]
instances: { placement: inline }
${more}
`;
const words = (list: string) => `export default {
  pure: true,
  inputs: { text_input: 'BYTES[1]' },
  outputs: { text_output: 'BYTES[1]' },
  async *infer() { for (const word of ${list}) yield { text_output: word }; },
};
`;
const MODELS = {
  'words/model.yaml': ALL,
  'words/1/model.js': words("['To ', 'be, ', 'or']"),
  'words/2/model.js': words("['to be', ' or']"),
  'kjv/model.yaml': `${ALL}llama: { contextTokens: 256, threads: 1, deterministic: true }\n`,
  'kjv/1/model.gguf': TINY,
  'kjv/2/model.gguf': TINY,
  'sums/model.yaml': numbers(`${ALL}echo: { mode: accumulate }\nsequenceBatching: { maxIdleMs: 60000 }`),
  'sums/1/': '',
  'sums/2/': '',
  'plain/model.yaml': numbers(ALL),
  'plain/1/': '',
  'plain/2/': '',
  'large/model.yaml': large(''),
  'large/1/': '',
  'slow/model.yaml': large('echo: { delayMs: 500 }\nqueue: { maxRequests: 1 }'),
  'slow/1/': '',
};
const ROUTES = {
  words: shadowed('words'),
  kjv: shadowed('kjv'),
  sums: shadowed('sums', { allowSideEffects: true }),
  'half-of-sums': shadowed('sums', { allowSideEffects: true, share: 0.5 }),
  plain: shadowed('plain'),
  'large-live': {
    arms: [{ model: 'large', version: 1, weight: 1 }],
    shadow: { model: 'slow', version: 1 },
  },
};

const bodies = BodyArena.open() as BodyArena;
let server: AppServer;
beforeAll(async () => {
  await bodies.map();
  server = await startAppServer(
    MODELS,
    { routes: ROUTES, sharedMemory: { enabled: true }, repository: { controlMode: 'explicit', loadModels: ['*'] } },
    { bodies },
  );
});
afterEach(closeGrpcServers);
afterAll(() => server[Symbol.asyncDispose]());

const tensor = (value: number) => ({ name: 'x', datatype: 'INT32', shape: [1, 1], data: [value] });

async function step(model: string, value: number, { id, start = false, end = false }: Step) {
  const parameters = { sequence_id: id, sequence_start: start, sequence_end: end };
  const { status, body } = await server.infer(model, { inputs: [tensor(value)], parameters });
  if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return body.outputs[0].data[0];
}

interface Step {
  readonly id: number | string;
  readonly start?: boolean;
  readonly end?: boolean;
}

describe('the shadow of', () => {
  it('a stream is compared by all of its text', async () => {
    const answer = await server.send('POST /v2/models/words/generate_stream', JSON.stringify({ text_input: 'a' }));
    expect(answer.status).toBe(200);
    expect(answer.body.toString().match(/data: /g)).toHaveLength(3);
    const { pairs, dropped } = await settledReport(server, 'words', 1);
    expect(dropped).toEqual({});
    expect(pairs).toMatchObject([
      { compared: 1, agreement: { value: 1 }, outputs: [{ name: 'text_output', texts: { exact: { value: 0 } } }] },
    ]);
  });

  it.each([true, false])('generated text is compared as a whole (stream: %s)', async (stream) => {
    const before = stream ? 0 : 1;
    const request = {
      model: 'kjv',
      prompt: 'In the beginning',
      max_tokens: 8,
      temperature: 0,
      ignore_eos: true,
      stream,
    };
    const answer = await fetch(`${server.addresses.http.url}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    const text = await answer.text();
    expect(answer.status).toBe(200);
    const { pairs, dropped } = await settledReport(server, 'kjv', before + 1);
    expect(dropped).toEqual({});
    expect(pairs).toMatchObject([{ compared: before + 1, agreement: { value: 1 } }]);
    expect(pairs[0].outputs[0].texts).toMatchObject({ elements: before + 1, exact: { value: 1 } });
    if (!stream) expect(JSON.parse(text).usage.completion_tokens).toBe(8);
  });

  it('a sequence keeps a state of its own, beside callers with the same id', async () => {
    for (const id of [7, 'seven']) {
      expect(await step('sums', 1, { id, start: true })).toBe(1);
      expect(await step('sums@next', 100, { id, start: true })).toBe(100);
      expect(await step('sums', 2, { id })).toBe(3);
      expect(await step('sums@next', 100, { id })).toBe(200);
      expect(await step('sums', 3, { id, end: true })).toBe(6);
      expect(await step('sums@next', 100, { id, end: true })).toBe(300);
    }
    const { pairs } = await settledReport(server, 'sums', 6);
    expect(pairs).toMatchObject([{ compared: 6, agreement: { value: 1 } }]);
  });

  it('a share of sequences has each of them as a whole, or not at all', async () => {
    for (let id = 1; id <= 20; id++) {
      for (let value = 1; value <= 3; value++)
        await step('half-of-sums', value, { id, start: value === 1, end: value === 3 });
    }
    await until('no copy is pending', async () => (await shadowReport(server, 'half-of-sums')).pending === 0);
    const report = await shadowReport(server, 'half-of-sums');
    expect(report.copied % 3).toBe(0);
    expect(report.copied).toBeGreaterThan(0);
    expect(report.copied).toBeLessThan(60);
    expect(report.pairs).toMatchObject([{ compared: report.copied, agreement: { value: 1 } }]);
  });

  it('a request over gRPC, or with tensors in shared memory, is compared as any other', async () => {
    const client = new GrpcClient(`127.0.0.1:${server.grpcPort}`);
    const message = protoBytes('ModelInferRequest', {
      model_name: 'plain',
      inputs: [{ name: 'x', datatype: 'INT32', shape: [1, 1], contents: { int_contents: [7] } }],
    });
    await client.unary(message, { path: '/inference.GRPCInferenceService/ModelInfer' });
    using object = createSharedObject(Buffer.from(bytesOf(Int32Array.of(5, 0))));
    const region = JSON.stringify({ key: object.key, byte_size: 8, offset: 0 });
    expect((await server.send('POST /v2/systemsharedmemory/region/r/register', region)).status).toBe(200);
    const at = (offset: number) => ({
      shared_memory_region: 'r',
      shared_memory_byte_size: 4,
      shared_memory_offset: offset,
    });
    const { status } = await server.infer('plain', {
      inputs: [{ name: 'x', datatype: 'INT32', shape: [1, 1], parameters: at(0) }],
      outputs: [{ name: 'y', parameters: at(4) }],
    });
    expect([status, object.content().readInt32LE(4)]).toEqual([200, 5]);
    expect((await server.send('POST /v2/systemsharedmemory/region/r/unregister')).status).toBe(200);
    const { pairs } = await settledReport(server, 'plain', 2);
    expect(pairs).toMatchObject([{ compared: 2, agreement: { value: 1 }, outputs: [{ numbers: { elements: 2 } }] }]);
  });

  it('large bodies reads them where they lie, and lets go of them; what its queue has no room for is dropped', async () => {
    const data = Buffer.from(bytesOf(new Float32Array(ELEMENTS).fill(1)));
    const send = async () => {
      const header = JSON.stringify({
        inputs: [{ name: 'x', datatype: 'FP32', shape: [1, ELEMENTS], parameters: { binary_data_size: data.length } }],
        parameters: { binary_data_output: true },
      });
      const answer = await fetch(`${server.addresses.http.url}/v2/models/large-live/infer`, {
        method: 'POST',
        headers: { 'inference-header-content-length': String(header.length) },
        body: Buffer.concat([Buffer.from(header), data]),
      });
      expect(answer.status).toBe(200);
      await answer.arrayBuffer();
    };
    await Promise.all(Array.from({ length: 12 }, send));
    expect(bodies.claimedBytes).toBeGreaterThan(0);
    const { pairs, dropped, copied } = await settledReport(server, 'large-live', 12);
    expect(copied).toBe(12);
    expect(pairs).toMatchObject([{ agreement: { value: 1 }, failures: { only_shadow: 0 } }]);
    expect(dropped).toEqual({ queue: 12 - pairs[0].compared });
    expect(dropped.queue).toBeGreaterThan(0);
    await until('no body is held', () => bodies.claimedBytes === 0);
  });

  it('a version that is unloaded meanwhile has no more copies', async () => {
    expect((await server.send('POST /v2/repository/models/slow/unload')).status).toBe(200);
    const input = { name: 'x', datatype: 'FP32', shape: [1, ELEMENTS], data: new Array(ELEMENTS).fill(0) };
    expect((await server.infer('large-live', { inputs: [input] })).status).toBe(200);
    const { dropped } = await settledReport(server, 'large-live', 13);
    expect(dropped.unavailable).toBe(1);
  });
});

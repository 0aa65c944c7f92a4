import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesOf, packBytes } from '../../src/core/index.js';
import { localCall } from '../../src/local-infer.js';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';
import { request } from '../support/engine-fixture.js';
import { inferNamed } from '../support/infer-named.js';
import { createSharedObject, type SharedObject } from '../support/shared-object.js';

const model = (datatype: string, more = '') =>
  `runtime: echo\nmaxBatchSize: 0\ninputs: [{ name: x, datatype: ${datatype}, shape: [-1] }]\noutputs: [{ name: y, datatype: ${datatype}, shape: [-1] }]\n${more}`;
const MODELS = {
  'floats/model.yaml': model('FP32', 'instances: { placement: inline }\n'),
  'texts/model.yaml': model('BYTES', 'instances: { placement: inline }\n'),
  'many/model.yaml': model('FP32', 'instances: { placement: inline }\necho: { mode: repeat }\n'),
  'slow/model.yaml': model('FP32', 'echo: { delayMs: 300 }\n'),
};
const FLOATS = bytesOf(Float32Array.from({ length: 16 }, (_, index) => index / 4));

const region = (name: string, sizeBytes: number, offset?: number) => ({
  shared_memory_region: name,
  shared_memory_byte_size: sizeBytes,
  ...(offset !== undefined && { shared_memory_offset: offset }),
});
const x = (parameters: object, shape = [16], datatype = 'FP32') => ({ name: 'x', datatype, shape, parameters });
const y = (parameters: object) => ({ name: 'y', parameters });

let server: AppServer;
let input: SharedObject;
let output: SharedObject;
let events: string[];

async function start(enabled: boolean) {
  server = await startAppServer(MODELS, { sharedMemory: { enabled } });
  events = [];
  server.app.events.subscribe('inferFinished', ({ error }) => events.push(error?.code ?? 'ok'));
}

async function register(name: string, { key }: SharedObject, byte_size = 64, offset = 0) {
  const body = JSON.stringify({ key, byte_size, offset });
  const answer = await server.send(`POST /v2/systemsharedmemory/region/${name}/register`, body);
  return answer.body.length === 0 ? { status: answer.status } : jsonOf(answer);
}

beforeEach(() => {
  input = createSharedObject(FLOATS);
  output = createSharedObject(256);
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  input[Symbol.dispose]();
  output[Symbol.dispose]();
});

describe('shared memory', () => {
  beforeEach(async () => {
    await start(true);
    await register('in', input);
    await register('out', output, 128, 128);
  });

  it('is among the extensions', async () => {
    expect(jsonOf(await server.send('GET /v2')).body.extensions).toContain('system_shared_memory');
  });

  it('takes inputs and gives outputs', async () => {
    const answer = await server.infer('floats', {
      inputs: [x(region('in', 64))],
      outputs: [y(region('out', 100, 28))],
    });
    expect([answer.status, answer.body]).toEqual([
      200,
      { model_name: 'floats', model_version: '1', outputs: [{ name: 'y', datatype: 'FP32', shape: [16] }] },
    ]);
    expect(output.content().subarray(128 + 28, 128 + 28 + 64)).toEqual(Buffer.from(FLOATS));
    expect(events).toEqual(['ok']);
  });

  it('takes inputs and answers in JSON, and the other way round', async () => {
    const inJson = await server.infer('floats', { inputs: [x(region('in', 8, 4), [2])] });
    expect(inJson.body.outputs).toEqual([{ name: 'y', datatype: 'FP32', shape: [2], data: [0.25, 0.5] }]);
    const data = { name: 'x', datatype: 'FP32', shape: [2], data: [-1, 3] };
    const toMemory = await server.infer('floats', { inputs: [data], outputs: [y(region('out', 8))] });
    expect(toMemory.status).toBe(200);
    expect(output.content().subarray(128, 136)).toEqual(Buffer.from(bytesOf(Float32Array.of(-1, 3))));
  });

  it('carries BYTES', async () => {
    const packed = packBytes([Buffer.from('hi'), Buffer.from('größer')]);
    output.write(packed);
    await register('texts', output, packed.length);
    const answer = await server.infer('texts', {
      inputs: [x(region('texts', packed.length), [2], 'BYTES')],
      outputs: [y(region('out', 128))],
    });
    expect(answer.body.outputs).toEqual([{ name: 'y', datatype: 'BYTES', shape: [2] }]);
    expect(output.content().subarray(128, 128 + packed.length)).toEqual(Buffer.from(packed));
  });

  it.each([
    ['an unknown region', x(region('zz', 64)), undefined, 404, "input 'x': no shared memory region 'zz' is registered"],
    [
      'an input beyond its region',
      x(region('in', 64, 1)),
      undefined,
      400,
      "input 'x': offset 1 and 64 bytes go beyond shared memory region 'in', which has 64 bytes",
    ],
    ['an input of another size', x(region('in', 32)), undefined, 400, "input 'x': FP32[16] needs 64 bytes, got 32"],
    [
      'an output beyond its region',
      x(region('in', 64)),
      y(region('out', 64, 65)),
      400,
      "output 'y': offset 65 and 64 bytes go beyond shared memory region 'out', which has 128 bytes",
    ],
    [
      'an output that is larger than its range',
      x(region('in', 64)),
      y(region('out', 63)),
      400,
      "output 'y' has 64 bytes, but its shared memory range in region 'out' has 63",
    ],
    [
      'classes',
      x(region('in', 64)),
      y({ ...region('out', 64), classification: 2 }),
      400,
      "output 'y': classes cannot be written to shared memory",
    ],
  ])('refuses %s', async (_what, from, to, status, error) => {
    const answer = await server.infer('floats', { inputs: [from], ...(to !== undefined && { outputs: [to] }) });
    expect([answer.status, answer.body]).toEqual([status, { error }]);
    expect(output.content()).toEqual(Buffer.alloc(256));
    expect(events).toEqual([status === 404 ? 'not_found' : 'invalid_argument']);
  });

  it('refuses outputs of a model that may give several answers', async () => {
    const sharedMemory = { region: 'out', offset: 0, sizeBytes: 64 };
    const given = request(1, { outputs: [{ name: 'y', classificationCount: 0, sharedMemory }] });
    const answer = inferNamed(server.app.service, localCall(server.app), { name: 'many', request: given });
    await expect(answer).rejects.toMatchObject({
      code: 'unimplemented',
      message: "output 'y': model 'many' may give several answers, which cannot share one range of shared memory",
    });
  });

  it('survives an object that is cut off', async () => {
    input.resize(10);
    const answer = await server.infer('floats', { inputs: [x(region('in', 64))] });
    expect([answer.status, answer.body.error]).toEqual([
      400,
      `input 'x': shared memory object '${input.key}' of region 'in' has become shorter and ends before bytes 0 to 64 of the region`,
    ]);
    output.resize(0);
    const data = { name: 'x', datatype: 'FP32', shape: [1], data: [1] };
    const written = await server.infer('floats', { inputs: [data], outputs: [y(region('out', 4))] });
    expect([written.status, output.content().length]).toEqual([400, 0]);
    expect((await server.infer('floats', { inputs: [data] })).status).toBe(200);
  });

  it('is unregistered under a request that uses it, which finishes', async () => {
    const running = server.infer('slow', { inputs: [x(region('in', 64))], outputs: [y(region('out', 64))] });
    await new Promise((resolve) => {
      const gauge = () => server.app.engine.gauges().some(({ executingRequests }) => executingRequests > 0);
      const look = () => (gauge() ? resolve(undefined) : setImmediate(look));
      look();
    });
    expect((await server.send('POST /v2/systemsharedmemory/unregister')).status).toBe(200);
    const later = await server.infer('floats', { inputs: [x(region('in', 64))] });
    expect(later.body).toEqual({ error: "input 'x': no shared memory region 'in' is registered" });
    expect((await running).status).toBe(200);
    expect(output.content().subarray(128, 192)).toEqual(Buffer.from(FLOATS));
    expect(jsonOf(await server.send('GET /v2/systemsharedmemory/status')).body).toEqual([]);
  });

  it('refuses a name that is taken', async () => {
    expect(await register('in', output)).toMatchObject({
      status: 400,
      body: { error: "shared memory region 'in' is registered already; unregister it first" },
    });
  });
});

it('is off unless switched on', async () => {
  await start(false);
  const error =
    'shared memory is off; send tensors in the request, or start the server with --allow-client-shm (sharedMemory.enabled)';
  expect(await register('in', input)).toMatchObject({ status: 501, body: { error } });
  expect(await server.infer('floats', { inputs: [x(region('in', 64))] })).toMatchObject({
    status: 501,
    body: { error },
  });
  expect(jsonOf(await server.send('GET /v2/systemsharedmemory/status')).body).toEqual([]);
  expect(jsonOf(await server.send('GET /v2')).body.extensions).not.toContain('system_shared_memory');
});

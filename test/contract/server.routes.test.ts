import { afterEach, describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/core/index.js';
import { createFakeService } from '../support/fake-service.js';
import { closeTestServers, startTestServer } from '../support/http-server.js';
import { TRITON_EXTENSIONS } from '../support/triton-extensions.js';

afterEach(closeTestServers);

async function start(service = createFakeService()) {
  const { url } = await startTestServer({ service });
  const ask = async (line: string, body?: unknown) => {
    const [method = '', path = ''] = line.split(' ');
    const text = typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body);
    const response = await fetch(url + path, { method, ...(text !== undefined && { body: text }) });
    const answer = await response.text();
    return { status: response.status, body: answer === '' ? '' : JSON.parse(answer) };
  };
  return { service, ask };
}

const ZERO = { count: 0, ns: 0 };

describe('metadata', () => {
  it('of the server', async () => {
    const { ask } = await start();
    expect(await ask('GET /v2')).toEqual({
      status: 200,
      body: { name: 'millrace', version: '0.0.0', extensions: TRITON_EXTENSIONS },
    });
  });

  it.each(['/v2/models/m', '/v2/models/m/versions/01', '/v2/models/%6d'])('of a model at %s', async (path) => {
    const { ask } = await start();
    expect(await ask(`GET ${path}`)).toEqual({
      status: 200,
      body: {
        name: 'm',
        versions: ['1', '3'],
        platform: 'onnxruntime_onnx',
        inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
        outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 4] }],
        properties: { digest: `sha256:${'ab'.repeat(32)}` },
      },
    });
  });

  it.each([
    ['/v2/models/nope', "model 'nope' is not found"],
    ['/v2/models/m/versions/9', "model 'm' has no version 9"],
    ['/v2/models/m/versions/x', "model 'm' has no version 'x': versions are positive integers"],
    ['/v2/models/m/versions/-1/config', "model 'm' has no version '-1': versions are positive integers"],
    [`/v2/models/${'a'.repeat(1_000)}`, `model '${'a'.repeat(1_000)}' is not found`],
  ])('of what is not there is 404: %s', async (path, error) => {
    const { ask } = await start();
    expect(await ask(`GET ${path}`)).toEqual({ status: 404, body: { error } });
  });

  it('tells the configuration', async () => {
    const { ask } = await start();
    const { status, body } = await ask('GET /v2/models/m/config');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      name: 'm',
      max_batch_size: 8,
      input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [4] }],
    });
  });
});

describe('readiness of a model', () => {
  it.each([
    ['/v2/models/m/ready', 200, { name: 'm', ready: true }],
    ['/v2/models/m/versions/3/ready', 200, { name: 'm', ready: true }],
    ['/v2/models/m/versions/2/ready', 503, { name: 'm', ready: false }],
    ['/v2/models/nope/ready', 503, { name: 'nope', ready: false }],
  ])('at %s is %i', async (path, status, body) => {
    const { ask } = await start();
    expect(await ask(`GET ${path}`)).toEqual({ status, body });
  });
});

describe('statistics', () => {
  it('come with whole numbers and batch sizes in order', async () => {
    const { ask } = await start();
    const { status, body } = await ask('GET /v2/models/m/versions/3/stats');
    expect(status).toBe(200);
    expect(body).toEqual({
      model_stats: [
        {
          name: 'm',
          version: '3',
          last_inference: 1_750_000_000_000,
          inference_count: 3,
          execution_count: 2,
          inference_stats: {
            success: { count: 2, ns: 9_007_199_254_740_991 },
            fail: ZERO,
            queue: { count: 2, ns: 1_000 },
            compute_input: ZERO,
            compute_infer: { count: 2, ns: 5_000 },
            compute_output: ZERO,
            cache_hit: { count: 3, ns: 33 },
            cache_miss: { count: 2, ns: 810 },
          },
          response_stats: {},
          batch_stats: [
            { batch_size: 1, compute_input: ZERO, compute_infer: { count: 1, ns: 2_000 }, compute_output: ZERO },
            { batch_size: 2, compute_input: ZERO, compute_infer: { count: 1, ns: 3_000 }, compute_output: ZERO },
          ],
          memory_usage: [],
        },
      ],
    });
  });

  it('of what is not there are 400, as in Triton', async () => {
    const { ask } = await start();
    expect(await ask('GET /v2/models/nope/stats')).toEqual({
      status: 400,
      body: { error: "model 'nope' is not found" },
    });
  });

  it('of all models are at a path of their own', async () => {
    const { ask } = await start();
    const { body } = await ask('GET /v2/models/stats');
    expect(body.model_stats.map(({ version }: { version: string }) => version)).toEqual(['1', '3']);
  });
});

describe('the repository index', () => {
  it.each([undefined, {}, { ready: false }])('with %j tells every version with its state', async (request) => {
    const { ask } = await start();
    expect(await ask('POST /v2/repository/index', request)).toEqual({
      status: 200,
      body: [
        { name: 'broken', version: '1', state: 'UNAVAILABLE', reason: 'not an ONNX file' },
        { name: 'm', version: '1', state: 'READY' },
        { name: 'm', version: '3', state: 'READY' },
      ],
    });
  });

  it('can be had of the ready ones, and of one repository', async () => {
    const { ask, service } = await start();
    const { body } = await ask('POST /v2/repository/mine/index', { ready: true });
    expect(body).toHaveLength(2);
    expect(service.calls.at(-1)?.args).toEqual([{ readyOnly: true, repository: 'mine' }]);
  });

  it.each([
    ['{', 400, /^the body is not valid JSON: Expected property name/],
    ['[1]', 400, /^the body: expected object, got array$/],
    ['{"ready": "yes"}', 400, /^field 'ready': expected boolean, got string "yes"$/],
    ['{"ready": null}', 400, /^field 'ready': expected boolean, got null$/],
  ])('refuses %s', async (body, status, error) => {
    const { ask } = await start();
    expect(await ask('POST /v2/repository/index', body)).toEqual({
      status,
      body: { error: expect.stringMatching(error) },
    });
  });

  it('refuses text that is not UTF-8', async () => {
    const { url } = await startTestServer();
    const response = await fetch(`${url}/v2/repository/index`, { method: 'POST', body: new Uint8Array([0x7b, 0xff]) });
    expect(await response.json()).toEqual({ error: expect.stringMatching(/^the body is not valid JSON: /) });
  });

  it('refuses more than a megabyte', async () => {
    const { ask } = await start();
    expect(await ask('POST /v2/repository/index', `{"x":"${'x'.repeat(1_048_576)}"}`)).toMatchObject({ status: 413 });
  });
});

describe('loading', () => {
  it('answers with an empty body, whatever type the request says it has', async () => {
    const service = createFakeService();
    const { url } = await startTestServer({ service });
    const load = (init: RequestInit) => fetch(`${url}/v2/repository/models/m/load`, { method: 'POST', ...init });
    const answers = [await load({}), await load({ body: '{}', headers: { 'content-type': 'garbage;;;' } })];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(['', '']);
    expect(service.calls.map(({ args }) => args)).toEqual([
      ['m', {}],
      ['m', {}],
    ]);
  });

  it.each(['', 'NaN', ',', 'text', 'a/b/c', 'application/json; charset=klingon'])(
    "takes a body that is said to be of type '%s'",
    async (type) => {
      const { url } = await startTestServer();
      const headers = { 'content-type': type };
      const response = await fetch(`${url}/v2/repository/index`, { method: 'POST', headers, body: '{"ready":true}' });
      expect(response.status).toBe(200);
    },
  );

  it('takes a configuration, files and a repository', async () => {
    const { ask, service } = await start();
    const parameters = { config: '{}', 'file:1/model.onnx': Buffer.from('onnx').toString('base64') };
    await ask('POST /v2/repository/mine/models/a%2Fb/load', { parameters });
    expect(service.calls[0]?.args).toEqual([
      'a/b',
      { config: '{}', files: new Map([['1/model.onnx', Buffer.from('onnx')]]), repository: 'mine' },
    ]);
  });

  it.each([
    [
      { parameters: { foo: 'x' } },
      "load parameter 'foo' is unknown: expected 'config', 'source' or 'file:<version>/<file name>'",
    ],
    [{ parameters: { config: {} } }, "field 'parameters.config': expected string, got object"],
    [{ parameters: { 'file:1/x': 'AA==' } }, "load parameters 'file:…' need 'config' as well"],
    [{ parameters: { config: '{}', 'file:1/x': 'A*==' } }, "load parameter 'file:1/x': expected base64"],
    [{ parameters: 7 }, "field 'parameters': expected object, got number 7"],
  ])('refuses %j', async (body, error) => {
    const { ask, service } = await start();
    expect(await ask('POST /v2/repository/models/m/load', body)).toEqual({ status: 400, body: { error } });
    expect(service.calls).toEqual([]);
  });

  it('outside explicit mode is 503, as the service says', async () => {
    const refuse = () => Promise.reject(new MillraceError('unavailable', 'the model control mode is none'));
    const { ask } = await start(createFakeService({ loadModel: refuse, unloadModel: refuse }));
    const answer = { status: 503, body: { error: 'the model control mode is none' } };
    expect(await ask('POST /v2/repository/models/m/load')).toEqual(answer);
    expect(await ask('POST /v2/repository/models/m/unload')).toEqual(answer);
  });
});

describe('unloading', () => {
  it('answers with an empty body', async () => {
    const { ask, service } = await start();
    const body = { parameters: { unload_dependents: true } };
    expect(await ask('POST /v2/repository/models/m/unload', body)).toEqual({ status: 200, body: '' });
    expect(service.calls).toMatchObject([{ name: 'unloadModel', args: ['m', { unloadDependents: true }] }]);
  });
});

describe('settings', () => {
  it('of traces can be read and changed, globally and for a model', async () => {
    const { ask, service } = await start();
    const { body } = await ask('GET /v2/trace/setting');
    expect(body).toMatchObject({ trace_level: ['OFF'], trace_rate: '1000' });
    expect(await ask('POST /v2/trace/setting', { foo: 1, trace_rate: '1' })).toEqual({
      status: 501,
      body: { error: "trace_rate: traces are set in the server's settings (telemetry.traces); only '1000' can be set" },
    });
    const reset = await ask('POST /v2/models/m/trace/setting', { trace_rate: null });
    expect(reset).toEqual({ status: 200, body });
    expect(service.calls.map(({ name, args }) => [name, ...args])).toEqual([
      ['changeTracing', undefined],
      ['changeTracing', 'm'],
    ]);
  });

  it('of logs can be read and changed', async () => {
    const { ask } = await start();
    expect((await ask('GET /v2/logging')).body).toMatchObject({ log_info: true });
    expect((await ask('POST /v2/logging', { log_info: false })).body).toMatchObject({ log_info: false });
  });

  it.each([
    ['/v2/trace/setting', { trace_rate: 7 }, "field 'trace_rate': expected string or null, got number 7"],
    ['/v2/trace/setting', { trace_level: 'OFF' }, 'field \'trace_level\': expected array or null, got string "OFF"'],
    [
      '/v2/logging',
      { log_verbose_level: -1 },
      "field 'log_verbose_level': expected integer of at least 0, got number -1",
    ],
    [
      '/v2/logging',
      { log_verbose_level: 0.5 },
      "field 'log_verbose_level': expected integer of at least 0, got number 0.5",
    ],
    ['/v2/logging', { log_info: 'no' }, 'field \'log_info\': expected boolean, got string "no"'],
  ])('%s refuses %j', async (path, body, error) => {
    const { ask } = await start();
    expect(await ask(`POST ${path}`, body)).toEqual({ status: 400, body: { error } });
  });
});

describe('shared memory', () => {
  const REGION = { name: 'r 1', key: '/k', offset: 4_096, sizeBytes: 64 };

  it('lists regions', async () => {
    const asked: (string | undefined)[] = [];
    const service = createFakeService({
      systemSharedMemoryStatus(_call, name) {
        asked.push(name);
        return [REGION];
      },
    });
    const { ask } = await start(service);
    const body = [{ name: 'r 1', key: '/k', offset: 4_096, byte_size: 64 }];
    expect(await ask('GET /v2/systemsharedmemory/status')).toEqual({ status: 200, body });
    expect(await ask('GET /v2/systemsharedmemory/region/r%201/status')).toEqual({ status: 200, body });
    expect(asked).toEqual([undefined, 'r 1']);
  });

  it('registers and unregisters regions', async () => {
    const { ask, service } = await start();
    const register = 'POST /v2/systemsharedmemory/region/r%201/register';
    expect(await ask(register, { key: '/k', offset: 4_096, byte_size: 64 })).toEqual({ status: 200, body: '' });
    expect(await ask(register, { key: 'k', byte_size: 1 })).toEqual({ status: 200, body: '' });
    expect(await ask('POST /v2/systemsharedmemory/region/r/unregister')).toEqual({ status: 200, body: '' });
    expect(await ask('POST /v2/systemsharedmemory/unregister')).toEqual({ status: 200, body: '' });
    expect(service.calls.map(({ name, args }) => [name, ...args])).toEqual([
      ['registerSystemSharedMemory', REGION],
      ['registerSystemSharedMemory', { name: 'r 1', key: 'k', offset: 0, sizeBytes: 1 }],
      ['unregisterSystemSharedMemory', 'r'],
      ['unregisterSystemSharedMemory', undefined],
    ]);
  });

  it.each([
    [{ byte_size: 64 }, "field 'key': expected string, got nothing"],
    [{ key: 'k' }, "field 'byte_size': expected integer of at least 1, got nothing"],
    [{ key: 'k', byte_size: 0 }, "field 'byte_size': expected integer of at least 1, got number 0"],
    [{ key: 'k', byte_size: 8, offset: -1 }, "field 'offset': expected integer of at least 0, got number -1"],
  ])('refuses to register %j', async (body, error) => {
    const { ask } = await start();
    expect(await ask('POST /v2/systemsharedmemory/region/r/register', body)).toEqual({ status: 400, body: { error } });
  });

  it('has no CUDA regions', async () => {
    const { ask } = await start();
    expect(await ask('POST /v2/cudasharedmemory/region/c/register')).toEqual({
      status: 501,
      body: {
        error: 'this server does not offer CUDA shared memory; use system shared memory or send tensors in the request',
      },
    });
    expect(await ask('GET /v2/cudasharedmemory/status')).toEqual({ status: 200, body: [] });
    expect(await ask('POST /v2/cudasharedmemory/unregister')).toEqual({ status: 200, body: '' });
    expect(await ask('POST /v2/cudasharedmemory/region/c/unregister')).toEqual({ status: 200, body: '' });
    expect(await ask('GET /v2/cudasharedmemory/region/c/status')).toEqual({
      status: 404,
      body: { error: "no CUDA shared memory region 'c' is registered" },
    });
  });
});

describe('the generate routes', () => {
  it.each([
    ['/v2/models/m/generate', '3'],
    ['/v2/models/m/versions/1/generate', '1'],
  ])('POST %s answers with the outputs', async (path, version) => {
    const { ask } = await start();
    expect(await ask(`POST ${path}`, { x: [1, 2, 3, 4] })).toEqual({
      status: 200,
      body: { model_name: 'm', model_version: version, y: [1, 2, 3, 4] },
    });
  });

  it.each([
    ['POST /v2/models/nope/generate_stream', 404, "model 'nope' is not found"],
    ['POST /v2/models/m/versions/x/generate', 404, "model 'm' has no version 'x': versions are positive integers"],
    ['GET /v2/models/m/versions/1/generate_stream', 405, undefined],
    ['GET /v2/models/m/generate', 405, undefined],
  ])('%s is refused', async (line, status, error) => {
    const { ask } = await start();
    const path = line.slice(4);
    expect(await ask(line)).toEqual({
      status,
      body: { error: error ?? `${path} does not take GET: expected POST` },
    });
  });
});

import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';
import { requestBytes } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { until } from '../support/until.js';

const echo = (datatype: string, ...more: readonly string[]) =>
  [
    'runtime: echo',
    'maxBatchSize: 4',
    'instances: { placement: inline }',
    `inputs: [{ name: x, datatype: ${datatype}, shape: [-1, 2] }]`,
    `outputs: [{ name: y, datatype: ${datatype}, shape: [-1, 2] }]`,
    ...more,
  ].join('\n');
const MODELS = {
  'floats/1/': '',
  'floats/model.yaml': `${echo('FP32')}\nlabels: { canary: 1 }`,
  'small/1/': '',
  'small/model.yaml': echo('UINT8'),
  'texts/1/': '',
  'texts/model.yaml': echo('BYTES'),
};
const SETTINGS = { tfs: { enabled: true }, kserve: { enabled: true }, telemetry: { logLevel: 'silent' } } as const;
const GOOD = '{"instances":[[1,2]]}';

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(MODELS, { ...SETTINGS, server: { maxInputBytes: 100_000, maxInputs: 4 } });
});
afterEach(closeGrpcServers);
afterAll(() => server[Symbol.asyncDispose]());

const post = (route: string, body: string, headers: Readonly<Record<string, string>> = {}) =>
  server.send(`POST /v1/models/${route}`, body, headers);

/** Status and error of a request; others are answered as ever. */
async function refuse(line: string, body: string, headers: Readonly<Record<string, string>> = {}) {
  const answer = jsonOf(await server.send(line, body, headers));
  expect((await post('floats:predict', GOOD)).status).toBe(200);
  return [answer.status, answer.body];
}

describe('over HTTP', () => {
  const EMPTY = 'invalid JSON at byte 0: expected an object, got the end of the JSON';
  it.each([
    ['an unknown model', 'nope:predict', GOOD, 404, "Request for unknown model: 'nope' is not found"],
    [
      'an unknown version',
      'floats/versions/7:predict',
      GOOD,
      404,
      "Request for unknown model: 'floats' version 7 is not found",
    ],
    [
      'a version that is none',
      'floats/versions/x:predict',
      GOOD,
      404,
      "model 'floats' has no version 'x': versions are positive integers",
    ],
    [
      'an unknown label',
      'floats/labels/canery:predict',
      GOOD,
      404,
      "model 'floats' has no label 'canery'; did you mean 'canary'?",
    ],
    [
      'an unknown signature',
      'floats:predict',
      '{"signature_name":"s","instances":[[1,2]]}',
      400,
      "model 'floats' has no signature 's': its only one is 'serving_default'",
    ],
    [
      'a signature that is no text',
      'floats:predict',
      '{"signature_name":1,"instances":[[1,2]]}',
      400,
      "request: expected 'signature_name' to be a string",
    ],
    ['nothing', 'floats:predict', '', 400, EMPTY],
    ['malformed JSON', 'floats:predict', '{bad', 400, 'invalid JSON at byte 1: expected a member name, got bad'],
    ['neither format', 'floats:predict', '{}', 400, "request: expected 'instances' or 'inputs', got neither"],
    [
      'both formats',
      'floats:predict',
      '{"instances":[[1,2]],"inputs":[[1,2]]}',
      400,
      "request: expected either 'instances' or 'inputs', got both",
    ],
    [
      'ragged rows',
      'floats:predict',
      '{"instances":[[1,2],[3]]}',
      400,
      "input 'x': ragged at byte 20: expected 2 elements along axis 1 as before it, got 1",
    ],
    [
      'a wrong shape',
      'floats:predict',
      '{"instances":[[1,2,3]]}',
      400,
      "input 'x' of model 'floats/1': expected shape [-1,2], got [1,3]",
    ],
    [
      'more rows than a batch may have',
      'floats:predict',
      '{"instances":[[1,2],[1,2],[1,2],[1,2],[1,2]]}',
      400,
      expect.stringMatching(/^input 'x' has 5 rows; model 'floats\/1' takes at most 4 a request/),
    ],
    ['a missing input', 'floats:predict', '{"inputs":{}}', 400, "request: inputs: input 'x' is missing"],
    [
      'an unknown input',
      'floats:predict',
      '{"inputs":{"z":[[1,2]]}}',
      400,
      "request: inputs: the model has no input 'z'; its inputs are 'x'",
    ],
    [
      'a text for a number',
      'floats:predict',
      '{"instances":[[1,"2"]]}',
      400,
      "input 'x': data[1] at byte 17: expected a number, got a string",
    ],
    [
      'an integer out of range',
      'small:predict',
      '{"instances":[[1,256]]}',
      400,
      "input 'x': data[1] at byte 17: expected an integer from 0 to 255, got 256",
    ],
    [
      'a fraction for an integer',
      'small:predict',
      '{"instances":[[1,2.5]]}',
      400,
      "input 'x': data[1] at byte 17: expected an integer from 0 to 255, got 2.5",
    ],
    [
      'wrong base64',
      'texts:predict',
      '{"instances":[[{"b64":"*"},"a"]]}',
      400,
      `input 'x': data[0] at byte 22: expected base64 in "b64", got a string`,
    ],
    ['no examples', 'floats:classify', '{}', 400, expect.stringMatching(/^model 'floats' cannot classify/)],
    [
      'examples of a model without a number for each',
      'floats:regress',
      '{"examples":[{"x":[1,2]}]}',
      400,
      expect.stringMatching(/^model 'floats' cannot regress/),
    ],
  ])('%s is refused', async (_what, route, body, status, error) => {
    expect(await refuse(`POST /v1/models/${route}`, body)).toEqual([status, { error }]);
  });

  it('bodies that are too large, or not what they say, are refused', async () => {
    expect(await refuse('POST /v1/models/floats:predict', ' '.repeat(100_001))).toEqual([
      413,
      { error: 'the body is too large: expected at most 100000 bytes, got 100001 bytes' },
    ]);
    expect(await refuse('POST /v1/models/floats:predict', '{}', { 'content-encoding': 'gzip' })).toEqual([
      400,
      { error: 'the body is not valid gzip: incorrect header check' },
    ]);
    expect(await refuse('GET /v1/models/floats/metadat', '')).toEqual([
      404,
      { error: 'no route GET /v1/models/floats/metadat' },
    ]);
    expect((await server.send('DELETE /v1/models/floats/metadata')).status).toBe(405);
  });
});

describe('over gRPC', () => {
  const path = (name: string) => `/tensorflow.serving.PredictionService/${name}`;
  const TENSOR = { dtype: 'DT_FLOAT', tensor_shape: { dim: [{ size: '1' }, { size: '2' }] }, float_val: [1, 2] };
  const predict = (tensor: object, spec: object = {}) => ({
    model_spec: { name: 'floats', ...spec },
    inputs: { x: { ...TENSOR, ...tensor } },
  });

  async function call(name: string, message: Uint8Array) {
    const client = new GrpcClient(`127.0.0.1:${server.grpcPort}`);
    const { status } = await client.unary(message, { path: path(name) });
    const good = await client.unary(requestBytes(path('Predict'), predict({})), { path: path('Predict') });
    expect(good.status.code).toBe(0);
    return [status.code, status.details];
  }

  it.each([
    [{}, { name: 'nope' }, 5, "Request for unknown model: 'nope' is not found"],
    [{}, { version: '7' }, 5, "Request for unknown model: 'floats' version 7 is not found"],
    [{}, { version_label: 'x' }, 5, "model 'floats' has no label 'x'"],
    [{}, { name: '' }, 3, "model_spec: expected the 'name' of a model, got none"],
    [{}, { signature_name: 's' }, 3, "model 'floats' has no signature 's': its only one is 'serving_default'"],
    [
      { dtype: 'DT_INT32', float_val: [], int_val: [1] },
      {},
      3,
      "input 'x' of model 'floats/1': expected FP32, got INT32",
    ],
    [
      { tensor_shape: { dim: [{ size: '3' }] } },
      {},
      3,
      "input 'x' of model 'floats/1': expected shape [-1,2], got [3]",
    ],
    [{ tensor_content: 'AAA=' }, {}, 3, "input 'x': FP32[1,2] needs 8 bytes of 'tensor_content', got 2"],
  ])('%j of %j is refused', async (tensor, spec, code, details) => {
    expect(await call('Predict', requestBytes(path('Predict'), predict(tensor, spec)))).toEqual([code, details]);
  });

  it('what is no message, too much, or asks for what is not there, is refused', async () => {
    expect(await call('Predict', Buffer.from([0xff]))).toEqual([
      3,
      'request: malformed protobuf at byte 0: expected the rest of a varint, got the end',
    ]);
    const many = { model_spec: { name: 'floats' }, output_filter: ['z'], inputs: { x: TENSOR } };
    expect(await call('Predict', requestBytes(path('Predict'), many))).toEqual([
      3,
      "model 'floats/1' has no output 'z'; its outputs are 'y'",
    ]);
    expect(await call('MultiInference', new Uint8Array())).toEqual([3, 'request: expected tasks, got none']);
    const other = { tasks: [{ model_spec: { name: 'floats' }, method_name: 'other' }] };
    expect(await call('MultiInference', requestBytes(path('MultiInference'), other))).toEqual([
      3,
      "tasks[0]: expected method_name to be 'tensorflow/serving/classify' or 'tensorflow/serving/regress', got 'other'",
    ]);
  });
});

it('a full queue is told of as TensorFlow Serving does: 429', async () => {
  const slow = echo('FP32', 'echo: { delayMs: 800 }', 'queue: { maxRequests: 1 }').replace(
    'placement: inline',
    'count: 1',
  );
  const settings = { ...SETTINGS, engine: { prefetchBelowMs: 0 } };
  await using busy = await startAppServer(
    { 'slow/1/': '', 'slow/model.yaml': slow.replace('maxBatchSize: 4', 'maxBatchSize: 1') },
    settings,
  );
  const gauge = (name: 'executingRequests' | 'queuedRequests') => busy.app.engine.gauges()[0]?.[name];
  const send = () => busy.send('POST /v1/models/slow:predict', GOOD);
  const first = send();
  await until('one runs', () => gauge('executingRequests') === 1);
  const second = send();
  await until('one waits', () => gauge('queuedRequests') === 1);
  expect((await send()).status).toBe(429);
  expect((await first).status + (await second).status).toBe(400);
});

describe('mutated requests', () => {
  const VALUE = fc.oneof(
    fc.constantFrom<unknown>(
      null,
      true,
      'NaN',
      '',
      1e308,
      -1e-320,
      2 ** 60,
      { b64: 'YQ==' },
      { b64: 1 },
      { x: [1, 2] },
      [],
      {},
      [[]],
      [[1], 2],
    ),
    fc.double(),
    fc.string(),
    fc.jsonValue({ maxDepth: 5 }),
  );
  const BODY = fc.record(
    {
      signature_name: fc.oneof(fc.constantFrom('serving_default', ''), VALUE),
      instances: fc.oneof(
        fc.array(fc.oneof(fc.constant([1, 2]), fc.record({ x: fc.oneof(fc.constant([1, 2]), VALUE) }), VALUE), {
          maxLength: 4,
        }),
        VALUE,
      ),
      inputs: fc.oneof(fc.record({ x: VALUE }), VALUE),
      examples: fc.oneof(fc.array(fc.oneof(fc.record({ x: VALUE }), VALUE), { maxLength: 3 }), VALUE),
      context: fc.oneof(fc.record({ x: VALUE }), VALUE),
    },
    { requiredKeys: [] },
  );
  const TEXT = fc
    .tuple(
      fc.oneof(BODY, VALUE),
      fc.nat(),
      fc.constantFrom('', '[', '{', '"', ',', '1e999', '\\', '\0', '['.repeat(5_000), '{"x":'.repeat(200)),
    )
    .map(([body, at, piece]) => {
      const text = JSON.stringify(body) ?? '';
      const place = at % (text.length + 1);
      return `${text.slice(0, place)}${piece}${text.slice(place)}`;
    });

  it('are answered or refused, and the server goes on', async () => {
    const routes = ['floats', 'small', 'texts'].flatMap((model) => [
      `${model}:predict`,
      `${model}:classify`,
      `${model}/labels/canary:predict`,
    ]);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...routes), TEXT, async (route, text) => {
        const { status, body } = jsonOf(await post(route, text));
        expect([200, 400, 404]).toContain(status);
        if (status !== 200) expect(body).toEqual({ error: expect.stringMatching(/./) });
      }),
      { numRuns: 300 },
    );
    expect(jsonOf(await post('floats:predict', GOOD))).toMatchObject({ status: 200, body: { predictions: [[1, 2]] } });
  });
});

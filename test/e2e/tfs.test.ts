import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MESSAGES } from '../../src/protocols/tfs/grpc/schema.js';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';
import { closeTo } from '../support/close-to.js';
import { requestBytes } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';

const CLASSIFIER = path.resolve(import.meta.dirname, '../conformance/dialects/models/classifier');
const file = (name: string) => readFileSync(path.join(CLASSIFIER, name));
const X = Array.from({ length: 16 }, (_, index) => Math.round((index + 1) * 37) / 100);
/** What ONNX Runtime for Python says of it. */
const Y = [
  -1.7707852, -0.2701884, -0.48559, -1.808099, 3.8009858, -1.1959554, 2.253608, -3.1777968, 1.0558412, -0.9611328,
];
const LABELS = file('labels.txt').toString().trim().split('\n');
const service = (name: string) => `/tensorflow.serving.PredictionService/${name}`;

let server: AppServer;
let client: GrpcClient;
beforeAll(async () => {
  server = await startAppServer(
    {
      'classifier/1/model.onnx': file('1/model.onnx'),
      'classifier/model.yaml': file('model.yaml'),
      'classifier/labels.txt': file('labels.txt'),
      'longs/1/': '',
      'longs/model.yaml':
        'runtime: echo\nmaxBatchSize: 0\ninputs: [{ name: x, datatype: INT64, shape: [-1] }]\noutputs: [{ name: y, datatype: INT64, shape: [-1] }]\n',
    },
    { tfs: { enabled: true } },
  );
  client = new GrpcClient(`127.0.0.1:${server.grpcPort}`);
});
afterAll(async () => {
  await closeGrpcServers();
  await server[Symbol.asyncDispose]();
});

const post = async (method: string, body: object) =>
  jsonOf(await server.send(`POST /v1/models/${method}`, JSON.stringify(body))).body;

// biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
async function call(name: string, request: object, answer: string): Promise<any> {
  const { status, message } = await client.unary(requestBytes(service(name), request), { path: service(name) });
  expect([status.code, status.details]).toEqual([0, '']);
  return MESSAGES.decodeToJson(answer, message ?? new Uint8Array());
}

describe('over HTTP', () => {
  it('rows and columns are answered in their format', async () => {
    const row = { best: [closeTo(3.8009858)], y: closeTo(Y) };
    expect(await post('classifier:predict', { instances: [X, X] })).toEqual({ predictions: [row, row] });
    expect(await post('classifier/versions/1:predict', { inputs: { x: [X] } })).toEqual({
      outputs: { best: [row.best], y: [row.y] },
    });
  });

  it('examples are classified and regressed', async () => {
    const classes = LABELS.map((label, index) => [label, closeTo(Y[index] ?? 0)]);
    expect(await post('classifier:classify', { examples: [{ x: X }] })).toEqual({ results: [classes] });
    const { results } = await post('classifier:regress', { context: { x: X }, examples: [{}, { x: X }] });
    expect(results).toEqual(closeTo([3.8009858, 3.8009858]));
  });

  it('many numbers come and go', async () => {
    const inputs = Array.from({ length: 40_000 }, (_, index) => index * 1_000_003);
    expect((await post('longs:predict', { inputs })).outputs).toEqual(inputs);
    const rows = Array.from({ length: 60 }, () => X.map((value) => Number(`${value}${'0'.repeat(200)}`)));
    const text = JSON.stringify({ instances: rows }).replaceAll(',', `,${' '.repeat(200)}`);
    expect(text.length).toBeGreaterThan(131_072);
    const { predictions } = jsonOf(await server.send('POST /v1/models/classifier:predict', text)).body;
    expect(predictions).toHaveLength(60);
    expect(predictions[59].y).toEqual(closeTo(Y));
  });
});

describe('over gRPC', () => {
  const spec = { model_spec: { name: 'classifier' } };
  const tensor = { dtype: 'DT_FLOAT', tensor_shape: { dim: [{ size: '1' }, { size: '16' }] }, float_val: X };
  const input = { example_list: { examples: [{ features: { feature: { x: { float_list: { value: X } } } } }] } };
  const model_spec = { name: 'classifier', version: '1', signature_name: 'serving_default' };

  it('Predict answers with the outputs that are asked for', async () => {
    const { outputs, ...rest } = await call(
      'Predict',
      { ...spec, inputs: { x: tensor }, output_filter: ['y'] },
      'PredictResponse',
    );
    expect(rest).toEqual({ model_spec });
    expect(Object.keys(outputs)).toEqual(['y']);
    expect(outputs.y.float_val).toEqual(closeTo(Y));
  });

  it('Predict reads and writes many integers', async () => {
    const int64_val = Array.from({ length: 40_000 }, (_, index) => String(index * 1_000_003));
    const x = { dtype: 'DT_INT64', tensor_shape: { dim: [{ size: '40000' }] }, int64_val };
    const { outputs } = await call('Predict', { model_spec: { name: 'longs' }, inputs: { x } }, 'PredictResponse');
    const content = new Uint8Array(Buffer.from(outputs.y.tensor_content, 'base64'));
    expect(Array.from(new BigInt64Array(content.buffer), String)).toEqual(int64_val);
  });

  it('Classify, Regress and MultiInference answer examples, in one run', async () => {
    const classes = LABELS.map((label, index) => ({ label, score: closeTo(Y[index] ?? 0) }));
    const classification = { classifications: [{ classes }] };
    const regression = { regressions: [{ value: closeTo(3.8009858) }] };
    expect(await call('Classify', { ...spec, input }, 'ClassificationResponse')).toEqual({
      result: classification,
      model_spec,
    });
    expect(await call('Regress', { ...spec, input }, 'RegressionResponse')).toEqual({ result: regression, model_spec });
    const tasks = ['classify', 'regress'].map((method) => ({ ...spec, method_name: `tensorflow/serving/${method}` }));
    expect(await call('MultiInference', { tasks, input }, 'MultiInferenceResponse')).toEqual({
      results: [
        { model_spec, classification_result: classification },
        { model_spec, regression_result: regression },
      ],
    });
  });
});

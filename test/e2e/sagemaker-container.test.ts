import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';

const TINY = readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf'));
const ECHO = (datatype: string, shape: string) =>
  `runtime: echo\ninputs: [{ name: x, datatype: ${datatype}, shape: ${shape} }]\noutputs: [{ name: x, datatype: ${datatype}, shape: ${shape} }]\ninstances: { placement: inline }\n`;
const CONTENTS = {
  'echo/model.yaml': ECHO('FP32', '[-1, 2]'),
  'echo/1/': '',
  'ints/model.yaml': ECHO('INT64', '[-1, 2]'),
  'ints/1/': '',
  'words/model.yaml': ECHO('BYTES', '[-1, 1]'),
  'words/1/': '',
  'wide/model.yaml': `${ECHO('FP32', '[-1, 2]')}maxBatchSize: 30000\n`,
  'wide/1/': '',
  'kjv/1/model.gguf': TINY,
  'kjv/model.yaml': 'llama: { contextTokens: 256, slots: 1, threads: 1 }\n',
};

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(CONTENTS, { sagemaker: { enabled: true, model: 'echo' } });
});
afterAll(() => server[Symbol.asyncDispose]());

async function post(line: string, body: string | Uint8Array, headers: Record<string, string> = {}) {
  const response = await fetch(`http://127.0.0.1:${server.port}${line}`, {
    method: 'POST',
    body: Buffer.from(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
  const text = await response.text();
  return { status: response.status, type: response.headers.get('content-type'), headers: response.headers, text };
}

it('says by its status whether it is ready', async () => {
  expect((await fetch(`http://127.0.0.1:${server.port}/ping`)).status).toBe(200);
  await using starting = await startAppServer(CONTENTS, { sagemaker: { enabled: true } }, { start: false });
  expect((await starting.send('GET /ping')).status).toBe(503);
});

describe('an invocation', () => {
  it.each<[string, string, string, string, string?]>([
    ['instances', 'application/json', '{"instances":[[1,2],[3,4.5]]}', '{"predictions":[[1.0,2.0],[3.0,4.5]]}'],
    ['columns', 'application/json', '{"inputs":[[1,2]]}', '{"outputs":[[1.0,2.0]]}'],
    ['a bare list', 'application/json', '[[1,2]]', '{"predictions":[[1.0,2.0]]}'],
    ['CSV', 'text/csv', '1,2\r\n3,4e0\n', '1.0,2.0\n3.0,4.0\n'],
    ['CSV with a header', 'text/csv', 'a,b\n1,2\n', '1.0,2.0\n'],
    ['CSV with a header of numbers', 'text/csv; header=present', '0,1\n1,2\n', '1.0,2.0\n'],
    [
      'a DataFrame of MLflow',
      'application/json',
      '{"dataframe_split":{"columns":["a","b"],"data":[[1,2]]}}',
      '{"predictions":[[1.0,2.0]]}',
    ],
    ['records of MLflow', 'application/json', '{"dataframe_records":[{"a":1,"b":2}]}', '{"predictions":[[1.0,2.0]]}'],
    ['CSV with a character set', 'text/csv; charset=utf-8', '1,2', '1.0,2.0\n'],
    ['JSON lines', 'application/jsonlines', '[1,2]\n\n[3,4]\n', '[1.0,2.0]\n[3.0,4.0]\n'],
    ['CSV that wants JSON', 'text/csv', '1,2', '{"predictions":[[1.0,2.0]]}', 'application/json'],
    ['JSON that wants CSV', 'application/json', '{"instances":[[1,2]]}', '1.0,2.0\n', 'text/csv;q=0.9, image/png'],
    ['CSV that wants lines', 'text/csv', '1,2', '[1.0,2.0]\n', 'application/jsonlines'],
    ['CSV that wants anything', 'text/csv', '1,2', '1.0,2.0\n', '*/*'],
  ])('takes %s', async (_what, type, body, expected, accept) => {
    const answer = await post('/invocations', body, { 'content-type': type, ...(accept && { accept }) });
    expect([answer.status, answer.text]).toEqual([200, expected]);
  });

  it('takes tensors of the Open Inference Protocol', async () => {
    const body = JSON.stringify({ inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] }] });
    const { status, text } = await post('/invocations', body);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ model_name: 'echo', outputs: [{ name: 'x', data: [1, 2] }] });
  });

  it("takes Triton's binary tensors, and answers with such", async () => {
    const json = JSON.stringify({
      inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', parameters: { binary_data_size: 8 } }],
      outputs: [{ name: 'x', parameters: { binary_data: true } }],
    });
    const data = new Uint8Array(new Float32Array([1, 2]).buffer);
    const type = `application/vnd.sagemaker-triton.binary+json;json-header-size=${json.length}`;
    const response = await fetch(`http://127.0.0.1:${server.port}/invocations`, {
      method: 'POST',
      body: Buffer.concat([Buffer.from(json), data]),
      headers: { 'content-type': type },
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    const size = /^application\/vnd\.sagemaker-triton\.binary\+json;json-header-size=(\d+)$/.exec(
      response.headers.get('content-type') ?? '',
    )?.[1];
    expect(JSON.parse(Buffer.from(bytes.subarray(0, Number(size))).toString()).outputs[0].shape).toEqual([1, 2]);
    expect(bytes.subarray(Number(size))).toEqual(data);
  });

  it('takes a tensor as it is', async () => {
    const data = new Uint8Array(new Float32Array([5, 6]).buffer);
    const { status, type, text } = await post('/invocations', data, { 'content-type': 'application/octet-stream' });
    expect([status, type?.split(';')[0]]).toEqual([200, 'application/vnd.sagemaker-triton.binary+json']);
    expect(text).toContain('"binary_data_size":8');
  });

  it('runs the model that its path names', async () => {
    const { text } = await post('/models/ints/invoke', '{"instances":[[9007199254740993,2]]}');
    expect(text).toBe('{"predictions":[[9007199254740993,2]]}');
    expect((await post('/models/words/invoke', '{"instances":[["a,\\"b"]]}', { accept: 'text/csv' })).text).toBe(
      '"a,""b"\n',
    );
  });

  it('gives custom attributes back', async () => {
    const { headers } = await post('/invocations', '[[1,2]]', { 'x-amzn-sagemaker-custom-attributes': 'trace=7' });
    expect(headers.get('x-amzn-sagemaker-custom-attributes')).toBe('trace=7');
  });

  it('takes large bodies of each kind', async () => {
    const rows = Array.from({ length: 20_000 }, (_, row) => [row, 0.5]);
    const csv = rows.map((row) => row.join(',')).join('\n');
    const wanted = rows.map(([row]) => `${row}.0,0.5\n`).join('');
    expect((await post('/models/wide/invoke', csv, { 'content-type': 'text/csv' })).text).toBe(wanted);
    const lines = rows.map((row) => JSON.stringify(row)).join('\n');
    const accept = { accept: 'text/csv' };
    expect(
      (await post('/models/wide/invoke', lines, { 'content-type': 'application/jsonlines', ...accept })).text,
    ).toBe(wanted);
    expect((await post('/models/wide/invoke', JSON.stringify({ instances: rows }), accept)).text).toBe(wanted);
  });
});

describe('a language model', () => {
  it.each([
    ['chat', { messages: [{ role: 'user', content: 'In the beginning' }] }, 'chat.completion'],
    ['completions', { prompt: 'In the beginning' }, 'text_completion'],
  ])("answers OpenAI's %s, whatever model they name", async (_what, body, object) => {
    const request = JSON.stringify({ model: 'other', max_tokens: 4, temperature: 0, ...body });
    const whole = await post('/models/kjv/invoke', request);
    expect([whole.status, JSON.parse(whole.text).object]).toEqual([200, object]);
    const { type, text } = await post('/models/kjv/invoke', request.replace('{', '{"stream":true,'));
    expect(type).toBe('text/event-stream; charset=utf-8');
    expect(text.trimEnd().split('\n').at(-1)).toBe('data: [DONE]');
  });

  it("answers Triton's generate", async () => {
    const { text } = await post('/models/kjv/invoke', '{"text_input":"In the","parameters":{"max_tokens":3}}');
    expect(JSON.parse(text)).toMatchObject({ model_name: 'kjv', text_output: expect.any(String) });
  });
});

it('says which setting chooses a model, where there are several', async () => {
  await using other = await startAppServer(CONTENTS, { sagemaker: { enabled: true } });
  const { status, headers, body } = await other.send('POST /invocations', '[[1,2]]');
  expect([status, headers['x-amzn-errortype']]).toEqual([400, 'ValidationError']);
  expect(JSON.parse(body.toString())).toEqual({
    Message:
      'which model is meant? One must be loaded, got 5 (echo, ints, kjv, wide, words): set sagemaker.model to the name of one',
  });
});

it('takes the only model, and says where there is none', async () => {
  await using one = await startAppServer(
    { 'echo/model.yaml': CONTENTS['echo/model.yaml'], 'echo/1/': '' },
    { sagemaker: { enabled: true }, repository: { controlMode: 'explicit' } },
  );
  const invoke = () => one.send('POST /invocations', '[[1,2]]');
  expect((await invoke()).body.toString()).toContain('One must be loaded, got none: set sagemaker.model');
  await one.send('POST /v2/repository/models/echo/load');
  expect((await invoke()).body.toString()).toBe('{"predictions":[[1.0,2.0]]}');
});

it('hands custom attributes and the id of the inference to models, where headers are forwarded', async () => {
  const model = `import { defineModel } from 'millrace/model';
export default defineModel({
  inputs: { x: 'FP32[1]' },
  outputs: { y: 'BYTES[1]' },
  infer: ({ parameters }) => ({ y: [JSON.stringify(parameters)] }),
});
`;
  await using other = await startAppServer(
    { 'm/model.ts': model },
    { sagemaker: { enabled: true }, server: { httpHeaderForwardPattern: '^x-amzn-sagemaker-' } },
  );
  const headers = {
    'content-type': 'application/json',
    'X-Amzn-SageMaker-Inference-Id': '42',
    'X-Amzn-SageMaker-Custom-Attributes': 'a=b',
  };
  const { body } = await other.send('POST /invocations', '{"inputs":[1],"parameters":{"k":1}}', headers);
  expect(JSON.parse(JSON.parse(body.toString()).outputs[0])).toEqual({
    k: 1,
    'X-Amzn-SageMaker-Inference-Id': '42',
    'X-Amzn-SageMaker-Custom-Attributes': 'a=b',
  });
});

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';

const TINY = readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf'));
const ECHO =
  'runtime: echo\ninputs: [{ name: x, datatype: FP32, shape: [-1, 2] }]\noutputs: [{ name: x, datatype: FP32, shape: [-1, 2] }]\ninstances: { placement: inline }\n';
const CONTENTS = {
  'echo/model.yaml': ECHO,
  'echo/1/': '',
  'other/model.yaml': ECHO,
  'other/1/': '',
  'kjv/1/model.gguf': TINY,
  'kjv/model.yaml': 'llama: { contextTokens: 256, slots: 1, threads: 1 }\n',
};

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(CONTENTS, {
    vertex: {
      enabled: true,
      httpPort: 0,
      model: 'echo',
      healthRoute: '/v1/endpoints/7/deployedModels/8',
      predictRoute: '/v1/endpoints/7/deployedModels/8:predict',
    },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

async function post(url: string, body: string, headers: Record<string, string> = {}) {
  const answer = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
}
const predict = (body: string, headers: Record<string, string> = {}) =>
  post(`http://127.0.0.1:${server.port}/v1/endpoints/7/deployedModels/8:predict`, body, headers);

it('answers on its own port as well as on the shared one', async () => {
  const { url } = server.addresses.dialects.vertex?.http ?? {};
  expect((await fetch(`${url}/v1/endpoints/7/deployedModels/8`)).status).toBe(200);
  expect((await server.send('GET /v1/endpoints/7/deployedModels/8')).status).toBe(200);
  await using starting = await startAppServer({}, { vertex: { enabled: true } }, { start: false });
  expect((await starting.send('GET /health')).status).toBe(503);
});

describe('predict', () => {
  it('answers instances with predictions, parameters or not', async () => {
    expect((await predict('{"instances":[[1,2],[3,4]]}')).text).toBe('{"predictions":[[1.0,2.0],[3.0,4.0]]}');
    const withParameters = '{"instances":[{"x":[1,2]}],"parameters":{"confidence":0.5,"list":[1],"nothing":null}}';
    expect((await predict(withParameters)).text).toBe('{"predictions":[[1.0,2.0]]}');
  });

  it.each([
    ['{"instances":[[1,2]],"parameters":[1]}', "'parameters': expected an object, got an array"],
    ['{"instances":[]}', "expected 'instances' to have at least 1 element, got none"],
    ['{"something":1}', "expected 'instances' or 'inputs', got neither"],
    ['', 'expected an object'],
  ])('refuses %j', async (body, message) => {
    const { status, text } = await predict(body);
    expect([status, JSON.parse(text).error]).toEqual([
      400,
      { code: 400, message: expect.stringContaining(message), status: 'INVALID_ARGUMENT' },
    ]);
  });
});

describe('rawPredict', () => {
  it('takes what is not JSON of instances', async () => {
    expect((await predict('1,2\n', { 'content-type': 'text/csv' })).text).toBe('1.0,2.0\n');
    const refused = await predict('x', { 'content-type': 'application/xml' });
    expect([refused.status, JSON.parse(refused.text).error.code]).toEqual([415, 415]);
  });

  it('streams what a language model says', async () => {
    await using chat = await startAppServer(
      { 'kjv/1/model.gguf': TINY, 'kjv/model.yaml': CONTENTS['kjv/model.yaml'] },
      { vertex: { enabled: true } },
    );
    const body = JSON.stringify({ prompt: 'In the beginning', max_tokens: 3, stream: true });
    const { type, text } = await post(`http://127.0.0.1:${chat.port}/predict`, body);
    expect(type).toBe('text/event-stream; charset=utf-8');
    expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
  });
});

describe("Triton's redirect", () => {
  const infer = JSON.stringify({ inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] }] });
  const redirect = (to: string) => ({ 'x-vertex-ai-triton-redirect': to });

  it.each(['v2/models/other/infer', '/v2/models/other/versions/1/infer'])('leads to %s', async (to) => {
    const { status, text } = await predict(infer, redirect(to));
    expect([status, JSON.parse(text).model_name]).toEqual([200, 'other']);
  });

  it('leads to generate', async () => {
    const body = '{"text_input":"In the","parameters":{"max_tokens":3}}';
    expect(JSON.parse((await predict(body, redirect('v2/models/kjv/generate'))).text).model_name).toBe('kjv');
    const { text } = await predict(body, redirect('v2/models/kjv/generate_stream'));
    expect(text.startsWith('data: {')).toBe(true);
  });

  it.each(['v2/repository/index', 'v2/models/other/versions/x/infer', 'http://elsewhere/v2/models/a/infer', ''])(
    'leads nowhere else: %j',
    async (to) => {
      const { status, text } = await predict(infer, redirect(to));
      expect([status, JSON.parse(text).error.message]).toEqual([
        400,
        expect.stringContaining('header x-vertex-ai-triton-redirect: expected v2/models/<model>'),
      ]);
    },
  );
});

it('says which setting chooses a model, where there are several', async () => {
  await using other = await startAppServer(CONTENTS, { vertex: { enabled: true } });
  const { status, body } = await other.send('POST /predict', '{"instances":[[1,2]]}');
  expect([status, JSON.parse(body.toString()).error.message]).toEqual([
    400,
    'which model is meant? One must be loaded, got 3 (echo, kjv, other): set vertex.model to the name of one',
  ]);
});

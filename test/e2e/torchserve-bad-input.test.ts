import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';

const TINY = readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf'));
const tensor = (name: string, datatype = 'FP32', shape = '[-1, 2]') =>
  `{ name: ${name}, datatype: ${datatype}, shape: ${shape} }`;
const echo = (...inputs: readonly string[]) =>
  `runtime: echo\nmaxBatchSize: 4\ninstances: { placement: inline }\ninputs: [${inputs.join()}]\noutputs: [${inputs.join()}]\n`;

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(
    {
      'floats/1/': '',
      'floats/model.yaml': echo(tensor('x')),
      'small/1/': '',
      'small/model.yaml': echo(tensor('x', 'UINT8')),
      'texts/1/': '',
      'texts/model.yaml': echo(tensor('t', 'BYTES', '[-1]')),
      'pair/1/': '',
      'pair/model.yaml': echo(tensor('a'), tensor('b')),
      'kjv/1/model.gguf': TINY,
      'kjv/model.yaml': 'llama: { contextTokens: 256, slots: 1, threads: 1 }\n',
    },
    {
      torchserve: { enabled: true },
      server: { maxInputBytes: 100_000, maxInputs: 4 },
      telemetry: { logLevel: 'silent' },
    },
  );
});
afterAll(() => server[Symbol.asyncDispose]());

type Headers = Readonly<Record<string, string>>;

async function refuse(model: string, body: string | Uint8Array<ArrayBuffer>, headers: Headers = {}) {
  const url = `http://127.0.0.1:${server.port}/predictions/${model}`;
  const response = await fetch(url, { method: 'POST', headers, body });
  const { code, type, message } = (await response.json()) as Record<string, unknown>;
  expect(code).toBe(response.status);
  expect((await server.send('POST /predictions/floats', '[1,2]')).body.toString()).toBe('[1.0,2.0]');
  return [code, type, message];
}

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM = { 'content-type': 'multipart/form-data; boundary=xyz' };
const BAD = 'BadRequestException';
const field = (name: string, value: string) =>
  `--xyz\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const form = (...fields: readonly string[]) => `${fields.join('')}--xyz--\r\n`;

describe('a body', () => {
  it.each([
    ['nothing', 'floats', '', 'request: expected data for the model, got none'],
    ['an empty object', 'floats', '{}', 'request: expected a value, got an empty object'],
    ['broken JSON', 'floats', '[1,2', "invalid JSON at byte 4: expected ',' or ']', got the end of the JSON"],
    [
      'ragged rows',
      'floats',
      '[[1,2],[3]]',
      "input 'x': ragged at byte 7: expected 2 elements along axis 1 as before it, got 1",
    ],
    ['a wrong shape', 'floats', '[1,2,3]', "input 'x' of model 'floats/1': expected shape [-1,2], got [1,3]"],
    [
      'too many rows',
      'floats',
      '[[1,2],[1,2],[1,2],[1,2],[1,2]]',
      expect.stringContaining('takes at most 4 a request'),
    ],
    ['a text for a number', 'floats', '["a","b"]', expect.stringContaining('expected a number, got a string')],
    [
      'a number out of range',
      'small',
      '[1,256]',
      expect.stringContaining('expected an integer from 0 to 255, got 256'),
    ],
    ['an unknown input', 'floats', '{"z":[1,2]}', "request: inputs: the model has no input 'z'; its inputs are 'x'"],
    ['a missing input', 'pair', '{"a":[1,2]}', "request: inputs: input 'b' is missing"],
    ['values without names', 'pair', '[1,2]', expect.stringContaining("which are 'a', 'b', got values without names")],
    ['an input twice', 'floats', '{"x":[1,2],"x":[1,2]}', "request: inputs: input 'x' is given twice"],
    ['wrong base64', 'texts', '[{"b64":"a"}]', expect.stringContaining('base64')],
    ['lists in lists', 'floats', '['.repeat(40_000), expect.stringContaining('at most 32 dimensions')],
    ['no text', 'kjv', '{"max_tokens":4}', "request: expected a text, as the body or as 'prompt', got none"],
    ['a text twice', 'kjv', '{"prompt":"a","data":"b"}', "'data': the text is given twice"],
    ['a text that is none', 'kjv', '{"prompt":5}', "'prompt': expected a text"],
    [
      'a parameter that is an object',
      'kjv',
      '{"prompt":"a","x":{}}',
      "'x': expected a text, a number, true or false, or a list of them",
    ],
    ['an unknown parameter', 'kjv', '{"prompt":"a","max_token":4}', expect.stringContaining('max_token')],
  ])('with %s is refused', async (_, model, body, message) => {
    expect(await refuse(model, body, JSON_TYPE)).toEqual([400, BAD, message]);
  });

  it.each([
    [
      'a tensor of a wrong size',
      'floats',
      'abc',
      {},
      "raw binary request: input 'x' with shape [-1,2] needs 8 bytes, got 3",
    ],
    [
      'a photo for numbers',
      'floats',
      '\xff\xd8\xff\xe0',
      { 'content-type': 'image/jpeg' },
      "request: model 'floats' takes no pictures: none of its inputs has a section 'image' in its model.yaml",
    ],
    ['text that is not UTF-8', 'kjv', '\xff', { 'content-type': 'text/plain' }, "'body': expected UTF-8 text"],
    [
      'a form without a boundary',
      'floats',
      '',
      { 'content-type': 'multipart/form-data' },
      'the form: expected a boundary of at most 70 characters in its type',
    ],
    [
      'a form without an end',
      'floats',
      field('x', '[1,2]').slice(0, -2),
      FORM,
      expect.stringContaining('malformed at byte 51'),
    ],
    ['an empty form', 'floats', form(), FORM, 'request: expected data for the model, got none'],
    [
      'fields that no input has',
      'floats',
      form(field('z', '[1,2]')),
      FORM,
      "request: model 'floats' has no input 'z'; its inputs are 'x'",
    ],
    [
      'many fields',
      'floats',
      form(...Array(5).fill(field('x', '[1,2]'))),
      FORM,
      'the form: expected at most 4 fields, got more',
    ],
    [
      'fields of two shapes',
      'floats',
      form(field('x', '[1,2]'), field('x', '[1]')),
      FORM,
      "input 'x': expected rows of one type, got FP32[1,1] beside FP32[1,2]",
    ],
  ] as const)('with %s is refused', async (_, model, body, headers, message) => {
    expect(await refuse(model, new Uint8Array(Buffer.from(body, 'latin1')), headers)).toEqual([400, BAD, message]);
  });

  it('that is too large, or in a wrong encoding, is refused', async () => {
    expect(await refuse('floats', ' '.repeat(100_001))).toEqual([
      413,
      BAD,
      expect.stringContaining('the body is too large'),
    ]);
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(5_000_000)));
    expect(await refuse('floats', bomb, { 'content-encoding': 'gzip' })).toEqual([
      413,
      BAD,
      expect.stringContaining('once decompressed'),
    ]);
    expect(await refuse('floats', '[1,2]', { 'content-encoding': 'br' })).toEqual([
      415,
      BAD,
      expect.stringContaining("'br' is not supported"),
    ]);
  });
});

it.each([
  ['POST /predictions/nope', 404, 'ModelNotFoundException', "Request for unknown model: 'nope' is not found"],
  [
    'POST /predictions/floats/7.0',
    404,
    'ModelNotFoundException',
    "Request for unknown model: 'floats' version 7 is not found",
  ],
  [
    'POST /predictions/floats/1.5',
    404,
    'ModelVersionNotFoundException',
    'Model version: 1.5 does not exist for model: floats; versions are positive integers',
  ],
  ['POST /predictions', 404, 'ResourceNotFoundException', 'no route POST /predictions'],
  [
    'DELETE /predictions/floats',
    405,
    'MethodNotAllowedException',
    '/predictions/floats does not take DELETE: expected GET, HEAD, POST, PUT',
  ],
  ['POST /explanations/floats', 501, 'NotImplementedException', 'models have no explainers here; ask for predictions'],
])('%s is refused', async (line, code, type, message) => {
  expect(jsonOf(await server.send(line, '[1,2]')).body).toEqual({ code, type, message });
});

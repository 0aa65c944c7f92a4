import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';

const TINY = readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf'));
const tensor = (name: string, datatype = 'FP32', shape = '[-1, 2]') =>
  `{ name: ${name}, datatype: ${datatype}, shape: ${shape} }`;
const echo = (inputs: readonly string[], more = '') =>
  `runtime: echo\nmaxBatchSize: 8\ninstances: { placement: inline }\ninputs: [${inputs.join()}]\noutputs: [${inputs.join()}]\n${more}`;

let server: AppServer;
let url: string;
beforeAll(async () => {
  server = await startAppServer(
    {
      'floats/1/': '',
      'floats/3/': '',
      'floats/model.yaml': echo([tensor('x')], 'versions: all\n'),
      'scalar/1/': '',
      'scalar/model.yaml': echo([tensor('x', 'INT32', '[-1]')]),
      'pair/1/': '',
      'pair/model.yaml': echo([tensor('a'), tensor('b', 'INT64', '[-1, 1]')]),
      'texts/1/': '',
      'texts/model.yaml': echo([tensor('t', 'BYTES', '[-1]')]),
      'whole/1/': '',
      'whole/model.yaml': `runtime: echo\nmaxBatchSize: 0\ninstances: { placement: inline }\ninputs: [${tensor('x', 'FP32', '[2]')}]\noutputs: [${tensor('x', 'FP32', '[2]')}]\n`,
      'many/1/': '',
      'many/model.yaml': echo([tensor('x')], 'echo: { mode: repeat }\nbatching: { enabled: false }\n'),
      'sums/1/': '',
      'sums/model.yaml': echo(
        [tensor('x', 'INT32', '[-1, 1]')],
        'echo: { mode: accumulate }\nsequenceBatching: { maxIdleMs: 60000 }\n',
      ),
      'kjv/1/model.gguf': TINY,
      'kjv/model.yaml': 'llama: { contextTokens: 256, slots: 1, threads: 1 }\n',
    },
    { torchserve: { enabled: true, httpPort: 0 } },
  );
  url = server.addresses.dialects.torchserve?.http?.url ?? '';
});
afterAll(() => server[Symbol.asyncDispose]());

interface Sent {
  readonly body?: string | Uint8Array<ArrayBuffer> | FormData | URLSearchParams;
  readonly type?: string;
  readonly method?: string;
}

async function predict(model: string, { body, type, method = 'POST' }: Sent) {
  const headers = type === undefined ? {} : { 'content-type': type };
  const response = await fetch(`${url}/predictions/${model}`, { method, headers, ...(body !== undefined && { body }) });
  const text = await response.text();
  return [
    response.status,
    response.headers.get('content-type')?.startsWith('application/json') ? JSON.parse(text) : text,
  ];
}

const JSON_TYPE = 'application/json';
const FLOATS = new Uint8Array(Float32Array.of(1, 2).buffer);

describe('JSON', () => {
  it.each([
    ['one row', 'floats', [1, 2], [1, 2]],
    [
      'rows',
      'floats',
      [
        [1, 2],
        [3, 4],
      ],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['one of them', 'floats', [[1, 2]], [[1, 2]]],
    ['one row as data', 'floats', { data: [1, 2] }, [1, 2]],
    ['rows as body', 'floats', { body: [[1, 2]] }, [[1, 2]]],
    ['one row by name', 'floats', { x: [1, 2] }, [1, 2]],
    [
      'rows by name',
      'floats',
      {
        x: [
          [1, 2],
          [3, 4],
        ],
      },
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['one row of two inputs', 'pair', { a: [1, 2], b: [7] }, { a: [1, 2], b: [7] }],
    ['rows of two inputs', 'pair', { b: [[7]], a: [[1, 2]] }, [{ a: [1, 2], b: [7] }]],
    ['instances', 'floats', { instances: [[1, 2]] }, { predictions: [[1, 2]] }],
    ['named instances', 'pair', { instances: [{ a: [1, 2], b: [7] }] }, { predictions: [{ a: [1, 2], b: [7] }] }],
    ['a number', 'scalar', 7, 7],
    ['numbers', 'scalar', [7, 8], [7, 8]],
    ['a value of a model without rows', 'whole', [1, 2], [1, 2]],
    ['texts', 'texts', ['a', 'b'], ['a', 'b']],
    ['a text', 'texts', 'ä', 'ä'],
  ])('takes %s', async (_, model, request, answer) => {
    expect(await predict(model, { body: JSON.stringify(request), type: JSON_TYPE })).toEqual([200, answer]);
  });

  it('takes much of it', async () => {
    const body = `[${' '.repeat(200_000)}1,2]`;
    expect(await predict('floats', { body, type: JSON_TYPE })).toEqual([200, [1, 2]]);
  });
});

describe('a body', () => {
  it.each([
    ['JSON by how it begins', 'floats', '[1,2]', 'application/x-www-form-urlencoded', [1, 2]],
    ['JSON without a type', 'floats', Buffer.from('[1,2]'), undefined, [1, 2]],
    ['a raw tensor', 'floats', FLOATS, 'application/octet-stream', [1, 2]],
    ['a raw tensor without a type', 'floats', FLOATS, undefined, [1, 2]],
    ['a text', 'texts', 'hello', 'text/plain', 'hello'],
    ['a text of curl', 'texts', 'hello', 'application/x-www-form-urlencoded', 'hello'],
    ['a text that looks like JSON', 'texts', '{"a":1}', 'text/plain', '{"a":1}'],
  ])('may be %s', async (_, model, body, type, answer) => {
    expect(await predict(model, { body: Uint8Array.from(Buffer.from(body)), ...(type && { type }) })).toEqual([
      200,
      answer,
    ]);
  });

  it.each(['PUT', 'POST'])('may come by %s, to a version', async (method) => {
    const sent = { body: '[1,2]', type: JSON_TYPE, method };
    expect(await predict('floats/1.0', sent)).toEqual([200, [1, 2]]);
    expect(await predict('floats/3', sent)).toEqual([200, [1, 2]]);
    expect(await predict('floats/2', sent)).toMatchObject([404, { type: 'ModelNotFoundException' }]);
    expect(await predict('floats/x', sent)).toMatchObject([404, { type: 'ModelVersionNotFoundException' }]);
  });
});

describe('a form', () => {
  const form = (...fields: readonly (readonly [string, string | Uint8Array, string?])[]) => {
    const made = new FormData();
    for (const [name, value, type = ''] of fields) {
      made.append(name, typeof value === 'string' ? value : new Blob([Uint8Array.from(value)], { type }));
    }
    return made;
  };

  it.each([
    ['one field', 'floats', form(['data', FLOATS]), [1, 2]],
    ['one field of JSON', 'floats', form(['body', '[1,2]']), [1, 2]],
    [
      'fields of one name',
      'floats',
      form(['data', FLOATS], ['data', '[3,4]']),
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['fields by name', 'pair', form(['a', FLOATS], ['b', '[7]', JSON_TYPE]), { a: [1, 2], b: [7] }],
    [
      'rows in a field',
      'floats',
      form(['x', '[[1,2],[3,4]]'], ['x', '[5,6]']),
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    ],
    ['a text', 'texts', form(['data', 'hello']), 'hello'],
    ['fields that are not files', 'floats', new URLSearchParams({ data: '[1,2]' }), [1, 2]],
    ['a large field', 'floats', new URLSearchParams({ data: `[1,${' '.repeat(200_000)}2]` }), [1, 2]],
  ])('may have %s', async (_, model, body, answer) => {
    expect(await predict(model, { body })).toEqual([200, answer]);
  });
});

describe('many answers', () => {
  it('come as lines', async () => {
    expect(await predict('many', { body: '[1,2]', type: JSON_TYPE })).toEqual([200, '[[1.0,2.0]]\n']);
  });

  it.each([
    ['a text', { body: 'And God said', type: 'text/plain' }],
    ['JSON', { body: JSON.stringify({ prompt: 'And God said', max_new_tokens: 4, temperature: 0 }), type: JSON_TYPE }],
    [
      'nested parameters',
      { body: JSON.stringify({ data: 'And God said', parameters: { max_tokens: 4, stop: ['x'] } }) },
    ],
    ['a form', { body: new URLSearchParams({ prompt: 'And God said', max_tokens: '4', temperature: '0' }) }],
    ['a large one', { body: `{"prompt":"And God said","max_tokens":4}${' '.repeat(200_000)}`, type: JSON_TYPE }],
  ])('of a language model are its text, for %s', async (_, sent) => {
    const [status, text] = await predict('kjv', sent);
    expect([status, typeof text, text.length > 0]).toEqual([200, 'string', true]);
  });

  it('come in chunks', async () => {
    const response = await fetch(`${url}/predictions/kjv`, { method: 'POST', body: '{"prompt":"And","max_tokens":4}' });
    expect(response.headers.get('transfer-encoding')).toBe('chunked');
    await response.text();
  });
});

it('a sequence begins without an id, and goes on with the one that it was given', async () => {
  const step = (value: number, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${url}/predictions/sums`, { method: 'POST', headers, body: `[${value}]` });
  const first = await step(1);
  const id = first.headers.get('ts_request_sequence_id') ?? '';
  expect([id.startsWith('ts-seq-'), await first.json()]).toEqual([true, [1]]);
  const second = await step(2, { ts_request_sequence_id: id, ts_request_sequence_end: 'true' });
  expect([second.headers.get('ts_request_sequence_id'), await second.json()]).toEqual([id, [3]]);
  expect((await step(3, { ts_request_sequence_id: id })).status).toBe(400);
});

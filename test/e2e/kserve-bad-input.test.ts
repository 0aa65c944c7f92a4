import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';

const X = '{ name: x, datatype: FP32, shape: [-1, 2] }';
const echo = (datatype: string) =>
  `runtime: echo\nmaxBatchSize: 4\ninstances: { placement: inline }\ninputs: [{ name: x, datatype: ${datatype}, shape: [-1, 2] }]\noutputs: [{ name: y, datatype: ${datatype}, shape: [-1, 2] }]\n`;
const EVENT = { 'ce-specversion': '1.0', 'ce-id': 'a', 'ce-source': 'here', 'ce-type': 'org.example' };
const STRUCTURED = { 'content-type': 'application/cloudevents+json' };

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(
    {
      'floats/1/': '',
      'floats/model.yaml': echo('FP32'),
      'small/1/': '',
      'small/model.yaml': echo('UINT8'),
      'texts/1/': '',
      'texts/model.yaml': echo('BYTES'),
      'pair/1/': '',
      'pair/model.yaml': `runtime: echo\ninputs: [${X}, { name: z, datatype: FP32, shape: [-1, 2] }]\noutputs: [${X}, { name: w, datatype: FP32, shape: [-1, 2] }]\n`,
    },
    { kserve: { enabled: true }, server: { maxInputBytes: 100_000 }, telemetry: { logLevel: 'silent' } },
  );
});
afterAll(() => server[Symbol.asyncDispose]());

const post = (model: string, body: string, headers: Readonly<Record<string, string>> = {}) =>
  server.send(`POST /v1/models/${model}:predict`, body, headers);

async function refuse(model: string, body: string, headers: Readonly<Record<string, string>> = {}) {
  const answer = jsonOf(await post(model, body, headers));
  expect((await post('floats', '{"instances":[[1,2]]}')).status).toBe(200);
  return [answer.status, answer.body.error];
}

describe('a request', () => {
  it.each([
    ['an unknown model', 'nope', '{"instances":[[1,2]]}', 404, "Request for unknown model: 'nope' is not found"],
    ['nothing', 'floats', '', 400, 'invalid JSON at byte 0: expected an object, got the end of the JSON'],
    ['no object', 'floats', '[[1,2]]', 400, 'invalid JSON at byte 0: expected an object, got an array'],
    ['no rows', 'floats', '{}', 400, "request: expected 'instances' or 'inputs', got neither"],
    [
      'an empty list',
      'floats',
      '{"instances":[]}',
      400,
      "request: expected 'instances' to have at least 1 element, got none",
    ],
    ['a list that is none', 'floats', '{"instances":5}', 400, "request: expected 'instances' to be an array, got 5"],
    [
      'both formats',
      'floats',
      '{"instances":[[1,2]],"inputs":[[1,2]]}',
      400,
      "request: expected either 'instances' or 'inputs', got both",
    ],
    ['rows twice', 'floats', '{"instances":[[1,2]],"instances":[[1,2]]}', 400, "request: 'instances' is given twice"],
    [
      'ragged rows',
      'floats',
      '{"instances":[[1,2],[3]]}',
      400,
      "input 'x': ragged at byte 20: expected 2 elements along axis 1 as before it, got 1",
    ],
    [
      'an unknown input',
      'floats',
      '{"instances":[{"z":[1,2]}]}',
      400,
      "request: instances[0]: the model has no input 'z'; its inputs are 'x'",
    ],
    ['a missing input', 'pair', '{"instances":[{"x":[1,2]}]}', 400, "request: instances[0]: input 'z' is missing"],
    [
      'values without names',
      'pair',
      '{"instances":[[1,2]]}',
      400,
      "request: expected 'instances' to name the inputs of the model, which are 'x', 'z', got values without names",
    ],
    [
      'a wrong shape',
      'floats',
      '{"instances":[[1,2,3]]}',
      400,
      "input 'x' of model 'floats/1': expected shape [-1,2], got [1,3]",
    ],
    [
      'too many rows',
      'floats',
      `{"instances":[${Array(5).fill('[1,2]').join()}]}`,
      400,
      "input 'x' has 5 rows; model 'floats/1' takes at most 4 a request: send fewer at a time, or raise maxBatchSize in its model.yaml (max_batch_size in its config.pbtxt)",
    ],
    ['wrong base64', 'texts', '{"instances":[["a",{"b64":"a"}]]}', 400, expect.stringContaining('base64')],
    [
      'a text for a number',
      'floats',
      '{"instances":[[1,"2"]]}',
      400,
      expect.stringContaining('expected a number, got a string'),
    ],
    [
      'a number out of range',
      'small',
      '{"instances":[[1,256]]}',
      400,
      expect.stringContaining('expected an integer from 0 to 255, got 256'),
    ],
    ['broken JSON', 'floats', '{"instances":[[1,2]]', 400, expect.stringContaining('invalid JSON at byte 20')],
    [
      'lists in lists',
      'floats',
      `{"instances":${'['.repeat(40_000)}`,
      400,
      expect.stringContaining('at most 32 dimensions'),
    ],
    [
      'a large body',
      'floats',
      ' '.repeat(100_001),
      413,
      'the body is too large: expected at most 100000 bytes, got 100001 bytes',
    ],
  ])('with %s is refused', async (_, model, body, status, error) => {
    expect(await refuse(model, body)).toEqual([status, error]);
  });

  it.each([
    [
      'an unknown version of events',
      { ...EVENT, 'ce-specversion': '7' },
      '{}',
      "the event: expected the attribute 'specversion' to be 1.0, got '7'",
    ],
    ['an event without an id', { 'ce-specversion': '1.0' }, '{}', "the event: expected the attribute 'id', got none"],
    ['an event that is no object', STRUCTURED, '[]', 'invalid JSON at byte 0: expected an object, got an array'],
    [
      'an event without attributes',
      STRUCTURED,
      '{"data":{}}',
      "the event: expected the attribute 'specversion', got none",
    ],
    [
      'an event without data',
      STRUCTURED,
      '{"specversion":"1.0","id":"a","source":"b","type":"c"}',
      "the event: expected 'data' that is JSON, got none",
    ],
    ['an attribute twice', STRUCTURED, '{"id":"a","id":"b"}', "the event: 'id' is given twice"],
  ])('that is %s is refused', async (_, headers, body, error) => {
    expect(await refuse('floats', body, headers)).toEqual([400, error]);
  });

  it('by another method is refused', async () => {
    const answer = jsonOf(await server.send('DELETE /v1/models/floats:predict'));
    expect([answer.status, answer.body.error]).toEqual([
      405,
      '/v1/models/floats:predict does not take DELETE: expected GET, HEAD, POST',
    ]);
  });

  it('in an encoding that is not known is refused', async () => {
    const [status, error] = await refuse('floats', '{}', { 'content-encoding': 'br' });
    expect([status, error]).toEqual([
      415,
      "content-encoding 'br' is not supported: expected gzip, deflate or identity",
    ]);
  });
});

import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';
import { buildOnnx, identityGraph } from '../support/onnx-builder.js';
import { RawClient, requestText } from '../support/raw-client.js';

const FLOATS = identityGraph([{ name: 'x', type: 'float32', dims: ['n', 4] }], () => 'y');
const TEXTS = identityGraph([{ name: 'x', type: 'string', dims: ['n'] }], () => 'y');
const echo = (type: string) =>
  `runtime: echo\nmaxBatchSize: 0\ninstances: { placement: inline }\ninputs: [{ name: x, datatype: ${type}, shape: [-1] }]\noutputs: [{ name: y, datatype: ${type}, shape: [-1] }]\n`;

const X = { name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] };
const infer = (input: object, model = 'floats') => post(model, JSON.stringify({ inputs: [{ ...X, ...input }] }));
const post = (model: string, body: string, headers: Readonly<Record<string, string>> = {}) =>
  requestText(`POST /v2/models/${model}/infer`, headers, body);
const numbers = (model: string, datatype: string, data: string) =>
  post(model, `{"inputs":[{"name":"x","datatype":"${datatype}","shape":[1],"data":[${data}]}]}`);

/** JSON with `blob` behind it. */
function binary(input: object, blob: Uint8Array, model = 'floats', headerLength?: string): Uint8Array {
  const json = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], ...input }] });
  const head = requestText(`POST /v2/models/${model}/infer`, {
    'inference-header-content-length': headerLength ?? String(json.length),
    'content-length': String(json.length + blob.length),
  });
  return Buffer.concat([Buffer.from(head + json), blob]);
}

function packed(bytes: Uint8Array, headers: Readonly<Record<string, string>>): Uint8Array {
  const head = requestText('POST /v2/models/floats/infer', { 'content-length': String(bytes.length), ...headers });
  return Buffer.concat([Buffer.from(head), bytes]);
}

type Row = readonly [what: string, request: string | Uint8Array, status: number, error: string];

const UNKNOWN: readonly Row[] = [
  ['an unknown model', infer({}, 'nope'), 404, "Request for unknown model: 'nope' is not found"],
  [
    'an unknown version',
    requestText('POST /v2/models/floats/versions/7/infer', {}, '{"inputs":[]}'),
    404,
    "Request for unknown model: 'floats' version 7 is not found",
  ],
  [
    'a version that is none',
    requestText('GET /v2/models/floats/versions/x'),
    404,
    "model 'floats' has no version 'x': versions are positive integers",
  ],
  ['an unknown route', requestText('GET /v2/modles'), 404, 'no route GET /v2/modles'],
  [
    'a method that the route does not take',
    requestText('DELETE /v2/models/floats'),
    405,
    '/v2/models/floats does not take DELETE: expected GET, HEAD',
  ],
];

const TENSORS: readonly Row[] = [
  ['a missing input', post('floats', '{"inputs":[]}'), 400, "input 'x' (FP32[-1,4]) of model 'floats/1' is missing"],
  ['no inputs at all', post('floats', '{}'), 400, "request: expected 'inputs', got none"],
  [
    'an extra input',
    post('floats', JSON.stringify({ inputs: [X, { ...X, name: 'z' }] })),
    400,
    "model 'floats/1' has no input 'z'; its inputs are 'x'",
  ],
  [
    'the same input twice',
    post('floats', JSON.stringify({ inputs: [X, X] })),
    400,
    "request: input 'x' is given twice",
  ],
  [
    'too many inputs',
    post('floats', JSON.stringify({ inputs: Array(5).fill(X) })),
    400,
    'request: expected at most 4 inputs, got more',
  ],
  [
    'an unknown output',
    post('floats', JSON.stringify({ inputs: [X], outputs: [{ name: 'z' }] })),
    400,
    "model 'floats/1' has no output 'z'; its outputs are 'y'",
  ],
  ['a wrong datatype', infer({ datatype: 'INT32' }), 400, "input 'x' of model 'floats/1': expected FP32, got INT32"],
  [
    'an unknown datatype',
    infer({ datatype: 'FP8' }),
    400,
    "input 'x': 'FP8' is not a datatype; expected one of BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, FP16, FP32, FP64, BF16, BYTES",
  ],
  ['a wrong rank', infer({ shape: [4] }), 400, "input 'x' of model 'floats/1': expected shape [-1,4], got [4]"],
  [
    'a wrong dimension',
    infer({ shape: [1, 3], data: [1, 2, 3] }),
    400,
    "input 'x' of model 'floats/1': expected shape [-1,4], got [1,3]",
  ],
  [
    'less data than the shape says',
    infer({ data: [1, 2, 3] }),
    400,
    "input 'x': expected 4 elements for shape [1,4], got 3 in data",
  ],
  [
    'more data than the shape says',
    infer({ data: [1, 2, 3, 4, 5] }),
    400,
    "input 'x': expected 4 elements for shape [1,4], got 5 in data",
  ],
  [
    'a negative dimension',
    infer({ shape: [-1, 4] }),
    400,
    "input 'x': shape[0]: expected an integer from 0 to 2147483647, got -1",
  ],
  [
    'a huge dimension',
    infer({ shape: [4_294_967_296, 4] }),
    400,
    "input 'x': shape[0]: expected an integer from 0 to 2147483647, got 4294967296",
  ],
  [
    'a product of dimensions that nothing can hold',
    infer({ shape: [2_147_483_647, 2_147_483_647] }),
    400,
    "input 'x': expected 4611686014132420600 elements for shape [2147483647,2147483647], got 4 in data",
  ],
  ['no rows', infer({ shape: [0, 4], data: [] }), 400, "input 'x': a request needs at least 1 row, got 0"],
  [
    'more rows than a batch may have',
    infer({ shape: [65, 4], data: Array(260).fill(0) }),
    400,
    "input 'x' has 65 rows; model 'floats/1' takes at most 64 a request: send fewer at a time, or raise maxBatchSize in its model.yaml (max_batch_size in its config.pbtxt)",
  ],
  [
    'a text where numbers are',
    infer({ data: [1, 'two', 3, 4] }),
    400,
    "input 'x': data[1] at byte 65: expected a number, got a string",
  ],
  [
    'an integer above its type',
    numbers('bytes', 'UINT8', '256'),
    400,
    "input 'x': data[0] at byte 62: expected an integer from 0 to 255, got 256",
  ],
  [
    'an integer below its type',
    numbers('bytes', 'UINT8', '-1'),
    400,
    "input 'x': data[0] at byte 62: expected an integer from 0 to 255, got -1",
  ],
  [
    'a fraction for an integer',
    numbers('bytes', 'UINT8', '1.5'),
    400,
    "input 'x': data[0] at byte 62: expected an integer from 0 to 255, got 1.5",
  ],
  [
    'a 64-bit integer too large',
    numbers('longs', 'INT64', '9223372036854775808'),
    400,
    "input 'x': data[0] at byte 62: expected an integer from -9223372036854775808 to 9223372036854775807, got 9223372036854775808",
  ],
  [
    'a number for a text',
    numbers('texts', 'BYTES', '7'),
    400,
    "input 'x': data[0] at byte 62: expected a string, got 7",
  ],
];

const NOT_UTF8 = Uint8Array.of(2, 0, 0, 0, 0xc3, 0x28);

const BODIES: readonly Row[] = [
  ['malformed JSON', post('floats', '{"inputs":[{]}'), 400, "invalid JSON at byte 12: expected a member name, got ']'"],
  [
    'JSON that ends too early',
    post('floats', '{"inputs":['),
    400,
    'invalid JSON at byte 11: expected an object, got the end of the JSON',
  ],
  [
    'something behind the JSON',
    post('floats', '{"inputs":[]} x'),
    400,
    'invalid JSON at byte 14: expected the end of the JSON, got x',
  ],
  ['an empty body', post('floats', ''), 400, 'invalid JSON at byte 0: expected an object, got the end of the JSON'],
  [
    'JSON that is not UTF-8',
    packed(Buffer.from('{"id":"\xff","inputs":[]}', 'latin1'), {}),
    400,
    'invalid JSON at byte 7: expected UTF-8 text, got a byte that is not',
  ],
  [
    'a text that is not UTF-8',
    binary({ datatype: 'BYTES', shape: [1], parameters: { binary_data_size: 6 } }, NOT_UTF8, 'texts'),
    400,
    "input 'x': element 0 is not valid UTF-8, and model 'texts/1' takes text only",
  ],
  [
    'fewer binary bytes than announced',
    binary({ parameters: { binary_data_size: 16 } }, new Uint8Array(12)),
    400,
    "input 'x': binary_data_size says 16 bytes, but 12 are left behind the JSON",
  ],
  [
    'more binary bytes than announced',
    binary({ parameters: { binary_data_size: 16 } }, new Uint8Array(20)),
    400,
    'expected 16 bytes of binary data behind the JSON, got 20; check binary_data_size and Inference-Header-Content-Length',
  ],
  [
    'binary bytes that do not fit the shape',
    binary({ parameters: { binary_data_size: 12 } }, new Uint8Array(12)),
    400,
    "input 'x': expected 16 bytes for FP32[1,4], got 12",
  ],
  [
    'BYTES whose length runs past their end',
    binary(
      { datatype: 'BYTES', shape: [1], parameters: { binary_data_size: 6 } },
      Uint8Array.of(9, 0, 0, 0, 1, 2),
      'texts',
    ),
    400,
    "input 'x': BYTES element 0: its length says 9 bytes, but only 2 are left",
  ],
  [
    'neither data nor binary data',
    infer({ data: undefined }),
    400,
    "input 'x': expected either 'data' or one of the parameters 'binary_data_size' and 'shared_memory_region', got none of them",
  ],
  [
    'an Inference-Header-Content-Length past the body',
    binary({}, new Uint8Array(0), 'floats', '9999'),
    400,
    "request: expected Inference-Header-Content-Length from 0 to 57, the bytes of the body, got '9999'",
  ],
  [
    'an Inference-Header-Content-Length that is no number',
    binary({}, new Uint8Array(0), 'floats', 'ten'),
    400,
    "request: expected Inference-Header-Content-Length from 0 to 57, the bytes of the body, got 'ten'",
  ],
  [
    'an Inference-Header-Content-Length that cuts the JSON',
    binary({}, new Uint8Array(0), 'floats', '20'),
    400,
    "invalid JSON at byte 20: expected '\"' at the end of the string, got the end of the JSON",
  ],
  [
    'a raw tensor of the wrong size',
    post('floats', '12345', { 'inference-header-content-length': '0' }),
    400,
    "raw binary request: input 'x' with shape [-1,4] needs 16 bytes, got 5",
  ],
  [
    'gzip that is none',
    packed(Buffer.from('{}'), { 'content-encoding': 'gzip' }),
    400,
    'the body is not valid gzip: incorrect header check',
  ],
  [
    'gzip that ends too early',
    packed(gzipSync('{"inputs":[]}').subarray(0, -6), { 'content-encoding': 'gzip' }),
    400,
    'the body is not valid gzip: unexpected end of file',
  ],
  [
    'a gzip bomb',
    packed(gzipSync(Buffer.alloc(5_000_000)), { 'content-encoding': 'gzip' }),
    413,
    'the body is too large: expected at most 100000 bytes, got more once decompressed',
  ],
  [
    'a body over the limit',
    post('floats', ' '.repeat(100_001)),
    413,
    'the body is too large: expected at most 100000 bytes, got 100001 bytes',
  ],
  [
    'an unsupported Content-Encoding',
    packed(Buffer.from('{}'), { 'content-encoding': 'br' }),
    415,
    "content-encoding 'br' is not supported: expected gzip, deflate or identity",
  ],
  [
    'a header over the limit',
    requestText('GET /v2', { 'x-big': 'x'.repeat(20_000) }),
    431,
    'the headers are too large: expected at most 16384 bytes',
  ],
];

describe('bad input', () => {
  let server: AppServer;
  let other: RawClient;
  beforeAll(async () => {
    server = await startAppServer(
      {
        'floats/1/model.onnx': buildOnnx(FLOATS),
        'texts/1/model.onnx': buildOnnx(TEXTS),
        'bytes/model.yaml': echo('UINT8'),
        'bytes/1/': '',
        'longs/model.yaml': echo('INT64'),
        'longs/1/': '',
      },
      { server: { maxInputBytes: 100_000, maxInputs: 4 }, telemetry: { logLevel: 'silent' } },
    );
    other = await RawClient.connect(server.port);
  });
  afterAll(async () => {
    other.socket.destroy();
    await server[Symbol.asyncDispose]();
  });

  it.each([...UNKNOWN, ...TENSORS, ...BODIES])('%s', async (_what, request, status, error) => {
    const client = await RawClient.connect(server.port);
    other.send(infer({}));
    client.send(request);
    const refused = await client.response();
    expect({ status: refused.status, body: jsonOf(refused).body }).toEqual({ status, body: { error } });
    expect((await other.response()).status).toBe(200);
    client.socket.destroy();
  });

  it('names the methods and encodings that would do', async () => {
    const { headers } = await server.send('DELETE /v2/models/floats');
    expect(headers.allow).toBe('GET, HEAD');
    const refused = await server.send('POST /v2/models/floats/infer', '{}', { 'content-encoding': 'br' });
    expect(refused.headers['accept-encoding']).toBe('gzip, deflate');
  });
});

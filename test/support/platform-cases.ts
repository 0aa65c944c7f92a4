/** A body that no platform's container takes: what it is, the body with its headers, the status, and what is said of it. */
export type BadBody = readonly [
  what: string,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>>,
  status: number,
  message: string,
];

const JSON_TYPE = { 'content-type': 'application/json' };
const CSV = { 'content-type': 'text/csv' };
const LINES = { 'content-type': 'application/jsonlines' };
const BYTES = { 'content-type': 'application/octet-stream' };
const TRITON = 'application/vnd.sagemaker-triton.binary+json';
const instances = (rows: string) => `{"instances":${rows}}`;
const X = '{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}';

/** For a model with the input x, FP32[-1,2], at most 4 rows. */
export const BAD_BODIES: readonly BadBody[] = [
  ['nothing', '', JSON_TYPE, 400, 'invalid JSON at byte 0: expected an object, got the end of the JSON'],
  ['a text', 'hello', JSON_TYPE, 400, 'invalid JSON at byte 0: expected an object, got hello'],
  ['a text without a type', 'hello', {}, 400, 'invalid JSON at byte 0: expected an object, got hello'],
  ['half an object', '{"instances":[[1,2]', JSON_TYPE, 400, 'invalid JSON at byte 19'],
  ['no UTF-8', Buffer.from('{"instances":[["\xff"]]}', 'latin1'), JSON_TYPE, 400, 'expected UTF-8 text'],
  ['an unknown object', '{"rows":[1]}', JSON_TYPE, 400, "expected 'instances' or 'inputs', got neither"],
  ['no instances', instances('[]'), JSON_TYPE, 400, "expected 'instances' to have at least 1 element, got none"],
  ['an empty list', '[]', JSON_TYPE, 400, "expected 'instances' to have at least 1 element, got none"],
  ['instances that are no list', instances('5'), JSON_TYPE, 400, "expected 'instances' to be an array, got 5"],
  ['rows and columns', '{"instances":[[1,2]],"inputs":[[1,2]]}', JSON_TYPE, 400, 'got both'],
  ['instances twice', '{"instances":[[1,2]],"instances":[[1,2]]}', JSON_TYPE, 400, "'instances' is given twice"],
  ['ragged rows', instances('[[1,2],[3]]'), JSON_TYPE, 400, "input 'x': ragged at byte 20"],
  ['an unknown input', instances('[{"z":[1,2]}]'), JSON_TYPE, 400, "the model has no input 'z'"],
  ['a text for a number', instances('[[1,"a"]]'), JSON_TYPE, 400, 'expected a number, got a string'],
  ['base64 for a number', instances('[[1,{"b64":"AAAA"}]]'), JSON_TYPE, 400, 'expected a number'],
  ['a wrong shape', instances('[[1,2,3]]'), JSON_TYPE, 400, 'expected shape [-1,2], got [1,3]'],
  ['too many rows', instances('[[1,2],[1,2],[1,2],[1,2],[1,2]]'), JSON_TYPE, 400, 'takes at most 4 a request'],
  ['lists in lists', `{"instances":${'['.repeat(50_000)}`, JSON_TYPE, 400, 'at most 32 dimensions'],
  ['objects in objects', '{"a":'.repeat(50_000), JSON_TYPE, 400, 'nested at most 64 deep'],
  [
    'parameters that are none',
    '{"instances":[[1,2]],"parameters":7}',
    JSON_TYPE,
    400,
    "'parameters': expected an object",
  ],
  [
    'parameters too deep',
    `{"instances":[[1,2]],"parameters":{"a":${'['.repeat(60)}${']'.repeat(60)}}}`,
    JSON_TYPE,
    400,
    "parameter 'a': lists and objects are nested deeper than 32",
  ],
  [
    'a tensor of another type',
    `{"inputs":[${X.replace('FP32', 'INT32')}]}`,
    JSON_TYPE,
    400,
    'expected FP32, got INT32',
  ],
  ['tensors twice', `{"inputs":[${X},${X}]}`, JSON_TYPE, 400, "input 'x' is given twice"],
  ['a chat for numbers', '{"messages":[{"role":"user","content":"a"}]}', JSON_TYPE, 501, 'does not generate text'],
  ['a prompt for numbers', '{"prompt":"a"}', JSON_TYPE, 501, 'does not generate text'],
  ['a text for generate', '{"text_input":"a"}', JSON_TYPE, 400, "input 'x' (FP32[-1,2]) of model 'echo/1' is missing"],
  ['CSV without rows', '\n\n', CSV, 400, 'CSV: expected at least 1 row, got none'],
  ['ragged CSV', '1,2\n3\n', CSV, 400, 'CSV: line 2: expected 2 values, as in the first row, got 1'],
  ['text in CSV', '1,2\na,b\n', CSV, 400, "CSV: line 2, column 1: expected a number, got 'a'"],
  ['nothing in CSV', '1,\n', CSV, 400, "CSV: line 1, column 2: expected a number, got ''"],
  ['hexadecimal CSV', '0x1,2\n', CSV, 400, "CSV: line 1, column 1: expected a number, got '0x1'"],
  ['wide CSV', '1,2,3\n', CSV, 400, "CSV: input 'x' with shape [-1,2] takes rows of 2 values, got 1 of 3"],
  ['CSV that is no text', Buffer.from([0xff, 0xfe]), CSV, 400, 'CSV: the body is not UTF-8 text'],
  ['no lines', '\n', LINES, 400, 'the body must have at least one line of JSON, got none'],
  ['a wrong line', '[1,2]\n[1,\n', LINES, 400, 'line 2: invalid JSON at byte 3'],
  ['two values on a line', '[1,2],[3,4]\n', LINES, 400, 'line 1: invalid JSON at byte 5: expected the end of the line'],
  ['half a tensor', new Uint8Array(7), BYTES, 400, 'raw binary request'],
  ['a photo for numbers', 'GIF89a', { 'content-type': 'image/gif' }, 400, 'takes no pictures'],
  ['no photo', 'hello', { 'content-type': 'image/png' }, 400, 'request: expected'],
  [
    'no size of JSON',
    '{}',
    { 'content-type': TRITON },
    400,
    `must say where its JSON ends: ${TRITON};json-header-size=<bytes>`,
  ],
  [
    'a wrong size of JSON',
    '{}',
    { 'content-type': `${TRITON};json-header-size=x` },
    400,
    'expected Inference-Header-Content-Length from 0 to 2',
  ],
  [
    'a size of JSON too large',
    '{}',
    { 'content-type': `${TRITON};json-header-size=3` },
    400,
    'expected Inference-Header-Content-Length from 0 to 2',
  ],
  [
    'an unknown type',
    'a',
    { 'content-type': 'application/x-npy' },
    415,
    "a body of type 'application/x-npy' cannot be read",
  ],
  ['an unknown encoding', 'a', { ...JSON_TYPE, 'content-encoding': 'zstd' }, 415, 'zstd'],
  [
    'an Accept of pictures',
    '[[1,2]]',
    { ...JSON_TYPE, accept: 'image/png' },
    406,
    'answers are written as application/json',
  ],
  ['an Accept of nothing', '[[1,2]]', { ...JSON_TYPE, accept: 'application/json;q=0' }, 406, 'answers are written as'],
  ['too much', ' '.repeat(400_001), JSON_TYPE, 413, 'the body is too large: expected at most 400000 bytes'],
];

/** Limits of a server in which {@link BAD_BODIES} are bad. */
export const MAX_INPUT_BYTES = 400_000;

const echo = (...more: readonly string[]) =>
  [
    'runtime: echo',
    'maxBatchSize: 4',
    'inputs: [{ name: x, datatype: FP32, shape: [-1, 2] }]',
    'outputs: [{ name: y, datatype: FP32, shape: [-1, 2] }]',
    ...more,
  ].join('\n');

/** A model that echoes, one that does what `parameters.fault` says, in a process of its own. */
export const PLATFORM_MODELS = {
  'echo/model.yaml': echo('instances: { placement: inline }'),
  'echo/1/': '',
  'faulty/model.yaml': echo(
    'echo: { faults: true }',
    'limits: { executionTimeoutMs: 1500 }',
    'queue: { maxRequests: 1 }',
  ),
  'faulty/1/': '',
};

/** A request that makes the model do that. */
export const faultyBody = (fault: string) => JSON.stringify({ instances: [[1, 2]], parameters: { fault } });

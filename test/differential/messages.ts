import { deflateSync, gzipSync } from 'node:zlib';
import { bytesOf } from '../../src/core/index.js';
import type { Random } from '../support/random.js';

/** A request in its parts. Each character is one byte. */
export interface Message {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  /** Whole lines without their line breaks. The length of the body is not among them. */
  readonly fields: readonly string[];
  readonly body: string;
}

/** The bytes of a message, whose length is announced where it has a body or `POST` says that there might be one. */
export function write({ method, target, version, fields, body }: Message): string {
  const announced = body !== '' || method === 'POST' ? [`Content-Length: ${body.length}`] : [];
  return writeAs(`${method} ${target} ${version}`, [...fields, ...announced], body);
}

export function writeAs(requestLine: string, fields: readonly string[], body: string): string {
  return [requestLine, ...fields, '', body].join('\r\n');
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

const ROW = { name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, -2.5, 3e4, 0] };
const JSON_BODY = JSON.stringify({ inputs: [ROW] });
const BINARY_JSON = JSON.stringify({
  inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 4], parameters: { binary_data_size: 32 } }],
  parameters: { binary_data_output: true },
});
const FLOATS = latin1(bytesOf(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8)));
const BINARY_LENGTH = `Inference-Header-Content-Length: ${BINARY_JSON.length}`;

interface Payload {
  readonly body: string;
  readonly fields?: readonly string[];
}

const PAYLOADS: readonly Payload[] = [
  { body: JSON_BODY },
  { body: JSON_BODY, fields: ['Content-Type: application/json'] },
  {
    body: JSON.stringify({
      id: 'ünï',
      inputs: [{ ...ROW, shape: [3, 4], data: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] }],
    }),
  },
  { body: JSON.stringify({ inputs: [ROW], outputs: [{ name: 'y', parameters: { binary_data: true } }] }) },
  { body: BINARY_JSON + FLOATS, fields: [BINARY_LENGTH] },
];

const ODD_PAYLOADS: readonly Payload[] = [
  { body: '' },
  { body: '{' },
  { body: 'null' },
  { body: 'GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n' },
  { body: `${JSON_BODY}\r\n` },
  { body: BINARY_JSON + FLOATS },
  { body: BINARY_JSON + FLOATS, fields: ['Inference-Header-Content-Length: 5'] },
  { body: JSON_BODY.padEnd(1_900) },
  { body: JSON_BODY.padEnd(5_000) },
  { body: latin1(gzipSync(JSON_BODY)), fields: ['Content-Encoding: gzip'] },
  { body: latin1(deflateSync(JSON_BODY)), fields: ['Content-Encoding: deflate'] },
  { body: latin1(gzipSync(JSON_BODY)).slice(0, 40), fields: ['Content-Encoding: gzip'] },
  { body: JSON_BODY, fields: ['Content-Encoding: br'] },
  { body: JSON_BODY, fields: ['Content-Encoding: identity'] },
];

/** Too much to be cut into small pieces. */
const LARGE_PAYLOADS: readonly Payload[] = [70_000, 140_000, 1_048_576, 1_200_000].map((bytes) => {
  const shape = [bytes / 4, 1];
  const json = JSON.stringify({
    inputs: [{ name: 'x', datatype: 'FP32', shape, parameters: { binary_data_size: bytes } }],
    outputs: [{ name: 'nothing' }],
  });
  return { body: json.padEnd(200) + '\0'.repeat(bytes), fields: ['Inference-Header-Content-Length: 200'] };
});

const MODELS = ['m', 'm', 'm', 'm', 'm', 'held', 'held', 'busy', 'broken', 'nope'];
const TARGETS = [
  ...[
    '/v2/models/MODEL/infer',
    '/v2/models/MODEL/infer',
    '/v2/models/MODEL/infer',
    '/v2/models/MODEL/versions/3/infer',
  ],
  ...['/v2/models/MODEL/infer?', '/v2/models/MODEL/infer?a=b&c=%zz', '/v2/models/MODEL/versions/2/infer'],
];

/** Fields that any client may send, and none that says how to read the message. */
const HARMLESS = [
  ...['Accept: */*', 'User-Agent: differential/1', 'Content-Type: application/octet-stream', 'Cookie: a=b; c=d'],
  ...['Connection: keep-alive', 'Connection: Keep-Alive', 'X-Request-Id: mine', 'X-Request-Timeout-Ms: 2000'],
  ...['X-Empty:', 'X-Tight:a', 'X-Wide: \t a \t', 'X-High: \xfc\xff', `X-Long: ${'a'.repeat(300)}`],
  ...[`traceparent: 00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, 'tracestate: a=b', 'Keep-Alive: timeout=5'],
  ...['Origin: http://localhost', 'Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: none', 'X-Forwarded-For: 1.2.3.4'],
];

/** Fields whose value decides about the answer. */
const TELLING = [
  ...[
    'X-Request-Id: a b',
    'X-Request-Id:',
    'X-Request-Timeout-Ms: 0',
    'X-Request-Timeout-Ms: 30',
    'X-Request-Timeout-Ms: abc',
  ],
  ...['traceparent: 00-x', 'Origin: https://good.example', 'Origin: https://evil.example'],
  ...['Origin: null', 'Sec-Fetch-Site: cross-site', 'Access-Control-Request-Method: POST', 'Range: bytes=0-1'],
  ...['Accept-Encoding: gzip', 'Accept-Encoding: deflate;q=0.5, identity;q=0', 'Accept-Encoding: ;;;'],
  ...['Content-Encoding: gzip', 'Content-Encoding:', 'Inference-Header-Content-Length: 1000000', 'If-None-Match: *'],
  ...['Authorization: Bearer bad', 'Authorization: Bearer', 'Authorization: Basic eA==', 'Authorization:'],
  ...['__proto__: x', 'constructor: x', 'toString: x', 'hasOwnProperty: x'],
];

const HOSTS = ['Host: localhost', 'Host: localhost', 'host: 127.0.0.1', 'HOST:localhost:8000', 'Host: [::1]:1'];
const KEY = 'Authorization: Bearer good';

/** What precedes all other fields: who is asked, and by whom. */
function address(random: Random): string[] {
  const fields = [random.pick(HOSTS)];
  if (random.chance(0.97)) fields.push(random.chance(0.9) ? KEY : KEY.toLowerCase().replace('bearer', 'Bearer'));
  return fields;
}

function some(from: readonly string[], chance: number, random: Random): string[] {
  const fields: string[] = [];
  while (random.chance(chance)) {
    const field = random.pick(from);
    const name = field.slice(0, field.indexOf(':')).toLowerCase();
    if (!fields.some((other) => other.toLowerCase().startsWith(`${name}:`))) fields.push(field);
  }
  return fields;
}

/** An inference as the fast path takes it, unless a path or a value is wrong. */
export function plainInference(random: Random): Message {
  const { body, fields = [] } = random.pick(PAYLOADS);
  return {
    method: 'POST',
    target: random.pick(TARGETS).replace('MODEL', random.pick(MODELS)),
    version: 'HTTP/1.1',
    fields: [...address(random), ...fields, ...some(HARMLESS, 0.4, random).filter((field) => !clashes(field, fields))],
    body,
  };
}

function clashes(field: string, others: readonly string[]): boolean {
  const name = field.slice(0, field.indexOf(':') + 1).toLowerCase();
  return others.some((other) => other.toLowerCase().startsWith(name));
}

/** One with something in a field, path or body that its answer tells of. */
export function tellingInference(random: Random): Message {
  const message = plainInference(random);
  const { body, fields = [] } = random.chance(0.6) ? random.pick(ODD_PAYLOADS) : message;
  return {
    ...message,
    target: random.chance(0.3) ? random.pick(ODD_TARGETS) : message.target,
    fields: [
      ...(body === message.body ? message.fields : [...address(random), ...fields]),
      ...some(TELLING, 0.5, random),
    ],
    body,
  };
}

const ODD_TARGETS = [
  ...[
    '/v2/models/%6d/infer',
    '/v2/models/%zz/infer',
    '/v2/models/%/infer',
    '/v2/models/m%2Finfer/infer',
    '/v2/models//infer',
  ],
  ...[
    '/v2/models/m/infer/',
    '/v2/models/m/infer#a',
    '/v2/models/m/../m/infer',
    '/V2/models/m/infer',
    '//v2/models/m/infer',
  ],
  ...[
    '/v2/models/m/versions/03/infer',
    '/v2/models/m/versions/x/infer',
    '/v2/models/m/generate',
    '/v2/models/m/generate_stream',
  ],
  ...['http://localhost/v2/models/m/infer', 'http://evil.example/v2/models/m/infer', 'v2/models/m/infer', '*', '?'],
  ...[
    '/v2/models/m/infer?"<>{}|^`\\',
    '/v2/models/\xe9/infer',
    '/v2/models/m/infer?\x7f',
    `/v2/models/${'m'.repeat(2_000)}/infer`,
  ],
];

export function bigInference(random: Random): Message {
  return { ...plainInference(random), target: '/v2/models/big/infer' };
}

export function largeInference(random: Random): Message {
  const { body, fields = [] } = random.pick(LARGE_PAYLOADS);
  return {
    method: 'POST',
    target: '/v2/models/m/infer',
    version: 'HTTP/1.1',
    fields: [...address(random), ...fields],
    body,
  };
}

const PATHS = [
  ...[
    '/v2',
    '/v2/health/live',
    '/v2/health/ready',
    '/v2/models/m',
    '/v2/models/m/ready',
    '/v2/models/m/infer',
    '/nope',
  ],
  ...['/v2/models/m/stats', '/v2/models/m/config', '/v1/models', '/v2/models/m/generate', '/v2/logging', '/metrics'],
];

/** A request that the fast path has never to do with. */
export function otherRequest(random: Random): Message {
  const method = random.pick(['GET', 'GET', 'GET', 'HEAD', 'OPTIONS', 'POST', 'POST', 'PUT', 'PATCH', 'DELETE']);
  const posts = method === 'POST';
  return {
    method,
    target: posts
      ? random.pick(['/v2/repository/index', '/v2/models/m/generate', '/v2/logging', '/nope'])
      : random.pick(PATHS),
    version: 'HTTP/1.1',
    fields: [...address(random), ...some([...HARMLESS, ...TELLING], 0.4, random)],
    body: posts ? random.pick(['', '{}', '{"x":[1,2,3,4]}', '{']) : '',
  };
}

import { deflateSync, gzipSync } from 'node:zlib';
import type { Random } from '../support/random.js';
import { type Json, mutateJson, writeJson } from './json.js';

/** A valid request over HTTP before it is written down: what mutations work on. */
export interface Sample {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  /** undefined = no JSON in the body. */
  readonly json: Json | undefined;
  /** Behind the JSON. */
  readonly blob: Uint8Array;
}

/** A request as it goes over the wire, in its parts. */
export interface Draft {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
}

/** Writes a sample down, mostly with something wrong in it; the framing is right. */
export function makeDraft(sample: Sample, random: Random): Draft {
  let { json, blob } = sample;
  if (json !== undefined && random.chance(0.6)) {
    for (let times = random.integer(1, 3); times > 0; times--) json = mutateJson(json, random);
  }
  if (blob.length > 0 && random.chance(0.3)) blob = mutateBytes(blob, random);
  const head = json === undefined ? new Uint8Array(0) : Buffer.from(writeJson(json), 'utf8');
  const draft: Draft = {
    method: random.chance(0.05) ? random.pick(METHODS) : sample.method,
    target: random.chance(0.1) ? mutateTarget(sample.target, random) : sample.target,
    headers: [
      ...mutateHeaders(sample.headers, random),
      ...(json !== undefined && blob.length > 0
        ? [['Inference-Header-Content-Length', String(head.length)] as const]
        : []),
    ],
    body: Buffer.concat([head, blob]),
  };
  return mutateDraft(draft, random);
}

function mutateDraft(draft: Draft, random: Random): Draft {
  let { headers, body } = draft;
  if (random.chance(0.2)) body = mutateBytes(body, random);
  if (random.chance(0.15)) [headers, body] = encode(headers, body, random);
  for (let times = random.chance(0.3) ? random.integer(1, 3) : 0; times > 0; times--) {
    headers = [...headers, nastyHeader(random)];
  }
  return { ...draft, headers, body };
}

function encode(headers: Draft['headers'], body: Uint8Array, random: Random): [Draft['headers'], Uint8Array] {
  const name = random.pick(['gzip', 'deflate', 'x-gzip', 'identity', 'br', 'zstd', '', 'gzip, gzip', 'GZIP']);
  const packed = random.chance(0.2) ? body : name === 'deflate' ? deflateSync(body) : gzipSync(body);
  return [[...headers, ['Content-Encoding', name]], random.chance(0.3) ? mutateBytes(packed, random) : packed];
}

/** Flips, drops, repeats, inserts, cuts off. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  let changed = Uint8Array.from(bytes);
  for (let times = random.integer(1, 4); times > 0; times--) {
    const at = random.integer(0, changed.length);
    const piece = changed.subarray(at, at + random.integer(0, 40));
    switch (random.integer(0, 4)) {
      case 0:
        if (at < changed.length) changed[at] = (changed[at] ?? 0) ^ (1 << random.integer(0, 7));
        break;
      case 1:
        changed = join(changed.subarray(0, at), changed.subarray(at + piece.length));
        break;
      case 2:
        changed = join(changed.subarray(0, at), piece, changed.subarray(at));
        break;
      case 3:
        changed = join(changed.subarray(0, at), random.bytes(random.integer(1, 20)), changed.subarray(at));
        break;
      default:
        changed = changed.slice(0, at);
    }
  }
  return changed;
}

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}

/** A header or two may be missing, cut off or damaged. */
function mutateHeaders(headers: Draft['headers'], random: Random): Draft['headers'] {
  return headers.flatMap(([name, value]) => {
    if (random.chance(0.05)) return [];
    if (random.chance(0.05)) return [[name, value.slice(0, random.integer(0, value.length))] as const];
    return [[name, random.chance(0.05) ? mutateText(value, random) : value] as const];
  });
}

/** What a header can carry. */
export function mutateText(text: string, random: Random): string {
  return Buffer.from(mutateBytes(Buffer.from(text, 'latin1'), random))
    .toString('latin1')
    .replace(/[^\x20-\x7e]/g, '?');
}

export function mutateTarget(target: string, random: Random): string {
  const segments = target.split('/');
  const at = random.integer(1, Math.max(1, segments.length - 1));
  switch (random.integer(0, 3)) {
    case 0:
      segments[at] = random.pick(SEGMENTS);
      break;
    case 1:
      segments.splice(at, 0, random.pick(SEGMENTS));
      break;
    case 2:
      segments.splice(at, 1);
      break;
    default:
      return `${target}${random.pick(['?', '?a=1&b=%zz', '#', '/', '//', ';x', '%00', '?'.repeat(500)])}`;
  }
  const joined = segments.join('/');
  return joined === '' ? '/' : joined;
}

const METHODS = ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'PURGE', 'M-SEARCH', 'POST'];

const SEGMENTS = [
  ...['', '.', '..', '%2e%2e', '%', '%zz', '%ff', '%00', '%2F', 'v2', 'models', 'versions', 'infer', 'stats', 'ready'],
  ...['0', '1', '01', '-1', '1.5', '1e3', '99999999999999999999', 'NaN', '*', '{model}', ':model', '__proto__'],
  ...['constructor', 'toString', 'scratch', 'broken', 'nope', 'x'.repeat(3_000), '%e2%82%ac', "'", '"', '<b>'],
];

function nastyHeader(random: Random): readonly [string, string] {
  const [name, values] = random.pick(HEADERS);
  return [name, random.pick([...values, ...ANY_VALUES])];
}

const ANY_VALUES = ['', ' ', '-1', '0', '1e9', '99999999999999999999', 'NaN', 'ÿÿ', '\t', ',', '"', 'x'.repeat(2_000)];

const HEADERS: readonly (readonly [name: string, values: readonly string[]])[] = [
  ['Inference-Header-Content-Length', ['1', '10', '1000000', '0x10', '+5', '5.0', '5, 5']],
  ['Content-Encoding', ['gzip', 'deflate', 'br', 'gzip, deflate', 'chunked']],
  ['Accept-Encoding', ['gzip', 'deflate', 'gzip;q=0', '*', 'gzip;q=abc', ';;;']],
  ['X-Request-Timeout-Ms', ['1', '0.001', '1000', 'abc', 'Infinity', '1e-300']],
  ['X-Request-Id', ['ok', 'a b', '<script>']],
  [
    'Content-Type',
    ['application/json', 'text/html', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded'],
  ],
  ['traceparent', [`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, `ff-${'0'.repeat(32)}-x`, '00']],
  ['tracestate', ['a=b', '='.repeat(600)]],
  ['Authorization', ['Bearer', 'Bearer x', 'Basic eA==']],
  ['Origin', ['http://localhost', 'null', 'https://evil.example']],
  ['Sec-Fetch-Site', ['cross-site', 'same-origin', 'none']],
  ['Access-Control-Request-Method', ['POST']],
  ['Host', ['evil.example', 'localhost:1', '[::1]', '127.0.0.1']],
  ['Expect', ['100-continue', 'tea']],
  ['Connection', ['close', 'keep-alive', 'upgrade', 'x']],
  ['Upgrade', ['websocket', 'h2c']],
  ['Cookie', ['a=b']],
  ['Range', ['bytes=0-1']],
  ['If-None-Match', ['*']],
  ['__proto__', ['x']],
];

/** The bytes of a draft. A body is announced unless the draft says itself how long it is. */
export function encodeDraft({ method, target, headers, body }: Draft, random: Random): Uint8Array {
  const all: (readonly [string, string])[] = [...headers];
  if (!all.some(([name]) => name === 'Host')) all.unshift(['Host', 'localhost']);
  const chunked = body.length > 0 && random.chance(0.1);
  if (chunked) all.push(['Transfer-Encoding', 'chunked']);
  else all.push(['Content-Length', String(body.length)]);
  const lines = all.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines}\r\n`, 'latin1');
  return Buffer.concat([head, chunked ? inChunks(body, random) : body]);
}

function inChunks(body: Uint8Array, random: Random): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < body.length; ) {
    const size = random.integer(1, Math.min(body.length - at, 1_000));
    parts.push(Buffer.from(`${size.toString(16)}\r\n`), body.subarray(at, at + size), Buffer.from('\r\n'));
    at += size;
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

/** What no HTTP client would send: damaged framing, lies about lengths, pipelined requests with garbage in between. */
export function makeGarbage(drafts: readonly Uint8Array[], random: Random): Uint8Array {
  const whole = Buffer.concat(
    drafts.flatMap((bytes) => (random.chance(0.2) ? [bytes, random.bytes(random.integer(1, 30))] : [bytes])),
  );
  switch (random.integer(0, 4)) {
    case 0:
      return mutateBytes(whole, random);
    case 1:
      return lieAboutLength(whole, random);
    case 2:
      return whole.subarray(0, random.integer(1, whole.length));
    case 3:
      return Buffer.from(whole.toString('latin1').replace('HTTP/1.1', random.pick(PROTOCOLS)), 'latin1');
    default:
      return whole;
  }
}

function lieAboutLength(bytes: Buffer, random: Random): Uint8Array {
  const lie = random.pick([
    '0',
    '1',
    '5',
    '100000',
    '99999999',
    '-1',
    '1e3',
    '0x10',
    '5, 5',
    '5\r\nContent-Length: 6',
    '',
  ]);
  return Buffer.from(
    bytes.toString('latin1').replace(/Content-Length: \d+/, () => `Content-Length: ${lie}`),
    'latin1',
  );
}

const PROTOCOLS = ['HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.1 ', 'http/1.1', 'HTTP/11', '', 'RTSP/1.0'];

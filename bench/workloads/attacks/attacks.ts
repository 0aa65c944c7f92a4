import { gzipSync } from 'node:zlib';
import { randomPrompt } from '../../harness/language/prompts.js';
import { type Armed, armConnections, armRequests, type Shot, type Target } from './shots.js';

/** A way to spend the time or memory of a server that others use. */
export interface Attack {
  readonly id: string;
  readonly title: string;
  /** 0 = once, for as long as the others are measured. */
  readonly timesPerSecond: number;
  arm(target: Target): Armed;
}

/** Keys of the attacked server: of the attacker, of a caller without rights, and of the tenant that is measured. */
export const KEYS = { attacker: 'a'.repeat(32), powerless: 'p'.repeat(32), tenant: 't'.repeat(32) } as const;
export const LANGUAGE_MODEL = 'm';
export const TENSOR_MODEL = 'tensors';
/** Of the language model by default. */
const CONTEXT_TOKENS = 4_096;
/** As many items as a request may have. */
const MAX_ITEMS = 4_096;

/** Of what a server holds of bodies by default, 24 of them are all. */
const UNFINISHED_BYTES = Math.floor(1_073_741_824 / 24);
const TIMES_PER_SECOND = 20;

/** The attacks that one key once stopped a server with; those named `most` are the largest of their kind that are not refused by their size. */
export const ATTACKS: readonly Attack[] = [
  packed('chat', 'a chat of 500,001 messages as gzip', () => chat(turns(500_001))),
  packed('chat-parts', 'a chat message of 500,001 content parts as gzip', () => chat([said(parts(500_001, 'text'))])),
  packed('responses', 'a response to 500,001 items as gzip', () => response(turns(500_001))),
  packed('responses-parts', 'a response to an item of 500,001 content parts as gzip', () =>
    response([said(parts(500_001, 'input_text'))]),
  ),
  packed('no-rights', 'a chat of 100,001 messages of a caller without rights', () => chat(turns(100_001)), 'powerless'),
  posted('truncation', 'a response with truncation: auto to 20,001 turns', () => response(turns(20_001))),
  posted('truncation-most', `the same to ${MAX_ITEMS} turns`, () => response(turns(MAX_ITEMS))),
  posted('tokenize', 'tokenising 4 MB', () => tokenize(4_000_000)),
  posted('tokenize-most', 'tokenising 256 KiB', () => tokenize(262_144)),
  posted('schema', 'a JSON schema of 900 alternatives that begin alike', schema),
  posted('oip-json', '60 MB of JSON for a tensor model', tensorJson),
  unfinished(),
  flood('priority', 'a connection with 30,000 PRIORITY frames', { type: 2, stream: 1, payload: '0000000010' }),
  flood('window-update', 'a connection with 30,000 WINDOW_UPDATE frames', { type: 8, stream: 0, payload: '00000001' }),
  fullContext(),
];

interface Request {
  readonly path: string;
  readonly body: unknown;
}

function posted(id: string, title: string, make: () => Request): Attack {
  return request({ id, title, key: 'attacker', packs: false }, make);
}

function packed(id: string, title: string, make: () => Request, key: 'attacker' | 'powerless' = 'attacker'): Attack {
  return request({ id, title, key, packs: true }, make);
}

interface RequestAttack {
  readonly id: string;
  readonly title: string;
  readonly key: keyof typeof KEYS;
  /** By gzip. */
  readonly packs: boolean;
}

function request({ id, title, key, packs }: RequestAttack, make: () => Request): Attack {
  return {
    id,
    title,
    timesPerSecond: TIMES_PER_SECOND,
    arm(target) {
      const { path, body } = make();
      const text = Buffer.from(JSON.stringify(body));
      const encoding = packs ? { 'content-encoding': 'gzip' } : {};
      const shot: Shot = { path, headers: { ...headersOf(key), ...encoding }, body: packs ? gzipSync(text) : text };
      return armRequests(target, () => [shot]);
    },
  };
}

function headersOf(key: keyof typeof KEYS) {
  return { 'content-type': 'application/json', authorization: `Bearer ${KEYS[key]}` };
}

function said(content: unknown) {
  return { role: 'user', content };
}

function turns(count: number): readonly unknown[] {
  return new Array(count).fill(said('a'));
}

function parts(count: number, type: string): readonly unknown[] {
  return new Array(count).fill({ type, text: 'a' });
}

function chat(messages: readonly unknown[]): Request {
  return { path: '/v1/chat/completions', body: { model: LANGUAGE_MODEL, messages, max_tokens: 2 } };
}

function response(input: readonly unknown[]): Request {
  const body = { model: LANGUAGE_MODEL, input, truncation: 'auto', max_output_tokens: 16, store: false };
  return { path: '/v1/responses', body };
}

function tokenize(bytes: number): Request {
  return { path: '/tokenize', body: { model: LANGUAGE_MODEL, content: 'and '.repeat(bytes / 4) } };
}

function schema(): Request {
  const anyOf = Array.from({ length: 900 }, (_, at) => ({ const: `and he said unto them ${at}` }));
  const response_format = { type: 'json_schema', json_schema: { name: 'x', schema: { anyOf } } };
  return {
    path: '/v1/chat/completions',
    body: { model: LANGUAGE_MODEL, messages: turns(1), max_tokens: 2, response_format },
  };
}

function tensorJson(): Request {
  const rows = 10_000;
  const width = 784;
  const data = new Array(rows * width).fill(0.12345);
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [rows, width], data }];
  return { path: `/v2/models/${TENSOR_MODEL}/infer`, body: { inputs } };
}

/** A body that is announced and begun. */
function unfinished(): Attack {
  const head = [
    `POST /v2/models/${TENSOR_MODEL}/infer HTTP/1.1`,
    'host: localhost',
    ...Object.entries(headersOf('attacker')).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${UNFINISHED_BYTES}`,
  ];
  const bytes = Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), Buffer.alloc(65_536, ' ')]);
  return {
    id: 'unfinished',
    title: 'a body of 43 MB that never ends',
    timesPerSecond: TIMES_PER_SECOND,
    arm: ({ url }) => armConnections(url, bytes),
  };
}

const PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);

interface Frame {
  readonly type: number;
  readonly stream: number;
  /** In hexadecimal digits. */
  readonly payload: string;
}

function flood(id: string, title: string, frame: Frame): Attack {
  return {
    id,
    title,
    timesPerSecond: TIMES_PER_SECOND,
    arm: ({ grpcUrl }) => {
      const bytes = Buffer.concat([PREFACE, ...new Array<Buffer>(30_000).fill(writeFrame(frame))]);
      return armConnections(grpcUrl, bytes);
    },
  };
}

function writeFrame({ type, stream, payload }: Frame): Buffer {
  const body = Buffer.from(payload, 'hex');
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

/** No attack in itself: two long prompts that no slot holds yet. */
function fullContext(): Attack {
  return {
    id: 'full-context',
    title: `two prompts that fill the context of ${CONTEXT_TOKENS} tokens, once`,
    timesPerSecond: 0,
    arm(target) {
      let seed = 0;
      const prompt = (): Shot => {
        seed++;
        const body = { model: LANGUAGE_MODEL, prompt: randomPrompt(CONTEXT_TOKENS - 2, seed), max_tokens: 2 };
        return { path: '/v1/completions', headers: headersOf('attacker'), body: Buffer.from(JSON.stringify(body)) };
      };
      return armRequests(target, () => [prompt(), prompt()]);
    },
  };
}

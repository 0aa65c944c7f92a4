import { gunzipSync, inflateSync } from 'node:zlib';
import type { Answer } from '../harness/http.js';
import { decodeAnswer } from '../harness/infer.js';
import { elementsOf, type WireTensor } from '../harness/tensor.js';
import type { Expected } from './cases.js';
import { differenceOf } from './difference.js';

/** What is wrong with an answer, in one line; undefined when it is as expected. */
export function checkAnswer(answer: Answer, expected: Expected, isInfer: boolean): string | undefined {
  if (answer.status !== expected.status) return `status ${answer.status} instead of ${expected.status}: ${answer.body}`;
  if (answer.status >= 400) return checkError(answer);
  const encoding = answer.headers['content-encoding'];
  if (encoding !== expected.encoding) return `encoding ${encoding} instead of ${expected.encoding}`;
  const body = decompress(answer.body, expected.encoding);
  if (expected.raw !== undefined) {
    const raw = body.toString('base64');
    return raw === expected.raw ? undefined : `body ${raw} instead of ${expected.raw}`;
  }
  if (expected.events !== undefined) return checkEvents(answer, expected.events);
  if (expected.answer === undefined) return undefined;
  return isInfer
    ? checkInfer({ ...answer, body }, expected)
    : differenceOf(JSON.parse(body.toString()), expected.answer);
}

/** Refusals are JSON with a sentence; what is not ready says nothing. */
function checkError({ status, headers, body }: Answer): string | undefined {
  if (status === 503 && body.length === 0) return undefined;
  if (headers['content-type'] !== 'application/json') return `an error of type ${headers['content-type']}`;
  const { error } = JSON.parse(body.toString()) as { readonly error?: unknown };
  return typeof error === 'string' && error !== '' ? undefined : `an error without text: ${body}`;
}

function checkEvents({ headers, body }: Answer, expected: readonly unknown[]): string | undefined {
  const type = headers['content-type'];
  if (type !== 'text/event-stream; charset=utf-8') return `events of type ${type}`;
  const text = body.toString();
  if (text !== '' && !text.endsWith('\n\n')) return `an event without an end: ${text}`;
  const events = text.split('\n\n').slice(0, -1);
  const foreign = events.find((event) => !event.startsWith('data: '));
  if (foreign !== undefined) return `an event that is no data: ${foreign}`;
  return differenceOf(
    events.map((event) => JSON.parse(event.slice('data: '.length))),
    expected,
    'the events',
  );
}

function checkInfer(answer: Answer, expected: Expected): string | undefined {
  const isBinary = answer.headers['inference-header-content-length'] !== undefined;
  if (isBinary !== (expected.binary ?? false)) return isBinary ? 'outputs in binary' : 'outputs in JSON';
  const type = isBinary ? 'application/octet-stream' : 'application/json';
  if (answer.headers['content-type'] !== type) return `type ${answer.headers['content-type']}`;
  const length = Number(answer.headers['inference-header-content-length'] ?? answer.body.length);
  const text = answer.body.toString('utf8', 0, length).replace(/"data":\[([^\]"]*)\]/g, '"data":[]');
  const head = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const got = { ...head, outputs: decodeAnswer(answer).map(toElements) };
  const { outputs, ...rest } = expected.answer as Readonly<Record<string, unknown>>;
  const extra = Object.keys(got).filter((key) => key !== 'outputs' && !(key in rest));
  if (extra.length > 0) return `more than expected: ${extra.join(', ')}`;
  return differenceOf(got, outputs === undefined ? rest : { ...rest, outputs });
}

function toElements(tensor: WireTensor) {
  const { name, datatype, shape } = tensor;
  return { name, datatype, shape, data: elementsOf(tensor).map((element) => toExpectedForm(element)) };
}

/** Elements as the table has them: BYTES as text or `{ base64 }`, what JSON has no number for as a word. */
function toExpectedForm(element: number | bigint | boolean | string): unknown {
  if (typeof element === 'string') {
    const bytes = Buffer.from(element, 'latin1');
    const text = bytes.toString('utf8');
    return Buffer.from(text).equals(bytes) ? text : { base64: bytes.toString('base64') };
  }
  if (typeof element === 'bigint') {
    return Number.isSafeInteger(Number(element)) ? Number(element) : String(element);
  }
  if (typeof element === 'boolean' || Number.isFinite(element)) return Object.is(element, -0) ? '-0.0' : element;
  return String(element);
}

function decompress(body: Buffer, encoding: Expected['encoding']): Buffer {
  if (encoding === 'gzip') return gunzipSync(body);
  return encoding === 'deflate' ? inflateSync(body) : body;
}

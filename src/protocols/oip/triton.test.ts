import { describe, expect, it } from 'vitest';
import { fakeResolved } from '../../../test/support/fake-service.js';
import { NO_TIMING } from '../../../test/support/no-timing.js';
import { principalWith } from '../../../test/support/principals.js';
import { serviceOf } from '../../../test/support/service-of.js';
import { Call, type InferRequest, MillraceError, type Signature, type Tensor } from '../../core/index.js';
import type { InferResult } from '../../service/index.js';
import { encodeErrorText } from '../shared/http-errors.js';
import { createInferHandler } from './infer.js';
import { OIP_STATUS } from './status.js';

/** Behaviour that clients of Triton 2.51 meet, checked with an identity model that answers with what it was sent. */
interface Exchange {
  readonly json?: string;
  /** Bytes behind the JSON as Latin-1 text; there is a length header if they are given. */
  readonly blob?: string;
  readonly answer: string;
  readonly answerBlob?: string;
}

const PRINCIPAL = principalWith('tester');
const SIGNATURE: Signature = {
  inputs: [{ name: 'IN', datatype: 'FP32', shape: [-1, 2], batchAxis: null, optional: false }],
  outputs: [],
};

function wanted({ inputs, outputs }: InferRequest): readonly Tensor[] {
  return outputs === undefined ? inputs : inputs.filter(({ name }) => outputs.some((output) => output.name === name));
}

const handler = createInferHandler({
  maxInputs: 16,
  service: serviceOf({
    infer: async (_, { target }, request): Promise<InferResult> => {
      const ref = { name: target.name, version: 1, generation: 1 };
      return {
        kind: 'one',
        timing: NO_TIMING,
        response: { ref, id: request.id, outputs: wanted(request), parameters: {} },
      };
    },
    // The handler reads nothing but the signature.
    resolve: (_, target) => fakeResolved(target, { signature: SIGNATURE }),
  }),
});

async function send({ json = '', blob }: Exchange): Promise<{ status: number; json: string; blob?: string }> {
  const text = Buffer.from(json);
  const headers = blob === undefined ? {} : { 'inference-header-content-length': String(text.length) };
  const body = Buffer.concat([text, Buffer.from(blob ?? '', 'latin1')]);
  const call = new Call({
    requestId: 'r',
    principal: PRINCIPAL,
    trace: undefined,
    deadlineAt: Number.POSITIVE_INFINITY,
    receivedAt: 0,
  });
  const wire = { method: 'POST', url: '/v2/models/m/infer', headers, body };
  const response = await handler(call, { name: 'm', version: undefined }, wire).catch((error: MillraceError) => {
    if (!(error instanceof MillraceError)) throw error;
    return encodeErrorText(error, OIP_STATUS[error.code]);
  });
  const { status, body: answer } = response;
  if (typeof answer === 'string') return { status, json: answer };
  if (answer instanceof Uint8Array) return { status, json: Buffer.from(answer).toString() };
  const [head, ...blobs] = answer;
  expect(response.headers['inference-header-content-length']).toBe(String(head?.length));
  return { status, json: Buffer.from(head ?? []).toString(), blob: Buffer.concat(blobs).toString('latin1') };
}

const tensor = (name: string, datatype: string, shape: string, data: string) =>
  `{"name":"${name}","datatype":"${datatype}","shape":${shape},"data":${data}}`;
const sized = (name: string, datatype: string, shape: string, size: number) =>
  `{"name":"${name}","datatype":"${datatype}","shape":${shape},"parameters":{"binary_data_size":${size}}}`;
const request = (...inputs: string[]) => `{"inputs":[${inputs.join(',')}]}`;
const response = (...outputs: string[]) => `{"model_name":"m","model_version":"1","outputs":[${outputs.join(',')}]}`;
const X = tensor('x', 'INT32', '[1,2]', '[1,2]');
const X_BLOB = '\x01\0\0\0\x02\0\0\0';

describe('as in Triton', () => {
  it.each<[string, Exchange]>([
    ['the id comes first', { json: `{"id":"1","inputs":[${X}]}`, answer: `{"id":"1",${response(X).slice(1)}` }],
    ['an empty id is left out', { json: `{"id":"","inputs":[${X}]}`, answer: response(X) }],
    ['members that nobody knows are ignored', { json: `{"foo":1,"inputs":[${X}]}`, answer: response(X) }],
    ['a byte order mark is skipped', { json: `\ufeff${request(X)}`, answer: response(X) }],
    [
      'nested data comes back flat',
      {
        json: request(tensor('x', 'INT32', '[2,1]', '[[1],[2]]')),
        answer: response(tensor('x', 'INT32', '[2,1]', '[1,2]')),
      },
    ],
    ['binary in, JSON out', { json: request(sized('x', 'INT32', '[1,2]', 8)), blob: X_BLOB, answer: response(X) }],
    [
      'JSON in, all binary out',
      {
        json: `{"inputs":[${X}],"parameters":{"binary_data_output":true}}`,
        answer: response(sized('x', 'INT32', '[1,2]', 8)),
        answerBlob: X_BLOB,
      },
    ],
    [
      'one output binary, the other not',
      {
        json: `{"inputs":[${X},${sized('y', 'INT8', '[1]', 1)}],"outputs":[{"name":"x"},{"name":"y","parameters":{"binary_data":true}}]}`,
        blob: '\x07',
        answer: response(X, sized('y', 'INT8', '[1]', 1)),
        answerBlob: '\x07',
      },
    ],
    [
      'a named output is JSON unless it asks for binary itself',
      {
        json: `{"inputs":[${X}],"parameters":{"binary_data_output":true},"outputs":[{"name":"x"}]}`,
        answer: response(X),
      },
    ],
    [
      'outputs come in the order of the model',
      {
        json: `{"inputs":[${X},${tensor('y', 'INT8', '[1]', '[3]')}],"outputs":[{"name":"y"},{"name":"x"}]}`,
        answer: response(X, tensor('y', 'INT8', '[1]', '[3]')),
      },
    ],
    [
      'NaN and the infinities are read and written, and too large a float is one',
      {
        json: request(tensor('x', 'FP32', '[4]', '[Infinity,-Infinity,NaN,1e39]')),
        answer: response(tensor('x', 'FP32', '[4]', '[Infinity,-Infinity,NaN,Infinity]')),
      },
    ],
    [
      'whole floats have a decimal',
      {
        json: request(tensor('x', 'FP32', '[4]', '[1,-0.0,100,16777216]')),
        answer: response(tensor('x', 'FP32', '[4]', '[1.0,-0.0,100.0,16777216.0]')),
      },
    ],
    [
      'strings keep what JSON need not escape',
      {
        json: request(tensor('s', 'BYTES', '[3]', '["\\ud83d\\ude00</script>\\u2028","","yo\\u0000z\\"\\\\"]')),
        answer: response(tensor('s', 'BYTES', '[3]', '["😀</script>\u2028","","yo\\u0000z\\"\\\\"]')),
      },
    ],
    [
      'any byte but 0 is true',
      {
        json: request(sized('b', 'BOOL', '[3]', 3)),
        blob: '\0\x01\x02',
        answer: response(tensor('b', 'BOOL', '[3]', '[false,true,true]')),
      },
    ],
    [
      '64-bit integers lose nothing',
      {
        json: request(tensor('u', 'UINT64', '[1]', '[18446744073709551615]')),
        answer: response(tensor('u', 'UINT64', '[1]', '[18446744073709551615]')),
      },
    ],
    [
      'a tensor may be empty',
      { json: request(tensor('x', 'FP32', '[0]', '[]')), answer: response(tensor('x', 'FP32', '[0]', '[]')) },
    ],
    ['no inputs, no outputs', { json: '{"inputs":[]}', answer: response() }],
    [
      'a body without JSON is the only input',
      {
        blob: '\0\0\x80?\0\0\0@\0\0@@\0\0\x80@',
        answer: response(sized('IN', 'FP32', '[2,2]', 16)),
        answerBlob: '\0\0\x80?\0\0\0@\0\0@@\0\0\x80@',
      },
    ],
    [
      'half floats travel as binary data',
      {
        json: `{"inputs":[${sized('h', 'FP16', '[2]', 4)}],"parameters":{"binary_data_output":true}}`,
        blob: '\0>\0À',
        answer: response(sized('h', 'FP16', '[2]', 4)),
        answerBlob: '\0>\0À',
      },
    ],
  ])('%s', async (_, exchange) => {
    const { answer, answerBlob } = exchange;
    expect(await send(exchange)).toEqual({
      status: 200,
      json: answer,
      ...(answerBlob === undefined ? {} : { blob: answerBlob }),
    });
  });
});

describe('unlike Triton', () => {
  it.each([
    ['malformed JSON is the fault of the client (500 there)', '{"inputs":[{', 400],
    ['so is a number that is none (500 there)', request(tensor('x', 'FP32', '[1]', '["1"]')), 400],
    ['so is more data than the shape has (500 there)', request(tensor('x', 'INT8', '[1]', '[1,2]')), 400],
    ['integers out of range are refused (wrapped there)', request(tensor('x', 'UINT8', '[1]', '[256]')), 400],
    ['wrong nesting is refused (ignored there)', request(tensor('x', 'INT8', '[1,2]', '[[1],[2]]')), 400],
    ['a member that comes twice is refused (the first counts there)', '{"inputs":[],"inputs":[]}', 400],
    ['1 and 0 are booleans (500 there)', request(tensor('b', 'BOOL', '[2]', '[1,0]')), 200],
  ])('%s', async (_, json, status) => {
    expect((await send({ json, answer: '' })).status).toBe(status);
  });

  it('half floats are read from JSON (400 there), rounded to the nearest even', async () => {
    const exchange = (datatype: string) => ({
      json: `{"inputs":[${tensor('h', datatype, '[3]', '[1.5,2049,-1e9]')}],"parameters":{"binary_data_output":true}}`,
      answer: '',
    });
    expect((await send(exchange('FP16'))).blob).toBe('\0>\0h\0ü');
    expect((await send(exchange('BF16'))).blob).toBe('À?\0EnÎ');
  });

  it('float32 are written with the digits that they need', async () => {
    const json = request(tensor('x', 'FP32', '[2]', '[0.10000000149011612,-1.7707852125167847]'));
    expect((await send({ json, answer: '' })).json).toBe(response(tensor('x', 'FP32', '[2]', '[0.1,-1.7707852]')));
  });
});

import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { fakeResolved } from '../../../test/support/fake-service.js';
import { NO_TIMING } from '../../../test/support/no-timing.js';
import { principalWith } from '../../../test/support/principals.js';
import { serviceOf } from '../../../test/support/service-of.js';
import {
  bytesElements,
  bytesOf,
  Call,
  type InferRequest,
  type InferResponse,
  MillraceError,
  packBytes,
  type Tensor,
  type TensorSpec,
  typedView,
} from '../../core/index.js';
import type { InferResult } from '../../service/index.js';
import type { WireResponse, WireStream } from '../wire.js';
import { createGenerateHandler } from './generate.js';

type Spec = readonly [name: string, datatype: TensorSpec['datatype'], shape: readonly number[]];

const REF = { name: 'm', version: 2, generation: 1 };
const TEXT: Spec = ['text_input', 'BYTES', [1]];
const MODEL: readonly Spec[] = [TEXT, ['max_tokens', 'INT32', [1]], ['stop', 'BYTES', [-1]], ['stream', 'BOOL', [1]]];

function setUp(inputs: readonly Spec[], answer: (request: InferRequest) => InferResult, batched = false) {
  const principal = principalWith('tester');
  const call = new Call({ requestId: 'r', principal, trace: undefined, deadlineAt: Infinity, receivedAt: 0 });
  const requests: InferRequest[] = [];
  const specs = inputs.map(([name, datatype, shape]) => ({
    name,
    datatype,
    shape,
    optional: name !== 'text_input',
    batchAxis: batched ? (0 as const) : null,
  }));
  const handler = createGenerateHandler({
    clock: new FakeClock(),
    service: serviceOf({
      async infer(_, _resolved, request) {
        requests.push(request);
        return answer(request);
      },
      // The handler reads nothing but the signature.
      resolve: (_, target) => fakeResolved(target, { signature: { inputs: specs, outputs: [] } }),
    }),
  });
  const send = (body: unknown, stream: boolean) =>
    handler(
      call,
      { name: 'm', version: 2, stream },
      {
        method: 'POST',
        url: '/v2/models/m/generate',
        headers: {},
        body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
      },
    );
  const generate = async (body: unknown) => (await send(body, false)) as WireResponse;
  const stream = async (body: unknown) => (await send(body, true)) as WireStream;
  return { call, requests, generate, stream };
}

const text = (name: string, ...elements: readonly string[]): Tensor => ({
  name,
  datatype: 'BYTES',
  shape: [elements.length],
  data: packBytes(elements.map((element) => Buffer.from(element))),
});

const response = (...outputs: readonly Tensor[]): InferResponse => ({ ref: REF, id: '', outputs, parameters: {} });
const one = (...outputs: readonly Tensor[]): InferResult => ({
  kind: 'one',
  timing: NO_TIMING,
  response: response(...outputs),
});

function many(...steps: readonly (string | MillraceError)[]): InferResult {
  return {
    kind: 'many',
    timing: NO_TIMING,
    responses: (async function* () {
      for (const step of steps) {
        if (step instanceof MillraceError) throw step;
        yield response(text('text_output', step));
      }
    })(),
  };
}

/** What the model was sent, as `name TYPE[shape] = elements`. */
async function inputsOf(inputs: readonly Spec[], body: unknown, batched = false): Promise<readonly string[]> {
  const { generate, requests } = setUp(inputs, () => one(), batched);
  await generate(body);
  return (requests[0]?.inputs ?? []).map(({ name, datatype, shape, data }) => {
    const elements =
      datatype === 'BYTES'
        ? bytesElements(data).map((element) => Buffer.from(element).toString())
        : typedView(datatype, data);
    return `${name} ${datatype}[${shape}] = ${[...elements].join()}`;
  });
}

async function parametersOf(body: unknown) {
  const { generate, requests } = setUp(MODEL, () => one());
  await generate(body);
  const { parameters, id, priority, queueTimeoutMs, sequence } = requests[0] as InferRequest;
  return { parameters: { ...parameters }, id, priority, queueTimeoutMs, sequence };
}

async function piecesOf({ stream }: WireStream): Promise<readonly string[]> {
  const pieces: string[] = [];
  for await (const piece of stream) pieces.push(Buffer.from(piece).toString());
  return pieces;
}

describe('a generate request', () => {
  it('gives inputs by their names, as values or flat arrays of their type', async () => {
    expect(await inputsOf(MODEL, { text_input: 'é "q"', max_tokens: 5, stop: ['a', 'b'], stream: true })).toEqual([
      'text_input BYTES[1] = é "q"',
      'max_tokens INT32[1] = 5',
      'stop BYTES[2] = a,b',
      'stream BOOL[1] = 1',
    ]);
    expect(await inputsOf([['x', 'INT64', [2, -1]]], '{ "x" : [ 1, 9007199254740993 ,3,4] }')).toEqual([
      'x INT64[2,2] = 1,9007199254740993,3,4',
    ]);
    expect(await inputsOf([['x', 'FP32', []]], '{"x": -1.5}')).toEqual(['x FP32[] = -1.5']);
  });

  it('fills the batch, or counts one row where another dimension is variable, too', async () => {
    expect(await inputsOf([['text_input', 'BYTES', [-1, 1]]], { text_input: ['a', 'b'] }, true)).toEqual([
      'text_input BYTES[2,1] = a,b',
    ]);
    expect(await inputsOf([['stop', 'BYTES', [-1, -1]]], { stop: ['a', 'b'] }, true)).toEqual([
      'stop BYTES[1,2] = a,b',
    ]);
    expect(await inputsOf([['x', 'FP32', [-1, 2]]], { x: [] }, true)).toEqual(['x FP32[0,2] = ']);
  });

  it('leaves out inputs that are null', async () => {
    expect(await inputsOf(MODEL, { text_input: 'a', max_tokens: null })).toEqual(['text_input BYTES[1] = a']);
  });

  it('finds inputs and parameters in `parameters` and beside it', async () => {
    expect(await inputsOf(MODEL, { text_input: 'a', parameters: { max_tokens: 7 } })).toEqual([
      'text_input BYTES[1] = a',
      'max_tokens INT32[1] = 7',
    ]);
    expect(await parametersOf({ text_input: 'a', foo: 'bar', parameters: { n: 3, f: 1.5, yes: true } })).toMatchObject({
      parameters: { foo: 'bar', n: 3, f: 1.5, yes: true },
    });
    expect(await parametersOf({ text_input: 'a', id: null, parameters: null })).toMatchObject({
      parameters: {},
      id: '',
    });
  });

  it('keeps the parameters of the protocol from the model', async () => {
    const reserved = { priority: 2, timeout: 1_500, sequence_id: 7, sequence_start: true };
    const ignored = { triton_enable_empty_final_response: true, binary_data_output: false };
    expect(await parametersOf({ ...ignored, text_input: 'a', id: 'x', parameters: reserved })).toEqual({
      parameters: {},
      id: 'x',
      priority: 2,
      queueTimeoutMs: 1.5,
      sequence: { id: 7n, start: true, end: false },
    });
  });

  it.each([
    ['[]', 'invalid JSON at byte 0: expected an object, got an array'],
    ['', 'invalid JSON at byte 0: expected an object, got the end of the JSON'],
    ['{', 'invalid JSON at byte 1: expected a string, got the end of the JSON'],
    ['{"text_input":"a"}]', "invalid JSON at byte 18: expected the end of the JSON, got ']'"],
    ['{"text_input":"a"', "invalid JSON at byte 17: expected ',' or '}', got the end of the JSON"],
    ['{"text_input": 5}', "input 'text_input': data[0] at byte 15: expected a string, got 5"],
    ['{"text_input":{"a":1}}', "input 'text_input': data[0] at byte 14: expected a string, got an object"],
    [
      '{"max_tokens":1.5}',
      "input 'max_tokens': data[0] at byte 14: expected an integer from -2147483648 to 2147483647, got 1.5",
    ],
    ['{"max_tokens":[[1]]}', "input 'max_tokens': expected a value or a flat array, got a nested one"],
    ['{"max_tokens":[1,2]}', "input 'max_tokens': expected 1 element for shape [1], got 2"],
    ['{"x":[1,2,3]}', "input 'x': expected a multiple of 2 elements for shape [2,-1], got 3"],
    [
      '{"y":[1]}',
      "input 'y': shape [-1,-1] has several variable dimensions, which generate cannot tell apart; use infer",
    ],
    ['{"id":"a","id":"b"}', "request: 'id' is given twice"],
    ['{"parameters":{},"parameters":{}}', "request: 'parameters' is given twice"],
    ['{"text_input":"a","parameters":{"text_input":"b"}}', "request: 'text_input' is given twice"],
    ['{"a":1,"a":2}', "request: 'a' is given twice"],
    ['{"meta":{"a":1}}', "request: parameter 'meta' must be a string, a number or a boolean, got an object"],
    ['{"meta":[1]}', "request: parameter 'meta' must be a string, a number or a boolean, got an array"],
    ['{"priority":"high"}', "request: parameter 'priority' must be an integer of at least 0, got 'high'"],
    [
      JSON.stringify(Object.fromEntries(Array.from({ length: 257 }, (_, index) => [`p${index}`, 1]))),
      'request: expected at most 256 parameters, got more',
    ],
  ])('is refused: %s', async (body, message) => {
    const model: readonly Spec[] = [...MODEL, ['x', 'FP32', [2, -1]], ['y', 'FP32', [-1, -1]]];
    const { generate } = setUp(model, () => expect.unreachable());
    await expect(generate(body)).rejects.toMatchObject({ code: 'invalid_argument', message });
  });
});

describe('a generate answer', () => {
  it('is one object: the model, the id, outputs as values or flat arrays, and parameters', async () => {
    const { generate } = setUp(MODEL, ({ id }) => ({
      kind: 'one',
      timing: NO_TIMING,
      response: {
        ref: REF,
        id,
        parameters: { took: 3, why: 'é', stop: true, text_output: 'hidden', id: 'hidden' },
        outputs: [
          text('text_output', 'A\n'),
          { name: 'score', datatype: 'FP32', shape: [1, 2], data: bytesOf(Float32Array.of(0.5, 1)) },
        ],
      },
    }));
    const { status, headers, body } = await generate({ text_input: 'a', id: 'é' });
    expect([status, headers, Buffer.from(body as string).toString()]).toEqual([
      200,
      { 'content-type': 'application/json' },
      '{"id":"é","model_name":"m","model_version":"2","took":3,"why":"é","stop":true,"text_output":"A\\n","score":[0.5,1.0]}',
    ]);
  });

  it('holds half floats as the numbers that they are', async () => {
    const { generate } = setUp(MODEL, () =>
      one({ name: 'y', datatype: 'FP16', shape: [1], data: Uint8Array.of(0, 0x3e) }),
    );
    expect((await generate({ text_input: 'a' })).body).toBe('{"model_name":"m","model_version":"2","y":1.5}');
  });

  it('comes from a model that may give many, if it gives one', async () => {
    const { generate } = setUp(MODEL, () => many('A'));
    expect((await generate({ text_input: 'a' })).body).toBe('{"model_name":"m","model_version":"2","text_output":"A"}');
  });

  it.each([
    [[], 'no answer'],
    [['A', 'B', new MillraceError('internal', 'never asked for')], 'several answers'],
  ])('is an error where there is not exactly one', async (steps, got) => {
    const { generate } = setUp(MODEL, () => many(...steps));
    await expect(generate({ text_input: 'a' })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: `model 'm' gave ${got}, and generate carries exactly one; use generate_stream`,
    });
  });

  it('is the error of the model where there is one', async () => {
    const failure = new MillraceError('invalid_argument', 'bad word');
    await expect(setUp(MODEL, () => many(failure)).generate({ text_input: 'a' })).rejects.toBe(failure);
  });
});

describe('a generate stream', () => {
  it('has an event for each answer', async () => {
    const { stream } = setUp(MODEL, () => many('A', 'É'));
    const answer = await stream({ text_input: 'a é' });
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
    expect(await piecesOf(answer)).toEqual([
      'data: {"model_name":"m","model_version":"2","text_output":"A"}\n\n',
      'data: {"model_name":"m","model_version":"2","text_output":"É"}\n\n',
    ]);
  });

  it('may be empty, and comes from models that give one answer, too', async () => {
    expect(await piecesOf(await setUp(MODEL, () => many()).stream({ text_input: '' }))).toEqual([]);
    expect(await piecesOf(await setUp(MODEL, () => one(text('y', 'A'))).stream({ text_input: '' }))).toEqual([
      'data: {"model_name":"m","model_version":"2","y":"A"}\n\n',
    ]);
  });

  it('ends with an event for an error on the way', async () => {
    const { stream } = setUp(MODEL, () => many('A', new MillraceError('invalid_argument', 'bad word')));
    expect(await piecesOf(await stream({ text_input: 'a' }))).toEqual([
      'data: {"model_name":"m","model_version":"2","text_output":"A"}\n\n',
      'data: {"error":"bad word"}\n\n',
    ]);
  });

  it('goes on after an error if the model does', async () => {
    const error = new MillraceError('invalid_argument', 'negative element');
    const failed = { ...response(), error };
    const answers = (...responses: readonly InferResponse[]): InferResult => ({
      kind: 'many',
      timing: NO_TIMING,
      responses: (async function* () {
        yield* responses;
      })(),
    });
    const good = response(text('y', 'A'));
    const { stream } = setUp(MODEL, () => answers(good, failed, good));
    const event = 'data: {"model_name":"m","model_version":"2","y":"A"}\n\n';
    expect(await piecesOf(await stream({ text_input: 'a' }))).toEqual([
      event,
      'data: {"error":"negative element"}\n\n',
      event,
    ]);
    await expect(setUp(MODEL, () => answers(good, failed)).generate({ text_input: 'a' })).rejects.toBe(error);
    await expect(piecesOf(await setUp(MODEL, () => answers(failed, good)).stream({ text_input: 'a' }))).rejects.toBe(
      error,
    );
  });

  it('throws an error that comes first, and one that nobody foresaw', async () => {
    const failure = new MillraceError('invalid_argument', 'bad word');
    const early = await setUp(MODEL, () => many(failure)).stream({ text_input: 'a' });
    await expect(piecesOf(early)).rejects.toBe(failure);
    const bug = new TypeError('x is not a function');
    const broken = await setUp(MODEL, () => ({
      kind: 'many',
      timing: NO_TIMING,
      responses: (async function* () {
        yield response();
        throw bug;
      })(),
    })).stream({ text_input: 'a' });
    await expect(piecesOf(broken)).rejects.toBe(bug);
  });
});

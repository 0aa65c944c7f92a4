import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { mutateProtobuf } from '../fuzz/protobuf.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { protoBytes, protoJson } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { chooseSeed, Random } from '../support/random.js';

const SERVICE = '/inference.GRPCInferenceService/';
const echo = (type: string, more: string) =>
  `runtime: echo\nmaxBatchSize: 8\ninputs: [{name: x, ${type}}]\noutputs: [{name: y, ${type}}]\n${more}`;
const MODELS = {
  'm/model.yaml': echo('datatype: FP32, shape: [-1, 4]', ''),
  'm/1/': '',
  // Zeros are for warming up; everything else takes until nobody waits any more.
  'slow/1/model.js': `
    export default {
      inputs: { x: 'FP32[1,4]' },
      outputs: { y: 'FP32[1,4]' },
      async infer({ inputs: { x }, signal }) {
        if (x.data[0] !== 0) await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return { y: x };
      },
    };`,
  'wide/model.yaml': echo('datatype: UINT8, shape: [-1]', '').replace('maxBatchSize: 8', 'maxBatchSize: 0'),
  'wide/1/': '',
  // An element below 0 is an error, and none comes behind 99 before the client has gone.
  'repeat/1/model.js': `
    import { ModelError } from 'millrace/model';
    export default {
      inputs: { IN: 'INT32[-1]' },
      outputs: { OUT: 'INT32[1]' },
      async *infer({ inputs, signal }) {
        for (const value of inputs.IN.data) {
          yield value < 0 ? new ModelError('internal', 'negative element ' + value) : { OUT: [value] };
          if (value === 99) await new Promise((resolve) => signal.addEventListener('abort', resolve));
        }
      },
    };`,
};

const X = { name: 'x', datatype: 'FP32', shape: [1, 4] };
const DATA = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer).toString('base64');
const floats = (id: string, model_name = 'm') => ({ model_name, id, inputs: [X], raw_input_contents: [DATA] });
const integers = (id: string, values: readonly number[], parameters = {}) => ({
  model_name: 'repeat',
  id,
  parameters,
  inputs: [{ name: 'IN', datatype: 'INT32', shape: [values.length], contents: { int_contents: values } }],
});

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer(MODELS, { repository: { controlMode: 'explicit', loadModels: ['*'] } });
});

afterEach(closeGrpcServers);

afterAll(() => server[Symbol.asyncDispose]());

const connect = () => new GrpcClient(`127.0.0.1:${server.grpcPort}`);

/** Asks a method; its answer as JSON, or the status with its details. */
async function ask(name: string, request: object = {}, options: { deadline?: number } = {}): Promise<unknown> {
  const { message, status: end } = await connect().unary(protoBytes(`${name}Request`, request), {
    path: SERVICE + name,
    ...options,
  });
  return message === undefined ? `${status[end.code]}: ${end.details}` : protoJson(`${name}Response`, [message]);
}

/** What is shorter is filled up with zeros. */
function firstInteger(base64: string): number {
  return Buffer.concat([Buffer.from(base64, 'base64'), Buffer.alloc(4)]).readInt32LE();
}

/** An answer of a stream as `id: values more`, or as `id: error`. */
function describeAnswer(message: Uint8Array): string {
  const { error_message, infer_response } = protoJson('ModelStreamInferResponse', [message]) as unknown as {
    readonly error_message: string;
    readonly infer_response: {
      readonly id: string;
      readonly raw_output_contents: readonly string[];
      readonly parameters: { readonly triton_final_response?: { readonly bool_param: boolean } };
    };
  };
  const { id, raw_output_contents, parameters } = infer_response;
  if (error_message !== '') return `${id}: ${error_message}`;
  const final = parameters.triton_final_response?.bool_param === true ? 'final' : 'more';
  return `${id}: ${raw_output_contents.map(firstInteger).join()} ${final}`;
}

/** A stream, what came over it, and how it ended. */
function openStream(metadata: Readonly<Record<string, string>> = {}, options: { deadline?: number } = {}) {
  const call = connect().stream({ path: `${SERVICE}ModelStreamInfer`, metadata, ...options });
  const answers: string[] = [];
  const waiting: (() => void)[] = [];
  call.on('data', (message: Buffer) => {
    answers.push(describeAnswer(message));
    for (const check of waiting) check();
  });
  call.on('error', () => undefined);
  const ended = new Promise<string>((resolve) => {
    call.on('status', ({ code, details }) => resolve(`${status[code]}: ${details}`));
  });
  return {
    call,
    answers,
    ended,
    send: (request: object) => call.write(Buffer.from(protoBytes('ModelInferRequest', request))),
    /** Resolves when so many answers have come. */
    received: (count: number) =>
      new Promise<void>((resolve) => {
        const check = () => answers.length >= count && resolve();
        waiting.push(check);
        check();
      }),
  };
}

describe('a client of the gRPC service', () => {
  it('infers', async () => {
    expect(await ask('ModelInfer', floats('é'))).toEqual({
      model_name: 'm',
      model_version: '1',
      id: 'é',
      parameters: {},
      outputs: [{ name: 'y', datatype: 'FP32', shape: ['1', '4'], parameters: {} }],
      raw_output_contents: [DATA],
    });
  });

  it('moves 602,112 bytes there and back', async () => {
    const data = Buffer.alloc(602_112, 'tensor');
    const answer = await ask('ModelInfer', {
      model_name: 'wide',
      inputs: [{ name: 'x', datatype: 'UINT8', shape: [data.length] }],
      raw_input_contents: [data.toString('base64')],
    });
    expect(answer).toMatchObject({ raw_output_contents: [data.toString('base64')] });
  });

  it.each([
    ['a model that is not there', floats('', 'nope'), "NOT_FOUND: Request for unknown model: 'nope' is not found"],
    [
      'a shape that does not fit',
      { model_name: 'm', inputs: [{ ...X, shape: [4] }], raw_input_contents: [DATA] },
      "INVALID_ARGUMENT: input 'x' of model 'm/1': expected shape [-1,4], got [4]",
    ],
    [
      'a model that may give several answers',
      integers('', [1]),
      "UNIMPLEMENTED: model 'repeat' may give several answers, which ModelInfer cannot carry; use ModelStreamInfer",
    ],
  ])('is refused with %s', async (_what, request, expected) => {
    expect(await ask('ModelInfer', request)).toBe(expected);
  });

  it('is told when its deadline has passed', async () => {
    expect(await ask('ModelInfer', floats('', 'slow'), { deadline: Date.now() + 300 })).toMatch(/^DEADLINE_EXCEEDED: /);
  });

  it('asks, configures and controls the server', async () => {
    expect(await ask('ServerLive')).toEqual({ live: true });
    expect(await ask('ServerReady')).toEqual({ ready: true });
    expect(await ask('ServerMetadata')).toMatchObject({ name: 'millrace' });
    expect(await ask('ModelReady', { name: 'm' })).toEqual({ ready: true });
    expect(await ask('ModelMetadata', { name: 'm' })).toMatchObject({ versions: ['1'], platform: 'millrace_echo' });
    expect(await ask('ModelConfig', { name: 'repeat' })).toMatchObject({
      config: { name: 'repeat', model_transaction_policy: { decoupled: true } },
    });
    expect(await ask('ModelStatistics', { name: 'm' })).toMatchObject({ model_stats: [{ name: 'm', version: '1' }] });
    expect(await ask('RepositoryIndex', { ready: true })).toMatchObject({
      models: expect.arrayContaining([{ name: 'm', version: '1', state: 'READY', reason: '' }]),
    });
    expect(await ask('RepositoryModelLoad', { model_name: 'nope' })).toBe(
      "NOT_FOUND: no repository has a model 'nope'",
    );
    expect(await ask('RepositoryModelLoad', { model_name: 'm' })).toEqual({});
    expect(await ask('LogSettings', { settings: { log_verbose_level: { uint32_param: 0 } } })).toMatchObject({
      settings: { log_verbose_level: { uint32_param: 0 } },
    });
    expect(await ask('TraceSetting', { model_name: 'm' })).toMatchObject({
      settings: { trace_level: { value: ['OFF'] } },
    });
    expect(await ask('SystemSharedMemoryStatus')).toEqual({ regions: {} });
    expect(await ask('SystemSharedMemoryRegister', { name: 'r', key: '/k', byte_size: 4 })).toMatch(/^UNIMPLEMENTED: /);
  });
});

describe('damaged messages', () => {
  const seed = chooseSeed();
  const samples = [
    floats('a'),
    { ...floats('b'), outputs: [{ name: 'y', parameters: { classification: { int64_param: 2 } } }] },
    {
      model_name: 'wide',
      id: 'c',
      parameters: { a: { double_param: 1.5 }, priority: { uint64_param: 2 } },
      inputs: [{ name: 'x', datatype: 'UINT8', shape: [3], contents: { uint_contents: [1, 2, 255] } }],
      outputs: [{ name: 'y' }, { name: 'y' }],
    },
  ].map((sample) => protoBytes('ModelInferRequest', sample));
  const STATUSES = ['OK', 'INVALID_ARGUMENT', 'NOT_FOUND', 'UNIMPLEMENTED'];

  it(`are refused, and harm nobody (MILLRACE_TEST_SEED=${seed})`, async () => {
    const random = new Random(seed);
    const client = connect();
    const messages = Array.from({ length: 300 }, () => mutateProtobuf(random.pick(samples), random));
    const codes = await Promise.all(
      messages.map(
        async (message) => status[(await client.unary(message, { path: `${SERVICE}ModelInfer` })).status.code],
      ),
    );
    expect([...new Set(codes)].filter((code) => !STATUSES.includes(String(code)))).toEqual([]);
    expect(codes.filter((code) => code === 'INVALID_ARGUMENT').length).toBeGreaterThan(100);
    const { call, ended, answers } = openStream();
    for (const message of messages) call.write(Buffer.from(message));
    call.end();
    expect(await ended).toBe('OK: ');
    expect(answers.length).toBeGreaterThanOrEqual(messages.length / 2);
    expect(await ask('ModelInfer', floats('d'))).toMatchObject({ id: 'd', raw_output_contents: [DATA] });
    expect(server.log.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('a stream', () => {
  it('carries answers of all kinds of models, and errors, until the client has no more requests', async () => {
    const { send, answers, ended, call, received } = openStream();
    send(integers('a', [1, -2, 3]));
    await received(3);
    send(floats('b'));
    send(floats('c', 'nope'));
    send(integers('d', [4], { triton_enable_empty_final_response: { bool_param: true } }));
    await received(7);
    call.end();
    expect(await ended).toBe('OK: ');
    const [first, second, third, ...rest] = answers;
    expect([first, second, third]).toEqual(['a: 1 more', 'a: negative element -2', 'a: 3 more']);
    expect(rest.toSorted()).toEqual([
      'b: 1065353216 final',
      "c: Request for unknown model: 'nope' is not found",
      'd:  final',
      'd: 4 more',
    ]);
  });

  it('keeps the order of 300 requests, of which it works on 256 at a time', async () => {
    const { send, answers, ended, call } = openStream();
    const ids = Array.from({ length: 300 }, (_, index) => `r${index}`);
    for (const id of ids) send(floats(id));
    call.end();
    expect(await ended).toBe('OK: ');
    expect(answers).toEqual(ids.map((id) => `${id}: 1065353216 final`));
  });

  it('holds a model back while its client does not read', async () => {
    const { send, answers, ended, call, received } = openStream();
    send(
      integers(
        'a',
        Array.from({ length: 5_000 }, (_, index) => index + 100),
      ),
    );
    await received(1);
    call.pause();
    await new Promise(setImmediate);
    call.resume();
    call.end();
    expect(await ended).toBe('OK: ');
    expect(answers).toHaveLength(5_000);
    expect(answers.at(-1)).toBe('a: 5099 more');
  });

  it('sets its model free when the client leaves', async () => {
    const { send, ended, call, received } = openStream();
    send(integers('a', [99, 1]));
    await received(1);
    call.cancel();
    expect(await ended).toMatch(/^CANCELLED: /);
    const next = openStream();
    next.send(integers('b', [7]));
    await next.received(1);
    expect(next.answers).toEqual(['b: 7 more']);
  });

  it('ends with its deadline', async () => {
    const { send, ended } = openStream({}, { deadline: Date.now() + 500 });
    send(integers('a', [99, 1]));
    expect(await ended).toMatch(/^DEADLINE_EXCEEDED: /);
  });

  it('ends with an error if the client wants it so', async () => {
    const { send, answers, ended } = openStream({ triton_grpc_error: 'true' });
    send(integers('a', [1, -2, 3]));
    expect(await ended).toBe('INTERNAL: negative element -2');
    expect(answers).toEqual(['a: 1 more']);
  });
});

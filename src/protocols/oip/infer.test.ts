import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { fakeResolved } from '../../../test/support/fake-service.js';
import { NO_TIMING } from '../../../test/support/no-timing.js';
import { principalWith } from '../../../test/support/principals.js';
import { serviceOf } from '../../../test/support/service-of.js';
import { bytesOf, Call, type InferRequest, MillraceError, type Tensor } from '../../core/index.js';
import type { InferResult, Resolved } from '../../service/index.js';
import { Decoder } from '../shared/decoding/decoder.js';
import { LARGE_BYTES } from '../wire.js';
import { createInferHandler } from './infer.js';

const OUTPUT: Tensor = { name: 'y', datatype: 'INT8', shape: [1], data: Uint8Array.of(7) };
const TARGET = { name: 'm', version: 2 };

const SPEC = { name: 'x', datatype: 'INT8', shape: [-1], batchAxis: null, optional: false } as const;
const RESPONSE = { ref: { name: 'm', version: 2, generation: 1 }, id: '', outputs: [], parameters: {} };

interface Fakes {
  readonly decoder?: Decoder;
  /** How a model is resolved; default: at once. */
  readonly resolve?: (resolved: Resolved) => Resolved | Promise<Resolved>;
}

function setUp(
  answer: (request: InferRequest, clock: FakeClock) => Promise<InferResult>,
  { decoder, resolve = (resolved) => resolved }: Fakes = {},
) {
  const clock = new FakeClock();
  const asked: unknown[] = [];
  const principal = principalWith('tester');
  const call = new Call({ requestId: 'r', principal, trace: undefined, deadlineAt: Infinity, receivedAt: clock.now() });
  const handler = createInferHandler({
    maxInputs: 2,
    clock,
    ...(decoder && { decoder }),
    service: serviceOf({
      resolve(given, target, options) {
        expect([given, target]).toEqual([call, TARGET]);
        asked.push(options);
        return resolve(fakeResolved(target, { signature: { inputs: [SPEC], outputs: [] } }));
      },
      infer: (_, _resolved, request) => answer(request, clock),
    }),
  });
  const post = (body: string | Uint8Array, headers = {}) =>
    handler(call, TARGET, { method: 'POST', url: '/v2/models/m/versions/2/infer', headers, body: Buffer.from(body) });
  return { call, clock, post, asked };
}

/** Answers with the inputs as outputs. */
const echo = async ({ id, inputs }: InferRequest): Promise<InferResult> => ({
  kind: 'one',
  timing: NO_TIMING,
  response: { ref: { name: 'm', version: 2, generation: 1 }, id, outputs: inputs, parameters: {} },
});

describe('createInferHandler', () => {
  it('decodes, infers and encodes', async () => {
    const { post } = setUp(echo);
    const { status, body } = await post(
      '{"id":"a","inputs":[{"name":"x","datatype":"FP32","shape":[2],"data":[1,2.5]}]}',
    );
    expect([status, body]).toEqual([
      200,
      '{"id":"a","model_name":"m","model_version":"2","outputs":[{"name":"x","datatype":"FP32","shape":[2],"data":[1.0,2.5]}]}',
    ]);
  });

  it('answers a raw binary request in binary, by the signature of the model', async () => {
    const { post } = setUp(echo);
    const { body } = await post(bytesOf(Int8Array.of(-1, 3)), { 'inference-header-content-length': '0' });
    expect(Buffer.concat(body as readonly Uint8Array[]).toString('latin1')).toBe(
      '{"model_name":"m","model_version":"2","outputs":[{"name":"x","datatype":"INT8","shape":[2],"parameters":{"binary_data_size":2}}]}\xff\x03',
    );
  });

  it('notes when decoding was done and how long encoding took', async () => {
    const { call, clock, post } = setUp(async (request, time) => {
      await time.advance(5);
      return echo(request);
    });
    const decodedAt = clock.now();
    await post('{"inputs":[]}');
    expect(call.timing).toMatchObject({ decodedAt, encodeMs: 0 });
  });

  it('rejects what cannot be decoded, without asking the service', async () => {
    const { call, post } = setUp(() => expect.unreachable());
    await expect(post('{"inputs":[5]}')).rejects.toThrow('invalid JSON at byte 11: expected an object, got 5');
    expect(call.timing.decodedAt).toBe(0);
  });

  it('passes on the error of the service', async () => {
    const refusal = new MillraceError('resource_exhausted', 'the queue is full', { retryAfterMs: 100 });
    const { post } = setUp(() => Promise.reject(refusal));
    await expect(post('{"inputs":[]}')).rejects.toBe(refusal);
  });

  it('asks for the model before it reads the body, which need not be decoded for one that is not there', async () => {
    const unknown = new MillraceError('not_found', 'there is no such model');
    const refuse = () => {
      throw unknown;
    };
    await expect(setUp(echo, { resolve: refuse }).post('{"inputs":[5]}')).rejects.toBe(unknown);
    const later = setUp(echo, { resolve: () => Promise.reject(unknown) });
    await expect(later.post('{"inputs":[5]}')).rejects.toBe(unknown);
  });

  it('waits for a model that is resolved later', async () => {
    const { post } = setUp(echo, { resolve: (resolved) => Promise.resolve(resolved) });
    expect((await post('{"inputs":[]}')).status).toBe(200);
  });

  it('says that it can carry one answer only', async () => {
    const { post, asked } = setUp(async () => ({ kind: 'one', timing: NO_TIMING, response: RESPONSE }));
    await post('{"inputs":[]}');
    await post('a', { 'inference-header-content-length': '0' });
    const onlyOne = 'which HTTP infer cannot carry; use generate_stream or gRPC';
    expect(asked).toEqual([
      { onlyOne, whole: true },
      { onlyOne, whole: true },
    ]);
  });

  it('keeps answers apart that are encoded one after the other', async () => {
    const { post } = setUp(async (request) => ({
      kind: 'one',
      timing: NO_TIMING,
      response: {
        ref: { name: 'm', version: 2, generation: 1 },
        id: request.id,
        outputs: [{ ...OUTPUT, name: request.id }],
        parameters: {},
      },
    }));
    const answers = await Promise.all(['a', 'b', 'é'].map((id) => post(`{"id":"${id}","inputs":[]}`)));
    expect(answers.map(({ body }) => JSON.parse(Buffer.from(body as string).toString()).outputs[0].name)).toEqual([
      'a',
      'b',
      'é',
    ]);
  });

  it('reads a body again unless its answer came from the response cache', async () => {
    const outcomes: ('hit' | 'miss' | undefined)[] = [undefined, undefined, 'miss', 'hit', 'hit', 'miss', 'hit', 'hit'];
    const requests: InferRequest[] = [];
    const { post } = setUp(async (request) => {
      requests.push(request);
      return { ...(await echo(request)), timing: { ...NO_TIMING, cache: outcomes[requests.length - 1] } };
    });
    for (const _outcome of outcomes) {
      const { body } = await post('{"inputs":[{"name":"x","datatype":"INT8","shape":[1],"data":[7]}]}');
      expect(body).toContain('"data":[7]');
    }
    // The index of the first request that was the same object.
    expect(requests.map((request) => requests.indexOf(request))).toEqual([0, 1, 2, 3, 3, 3, 6, 6]);
  });

  it('hands much JSON to a thread, and neither binary data nor less', async () => {
    const jobs: unknown[] = [];
    const decoder = new Decoder(new FakeClock());
    vi.spyOn(decoder, 'decode').mockImplementation(async (_call, { name }, { input }) => {
      jobs.push([name, input]);
      throw new MillraceError('invalid_argument', 'decoded elsewhere');
    });
    const { post } = setUp(async () => ({ kind: 'one', timing: NO_TIMING, response: RESPONSE }), { decoder });
    const json = '{"inputs":[]}';
    const head =
      '{"inputs":[{"name":"x","datatype":"UINT8","shape":[131072],"parameters":{"binary_data_size":131072}}]}';
    await post(json.padEnd(LARGE_BYTES));
    await post(`${head}${'\0'.repeat(LARGE_BYTES)}`, { 'inference-header-content-length': String(head.length) });
    await post('a'.repeat(LARGE_BYTES + 1), { 'inference-header-content-length': '0' });
    expect(jobs).toEqual([]);
    await expect(post(json.padEnd(LARGE_BYTES + 1))).rejects.toThrow('decoded elsewhere');
    expect(jobs).toMatchObject([['infer', { maxInputs: 2 }]]);
  });
});

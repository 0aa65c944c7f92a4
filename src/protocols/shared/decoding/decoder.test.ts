import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { protoBytes } from '../../../../test/support/grpc-messages.js';
import { principalWith } from '../../../../test/support/principals.js';
import { Call, DeadlineWatch, MillraceError, type Signature, systemClock } from '../../../core/index.js';
import { decodeInfer } from '../../oip/decode-infer.js';
import { decodeGenerate } from '../../oip/generate-decode.js';
import { decodeModelInfer } from '../../oip/grpc/decode-infer.js';
import { DECODE_GENERATE, DECODE_INFER, DECODE_MODEL_INFER } from '../../oip/large-requests.js';
import { Decoder } from './decoder.js';

const SIGNATURE: Signature = {
  inputs: [{ name: 'x', datatype: 'INT64', shape: [-1], batchAxis: null, optional: false }],
  outputs: [],
};

let decoder: Decoder;
afterEach(() => decoder.close());

function start(clock = systemClock): Decoder {
  decoder = new Decoder(clock);
  return decoder;
}

function createCall(deadlineAt = Number.POSITIVE_INFINITY): Call {
  return new Call({
    requestId: 'r',
    principal: principalWith('p'),
    trace: undefined,
    deadlineAt,
    receivedAt: 1_000,
  });
}

/** Of its own, since it is moved away. */
function wireOf(
  json: string,
  blob = '',
): { method: string; url: string; headers: Record<string, string>; body: Buffer } {
  const text = Buffer.from(json);
  const body = Buffer.allocUnsafeSlow(text.length + blob.length);
  text.copy(body);
  body.write(blob, text.length, 'latin1');
  return { method: 'POST', url: '', headers: { 'inference-header-content-length': String(text.length) }, body };
}

const inferJob = (json: string, blob?: string) => ({ wire: wireOf(json, blob), maxInputs: 4 }) as const;

function decodeInferIn(decoder: Decoder, call: Call, input: ReturnType<typeof inferJob>) {
  return decoder.decode(call, DECODE_INFER, { input, moves: [input.wire.body] });
}

describe('a request that is decoded in a thread', () => {
  it('is what it would have been here, and its body is moved, not copied', async () => {
    const numbers = Array.from({ length: 50_000 }, (_, index) => index / 7);
    const json = JSON.stringify({
      id: 'é',
      unknown: [{ a: null }],
      inputs: [
        { name: 'x', datatype: 'FP32', shape: [50_000], data: numbers },
        { name: 'n', datatype: 'BYTES', shape: [2], data: ['', 'é"'] },
        { name: 'b', datatype: 'UINT8', shape: [3], parameters: { binary_data_size: 3 } },
      ],
      outputs: [{ name: 'y', parameters: { binary_data: true } }],
      parameters: { top_k: 5, sequence_id: 7, text: 'a' },
    });
    const here = decodeInfer(wireOf(json, 'abc'), { maxInputs: 4, signatureOf: () => SIGNATURE });
    const job = inferJob(json, 'abc');
    const there = await decodeInferIn(start(), createCall(), job);
    expect(there.binaryOutputs).toEqual(here.binaryOutputs);
    const bytes = ({ inputs }: typeof here.request) => inputs.map(({ data }) => Buffer.from(data).toString('base64'));
    expect(bytes(there.request)).toEqual(bytes(here.request));
    const rest = ({ inputs, parameters, ...others }: typeof here.request) => ({
      ...others,
      parameters: { ...parameters },
      inputs: inputs.map(({ data, ...head }) => head),
    });
    expect(rest(there.request)).toEqual(rest(here.request));
    expect(job.wire.body.byteLength).toBe(0);
  });

  it('may be one of generate or of gRPC', async () => {
    const wire = wireOf('{"x":[1,2,3],"top_k":5}');
    const input = { wire, signature: SIGNATURE };
    const expected = decodeGenerate(wire, SIGNATURE);
    const here = { ...expected, parameters: { ...expected.parameters }, inputs: [{ ...expected.inputs[0] }] };
    const there = await start().decode(createCall(), DECODE_GENERATE, { input });
    expect(Buffer.from(there.inputs[0]?.data ?? [])).toEqual(Buffer.from(here.inputs[0]?.data ?? []));
    expect({ ...there, inputs: [] }).toEqual({ ...here, inputs: [] });
    const inputs = [{ name: 'x', datatype: 'INT32', shape: ['2'], contents: { int_contents: [1, -2] } }];
    const message = protoBytes('ModelInferRequest', { model_name: 'm', id: 'i', inputs });
    const same = decodeModelInfer(message, { maxInputs: 4 });
    const decoded = await decoder.decodeMessage(createCall(), DECODE_MODEL_INFER, { message, maxInputs: 4 });
    expect(Buffer.from(decoded.request.inputs[0]?.data ?? [])).toEqual(Buffer.from(same.request.inputs[0]?.data ?? []));
    expect({ ...decoded.request, inputs: [] }).toEqual({ ...same.request, inputs: [] });
  });

  it('leaves the event loop to others meanwhile', async () => {
    let turns = 0;
    const count = () => {
      turns++;
      immediate = setImmediate(count);
    };
    let immediate = setImmediate(count);
    await decodeInferIn(start(), createCall(), inferJob(`{"u":[${'0,'.repeat(2 ** 20)}0],"inputs":[]}`));
    clearImmediate(immediate);
    expect(turns).toBeGreaterThan(1);
  });

  it('is refused as it would have been here, and the next one is decoded', async () => {
    await expect(decodeInferIn(start(), createCall(), inferJob('{"inputs":[,'))).rejects.toEqual(
      new MillraceError('invalid_argument', "invalid JSON at byte 11: expected an object, got ','"),
    );
    await expect(decodeInferIn(decoder, createCall(), inferJob('{"inputs":[]}'))).resolves.toMatchObject({
      request: { inputs: [] },
    });
  });

  it('that nobody waits for any more is not decoded', async () => {
    const clock = new FakeClock();
    start(clock);
    const first = decodeInferIn(decoder, createCall(), inferJob('{"inputs":[]}'));
    const [left, late] = [createCall(), createCall(clock.now() + 50)];
    new DeadlineWatch(clock).watch(late);
    const [leftJob, lateJob] = [inferJob('{"inputs":[]}'), inferJob('{"inputs":[]}')];
    const given = [decodeInferIn(decoder, left, leftJob), decodeInferIn(decoder, late, lateJob)];
    const gone = new MillraceError('cancelled', 'the client left');
    left.cancel(gone);
    const expired = expect(given[1]).rejects.toMatchObject({
      code: 'deadline_exceeded',
      message: 'the request took longer than its 50 ms',
    });
    await expect(given[0]).rejects.toBe(gone);
    await clock.advance(50);
    await expired;
    await first;
    expect([leftJob.wire.body.byteLength, lateJob.wire.body.byteLength]).toEqual([13, 13]);
  });

  it('is unavailable where the server ends before', async () => {
    start();
    const waiting = [1, 2].map(() => decodeInferIn(decoder, createCall(), inferJob('{"inputs":[]}')));
    const settled = Promise.allSettled(waiting);
    await decoder.close();
    const closed = { status: 'rejected', reason: { code: 'unavailable', message: 'the server is shutting down' } };
    expect(await settled).toMatchObject([closed, closed]);
  });
});

import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DATATYPES,
  FINISH_REASONS,
  type ParameterScalar,
  type Parameters,
  type ParameterValue,
  type Tensor,
  type TensorSpec,
} from '../../core/index.js';
import type { Batch, Emission } from '../batch.js';
import type { ModelRequest } from '../model-calls.js';
import { decodeAnswers, encodeAnswers } from './emission-frame.js';
import { decodeExecute, encodeExecute } from './execute-frame.js';
import { type Frame, FrameKind, MAX_FRAME_BYTES } from './frame.js';
import { FrameAssembler } from './frame-assembler.js';
import { decodeJsonFrame, encodeJsonFrame } from './json-frame.js';
import { decodeModelAnswer, decodeModelCall, encodeModelAnswer, encodeModelCall } from './model-call-frame.js';
import { NameTable } from './name-table.js';

const NAMES = ['x', 'y', 'ü z', ''];
const table = new NameTable(
  NAMES.map((name): TensorSpec => ({ name, datatype: 'FP32', shape: [], batchAxis: null, optional: false })),
);
const names = { inputs: table, outputs: table };

const PLAIN = { noNullPrototype: true } as const;

const tensor: fc.Arbitrary<Tensor> = fc.record(
  {
    name: fc.constantFrom(...NAMES),
    datatype: fc.constantFrom(...DATATYPES),
    shape: fc.array(fc.nat({ max: 0xffff_ffff }), { maxLength: 5 }),
    data: fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      // Above the size up to which tensors are copied into the frame.
      fc.integer({ min: 60_000, max: 80_000 }).map((length) => new Uint8Array(length).fill(length % 251)),
    ),
  },
  PLAIN,
);
const parameters: fc.Arbitrary<Parameters> = fc.dictionary(
  fc.string(),
  fc.letrec<{ value: ParameterValue; scalar: ParameterScalar }>((tie) => ({
    scalar: fc.oneof(fc.string(), fc.double(), fc.bigInt(), fc.boolean()),
    value: fc.oneof(
      { depthSize: 'small' },
      tie('scalar'),
      fc.array(fc.option(tie('value')), { maxLength: 3 }),
      fc.dictionary(fc.string(), fc.option(tie('value')), { ...PLAIN, maxKeys: 3 }),
    ),
  })).value,
  { ...PLAIN, maxKeys: 3 },
);
const callId = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const id = fc.oneof(fc.string(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
const sequence = fc.record({ slot: fc.nat({ max: 0xffff_ffff }), start: fc.boolean(), end: fc.boolean(), id }, PLAIN);
/** Line ends and escapes among it, which contexts are put together with. */
const anyText = fc.string({ unit: fc.constantFrom('a', 'e', 'n', '\n', '\u001b', 'ä') });
const context = fc.record(
  {
    requestId: fc.string(),
    clientId: anyText,
    ownerId: anyText,
    traceparent: fc.string(),
    remainingMs: fc.double({ noNaN: true }),
  },
  PLAIN,
);
const rows = fc.nat({ max: 0xffff_ffff });
const prepared = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const generation = fc.record(
  { prompt: fc.constant({ kind: 'text' as const, text: Buffer.from('a text') }), maxTokens: fc.nat() },
  { ...PLAIN, requiredKeys: ['prompt'] },
);
const item = fc.record(
  { callId, rows, inputs: fc.array(tensor, { maxLength: 4 }), parameters, generation, prepared, sequence, context },
  { ...PLAIN, requiredKeys: ['callId', 'rows', 'inputs', 'parameters'] },
);
const batch: fc.Arbitrary<Batch> = fc.record(
  {
    id: fc.nat({ max: 0xffff_ffff }),
    items: fc.array(item, { maxLength: 5 }),
    rows: fc.nat({ max: 0xffff_ffff }),
    outputs: fc.option(fc.array(fc.constantFrom(...NAMES), { maxLength: 4 }), { nil: undefined }),
  },
  PLAIN,
);
const error = fc.record(
  { code: fc.constantFrom('internal' as const, 'cancelled' as const), message: fc.string() },
  PLAIN,
);
const usage = fc.record(
  { promptTokens: fc.nat(), completionTokens: fc.nat(), cachedTokens: fc.nat() },
  { ...PLAIN, requiredKeys: ['promptTokens', 'completionTokens'] },
);
const finishReason = fc.constantFrom(...FINISH_REASONS);
const emission: fc.Arbitrary<Emission> = fc.record(
  { callId, outputs: fc.array(tensor, { maxLength: 4 }), final: fc.boolean(), parameters, error, usage, finishReason },
  { ...PLAIN, requiredKeys: ['callId', 'outputs', 'final'] },
);
const timing = fc.record(
  { computeInputMs: fc.double(), computeInferMs: fc.double(), computeOutputMs: fc.double() },
  PLAIN,
);

/** What arrives when the pieces cross a pipe that cuts them at `cuts` (as shares of the whole). */
function cross(pieces: readonly Uint8Array[], cuts: readonly number[] = []): Frame[] {
  const stream = Buffer.concat(pieces);
  const frames: Frame[] = [];
  const assembler = new FrameAssembler((frame) => frames.push(frame));
  const ends = [...cuts.map((cut) => Math.floor(cut * stream.byteLength)), stream.byteLength].sort((a, b) => a - b);
  let start = 0;
  for (const end of ends) {
    // A copy of its own, as every chunk that a socket hands out.
    assembler.push(Uint8Array.from(stream.subarray(start, end)));
    start = end;
  }
  return frames;
}

/** Received contexts read their texts when they are asked to. */
function withPlainContexts(received: Batch): Batch {
  const items = received.items.map((each) => {
    if (each.context === undefined) return each;
    const { requestId, clientId, ownerId, traceparent, remainingMs } = each.context;
    return { ...each, context: { requestId, clientId, ownerId, traceparent, remainingMs } };
  });
  return { ...received, items };
}

function only(frames: readonly Frame[]): Frame {
  expect(frames).toHaveLength(1);
  return frames[0] as Frame;
}

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 });

describe('a batch frame', () => {
  test('gives back every batch, however the pipe cuts it', () => {
    fc.assert(
      fc.property(batch, cuts, (sent, at) => {
        const frame = only(cross(encodeExecute({ modelKey: 7, ticket: sent.id }, sent, names), at));
        expect(frame).toMatchObject({ kind: FrameKind.execute, modelKey: 7, ticket: sent.id });
        // Much faster than `toEqual` on large typed arrays.
        deepStrictEqual(withPlainContexts(decodeExecute(frame, names)), sent);
      }),
    );
  });

  test('gives back all answers, with and without the end of the batch', () => {
    fc.assert(
      fc.property(fc.array(emission, { maxLength: 5 }), fc.option(timing, { nil: undefined }), (emissions, end) => {
        const frame = only(cross(encodeAnswers({ modelKey: 1, ticket: 2 }, { emissions, timing: end }, table)));
        expect(frame.kind).toBe(end === undefined ? FrameKind.emissions : FrameKind.result);
        deepStrictEqual(decodeAnswers(frame, table), { emissions: emissions.map(withoutEmptyParameters), timing: end });
      }),
    );
  });

  test('leaves large tensors where the runner can read them, and sends the others', () => {
    const bodies = Uint8Array.from({ length: 600_000 }, (_, at) => at % 251);
    const locate = (data: Uint8Array) => (data.buffer === bodies.buffer ? data.byteOffset : undefined);
    const elsewhere = new Uint8Array(70_000).fill(7);
    const inputs = (x: Uint8Array, y: Uint8Array): Tensor[] => [
      { name: 'x', datatype: 'UINT8', shape: [x.byteLength], data: x },
      { name: 'y', datatype: 'UINT8', shape: [y.byteLength], data: y },
    ];
    const item = (list: Tensor[]) => ({ callId: 1, rows: 1, inputs: list, parameters: {} });
    const bytesSent = (...lists: Tensor[][]) => {
      const sent = { id: 1, items: lists.map(item), rows: lists.length, outputs: undefined };
      const pieces = encodeExecute({ modelKey: 1, ticket: 1 }, sent, { ...names, locate });
      const frame = only(cross(pieces));
      deepStrictEqual(decodeExecute(frame, names, bodies), sent);
      return frame.bytes.byteLength;
    };
    const part = (start: number, end: number) => bodies.subarray(start, end);
    // One in place, and one that is small or elsewhere; both in place, where the second is not aligned.
    expect(bytesSent(inputs(part(1_000, 101_000), part(200, 300)))).toBeLessThan(1_000);
    expect(bytesSent(inputs(part(1_000, 101_000), elsewhere))).toBeLessThan(71_000);
    expect(bytesSent(inputs(part(1_000, 101_001), part(101_001, 301_001)))).toBeLessThan(1_000);
    // All of a batch, or none.
    const [x, y] = [part(8, 100_008), part(0, 8)];
    expect(bytesSent(inputs(x, y), inputs(part(100_016, 200_016), y))).toBeLessThan(1_000);
    expect(bytesSent(inputs(x, y), inputs(elsewhere, y))).toBeGreaterThan(170_000);
  });

  test('of which a part lies in memory that the runner has not mapped is malformed', () => {
    const data = new Uint8Array(70_000);
    const inputs: Tensor[] = [{ name: 'x', datatype: 'UINT8', shape: [70_000], data }];
    const sent = { id: 1, items: [{ callId: 1, rows: 1, inputs, parameters: {} }], rows: 1, outputs: undefined };
    const pieces = encodeExecute({ modelKey: 1, ticket: 1 }, sent, { ...names, locate: () => 64 });
    const frame = only(cross(pieces));
    expect(() => decodeExecute(frame, names)).toThrow('malformed frame: no bodies are mapped');
    expect(() => decodeExecute(frame, names, new Uint8Array(70_000))).toThrow(RangeError);
  });

  test('puts a tensor of all items in one piece, on 8 bytes, so that a batch is one view', () => {
    const bytes = (value: number, length: number) => new Uint8Array(length).fill(value);
    const inputs = (value: number): Tensor[] => [
      { name: 'x', datatype: 'UINT8', shape: [3], data: bytes(value, 3) },
      { name: 'y', datatype: 'FP64', shape: [1], data: bytes(value + 100, 8) },
    ];
    const items = [1, 2, 3].map((value) => ({ callId: value, rows: 1, inputs: inputs(value), parameters: {} }));
    const sent = { id: 1, items, rows: 3, outputs: undefined };
    const received = decodeExecute(only(cross(encodeExecute({ modelKey: 1, ticket: 1 }, sent, names))), names);
    for (const column of [0, 1]) {
      const views = received.items.map((each) => each.inputs[column]?.data ?? new Uint8Array());
      expect((views[0]?.byteOffset ?? 1) % 8).toBe(0);
      for (const [index, view] of views.entries()) {
        expect(view.byteOffset).toBe((views[0]?.byteOffset ?? 0) + index * view.byteLength);
      }
    }
  });

  test('lets items of one shape share it', () => {
    const one = { callId: 1, rows: 1, inputs: [pixel()], parameters: {} };
    const sent = { id: 1, items: [one, { ...one, callId: 2 }], rows: 2, outputs: undefined };
    const { items } = decodeExecute(only(cross(encodeExecute({ modelKey: 1, ticket: 1 }, sent, names))), names);
    expect(items[1]?.inputs[0]?.shape).toBe(items[0]?.inputs[0]?.shape);
  });

  test('refuses more than a frame can hold', () => {
    const huge = { ...pixel(), data: { byteLength: MAX_FRAME_BYTES } as Uint8Array };
    const sent = {
      id: 1,
      items: [{ callId: 1, rows: 1, inputs: [huge], parameters: {} }],
      rows: 1,
      outputs: undefined,
    };
    expect(() => encodeExecute({ modelKey: 1, ticket: 1 }, sent, names)).toThrow(
      /^the inputs of one batch take 10737\d+ bytes; a runner process exchanges at most 1073741824 at a time$/,
    );
  });

  test.each([
    ['a dimension', [4_294_967_296], "tensor 'x' has a dimension of 4294967296; at most 4294967295 is supported"],
    ['a rank', new Array(256).fill(1), "tensor 'x' has a rank of 256; at most 255 is supported"],
  ])('refuses %s that its words cannot hold', (_label, shape, message) => {
    const items = [{ callId: 1, rows: 1, inputs: [{ ...pixel(), shape }], parameters: {} }];
    const encode = () =>
      encodeExecute({ modelKey: 1, ticket: 1 }, { id: 1, items, rows: 1, outputs: undefined }, names);
    expect(encode).toThrow(message);
  });
});

describe('a frame of a call', () => {
  const request: fc.Arbitrary<ModelRequest> = fc.record(
    {
      modelName: fc.string(),
      modelVersion: fc.option(fc.nat(), { nil: undefined }),
      inputs: fc.array(tensor, { maxLength: 4 }),
      outputs: fc.option(fc.array(fc.string(), { maxLength: 4 }), { nil: undefined }),
      parameters,
      sequence: fc.record({ id, start: fc.boolean(), end: fc.boolean() }, PLAIN),
    },
    { ...PLAIN, requiredKeys: ['modelName', 'modelVersion', 'inputs', 'outputs', 'parameters'] },
  );

  test('gives back every request, with names of its own', () => {
    fc.assert(
      fc.property(callId, request, cuts, (parent, sent, at) => {
        const frame = only(cross(encodeModelCall({ modelKey: 7, ticket: 9 }, { callId: parent, request: sent }), at));
        expect(frame).toMatchObject({ kind: FrameKind.call, modelKey: 7, ticket: 9 });
        deepStrictEqual(decodeModelCall(frame), { callId: parent, request: sent });
      }),
    );
  });

  test('gives back every answer', () => {
    fc.assert(
      fc.property(fc.array(tensor, { maxLength: 4 }), parameters, cuts, (outputs, given, at) => {
        const sent = { outputs, parameters: given };
        const frame = only(cross(encodeModelAnswer({ modelKey: 7, ticket: 9 }, sent), at));
        expect(frame.kind).toBe(FrameKind.callAnswer);
        deepStrictEqual(decodeModelAnswer(frame), sent);
      }),
    );
  });
});

describe('a stream of frames', () => {
  const json = (ticket: number, value: unknown) =>
    encodeJsonFrame({ kind: FrameKind.failed, modelKey: 3, ticket }, value);

  test('is cut where the frames end', () => {
    fc.assert(
      fc.property(fc.array(fc.json(), { maxLength: 8 }), cuts, (documents, at) => {
        const values: unknown[] = documents.map((document) => JSON.parse(document));
        const frames = cross(
          values.map((value, ticket) => json(ticket, value)),
          at,
        );
        expect(frames.map((frame) => decodeJsonFrame(frame))).toEqual(values);
        expect(frames.map((frame) => frame.ticket)).toEqual(values.map((_value, ticket) => ticket));
        expect(frames.every((frame) => frame.bytes.byteOffset % 8 === 0)).toBe(true);
      }),
    );
  });

  test.each([
    ['smaller than a header', 8],
    ['not a multiple of 8', 20],
    ['over the limit', MAX_FRAME_BYTES + 8],
  ])('is malformed when a frame is %s', (_label, sizeBytes) => {
    const bytes = new Uint8Array(new Uint32Array([sizeBytes, 1, 0, 0]).buffer);
    expect(() => cross([bytes])).toThrow(`malformed frame: a size of ${sizeBytes} bytes`);
  });

  test('is malformed when a frame promises more than it holds', () => {
    const words = new Uint32Array([40, FrameKind.execute, 1, 1, 40, 5, 0, 0, 0, 0]);
    const frame = only(cross([new Uint8Array(words.buffer)]));
    expect(() => decodeExecute(frame, names)).toThrow('malformed frame: it ends too early');
    const absurd = only(cross([new Uint8Array(new Uint32Array([40, 4, 1, 1, 40, 4e9, 0, 0, 0, 0]).buffer)]));
    expect(() => decodeExecute(absurd, names)).toThrow('malformed frame: a count of 4000000000');
  });
});

test('names are found by index and by name, and nothing else is', () => {
  expect(table.nameAt(table.indexOf('y'))).toBe('y');
  expect(() => table.nameAt(9)).toThrow('malformed frame: no tensor has the index 9');
  expect(() => table.indexOf('q')).toThrow("tensor 'q' is not in the model's signature");
});

function pixel(): Tensor {
  return { name: 'x', datatype: 'UINT8', shape: [1], data: new Uint8Array([1]) };
}

/** Empty parameters and none are the same on the wire. */
function withoutEmptyParameters(sent: Emission): Emission {
  const { parameters: given, ...rest } = sent;
  const isEmpty = given === undefined || Object.keys(given).length === 0;
  return isEmpty ? rest : { ...rest, parameters: given };
}

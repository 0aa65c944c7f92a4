import { beforeEach, expect, test } from 'vitest';
import { fp32, numbersOf } from '../../../test/support/tensors.js';
import { MillraceError } from '../../core/index.js';
import { STREAM_CREDIT } from '../batch.js';
import type { CallModel, ModelAnswer, ModelRequest } from '../model-calls.js';
import { FrameKind } from './frame.js';
import { FrameAssembler } from './frame-assembler.js';
import { IncomingCalls } from './incoming-calls.js';
import { OutgoingCalls } from './outgoing-calls.js';

const request = (value: number): ModelRequest => ({
  modelName: 'other',
  modelVersion: 2,
  inputs: [fp32('any name', [1], [value])],
  outputs: ['y'],
  parameters: { n: 5n },
});

/** Both ends of a pipe; what is written to one is read at the other a turn of the event loop later. */
function connect(callModel: CallModel) {
  const kinds: number[] = [];
  const pipe = (onFrame: ConstructorParameters<typeof FrameAssembler>[0]) => {
    const assembler = new FrameAssembler(onFrame);
    return (pieces: readonly Uint8Array[]) => {
      const bytes = Uint8Array.from(Buffer.concat(pieces));
      setImmediate(() => assembler.push(bytes));
    };
  };
  const toRunner = pipe((frame) => outgoing.receive(frame));
  const incoming = new IncomingCalls({ modelKey: 3, callModel, notify: toRunner });
  const toServer = pipe((frame) => {
    kinds.push(frame.kind);
    incoming.receive(frame);
  });
  const outgoing = new OutgoingCalls(toServer);
  return { call: outgoing.of(3), incoming, kinds };
}

/** What the server was asked, and the answers it makes, `made` of them so far. */
let asked: { readonly callId: number; readonly request: ModelRequest }[];
let made: number;
let left: number;
beforeEach(() => {
  asked = [];
  made = 0;
  left = 0;
});

/** The other model answers so many times, then ends. */
function answering(count: number, error?: Error): CallModel {
  return (callId, given) => {
    asked.push({ callId, request: given });
    const answers: AsyncIterableIterator<ModelAnswer> = {
      async next() {
        if (made === count) {
          if (error !== undefined) throw error;
          return { done: true, value: undefined };
        }
        made++;
        return { done: false, value: { outputs: [fp32('y', [1], [made])], parameters: { made } } };
      },
      async return() {
        left++;
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => answers,
    };
    return answers;
  };
}

async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('a call and its answer cross the pipe', async () => {
  const { call } = connect(answering(1));
  const answers: ModelAnswer[] = [];
  for await (const answer of call(77, request(4))) answers.push(answer);
  expect(asked).toMatchObject([{ callId: 77, request: { modelName: 'other', modelVersion: 2, outputs: ['y'] } }]);
  expect(asked[0]?.request.inputs.map(({ name }) => name)).toEqual(['any name']);
  expect(numbersOf(asked[0]?.request.inputs[0])).toEqual([4]);
  expect(answers.map(({ outputs, parameters }) => [numbersOf(outputs[0]), parameters])).toEqual([[[1], { made: 1 }]]);
});

test('many answers wait for whoever called, and all arrive', async () => {
  const { call } = connect(answering(100));
  const answers = call(1, request(1))[Symbol.asyncIterator]();
  await turns();
  expect(made).toBe(STREAM_CREDIT);
  const values: unknown[] = [];
  for (let step = await answers.next(); !step.done; step = await answers.next())
    values.push(step.value.parameters.made);
  expect(values).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
});

test('an error arrives behind the answers before it', async () => {
  const { call } = connect(answering(2, new MillraceError('not_found', "model 'other' is not there")));
  const answers = call(1, request(1))[Symbol.asyncIterator]();
  expect([(await answers.next()).done, (await answers.next()).done]).toEqual([false, false]);
  await expect(answers.next()).rejects.toMatchObject({ code: 'not_found', message: "model 'other' is not there" });
  expect(await answers.next()).toEqual({ done: true, value: undefined });
});

test('a call that fails before it begins ends with the reason, and one that cannot be sent too', async () => {
  const refusing = connect(() => {
    throw new MillraceError('failed_precondition', 'not now');
  });
  await expect(refusing.call(1, request(1))[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: 'failed_precondition',
    message: 'not now',
  });
  const { call, kinds } = connect(answering(1));
  const inputs = [{ ...fp32('x', [1], [1]), shape: new Array(256).fill(1) }];
  await expect(
    call(1, { ...request(1), inputs })
      [Symbol.asyncIterator]()
      .next(),
  ).rejects.toMatchObject({
    message: "tensor 'x' has a rank of 256; at most 255 is supported",
  });
  expect(kinds).toEqual([]);
});

test('whoever leaves a call early lets the other model know', async () => {
  const { call, kinds } = connect(answering(1_000));
  for await (const { parameters } of call(1, request(1))) if (parameters.made === 20) break;
  await turns();
  expect(kinds).toEqual([FrameKind.call, FrameKind.callGrant, FrameKind.callCancel]);
  expect(left).toBe(1);
  expect(made).toBeLessThanOrEqual(20 + STREAM_CREDIT);
});

test('calls end when whoever made them is gone', async () => {
  const { call, incoming } = connect(answering(1_000));
  call(1, request(1));
  await turns();
  incoming.close();
  await turns();
  expect(left).toBe(1);
  expect(made).toBe(STREAM_CREDIT);
});

test('frames that are none of a call are malformed', () => {
  const { incoming } = connect(answering(1));
  const frame = { kind: FrameKind.load, modelKey: 3, ticket: 1, bytes: new Uint8Array(16) };
  expect(() => incoming.receive(frame)).toThrow('malformed frame: kind 2 is not of a call');
});

import { afterEach, describe, expect, it } from 'vitest';
import { call, IDENTITY, request } from '../../../test/support/engine-fixture.js';
import { createInferFixture, type InferFixtureOptions, version } from '../../../test/support/infer-fixture.js';
import { createSharedObject } from '../../../test/support/shared-object.js';
import {
  bytesOf,
  type InferRequest,
  MillraceError,
  packBytes,
  type Tensor,
  type TensorSpec,
} from '../../core/index.js';
import { VersionGoneError } from '../../engine/index.js';
import type { ArmChoice } from '../../inference/index.js';
import { SharedMemory } from '../../shared-memory/index.js';

const LIVE = { name: 'live', version: undefined };
const REF = { name: 'm', version: 1, generation: 1 };
const ARMS = [
  { name: 'a', model: 'm', version: 1, weight: 1 },
  { name: 'b', model: 'm', version: 2, weight: 1 },
];
const ROUTE = { arms: ARMS, rules: [], fallback: ['b'] };
const Y: Tensor = { name: 'y', datatype: 'FP32', shape: [1, 2], data: bytesOf(new Float32Array([1, 2])) };
const ANSWER = { ref: REF, id: '', outputs: [Y], parameters: {} };

function createFixture(options: InferFixtureOptions = {}) {
  const fixture = createInferFixture({ routes: { live: ROUTE }, ...options });
  const heard: string[] = [];
  const requests: InferRequest[] = [];
  const remove = fixture.taps.add({
    began({ arm, info }: ArmChoice, _, began) {
      heard.push(`${arm.name}/${info.ref.version} began`);
      requests.push(began);
      return {
        onResponse: ({ ref, outputs }) =>
          heard.push(`${ref.name}/${ref.version} says ${outputs.map(({ name }) => name)}`),
        onEnd: (error) => heard.push(`${arm.name} ended: ${error?.code ?? 'ok'}`),
      };
    },
  });
  const { resolve, infer, given } = fixture;
  const send = (fields: Partial<InferRequest> = {}, target = LIVE) => {
    const asked = call();
    const result = infer(asked, resolve(asked, target), request(1, fields));
    result.catch(() => undefined);
    return { asked, result };
  };
  const sink = (index = 0) => given[index]?.sink;
  return { ...fixture, heard, requests, remove, send, sink };
}

const memories: SharedMemory[] = [];
afterEach(() => {
  for (const memory of memories.splice(0)) memory.close();
});

describe('a tap', () => {
  it('hears a request of a route, its answer as the model gave it, and its end', async () => {
    const { heard, requests, send, sink } = createFixture();
    const { result } = send({ outputs: [{ name: 'y', classificationCount: 1 }] });
    expect(heard).toEqual(['a/1 began']);
    sink()?.onResponse(ANSWER);
    sink()?.onEnd(undefined);
    expect(await result).toMatchObject({ response: { ref: { name: 'live' }, outputs: [{ datatype: 'BYTES' }] } });
    expect(heard).toEqual(['a/1 began', 'm/1 says y', 'a ended: ok']);
    expect(requests).toMatchObject([{ id: 'r1' }]);
  });

  it('hears nothing of a request that names a model, and nothing once it is removed', () => {
    const { heard, remove, send } = createFixture();
    send({}, { name: 'm', version: undefined });
    remove();
    send();
    expect(heard).toEqual([]);
  });

  it('that is not interested in a request hears no more of it', () => {
    const { taps, send, sink, heard } = createFixture();
    taps.add({ began: () => undefined });
    send();
    sink()?.onEnd(undefined);
    expect(heard).toEqual(['a/1 began', 'a ended: internal']);
  });

  it('that does not need a route costs its requests nothing', () => {
    const { taps, remove, send, sink } = createFixture();
    remove();
    const asked: string[] = [];
    taps.add({
      wants: ({ name }) => asked.push(name) === 0,
      began: () => {
        throw new Error('it wants none');
      },
    });
    send();
    sink()?.onEnd(undefined);
    expect(asked).toEqual(['live']);
  });

  it('hears each answer of a stream', () => {
    const { heard, send, sink } = createFixture({ fields: { decoupled: true } });
    send();
    for (let answer = 0; answer < 2; answer++) sink()?.onResponse(ANSWER);
    sink()?.onEnd(undefined);
    expect(heard).toEqual(['a/1 began', 'm/1 says y', 'm/1 says y', 'a ended: ok']);
  });

  it('hears of errors, and of callers who leave', async () => {
    const { heard, send, sink } = createFixture();
    send();
    sink()?.onEnd(new MillraceError('internal', 'it broke'));
    const { asked } = send();
    asked.cancel(new MillraceError('cancelled', 'the client left'));
    sink(1)?.onEnd(asked.cancelled);
    expect(heard).toEqual(['a/1 began', 'a ended: internal', 'a/1 began', 'a ended: cancelled']);
  });

  it('hears which other arm takes a request over', () => {
    const { heard, serving, send, sink } = createFixture();
    serving.push(version(2, 2));
    send();
    sink()?.onEnd(new MillraceError('resource_exhausted', 'its queue is full'));
    sink(1)?.onResponse({ ...ANSWER, ref: { ...REF, version: 2 } });
    sink(1)?.onEnd(undefined);
    expect(heard).toEqual(['a/1 began', 'a ended: resource_exhausted', 'b/2 began', 'm/2 says y', 'b ended: ok']);
  });

  it('does not hold it against an arm that its version was unloaded before the request could begin', () => {
    const { heard, serving, send, sink } = createFixture();
    serving.push(version(2, 2));
    send();
    serving.shift();
    sink()?.onEnd(new VersionGoneError('it is gone'));
    sink(1)?.onEnd(undefined);
    expect(heard.slice(0, 3)).toEqual(['a/1 began', 'a ended: cancelled', 'b/2 began']);
  });

  it('hears of every step of a sequence', () => {
    const { heard, requests, send, sink } = createFixture();
    for (const [step, start] of [true, false].entries()) {
      send({ sequence: { id: 7n, start, end: !start } });
      sink(step)?.onResponse(ANSWER);
      sink(step)?.onEnd(undefined);
    }
    expect(heard.filter((line) => line.endsWith('ok'))).toHaveLength(2);
    expect(requests).toMatchObject([{ sequence: { start: true } }, { sequence: { end: true } }]);
  });

  it('gets media as it was sent, and the answer of all of it', async () => {
    const [input] = IDENTITY.signature.inputs as readonly [TensorSpec];
    const media = { kind: 'image' } as unknown as NonNullable<TensorSpec['media']>;
    const signature = { ...IDENTITY.signature, inputs: [{ ...input, media }] };
    const pixels: Tensor = { name: '', datatype: 'FP32', shape: [1, 2], data: Y.data };
    const decoders = { decode: () => Promise.resolve(pixels) };
    const { heard, requests, given, send } = createFixture({ fields: { signature }, decoders });
    const photo = packBytes([new Uint8Array([1, 2, 3])]);
    const { result } = send({ inputs: [{ name: 'x', datatype: 'BYTES', shape: [1], data: photo }] });
    await expect.poll(() => given.length).toBe(1);
    given[0]?.sink.onResponse(ANSWER);
    given[0]?.sink.onEnd(undefined);
    await result;
    expect(heard).toEqual(['a/1 began', 'm/1 says y', 'a ended: ok']);
    expect(requests[0]?.inputs).toMatchObject([{ datatype: 'BYTES' }]);
    expect(given[0]?.request.inputs).toMatchObject([{ datatype: 'FP32' }]);
  });

  it('gets inputs in shared memory once they have been read', async () => {
    using object = createSharedObject(Buffer.from(Y.data));
    const sharedMemory = new SharedMemory({ enabled: true, maxRegions: 1, maxBufferedBytes: 64 });
    memories.push(sharedMemory);
    sharedMemory.register(call().principal, { name: 'r', key: object.key, offset: 0, sizeBytes: 8 });
    const { heard, requests, given, send } = createFixture({ sharedMemory });
    const empty = { name: 'x', datatype: 'FP32', shape: [1, 2], data: new Uint8Array(0) } as const;
    const sharedInputs = new Map([['x', { region: 'r', offset: 0, sizeBytes: 8 }]]);
    const { result } = send({ inputs: [empty], sharedInputs });
    expect(heard).toEqual([]);
    await expect.poll(() => given.length).toBe(1);
    given[0]?.sink.onResponse(ANSWER);
    given[0]?.sink.onEnd(undefined);
    await result;
    expect(heard).toEqual(['a/1 began', 'm/1 says y', 'a ended: ok']);
    expect(Buffer.from(requests[0]?.inputs[0]?.data ?? [])).toEqual(Buffer.from(Y.data));
  });
});

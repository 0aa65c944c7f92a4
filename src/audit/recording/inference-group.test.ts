import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { request } from '../../../test/support/engine-fixture.js';
import { finishedInference } from '../../../test/support/finished-inference.js';
import { principalWith } from '../../../test/support/principals.js';
import { LazyTrace, MillraceError } from '../../core/index.js';
import { canonicalJson } from '../chain/canonical-json.js';
import { readInferences } from '../entries.js';
import { InferenceGroup } from './inference-group.js';

const TIME = '2026-11-27T17:30:00.000Z';
const LATER = '2026-11-27T17:30:00.001Z';
const METADATA = { withDigest: false, time: TIME };

/** The entry that a group becomes, which is in canonical JSON. */
function closed(group: InferenceGroup) {
  const { entry, count } = group.close();
  const text = Buffer.from(entry).toString();
  const read = JSON.parse(text);
  expect(text).toBe(canonicalJson(read));
  expect(read.inferences).toHaveLength(count);
  return read;
}

describe('a group of inferences', () => {
  it('is one entry, in which what several have in common stands once', () => {
    const group = new InferenceGroup();
    group.add(finishedInference('a'), METADATA);
    group.add(finishedInference('b', { rows: 8 }), { ...METADATA, time: LATER });
    group.add(finishedInference('c', { name: 'cnn', ref: undefined }), { ...METADATA, time: LATER });
    const common = {
      action: 'model.infer',
      outcome: 'ok',
      principal: 'key:app',
      remote_address: '10.0.0.1',
      transport: 'http',
    };
    expect(closed(group)).toEqual({
      type: 'inferences',
      time: LATER,
      common: [
        { ...common, resource: 'mlp', model: 'mlp/3' },
        { ...common, resource: 'cnn' },
      ],
      inferences: [
        { common: 0, request_id: 'a', rows: 1, time: TIME },
        { common: 0, request_id: 'b', rows: 8, time: LATER },
        { common: 1, request_id: 'c', rows: 1, time: LATER },
      ],
    });
  });

  it('tells apart who asked, from where, for what, which version answered, and how it ended', () => {
    const group = new InferenceGroup();
    const error = new MillraceError('invalid_argument', 'no');
    const grouped = { ...principalWith('app', 'caller'), groups: ['b', 'a'] };
    const other = [
      finishedInference('principal', {}, { principal: grouped }),
      finishedInference('address', {}, { from: { remoteAddress: '::1', transport: 'http' } }),
      finishedInference('transport', {}, { from: { remoteAddress: '10.0.0.1', transport: 'grpc' } }),
      finishedInference('name', { name: 'mlp@stable' }),
      finishedInference('version', { ref: { name: 'mlp', version: 4, generation: 1 } }),
      finishedInference('model', { ref: { name: 'other', version: 3, generation: 1 } }),
      finishedInference('outcome', { error }),
    ];
    for (const event of [finishedInference('first'), ...other, finishedInference('last')]) group.add(event, METADATA);
    const { common, inferences } = closed(group);
    expect(common).toHaveLength(8);
    expect(inferences.at(-1)).toMatchObject({ common: 0, request_id: 'last' });
    expect(readInferences({ type: 'inferences', common, inferences })?.slice(1, -1)).toMatchObject([
      { type: 'inference', request_id: 'principal', groups: ['b', 'a'] },
      { request_id: 'address', remote_address: '::1' },
      { request_id: 'transport', transport: 'grpc' },
      { request_id: 'name', resource: 'mlp@stable' },
      { request_id: 'version', model: 'mlp/4' },
      { request_id: 'model', model: 'other/3' },
      { request_id: 'outcome', outcome: 'invalid_argument' },
    ]);
  });

  it('is right also where a caller asks for more than is remembered, in one group after the other', () => {
    const group = new InferenceGroup();
    for (const round of ['first', 'second']) {
      const names = Array.from({ length: 20 }, (_, index) => `model-${index}`);
      const asked = [...names, ...names.toReversed(), ...names];
      for (const name of asked) group.add(finishedInference(`${round} ${name}`, { name }), METADATA);
      const told = readInferences(closed(group));
      expect(told?.map(({ request_id, resource }) => [request_id, resource])).toEqual(
        asked.map((name) => [`${round} ${name}`, name]),
      );
    }
  });

  it('has the digest of what was sent where that is asked for, and the trace that the caller has sent', () => {
    const group = new InferenceGroup();
    const parent = { parentSpanId: '00f067aa0ba902b7', sampled: true, state: undefined };
    const sent = new LazyTrace('4bf92f3577b34da6a3ce929d0e0e4736', parent);
    const own = new LazyTrace(undefined, { ...parent, parentSpanId: undefined, sampled: false });
    group.add(finishedInference('a', { request: request(7) }, { trace: sent }), {
      time: TIME,
      withDigest: true,
    });
    group.add(finishedInference('b', { request: request(7) }, { trace: own }), METADATA);
    group.add(finishedInference('c'), { time: TIME, withDigest: true });
    expect(closed(group).inferences).toEqual([
      {
        common: 0,
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        request_id: 'a',
        rows: 1,
        time: TIME,
        trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
      },
      { common: 0, request_id: 'b', rows: 1, time: TIME },
      { common: 0, request_id: 'c', rows: 1, time: TIME },
    ]);
  });

  it('has names as they are, whatever is in them, and no longer than 512 characters', () => {
    const group = new InferenceGroup();
    const odd = 'a"b\\c\n\u001b\u2028é😀\ud800';
    group.add(finishedInference(odd, { name: odd }), METADATA);
    group.add(finishedInference('long', { name: 'x'.repeat(10_000) }), METADATA);
    const { common, inferences } = closed(group);
    expect([inferences[0].request_id, common[0].resource]).toEqual(Array(2).fill('a"b\\c\n\u001b\u2028é😀\ufffd'));
    expect(common[1].resource).toBe(`${'x'.repeat(512)}…`);
  });

  it('keeps next to nothing of each of many callers', () => {
    setFlagsFromString('--expose-gc');
    const gc: () => void = runInNewContext('gc');
    // Buffers that a collection finds are freed in the background, by the next collection at the latest.
    const collect = () => {
      gc();
      gc();
    };
    const group = new InferenceGroup();
    const callers = Array.from({ length: 2_000 }, (_, index) => principalWith(`app-${index}`, 'caller'));
    collect();
    const before = process.memoryUsage().arrayBuffers;
    let rows = 0;
    for (const principal of callers) {
      group.add(finishedInference('a', {}, { principal }), METADATA);
      // Each ends in another way than the one before.
      for (let count = 0; count < 200; count++) group.add(finishedInference('b', { rows: rows++ }), METADATA);
      if (group.isFull) group.close();
    }
    collect();
    const keptBytes = process.memoryUsage().arrayBuffers - before;
    group.close();
    expect(keptBytes / callers.length).toBeLessThan(500);
  });

  it('is full when its entry is some 64 KiB long, be that of inferences or of who asked', () => {
    const group = new InferenceGroup();
    const fill = (event: (index: number) => ReturnType<typeof finishedInference>) => {
      for (let index = 0; !group.isFull; index++) group.add(event(index), METADATA);
      return group.close().entry.length;
    };
    const lengths = [
      fill((index) => finishedInference(`r${index}`)),
      fill((index) => finishedInference(`r${index}`, {}, { principal: principalWith(`app-${index}`, 'caller') })),
    ];
    for (const length of lengths) {
      expect(length).toBeGreaterThan(65_536);
      expect(length).toBeLessThan(65_536 + 500);
    }
    expect(group.isFull).toBe(false);
  });
});

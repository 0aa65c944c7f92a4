import { describe, expect, it } from 'vitest';
import { call, IDENTITY, request } from '../../test/support/engine-fixture.js';
import { createInferFixture, version } from '../../test/support/infer-fixture.js';
import { IMAGE_SPEC } from '../../test/support/media-specs.js';
import { type ImageSpec, MillraceError, packBytes } from '../core/index.js';
import { VersionGoneError } from '../engine/index.js';
import type { RouteConfig } from '../routing/index.js';

const LIVE = { name: 'live', version: undefined };
const GONE = new VersionGoneError('it is gone');
const FULL = new MillraceError('resource_exhausted', 'its queue is full');
const BOTH = [
  { name: 'a', model: 'm', version: 1, weight: 1 },
  { name: 'b', model: 'm', version: 2, weight: 1 },
];

/** With version 2 beside version 1. */
function createFixture(route: Partial<RouteConfig>) {
  const fixture = createInferFixture({ routes: { live: { arms: BOTH, rules: [], fallback: [], ...route } } });
  fixture.serving.push(version(2, 2));
  return fixture;
}

describe('a request of a route whose version is unloaded before it could begin', () => {
  it('goes where its condition says', () => {
    const arms = [
      { name: 'base', model: 'm', version: 1, weight: 1 },
      { name: 'fast', model: 'm', label: 'canary', weight: 0 },
    ];
    const rules = [{ when: "parameters.mode == 'fast'", arm: 'fast' }];
    const { resolve, infer, given, refs, serving, labels } = createFixture({ arms, rules });
    labels.set('canary', 2);
    const asked = call();
    void infer(asked, resolve(asked, LIVE), request(1, { parameters: { mode: 'fast' } }));
    labels.set('canary', 3);
    serving.splice(1, 1, version(3, 3));
    given[0]?.sink.onEnd(GONE);
    expect(refs).toMatchObject([{ version: 2 }, { version: 3 }]);
    expect(asked.timing).toMatchObject({ arm: 'fast', answeredBy: { version: 3 } });
  });

  it('is held against the arm that has run it', async () => {
    const outlierDetection = { consecutiveErrors: 1, ejectionMs: 1_000, maxEjectionMs: 1_000 };
    const { resolve, infer, given, refs, serving, told } = createFixture({ outlierDetection });
    const asked = call();
    const result = infer(asked, resolve(asked, LIVE), request(1));
    serving.shift();
    given[0]?.sink.onEnd(GONE);
    given[1]?.sink.onEnd(new MillraceError('internal', 'it broke'));
    await expect(result).rejects.toThrow('it broke');
    expect(refs).toMatchObject([{ version: 1 }, { version: 2 }]);
    expect(told).toEqual(["route 'live' leaves out its arm 'b' for 1000 ms: it broke"]);
  });
});

describe('a photo that cannot be decoded', () => {
  it('is not held against the arm that it was for', async () => {
    const media: ImageSpec = { ...IMAGE_SPEC, layout: 'NHWC', colors: 'GRAY', width: 1, height: 1 };
    const outlierDetection = { consecutiveErrors: 1, ejectionMs: 1_000, maxEjectionMs: 1_000 };
    const { resolve, infer, refs, serving, told } = createFixture({ outlierDetection });
    const inputs = IDENTITY.signature.inputs.map((spec) => ({ ...spec, media }));
    serving[0] = version(1, 1, { signature: { ...IDENTITY.signature, inputs } });
    const photo = { name: 'x', datatype: 'BYTES', shape: [1], data: packBytes([Uint8Array.of(1)]) } as const;
    await expect(infer(call(), resolve(call(), LIVE), request(1, { inputs: [photo] }))).rejects.toMatchObject({
      code: 'internal',
      message: "input 'x': nothing is decoded",
    });
    expect([refs, told]).toEqual([[], []]);
  });
});

describe('a fallback arm', () => {
  it('that cannot answer as the caller asks leaves the request as it has failed', async () => {
    const { resolve, infer, given, refs, serving } = createFixture({ fallback: ['b'] });
    const result = infer(call(), resolve(call(), LIVE, { onlyOne: 'which this cannot carry' }), request(1));
    serving.splice(0, 2, version(2, 3, { decoupled: true }));
    expect(() => given[0]?.sink.onEnd(FULL)).not.toThrow();
    await expect(result).rejects.toBe(FULL);
    expect(refs).toMatchObject([{ version: 1 }]);
  });
});

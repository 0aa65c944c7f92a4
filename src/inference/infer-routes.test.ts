import { describe, expect, it } from 'vitest';
import { call, IDENTITY, request } from '../../test/support/engine-fixture.js';
import { createInferFixture, version } from '../../test/support/infer-fixture.js';
import { IMAGE_SPEC } from '../../test/support/media-specs.js';
import { type ImageSpec, MillraceError, packBytes } from '../core/index.js';
import { ModelDownError, VersionGoneError } from '../engine/index.js';
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
  it('runs on the arm of its condition', () => {
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
    const { resolve, infer, given, refs, serving, told, clock } = createFixture({ outlierDetection });
    // From here, a second later is 1000.0000000000001 ms away.
    await clock.advance(0.003);
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

it.each([{ header: 'constructor' }, { parameter: 'toString' }])(
  'a route goes by no key of the caller where %o is what all objects have',
  (sticky) => {
    const { resolve, infer, refs } = createFixture({ sticky });
    const asked = call();
    void infer(asked, resolve(asked, LIVE), request(1));
    expect(refs).toMatchObject([{ version: 1 }]);
  },
);

describe('a fallback arm', () => {
  it('gets a request at once where no instance of the chosen arm is up, also one that may run again', async () => {
    const { resolve, infer, given, refs, taps } = createFixture({ fallback: ['b'] });
    const asked = call();
    const heard: string[] = [];
    taps.add({ began: ({ arm }) => ({ onEnd: (error) => heard.push(`${arm.name} ${error?.code}`) }) });
    void infer(asked, resolve(asked, LIVE), request(1));
    expect(given[0]).toMatchObject({ movesOn: true });
    asked.timing.dequeuedAt = 1;
    given[0]?.sink.onEnd(new ModelDownError(new MillraceError('unavailable', 'down'), { kills: 1 }));
    expect(refs).toMatchObject([{ version: 1 }, { version: 2 }]);
    expect(given[1]).toMatchObject({ suspect: { kills: 1 } });
    // There is no other arm: it waits.
    expect(given[1]).not.toHaveProperty('movesOn');
    expect(asked.timing).toMatchObject({ arm: 'b' });
    // The judge of rollouts counts it.
    expect(heard).toEqual(['a unavailable']);
  });

  it('gets no step of a sequence that runs, which waits for its own', async () => {
    const { resolve, infer, given } = createFixture({ fallback: ['b'] });
    for (const start of [true, false]) {
      const asked = call();
      void infer(asked, resolve(asked, LIVE), request(1, { sequence: { id: 1n, start, end: false } }));
    }
    expect(given.map(({ movesOn = false }) => movesOn)).toEqual([true, false]);
  });

  it('that cannot answer as the caller asks leaves the request as it has failed', async () => {
    const { resolve, infer, given, refs, serving } = createFixture({ fallback: ['b'] });
    const result = infer(call(), resolve(call(), LIVE, { onlyOne: 'which this cannot carry' }), request(1));
    serving.splice(0, 2, version(2, 3, { decoupled: true }));
    expect(() => given[0]?.sink.onEnd(FULL)).not.toThrow();
    await expect(result).rejects.toBe(FULL);
    expect(refs).toMatchObject([{ version: 1 }]);
  });
});

describe('chance has dealt a request to an arm', () => {
  const rules = [{ when: "parameters.mode == 'fast'", arm: 'b' }];

  /** Whether it has, for each arm that a request has gone to. */
  function watch({ taps }: ReturnType<typeof createFixture>): readonly string[] {
    const seen: string[] = [];
    taps.add({
      began({ arm, isDealt, key }) {
        seen.push(`${arm.name} ${isDealt ? 'dealt' : 'moved'} ${key ?? '-'}`);
        return undefined;
      },
    });
    return seen;
  }

  it('by weight, and with its key where there is one', () => {
    const fixture = createFixture({ sticky: { parameter: 'user' }, rules });
    const seen = watch(fixture);
    const { resolve, infer } = fixture;
    for (const parameters of [{ user: 'u1' }, { user: 'u2' }, {}]) {
      const asked = call();
      void infer(asked, resolve(asked, LIVE), request(1, { parameters }));
    }
    expect(seen).toEqual(['b dealt u1', 'a dealt u2', 'a dealt -']);
  });

  it('not where a rule names it', () => {
    const fixture = createFixture({ rules });
    const seen = watch(fixture);
    const asked = call();
    void fixture.infer(asked, fixture.resolve(asked, LIVE), request(1, { parameters: { mode: 'fast' } }));
    expect(seen).toEqual(['b moved -']);
  });

  it('not where its own does not serve, or has failed', () => {
    const fixture = createFixture({ fallback: ['b'] });
    const seen = watch(fixture);
    const { resolve, infer, given, serving } = fixture;
    void infer(call(), resolve(call(), LIVE), request(1));
    given[0]?.sink.onEnd(FULL);
    serving.shift();
    void infer(call(), resolve(call(), LIVE), request(1));
    expect(seen).toEqual(['a dealt -', 'b moved -', 'b moved -']);
  });

  it('not where its own is left out for its errors', () => {
    const outlierDetection = { consecutiveErrors: 1, ejectionMs: 1_000, maxEjectionMs: 1_000 };
    const fixture = createFixture({ outlierDetection });
    const seen = watch(fixture);
    const { resolve, infer, given } = fixture;
    const first = infer(call(), resolve(call(), LIVE), request(1));
    first.catch(() => undefined);
    given[0]?.sink.onEnd(new MillraceError('internal', 'it broke'));
    void infer(call(), resolve(call(), LIVE), request(1));
    expect(seen).toEqual(['a dealt -', 'b moved -']);
  });

  it('with the first request of a sequence, which the others follow', () => {
    const fixture = createFixture({});
    const seen = watch(fixture);
    for (const [start, end] of [
      [true, false],
      [false, false],
      [false, true],
    ] as const) {
      void fixture.infer(call(), fixture.resolve(call(), LIVE), request(1, { sequence: { id: 1n, start, end } }));
    }
    expect(seen).toEqual(['a dealt -', 'a moved -', 'a moved -']);
  });
});

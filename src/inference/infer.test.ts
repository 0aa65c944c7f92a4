import { describe, expect, it } from 'vitest';
import { call, IDENTITY, request } from '../../test/support/engine-fixture.js';
import { createInferFixture, version } from '../../test/support/infer-fixture.js';
import { principalWith } from '../../test/support/principals.js';
import { Call, type InferRequest, type InferTarget, MillraceError, packBytes, type TensorSpec } from '../core/index.js';
import { type ModelInfo, VersionGoneError } from '../engine/index.js';
import type { Resolved, ResolveOptions } from './types.js';

const REF = { name: 'm', version: 1, generation: 1 };
const TARGET: InferTarget = { name: 'm', version: undefined };
const [OUTPUT] = IDENTITY.signature.outputs as readonly [TensorSpec];
const TEXT: TensorSpec = { ...OUTPUT, datatype: 'BYTES' };
const CLASSES = { outputs: [{ name: OUTPUT.name, classificationCount: 1 }] };

function createFixture(fields: Partial<ModelInfo> = {}) {
  const fixture = createInferFixture({ fields });
  const { resolve, infer, given } = fixture;
  const resolveM = (options?: ResolveOptions): Resolved => resolve(call(), TARGET, options);
  const submit = (options: Partial<InferRequest>) => {
    const result = infer(call(), resolveM(), request(1, options));
    return { result, sink: given.at(-1)?.sink };
  };
  return { ...fixture, submit, resolveM };
}

describe('resolve', () => {
  it('decides at once, for callers who may infer', () => {
    const { resolve, serving, finished } = createFixture();
    expect(resolve(call(), TARGET)).toMatchObject({ target: TARGET, info: serving[0] });
    const stranger = new Call({
      requestId: 'r',
      principal: principalWith('ops', 'operator'),
      trace: undefined,
      deadlineAt: Number.POSITIVE_INFINITY,
      receivedAt: 0,
    });
    expect(() => resolve(stranger, { name: 'nope', version: undefined })).toThrow(
      "'key:ops' lacks the right 'model.infer' on 'nope'; its roles: operator",
    );
    expect(finished).toMatchObject([{ call: stranger, ref: undefined, error: { code: 'permission_denied' } }]);
  });

  it('ends a call for an unknown model', () => {
    const { resolve, finished } = createFixture();
    const target = { name: 'nope', version: 7 };
    expect(() => resolve(call(), target)).toThrow("version 7 of model 'nope' is not found");
    expect(finished).toMatchObject([
      { target, request: undefined, ref: undefined, error: { code: 'not_found' }, answered: false, rows: 1 },
    ]);
  });

  it('refuses a decoupled model for a caller that can take one answer only', async () => {
    const { resolveM, infer, finished } = createFixture({ decoupled: true });
    expect(() => resolveM({ onlyOne: 'which this cannot carry' })).toThrow(
      new MillraceError('unimplemented', "model 'm' may give several answers, which this cannot carry"),
    );
    expect(finished).toMatchObject([{ error: { code: 'unimplemented' } }]);
    expect((await infer(call(), resolveM(), request(1))).kind).toBe('many');
  });
});

describe('a check of the target', () => {
  it('decides nothing for callers who may infer', () => {
    const { checkTarget, finished } = createFixture({ decoupled: true });
    const asked = call();
    checkTarget(asked, TARGET);
    expect([asked.timing.answeredBy, finished]).toEqual([undefined, []]);
  });

  it('refuses the others as they are refused when the target is resolved, and ends the call', () => {
    const { resolve, checkTarget, finished } = createFixture();
    const outcome = (run: () => unknown) => {
      try {
        return run();
      } catch (error) {
        return error;
      }
    };
    const target = { name: 'nope', version: undefined };
    const refused = outcome(() => checkTarget(call(), target));
    expect(refused).toEqual(outcome(() => resolve(call(), target)));
    expect(finished).toMatchObject([
      { target, error: refused, answered: false },
      { target, error: refused },
    ]);
  });
});

describe('infer', () => {
  it('refuses an answer that has no classes to rank, without a throw into the engine', async () => {
    const { submit, finished } = createFixture();
    const { result, sink } = submit({ outputs: [{ name: 'y', classificationCount: 1 }] });
    const outputs = [{ name: 'y', datatype: 'BYTES', shape: [1, 1], data: packBytes([new Uint8Array(1)]) }] as const;
    expect(() => sink?.onResponse({ ref: REF, id: '', outputs, parameters: {} })).not.toThrow();
    sink?.onEnd(undefined);
    await expect(result).rejects.toMatchObject({
      code: 'invalid_argument',
      message: "output 'y' is BYTES: it has no classes to rank",
    });
    expect(finished).toMatchObject([{ target: TARGET, answered: true, error: { code: 'invalid_argument' } }]);
  });

  it('refuses a request for classes of an output that has none before anything runs', async () => {
    const { submit, given, finished } = createFixture({ signature: { ...IDENTITY.signature, outputs: [TEXT] } });
    await expect(submit(CLASSES).result).rejects.toMatchObject({
      code: 'invalid_argument',
      message: `output '${TEXT.name}' is BYTES: it has no classes to rank`,
    });
    expect(given).toEqual([]);
    expect(finished).toMatchObject([{ ref: REF, error: { code: 'invalid_argument' } }]);
  });
});

describe('a cancelled call', () => {
  it('is not run', async () => {
    const { resolveM, infer, given, finished } = createFixture();
    const left = call();
    const gone = new MillraceError('cancelled', 'the client left');
    left.cancel(gone);
    await expect(infer(left, resolveM(), request(1))).rejects.toBe(gone);
    expect(given).toEqual([]);
    expect(finished).toMatchObject([{ call: left, error: gone, answered: false }]);
  });
});

describe('a model after it was resolved', () => {
  it('loaded again, its new generation runs the request', () => {
    const { resolveM, infer, refs, serving } = createFixture();
    const resolved = resolveM();
    serving.splice(0, 1, version(1, 2), version(2, 3));
    void infer(call(), resolved, request(1));
    expect(refs).toEqual([{ name: 'm', version: 1, generation: 2 }]);
  });

  it('loaded again without a requested feature, the new model refuses the request', async () => {
    const { resolveM, infer, given, finished, serving } = createFixture();
    const [forOne, forClasses] = [resolveM({ onlyOne: 'which this cannot carry' }), resolveM()];
    serving[0] = version(1, 2, { decoupled: true, signature: { ...IDENTITY.signature, outputs: [TEXT] } });
    await expect(infer(call(), forOne, request(1))).rejects.toThrow(
      "model 'm' may give several answers, which this cannot carry",
    );
    await expect(infer(call(), forClasses, request(1, CLASSES))).rejects.toThrow(
      `output '${TEXT.name}' is BYTES: it has no classes to rank`,
    );
    expect(given).toEqual([]);
    expect(finished).toMatchObject([
      { error: { code: 'unimplemented' } },
      { ref: { generation: 2 }, error: { code: 'invalid_argument' } },
    ]);
  });

  it('its version unloaded, another one runs a request that named none', () => {
    const { resolveM, infer, refs, serving } = createFixture();
    serving.push(version(2, 2));
    const resolved = resolveM();
    expect(resolved.info.ref.version).toBe(2);
    serving.pop();
    void infer(call(), resolved, request(1));
    expect(refs).toEqual([REF]);
  });

  it.each([
    { target: { name: 'm', version: 1 }, left: [version(2, 2)], label: "version 1 of model 'm'" },
    { target: TARGET, left: [], label: "model 'm'" },
  ])('unloaded, there is nothing to run a request for $label', async ({ target, left, label }) => {
    const { resolve, infer, given, finished, serving } = createFixture();
    const resolved = resolve(call(), target);
    serving.splice(0, 1, ...left);
    await expect(infer(call(), resolved, request(1))).rejects.toMatchObject({
      code: 'not_found',
      message: `${label} is not found`,
    });
    expect(given).toEqual([]);
    expect(finished).toMatchObject([{ target, ref: undefined, error: { code: 'not_found' } }]);
  });

  it('unloaded before it could begin, another version runs a request that named none', async () => {
    const { resolveM, infer, refs, given, finished, serving } = createFixture();
    const caller = call();
    const result = infer(caller, resolveM(), request(1));
    serving[0] = version(2, 2);
    given[0]?.sink.onEnd(new VersionGoneError('version 1 is gone'));
    expect(refs).toEqual([REF, { name: 'm', version: 2, generation: 2 }]);
    expect(finished).toEqual([]);
    const response = { ref: version(2, 2).ref, id: '', outputs: [], parameters: {} };
    given[1]?.sink.onResponse(response);
    given[1]?.sink.onEnd(undefined);
    expect(await result).toEqual({ kind: 'one', response, timing: caller.timing });
    expect(finished).toMatchObject([{ ref: { version: 2 }, error: undefined }]);
  });

  it('unloaded before its stream could begin, another version streams', async () => {
    const { resolveM, infer, refs, given, serving } = createFixture({ decoupled: true });
    const result = await infer(call(), resolveM(), request(1));
    serving[0] = version(2, 2, { decoupled: true });
    given[0]?.sink.onEnd(new VersionGoneError('version 1 is gone'));
    expect(refs).toEqual([REF, { name: 'm', version: 2, generation: 2 }]);
    given[1]?.sink.onEnd(undefined);
    expect(result.kind === 'many' && (await result.responses[Symbol.asyncIterator]().next())).toEqual({ done: true });
  });

  it.each([
    { name: 'm', version: 1 },
    { name: 'm', version: undefined },
  ])('unloaded before it could begin, %o ends with the reason where nothing takes its place', async (target) => {
    const { resolve, infer, refs, given, finished, serving } = createFixture();
    const result = infer(call(), resolve(call(), target), request(1));
    serving.splice(0, 1, ...(target.version === undefined ? [] : [version(2, 2)]));
    given[0]?.sink.onEnd(new VersionGoneError('version 1 is gone'));
    await expect(result).rejects.toMatchObject({ code: 'unavailable', message: 'version 1 is gone' });
    expect([refs.length, finished.length]).toEqual([1, 1]);
  });

  it('counts until the request is submitted, as long as its text is checked', async () => {
    const { resolveM, infer, refs, finished, serving, clock } = createFixture();
    const data = packBytes([new Uint8Array(2 ** 20)]);
    const large = { ...request(1), inputs: [{ name: 'x', datatype: 'BYTES', shape: [1], data }] } as const;
    const [kept, lost] = [resolveM(), resolveM()];
    void infer(call(), kept, large);
    serving[0] = version(1, 2);
    while (refs.length === 0) await clock.advance(0);
    expect(refs).toEqual([{ name: 'm', version: 1, generation: 2 }]);
    const refused = expect(infer(call(), lost, large)).rejects.toThrow("model 'm' is not found");
    serving.length = 0;
    while (finished.length === 0) await clock.advance(0);
    await refused;
    expect(finished).toMatchObject([{ ref: undefined, error: { code: 'not_found' } }]);
  });
});

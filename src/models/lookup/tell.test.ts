import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MillraceError,
  modelAside,
  msg,
  namedModel,
  namedRunner,
  namedVersion,
  type Principal,
} from '../../core/index.js';
import { tell } from './tell.js';

/** Who sees these models, and no others. */
function seeing(...names: readonly string[]) {
  const rights: Pick<Principal['rights'], 'sees'> = { sees: (name) => names.includes(name) };
  return { principal: { rights } as Principal };
}
const ROUTE = { name: 'live', isRoute: true };
const MODEL = { name: 'chain', isRoute: false };
const REF = { name: 'secret', version: 3 };

const toldOf = (message: ReturnType<typeof msg>, asked = ROUTE, ...seen: readonly string[]) =>
  tell(new MillraceError('unavailable', message), seeing(...seen), asked).message;

describe('a caller who does not see a model', () => {
  it.each([
    [msg`the queue of ${namedModel(REF)} is full`, "the queue of route 'live' is full"],
    [msg`${namedVersion('secret', 3)} is not loaded`, "route 'live' is not loaded"],
    [msg`step ${0}${modelAside('secret')}: no`, 'step 0: no'],
    [msg`${namedRunner('secret', 'secret/3#0')} is gone`, "the runner of route 'live' is gone"],
    [msg`${namedModel('other')} and ${namedModel('secret')}`, "route 'live' and route 'live'"],
  ])('reads the name of the route that it requested: %s', (message, told) => {
    expect(toldOf(message)).toBe(told);
    expect(toldOf(message, ROUTE, 'secret', 'other')).toBe(String(message));
  });

  it('reads the name of the model that it requested', () => {
    expect(toldOf(msg`${namedModel(REF)} and ${namedModel('chain')}`, MODEL)).toBe("model 'chain' and model 'chain'");
    expect(toldOf(msg`${namedRunner('secret', 'secret/3#0')} is gone`, MODEL)).toBe(
      "the runner of model 'chain' is gone",
    );
  });

  it('reads the name of neither the hidden model nor its calling model', () => {
    const byScript = tell(new MillraceError('internal', msg`${namedModel(REF)} has failed`), seeing(), MODEL);
    expect(byScript.message).toBe("model 'chain' has failed");
    expect(tell(byScript, seeing(), ROUTE).message).toBe("route 'live' has failed");
  });

  it('gets the same code, reason, subject and time to try again', () => {
    const options = { retryAfterMs: 5, reason: 'out_of_memory', subject: { parameter: 'p' } } as const;
    const told = tell(new MillraceError('unavailable', msg`${namedModel(REF)}`, options), seeing(), ROUTE);
    expect(told).toMatchObject({ code: 'unavailable', message: "route 'live'", ...options });
    expect(told.cause).toBe("MillraceError: model 'secret/3'");
  });
});

it('an error without hidden names is not changed', () => {
  const plain = new MillraceError('internal', "model 'secret' is only a text");
  expect(tell(plain, seeing(), ROUTE)).toBe(plain);
  const seen = new MillraceError('internal', msg`${namedModel(REF)} has failed`);
  expect(tell(seen, seeing('secret'), ROUTE)).toBe(seen);
});

it('no message names a hidden model, whatever else is in it', () => {
  const named = fc.constantFrom<(name: string) => ReturnType<typeof msg>>(
    namedModel,
    modelAside,
    (name) => namedModel({ name, version: 1 }),
    (name) => namedVersion(name, 2),
    (name) => namedRunner(name, `${name}/1#0`),
  );
  const property = fc.property(fc.array(fc.tuple(named, fc.constantFrom('hidden', 'live', 'seen'))), (mentions) => {
    const message = mentions.reduce((before, [say, name]) => msg`${before}, ${say(name)}`, msg`all`);
    const told = toldOf(message, ROUTE, 'seen');
    expect(told).not.toContain('hidden');
    if (mentions.every(([, name]) => name !== 'hidden')) expect(told).toBe(String(message));
  });
  fc.assert(property);
});

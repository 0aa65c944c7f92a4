import { type InferResponse, MillraceError, NO_PARAMETERS } from '../../src/core/index.js';
import type { Service } from '../../src/service/index.js';
import { createFakeService, type FakeService, fakeModelInfo, fakeResolved } from '../support/fake-service.js';
import { NO_TIMING } from '../support/no-timing.js';
import { withCases } from '../support/service-of.js';

type Infer = Service['inference']['infer'];

const BIG_ELEMENTS = 30_000;
const MODELS = ['m', 'held', 'big', 'busy', 'broken'];

/** A service whose model `held` answers when it is told to; the others at once: `m` rightly, `big` with a lot, two with an error. */
export interface ScriptedService extends FakeService {
  /** Gives the n-th answer of the connection that is held back, or all: now, or as soon as it is asked for. */
  answer(n: number | 'all'): void;
  /** Holds answers back as at the beginning; the next that is asked for is the first again. */
  startAgain(): void;
}

export function createScriptedService(): ScriptedService {
  const service = createFakeService();
  const inferPlainly = service.inference.infer.bind(service.inference);
  const held = new Map<number, () => void>();
  const given = new Set<number>();
  let asked = 0;
  let givesAll = false;
  const give = (n: number): void => {
    held.get(n)?.();
    held.delete(n);
  };
  const hold: Infer = (call, resolved, request) => {
    const n = asked++;
    if (givesAll || given.has(n)) return inferPlainly(call, resolved, request);
    return new Promise((resolve) => {
      held.set(n, () => resolve(inferPlainly(call, resolved, request)));
    });
  };
  const answers: Readonly<Record<string, Infer>> = {
    held: hold,
    big: (_call, { info }, { id }) =>
      Promise.resolve({ kind: 'one', timing: NO_TIMING, response: bigAnswer({ ref: info.ref, id }) }),
    busy: () => Promise.reject(new MillraceError('resource_exhausted', 'the queue is full', { retryAfterMs: 1_500 })),
    broken: () => {
      throw new TypeError('this model is broken');
    },
  };
  const scripted = withCases(service, {
    resolve(_call, { name, version = 3 }) {
      if (!MODELS.includes(name)) throw new MillraceError('not_found', `model '${name}' is not found`);
      if (version !== 3) throw new MillraceError('not_found', `model '${name}' has no version ${version}`);
      return fakeResolved({ name, version }, fakeModelInfo(name, version));
    },
    infer: (call, resolved, request) => (answers[resolved.info.ref.name] ?? inferPlainly)(call, resolved, request),
  });
  return {
    ...scripted,
    answer(n) {
      if (n === 'all') {
        givesAll = true;
        for (const each of [...held.keys()]) give(each);
      } else {
        given.add(n);
        give(n);
      }
    },
    startAgain() {
      held.clear();
      given.clear();
      asked = 0;
      givesAll = false;
    },
  };
}

function bigAnswer({ ref, id }: Pick<InferResponse, 'ref' | 'id'>): InferResponse {
  const data = new Uint8Array(4 * BIG_ELEMENTS);
  return {
    ref,
    id,
    outputs: [{ name: 'y', datatype: 'FP32', shape: [BIG_ELEMENTS / 4, 4], data }],
    parameters: NO_PARAMETERS,
  };
}

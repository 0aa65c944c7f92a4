import { describe, expect, it } from 'vitest';
import type { ModelState } from '../../core/index.js';
import type { ModelStatus } from '../../engine/index.js';
import { explainAbsence } from './absence.js';

function status(version: number, state: ModelState): ModelStatus {
  return { name: 'm', version, state, info: undefined };
}

describe('explainAbsence', () => {
  it.each<[string, readonly ModelStatus[], number | undefined, string, string]>([
    ['an unknown model', [], undefined, 'not_found', "model 'm' is not found"],
    ['an unknown version', [status(1, { kind: 'ready' })], 7, 'not_found', "version 7 of model 'm' is not found"],
    [
      'a first load',
      [status(1, { kind: 'loading' })],
      undefined,
      'unavailable',
      "model 'm' is still loading; try again",
    ],
    [
      'a warm-up',
      [status(1, { kind: 'warming' })],
      1,
      'unavailable',
      "version 1 of model 'm' is still loading; try again",
    ],
    [
      'a failed load',
      [status(1, { kind: 'failed', reason: 'secret path' })],
      undefined,
      'unavailable',
      "model 'm' failed to load; the repository index has the reason",
    ],
    ['an unloading model', [status(1, { kind: 'draining' })], undefined, 'not_found', "model 'm' is not loaded"],
    [
      'an unloaded model',
      [status(1, { kind: 'unloaded', reason: 'unloaded' })],
      1,
      'not_found',
      "version 1 of model 'm' is not loaded",
    ],
  ])('explains %s', (_what, statuses, version, code, message) => {
    expect(explainAbsence({ name: 'm', version }, { statuses, unselected: [], starting: false })).toMatchObject({
      code,
      message,
    });
  });

  it('says of a version that is on disk why it is not served, while others are', () => {
    const unselected = [{ name: 'm', version: 2, policy: 'the latest version' }];
    const explain = (statuses: readonly ModelStatus[]) =>
      explainAbsence({ name: 'm', version: 2 }, { statuses, unselected, starting: false });
    const info = {} as ModelStatus['info'];
    expect(explain([{ ...status(3, { kind: 'ready' }), info }])).toMatchObject({
      code: 'not_found',
      message:
        "version 2 of model 'm' is on disk, but not served: the model's version policy is 'the latest version' (served: 3); to serve version 2, select it there, or give it a label",
    });
    expect(explain([status(3, { kind: 'unloaded', reason: 'unloaded' })])).toMatchObject({
      code: 'not_found',
      message: "version 2 of model 'm' is not found",
    });
  });

  it('asks to come back while a model loads', () => {
    const statuses = [status(1, { kind: 'loading' })];
    const error = explainAbsence({ name: 'm', version: undefined }, { statuses, unselected: [], starting: false });
    expect(error.retryAfterMs).toBe(1_000);
  });

  it('does not call a model unknown before the server has looked for it', () => {
    const error = explainAbsence({ name: 'm', version: undefined }, { statuses: [], unselected: [], starting: true });
    expect(error).toMatchObject({
      code: 'unavailable',
      message: "model 'm' is not loaded yet: the server is starting; try again",
      retryAfterMs: 1_000,
    });
  });
});

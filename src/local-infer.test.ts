import { describe, expect, it } from 'vitest';
import { FakeClock } from '../test/support/fake-clock.js';
import { fakeModelInfo } from '../test/support/fake-service.js';
import type { App } from './app.js';
import { type Call, MillraceError } from './core/index.js';
import { drainLocally, runLocally } from './local-infer.js';

describe('runLocally', () => {
  it('stops a model that answers any number of times instead of leaving it to run for nobody', async () => {
    const calls: Call[] = [];
    const service = {
      modelInfo: () => ({ info: fakeModelInfo('stream', 1), versions: [1] }),
      infer: (call: Call) => {
        calls.push(call);
        return Promise.resolve({ kind: 'many', responses: (async function* () {})() });
      },
    };
    const settings = { server: { requestTimeoutMs: 1_000 } };
    const app = { clock: new FakeClock(), settings, service } as unknown as App;
    const result = runLocally(app, { model: 'stream', inputs: { x: [[1, 2, 3, 4]] } });
    const message = "model 'stream' answers any number of times; infer returns one answer";
    await expect(result).rejects.toMatchObject({ code: 'unimplemented', message });
    expect(calls[0]?.cancelled).toMatchObject({ code: 'unimplemented', message });
  });
});

describe('drainLocally', () => {
  const drain = (result: object) => {
    const service = {
      modelInfo: () => ({ info: fakeModelInfo('stream', 1), versions: [1] }),
      infer: () => Promise.resolve(result),
    };
    const app = { clock: new FakeClock(), settings: { server: { requestTimeoutMs: 1_000 } }, service };
    return drainLocally(app as unknown as App, { model: 'stream', inputs: { x: [[1, 2, 3, 4]] } }, {});
  };
  const answers = (...list: readonly object[]) => ({
    kind: 'many',
    responses: (async function* () {
      yield* list;
    })(),
  });

  it('counts the answers of a model, however many', async () => {
    expect(await drain({ kind: 'one', response: {} })).toBe(1);
    expect(await drain(answers())).toBe(0);
    expect(await drain(answers({}, {}, {}))).toBe(3);
  });

  it('fails with the first answer that did', async () => {
    const error = new MillraceError('internal', 'broken');
    await expect(drain(answers({}, { error }, {}))).rejects.toBe(error);
  });
});

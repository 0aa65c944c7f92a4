import { describe, expect, it } from 'vitest';
import { FakeClock } from '../test/support/fake-clock.js';
import { fakeModelInfo } from '../test/support/fake-service.js';
import type { App } from './app.js';
import type { Call } from './core/index.js';
import { runLocally } from './local-infer.js';

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

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { attemptsOf, MillraceError } from '../../src/core/index.js';
import type { InferenceObserver } from '../../src/service/index.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { until } from '../support/until.js';

const echo = (more: string) => `runtime: echo
inputs: [{ name: x, datatype: INT32, shape: [1] }]
outputs: [{ name: x, datatype: INT32, shape: [1] }]
${more}
`;
const MODELS = {
  'new/model.yaml': echo('echo: { faults: true }'),
  'new/1/': '',
  'old/model.yaml': echo(''),
  'old/1/': '',
  'many/model.yaml': echo('echo: { mode: repeat }\nmaxBatchSize: 0'),
  'many/1/': '',
  'never/1/model.js':
    "export default { inputs: { x: 'INT32[1]' }, outputs: { x: 'INT32[1]' }, infer: () => new Promise(() => undefined) };",
};
const NEW = { model: 'new', weight: 1 };
const ROUTES = {
  live: { arms: [NEW, { model: 'old', weight: 0 }], fallback: ['old'] },
  copied: { arms: [{ model: 'old', weight: 1 }], shadow: { model: 'many' } },
};

/** What an observer has heard, a line for each inference, and how often each began and ended. */
let heard: string[] = [];
let admitted = 0;
let responses = 0;
let refusal: MillraceError | undefined;
let fault: Error | undefined;
let epochs: Record<'admitted' | 'ended', number[]>;
const observer: InferenceObserver = {
  admit({ epochMs }) {
    admitted++;
    epochs.admitted.push(epochMs);
    if (refusal !== undefined) throw refusal;
    return {
      responded() {
        responses++;
        if (fault !== undefined) throw fault;
      },
    };
  },
  ended({ call, target, error, epochMs }, kind) {
    epochs.ended.push(epochMs);
    const attempts = attemptsOf(call.timing, error).map(
      ({ answeredBy, arm, error: why }) => `${answeredBy?.name ?? '-'}${arm && `(${arm})`} ${why?.code ?? 'ok'}`,
    );
    heard.push(`${kind} ${target.name} ${error?.code ?? 'ok'}: ${attempts.join(', ')}`);
  },
};

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(MODELS, { routes: ROUTES }, { observers: [observer] });
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  heard = [];
  admitted = 0;
  responses = 0;
  refusal = undefined;
  fault = undefined;
  epochs = { admitted: [], ended: [] };
});

const body = (parameters: object = {}, datatype = 'INT32') => ({
  parameters,
  inputs: [{ name: 'x', datatype, shape: [1], data: [7] }],
});

describe('an observer from outside sees, once each,', () => {
  it('a request that is answered', async () => {
    expect((await server.infer('old', body())).status).toBe(200);
    expect(heard).toEqual(['request old ok: old ok']);
    expect([admitted, responses]).toEqual([1, 1]);
  });

  it('the epoch of its stamps: answered, refused by a model, and refused before it had one', async () => {
    const { epochMs } = server.app.clock;
    await server.infer('old', body());
    await server.infer('old', body({}, 'FP32'));
    expect(epochs).toEqual({ admitted: [epochMs, epochMs], ended: [epochMs, epochMs] });
    await server.infer('nope', body());
    expect(epochs.ended).toEqual([epochMs, epochMs, epochMs]);
  });

  it('one that is refused before it has a model, and one that is refused by its model', async () => {
    expect((await server.infer('nope', body())).status).toBe(404);
    expect(admitted).toBe(0);
    expect((await server.infer('old', body({}, 'FP32'))).status).toBe(400);
    expect(heard).toEqual([
      'request nope not_found: - not_found',
      'request old invalid_argument: old invalid_argument',
    ]);
  });

  it('one that it refuses', async () => {
    refusal = new MillraceError('permission_denied', 'not on Sundays');
    expect(await server.infer('old', body())).toMatchObject({ status: 403, body: { error: 'not on Sundays' } });
    expect(heard).toEqual(['request old permission_denied: old permission_denied']);
  });

  it('one that is run again after its runner has died', async () => {
    expect((await server.infer('new', body({ fault: 'exit' }))).status).toBe(503);
    expect(heard).toEqual(['request new unavailable: new unavailable, new unavailable']);
    expect([admitted, responses]).toEqual([1, 0]);
  });

  it('one that another arm answers', async () => {
    const { engine } = server.app;
    await until('the runner is up', () => engine.statusesOf('new')[0]?.state.kind === 'ready');
    for (const { pid } of engine.gauges().find(({ ref }) => ref.name === 'new')?.instances ?? []) {
      process.kill(pid, 'SIGKILL');
    }
    await until('the runner is gone', () => engine.statusesOf('new')[0]?.state.kind === 'recovering');
    expect((await server.infer('live', body())).status).toBe(200);
    expect(heard).toEqual(['request live ok: new(new) unavailable, old(old) ok']);
    expect(admitted).toBe(1);
  });

  it('one whose caller leaves', async () => {
    const { port } = server;
    const leaves = new AbortController();
    const asked = fetch(`http://127.0.0.1:${port}/v2/models/never/infer`, {
      method: 'POST',
      body: JSON.stringify(body()),
      signal: leaves.signal,
    });
    await until('it runs', () => admitted === 1);
    leaves.abort();
    await expect(asked).rejects.toThrow();
    await until('it has ended', () => heard.length > 0);
    expect(heard).toEqual(['request never cancelled: never cancelled']);
  });

  it('a stream, with every answer', async () => {
    const url = `http://127.0.0.1:${server.port}/v2/models/many/generate_stream`;
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify({ x: 7, times: 3 }) });
    await answer.text();
    expect(heard).toEqual(['request many ok: many ok']);
    expect([admitted, responses]).toEqual([1, 3]);
  });

  it('nothing less where one of its methods throws, which the log says', async () => {
    fault = new Error('it broke');
    expect((await server.infer('old', body())).status).toBe(200);
    expect(heard).toEqual(['request old ok: old ok']);
    const said = server.log.filter(({ msg }) => msg === 'an observer of inferences failed');
    expect(said).toMatchObject([{ level: 'error', error: 'it broke' }]);
  });

  it('a request of a route, and its copy', async () => {
    expect((await server.infer('copied', body())).status).toBe(200);
    await until('the copy has ended', () => heard.length === 2);
    expect(heard).toEqual(['request copied ok: old(old) ok', 'shadow many ok: many ok']);
    expect(admitted).toBe(2);
  });
});

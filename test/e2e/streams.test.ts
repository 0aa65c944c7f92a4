import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/core/index.js';
import { localCall } from '../../src/local-infer.js';
import { STREAM_CREDIT } from '../../src/runtimes/index.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { Outcome, request } from '../support/engine-fixture.js';
import { inferNamed } from '../support/infer-named.js';

const MODEL = (placement: string) => `runtime: echo
echo: { mode: repeat }
instances: { placement: ${placement} }
maxBatchSize: 8
batching: { enabled: false }
inputs: [{ name: x, datatype: FP32, shape: [-1, 2] }]
outputs: [{ name: y, datatype: FP32, shape: [-1, 2] }]
`;

describe.each(['process', 'inline'])('a model of many answers, placed %s', (placement) => {
  let server: AppServer;
  beforeAll(async () => {
    server = await startAppServer({ 'm/model.yaml': MODEL(placement), 'm/1/': '' });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** Streams `times` answers to a reader who takes what he wants when he wants. */
  async function open(times: number) {
    const call = localCall(server.app);
    const result = await inferNamed(server.app.service, call, {
      name: 'm',
      request: request(7, { parameters: { times } }),
    });
    if (result.kind !== 'many') throw new Error('expected many answers');
    return { call, responses: result.responses };
  }

  async function readAll(times: number): Promise<unknown[]> {
    const { responses } = await open(times);
    const rounds: unknown[] = [];
    for await (const { parameters } of responses) rounds.push(parameters.round);
    return rounds;
  }

  const executing = () => server.app.engine.gauges().map(({ executingRequests }) => executingRequests);

  it('gives them all, in order', async () => {
    expect(await readAll(5_000)).toEqual(Array.from({ length: 5_000 }, (_, index) => index + 1));
    expect(await readAll(0)).toEqual([]);
  });

  it('makes no more than a reader who takes nothing has room for, serves others, and ends when he leaves', async () => {
    const { engine } = server.app;
    const info = engine.serving('m')[0];
    if (info === undefined) throw new Error('expected a model that serves');
    const calls = Array.from({ length: 20 }, () => localCall(server.app));
    const outcomes = calls.map((call) => {
      const sink = new Outcome();
      engine.submit(info.ref, { call, request: request(1, { parameters: { times: 100_000 } }), sink });
      return sink;
    });
    expect(await readAll(1_000)).toHaveLength(1_000);
    expect(await readAll(1_000)).toHaveLength(1_000);
    expect(outcomes.map(({ responses }) => responses.length)).toEqual(outcomes.map(() => STREAM_CREDIT));
    await expect.poll(executing).toEqual([20]);
    for (const call of calls) call.cancel(new MillraceError('cancelled', 'the client left'));
    expect(outcomes.map(({ kind }) => kind)).toEqual(outcomes.map(() => 'cancelled'));
    await expect.poll(executing).toEqual([0]);
  });

  it('ends when its reader leaves early', async () => {
    const { responses } = await open(100_000);
    for await (const { parameters } of responses) if (parameters.round === 100) break;
    await expect.poll(executing).toEqual([0]);
  });
});

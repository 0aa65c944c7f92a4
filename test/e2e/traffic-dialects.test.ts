import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { settledReport } from '../support/shadow-reports.js';
import { TRAFFIC_CALLS, type TrafficCall } from '../support/traffic-calls.js';

const TINY = readFileSync('test/fixtures/models/tiny-kjv.gguf');
const MLP = readFileSync('examples/models/mlp/1/model.onnx');
const SUMS = `runtime: echo
inputs: [{ name: x, datatype: INT32, shape: [1] }]
outputs: [{ name: x, datatype: INT32, shape: [1] }]
echo: { mode: accumulate }
sequenceBatching: { maxIdleMs: 60000 }
`;
const LLAMA = 'llama: { contextTokens: 128, slots: 1, threads: 1, chatTemplate: "{{ messages[0].content }}" }\n';
const ALL = 'versions: all\n';
const MODELS = ['net', 'kjv', 'sums'] as const;
/** Enough for each of two arms of the same weight to be missed by chance once in 10^9 times. */
const ROUNDS = 32;

let server: AppServer;
let client: GrpcClient;
let requests = 0;
/** How many requests of each model have been copied. */
const copied = { net: 0, kjv: 0, sums: 0 };
beforeAll(async () => {
  const arms = (model: string) => ['stable', 'canary'].map((label) => ({ model, label, weight: 1 }));
  const routes = MODELS.flatMap((model) => [
    [`${model}-live`, { arms: arms(model), outcomes: { kind: 'binary' } }],
    [
      `${model}-copied`,
      { arms: [{ model, label: 'stable' }], shadow: { model, label: 'canary', allowSideEffects: model === 'sums' } },
    ],
  ]);
  server = await startAppServer(
    {
      'net/model.yaml': ALL,
      'net/1/model.onnx': MLP,
      'net/2/model.onnx': MLP,
      'kjv/model.yaml': `${ALL}${LLAMA}`,
      'kjv/1/model.gguf': TINY,
      'kjv/2/model.gguf': TINY,
      'sums/model.yaml': `${ALL}${SUMS}`,
      'sums/1/': '',
      'sums/2/': '',
    },
    {
      repository: { controlMode: 'explicit', loadModels: ['*'] },
      routes: Object.fromEntries(routes),
      tfs: { enabled: true },
      kserve: { enabled: true, httpPort: 0 },
      sagemaker: { enabled: true },
      torchserve: { enabled: true },
      vertex: { enabled: true, model: 'net', predictRoute: '/vertex:predict', healthRoute: '/vertex' },
    },
  );
  client = new GrpcClient(`127.0.0.1:${server.grpcPort}`);
  for (const model of MODELS) await change(`PATCH /millrace/v1/models/${model}/labels`, { stable: 1, canary: 2 });
});
afterAll(async () => {
  await closeGrpcServers();
  await server[Symbol.asyncDispose]();
});

async function change(line: string, body: object): Promise<void> {
  const { status, body: answer } = jsonOf(await server.send(line, JSON.stringify(body)));
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(answer)}`);
}

const ask = ({ send }: TrafficCall, name: string, requestId = `asked-${++requests}`) =>
  send({ server, client, name, requestId });

/** Requests by that name are split between both versions, and say so. */
async function expectSplit(call: TrafficCall, name: string): Promise<void> {
  const models = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const { model, route, arm } = await ask(call, name);
    const expected = [name, model === `${call.kind}/2` ? 'canary' : 'stable'];
    expect([route, arm]).toEqual(call.says === 'arm' ? expected : [undefined, undefined]);
    models.add(model);
  }
  expect([...models].sort()).toEqual([`${call.kind}/1`, `${call.kind}/2`]);
}

describe.each(TRAFFIC_CALLS.map((call) => [call.what, call] as const))('%s', (_, call) => {
  it('takes a label for a version, and a bare name for the stable one', async () => {
    expect((await ask(call, `${call.kind}@canary`)).model).toBe(`${call.kind}/2`);
    expect((await ask(call, `${call.kind}@stable`)).model).toBe(`${call.kind}/1`);
    expect((await ask(call, call.kind)).model).toBe(`${call.kind}/1`);
    const { unknown = `model '${call.kind}' has no label 'next'` } = call;
    await expect(ask(call, `${call.kind}@next`)).rejects.toThrow(unknown);
  });

  it('takes a route for a model', async () => {
    await expectSplit(call, `${call.kind}-live`);
  });

  it('is told later what became of its answer', async () => {
    const id = `told-${++requests}`;
    const answered = await ask(call, `${call.kind}-live`, id);
    const told = jsonOf(
      await server.send('POST /millrace/v1/feedback', JSON.stringify({ request_id: id, value: true })),
    );
    const [model, version] = answered.model.split('/');
    const arm = version === '2' ? 'canary' : 'stable';
    expect(told).toMatchObject({
      status: 200,
      body: { route: `${call.kind}-live`, arm, model, version: Number(version), value: 1 },
    });
  });

  it('has a copy run by a shadow, and both answers compared', async () => {
    expect((await ask(call, `${call.kind}-copied`)).model).toBe(`${call.kind}/1`);
    copied[call.kind] += call.steps;
    const { dropped, pairs } = await settledReport(server, `${call.kind}-copied`, copied[call.kind]);
    expect(dropped).toEqual({});
    expect(pairs).toMatchObject([{ primary: `${call.kind}/1`, shadow: `${call.kind}/2`, compared: copied[call.kind] }]);
  });
});

describe('a rollout', () => {
  const rollout = (model: string) => `POST /millrace/v1/models/${model}/rollout`;
  // Decided by nobody but the test.
  const plan = { to: 2, steps: [50, 100], hold_ms: 3_600_000, judge: { latency: false, answers: false } };

  it('splits what the bare name gets, and gives it the new version in the end', async () => {
    for (const model of MODELS) await change(rollout(model), plan);
    for (const call of TRAFFIC_CALLS) {
      await expectSplit(call, call.kind);
      expect((await ask(call, `${call.kind}@stable`)).model).toBe(`${call.kind}/1`);
    }
    for (const model of MODELS) await change(`${rollout(model)}/promote`, {});
    for (const call of TRAFFIC_CALLS) {
      const { model, route } = await ask(call, call.kind);
      expect([call.what, model, route]).toEqual([call.what, `${call.kind}/2`, undefined]);
    }
  });
});

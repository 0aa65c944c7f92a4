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
const LABELS = 'versions: all\nlabels: { canary: 2, stable: 1 }\n';
/** Enough for each of two arms of the same weight to be missed by chance once in 10^9 times. */
const ROUNDS = 32;

let server: AppServer;
let client: GrpcClient;
let requests = 0;
/** How many requests of each model have been copied. */
const copied = { net: 0, kjv: 0, sums: 0 };
beforeAll(async () => {
  const arms = (model: string) => ['stable', 'canary'].map((label) => ({ model, label, weight: 1 }));
  const routes = ['net', 'kjv', 'sums'].flatMap((model) => [
    [`${model}-live`, { arms: arms(model), outcomes: { kind: 'binary' } }],
    [
      `${model}-copied`,
      { arms: [{ model, label: 'stable' }], shadow: { model, label: 'canary', allowSideEffects: model === 'sums' } },
    ],
  ]);
  server = await startAppServer(
    {
      'net/model.yaml': LABELS,
      'net/1/model.onnx': MLP,
      'net/2/model.onnx': MLP,
      'kjv/model.yaml': `${LABELS}${LLAMA}`,
      'kjv/1/model.gguf': TINY,
      'kjv/2/model.gguf': TINY,
      'sums/model.yaml': `${LABELS}${SUMS}`,
      'sums/1/': '',
      'sums/2/': '',
    },
    {
      routes: Object.fromEntries(routes),
      tfs: { enabled: true },
      kserve: { enabled: true, httpPort: 0 },
      sagemaker: { enabled: true },
      torchserve: { enabled: true },
      vertex: { enabled: true, model: 'net', predictRoute: '/vertex:predict', healthRoute: '/vertex' },
    },
  );
  client = new GrpcClient(`127.0.0.1:${server.grpcPort}`);
});
afterAll(async () => {
  await closeGrpcServers();
  await server[Symbol.asyncDispose]();
});

const ask = ({ send }: TrafficCall, name: string, requestId = `asked-${++requests}`) =>
  send({ server, client, name, requestId });

describe.each(TRAFFIC_CALLS.map((call) => [call.what, call] as const))('%s', (_, call) => {
  it('takes a label for a version, and a bare name for the stable one', async () => {
    expect((await ask(call, `${call.kind}@canary`)).model).toBe(`${call.kind}/2`);
    expect((await ask(call, `${call.kind}@stable`)).model).toBe(`${call.kind}/1`);
    expect((await ask(call, call.kind)).model).toBe(`${call.kind}/1`);
    const { unknown = `model '${call.kind}' has no label 'next'` } = call;
    await expect(ask(call, `${call.kind}@next`)).rejects.toThrow(unknown);
  });

  it('takes a route for a model', async () => {
    const versions = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round++) {
      const { model, route, arm } = await ask(call, `${call.kind}-live`);
      const isCanary = model === `${call.kind}/2`;
      expect([route, arm]).toEqual(
        call.says === 'arm' ? [`${call.kind}-live`, isCanary ? 'canary' : 'stable'] : [undefined, undefined],
      );
      versions.set(model, (versions.get(model) ?? 0) + 1);
    }
    expect([...versions.keys()].sort()).toEqual([`${call.kind}/1`, `${call.kind}/2`]);
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

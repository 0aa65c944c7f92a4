import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
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
const MODELS = ['net', 'kjv', 'sums'] as const;

let server: AppServer;
let client: GrpcClient;
beforeAll(async () => {
  server = await startAppServer(
    {
      'net/model.yaml': 'versions: all\n',
      'net/1/model.onnx': MLP,
      'net/2/model.onnx': MLP,
      'kjv/model.yaml': `versions: all\n${LLAMA}`,
      'kjv/1/model.gguf': TINY,
      'kjv/2/model.gguf': TINY,
      'sums/model.yaml': `versions: all\n${SUMS}`,
      'sums/1/': '',
      'sums/2/': '',
    },
    {
      repository: { controlMode: 'explicit', loadModels: ['*'] },
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

const api = async (line: string, body?: object) => {
  const [method, path] = line.split(' ');
  const sent = body === undefined ? '' : JSON.stringify(body);
  return jsonOf(await server.send(`${method} /millrace/v1/models/${path}`, sent));
};

let requests = 0;
const ask = (call: TrafficCall) => call.send({ server, client, name: call.kind, requestId: `asked-${++requests}` });

/** Each way to ask, one behind the other, until told to stop; the versions by the way. */
function askAll(isOver: () => boolean) {
  const seen = new Map(TRAFFIC_CALLS.map(({ what }) => [what, new Set<string>()]));
  const loops = TRAFFIC_CALLS.map(async (call) => {
    while (!isOver()) seen.get(call.what)?.add((await ask(call)).model);
  });
  return { seen, ended: Promise.all(loops) };
}

it('models are rolled out and back while every dialect asks them, and no request fails', async () => {
  for (const model of MODELS) expect((await api(`PATCH ${model}/labels`, { stable: 1 })).status).toBe(200);
  let isOver = false;
  const { seen, ended } = askAll(() => isOver);
  const work = async () => {
    const plan = { steps: [20, 60, 100], hold_ms: 700, min_requests: 1, max_hold_ms: 700, on_inconclusive: 'proceed' };
    // What is judged here is not the versions, which are alike, on a machine that has more to do than it can.
    const judge = { latency: false, answers: false };
    const start = (to: number) =>
      Promise.all(MODELS.map(async (model) => (await api(`POST ${model}/rollout`, { to, ...plan, judge })).status));
    const settled = async (state: string) => {
      for (;;) {
        const states = await Promise.all(MODELS.map(async (model) => (await api(`GET ${model}/rollout`)).body.state));
        if (states.every((each) => each === state)) return;
        if (states.includes('rolled_back')) throw new Error(`${states}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    expect(await start(2)).toEqual([200, 200, 200]);
    await settled('done');
    const versions = await Promise.all(TRAFFIC_CALLS.map(async (call) => (await ask(call)).model));
    expect(versions).toEqual(TRAFFIC_CALLS.map(({ kind }) => `${kind}/2`));
    // And back, half-way.
    expect(await start(1)).toEqual([200, 200, 200]);
    for (const model of MODELS) expect((await api(`POST ${model}/rollout/abort`, {})).status).toBe(200);
    await settled('aborted');
    const again = await Promise.all(TRAFFIC_CALLS.map(async (call) => (await ask(call)).model));
    expect(again).toEqual(versions);
  };
  try {
    await Promise.race([work(), ended.then(() => Promise.reject(new Error('nobody asks any more')))]);
  } finally {
    isOver = true;
    await ended;
  }
  for (const { what, kind } of TRAFFIC_CALLS) {
    expect([what, [...(seen.get(what) ?? [])].sort()]).toEqual([what, [`${kind}/1`, `${kind}/2`]]);
  }
}, 120_000);

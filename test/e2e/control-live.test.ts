import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { control } from '../support/control-fixture.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { TRAFFIC_CALLS } from '../support/traffic-calls.js';

const TINY = readFileSync('test/fixtures/models/tiny-kjv.gguf');
const MLP = readFileSync('examples/models/mlp/1/model.onnx');
const ALL = 'versions: all\n';
const SUMS = `${ALL}runtime: echo
inputs: [{ name: x, datatype: INT32, shape: [1] }]
outputs: [{ name: x, datatype: INT32, shape: [1] }]
echo: { mode: accumulate }
sequenceBatching: { maxIdleMs: 60000 }
`;
const LLAMA = `${ALL}llama: { contextTokens: 128, slots: 1, threads: 1, chatTemplate: "{{ messages[0].content }}" }\n`;
const KINDS = ['net', 'kjv', 'sums'] as const;
const ROUNDS = 3;

let server: AppServer;
let client: GrpcClient;
beforeAll(async () => {
  server = await startAppServer(
    {
      'net/model.yaml': ALL,
      'net/1/model.onnx': MLP,
      'net/2/model.onnx': MLP,
      'kjv/model.yaml': LLAMA,
      'kjv/1/model.gguf': TINY,
      'kjv/2/model.gguf': TINY,
      'sums/model.yaml': SUMS,
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

/** Moves the labels of all models, and the weights of all routes. */
async function change(round: number): Promise<void> {
  const [stable, weight] = [1 + (round % 2), 10 + 10 * (round % 9)];
  const routes = KINDS.map((model) => {
    const arms = [
      { model, version: 1, weight },
      { model, version: 2, weight: 100 - weight },
    ];
    return [`${model}-live`, { arms, ...(round % 3 === 0 && { sticky: { header: 'x-user-id' } }) }];
  });
  const answers = await Promise.all([
    control(server, 'PUT routes', { body: { routes: Object.fromEntries(routes) } }),
    ...KINDS.map((model) => control(server, `PATCH models/${model}/labels`, { body: { stable } })),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
}

it('no request of any protocol fails while labels and routes change', { timeout: 120_000 }, async () => {
  await change(0);
  let over = false;
  let changes = 0;
  const changing = (async () => {
    while (!over) await change(++changes);
  })();
  const answered = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const { kind, send } of TRAFFIC_CALLS) {
      const names = [`${kind}-live`, kind, `${kind}@stable`];
      const requests = names.map((name, index) => {
        const requestId = `${kind}-${round}-${index}-${answered.size}`;
        return send({ server, client, name, requestId });
      });
      for (const { model } of await Promise.all(requests)) answered.add(model);
    }
  }
  over = true;
  await changing;
  expect(changes).toBeGreaterThan(10);
  expect([...answered].sort()).toEqual(KINDS.flatMap((kind) => [`${kind}/1`, `${kind}/2`]).sort());
});

import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { createInferRequest, fetchInputs, generateTensors, runLoad } from '../../src/loadgen/index.js';
import { startCli } from '../support/cli-process.js';
import { createTempFolder } from '../support/model-folder.js';
import { buildOnnx } from '../support/onnx-builder.js';
import { until } from '../support/until.js';
import { settledRss, treeRss } from './harness/memory.js';

const IN = 7_000;
const OUT = 1_000;
/** The first cycles fill what is kept for good: compiled code, buffers, V8's heap. */
const WARMING_CYCLES = 5;
const CYCLES = 50;

/** `x · w`, whose matrix has 28 MB. */
function bigModel(): Uint8Array {
  const data = Float32Array.from({ length: IN * OUT }, (_, index) => ((index % OUT) % 3) - 1);
  return buildOnnx({
    inputs: [{ name: 'x', type: 'float32', dims: ['rows', IN] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['rows', OUT] }],
    nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
    initializers: [{ name: 'w', type: 'float32', dims: [IN, OUT], data }],
  });
}

async function post(url: string, body: object = {}): Promise<string> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${url} was answered with ${response.status}: ${text}`);
  return text;
}

async function loadUseUnload(url: string): Promise<void> {
  await post(`${url}/v2/repository/models/big/load`);
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, IN], data: Array(IN).fill(1) }];
  const [output] = JSON.parse(await post(`${url}/v2/models/big/infer`, { inputs })).outputs;
  expect(output.data.slice(0, 3)).toEqual([-IN, 0, IN]);
  await post(`${url}/v2/repository/models/big/unload`);
  await until('the model is unloaded', async () =>
    (await post(`${url}/v2/repository/index`)).includes('"reason":"unloaded"'),
  );
}

const WARMING_REQUESTS = 150_000;
const REQUESTS = 400_000;
/** What may be left of each request until a full collection; there is none within so many. */
const MAX_LEFT_BYTES = 30;

it(`a model of 28 MB that is loaded and unloaded ${CYCLES} times leaves nothing behind`, async () => {
  await using folder = await createTempFolder({
    'big/model.yaml': 'batching: { enabled: false }\n',
    'big/1/model.onnx': bigModel(),
  });
  await using cli = startCli([
    ...['serve', folder.path, '--model-control-mode', 'explicit', '--json', '--log-level', 'warn'],
    ...['--http-port', '0', '--grpc-port', '-1', '--metrics-port', '-1'],
  ]);
  const { http } = await cli.nextEvent();
  await cli.nextEvent();
  const url = String(http);
  const pid = cli.child.pid ?? 0;

  for (let cycle = 0; cycle < WARMING_CYCLES; cycle++) await loadUseUnload(url);
  const before = await treeRss(pid);
  for (let cycle = 0; cycle < CYCLES; cycle++) await loadUseUnload(url);
  const after = await settledRss(pid, before);
  expect(after).toBeLessThanOrEqual(before * 1.1);
});

it(`${REQUESTS} small requests leave next to nothing behind, without a full collection`, async () => {
  await using folder = await createTempFolder({ 'm/1/model.onnx': await readFile('examples/models/mlp/1/model.onnx') });
  await using cli = startCli(
    [
      ...['serve', folder.path, '--json', '--log-level', 'warn'],
      ...['--http-port', '0', '--grpc-port', '-1', '--metrics-port', '-1'],
    ],
    // As docs/deployment.md has it.
    { nodeFlags: ['--max-semi-space-size=16'] },
  );
  const url = String((await cli.nextEvent()).http);
  await cli.nextEvent();
  const pid = cli.child.pid ?? 0;
  const tensors = generateTensors(await fetchInputs({ url, model: 'm' }));
  const send = async (requests: number) => {
    const { levels } = await runLoad({
      url,
      requests: [createInferRequest({ model: 'm', tensors, format: 'json' })],
      levels: [{ kind: 'concurrency', concurrency: 32 }],
      measurement: { kind: 'count', requests },
      warmupMs: 0,
    });
    expect(levels[0]?.outcomes).toEqual({ 200: levels[0]?.completed });
  };

  await send(WARMING_REQUESTS);
  const before = await treeRss(pid);
  await send(REQUESTS);
  expect((await treeRss(pid)) - before).toBeLessThan(REQUESTS * MAX_LEFT_BYTES);
});

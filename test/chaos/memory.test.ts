import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { processTree } from '../../src/loadgen/process-tree.js';
import { readRss } from '../../src/runtimes/host/rss.js';
import { startCli } from '../support/cli-process.js';
import { createTempFolder } from '../support/model-folder.js';
import { buildOnnx } from '../support/onnx-builder.js';

const IN = 7_000;
const OUT = 1_000;
/** The first cycles fill what is kept for good: compiled code, buffers, V8's heap. */
const WARMING_CYCLES = 5;
const CYCLES = 50;
const SETTLE_LIMIT_MS = 60_000;

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
  while (!(await post(`${url}/v2/repository/index`)).includes('"reason":"unloaded"')) await pause(20);
}

async function treeRss(pid: number): Promise<number> {
  const sizes = await readRss(processTree(pid));
  return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** The least memory of a few looks: V8 returns what it has freed when it sees fit. */
async function settledRss(pid: number, wantedBytes: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (const giveUpAt = performance.now() + SETTLE_LIMIT_MS; performance.now() < giveUpAt; await pause(250)) {
    least = Math.min(least, await treeRss(pid));
    if (least <= wantedBytes) break;
  }
  return least;
}

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

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { FREE_PORTS, startCli } from '../support/cli-process.js';
import { closeGrpcServers } from '../support/grpc-server.js';
import { createTempFolder } from '../support/model-folder.js';
import { askInEveryWay } from './harness/every-way.js';
import { killAllRunners } from './harness/processes.js';

afterEach(closeGrpcServers);

/** A model of one answer or many that loads at once, or never while there is a file `hang` beside it. */
const hangable = (infer: string) => `import { existsSync } from 'node:fs';
import path from 'node:path';
import { defineModel } from 'millrace/model';
export default defineModel({
  inputs: { x: 'FP32[-1,1]' },
  outputs: { y: 'FP32[-1,1]' },
  maxBatchSize: 4,
  load({ folder }) {
    const pause = new Int32Array(new SharedArrayBuffer(4));
    while (existsSync(path.join(folder, 'hang'))) Atomics.wait(pause, 0, 0, 20);
  },
  ${infer}
});
`;

it('nobody is without an answer while a model hangs that is loaded again, streams included', async () => {
  await using folder = await createTempFolder({
    'one/1/model.ts': hangable('infer: ({ inputs }) => ({ y: inputs.x.data }),'),
    'many/1/model.ts': hangable('async *infer({ inputs }) { yield { y: inputs.x.data }; },'),
  });
  await using cli = startCli(['serve', folder.path, '--json', ...FREE_PORTS]);
  const { http, grpc, metrics } = await cli.nextEvent();
  await cli.nextEvent();
  const ask = () => askInEveryWay({ http: String(http), grpc: String(grpc), unary: ['one'], streams: ['one', 'many'] });
  const served = [
    ...['infer one: 7', 'ModelInfer one: 7', 'generate_stream one: 7', 'generate_stream many: 7'],
    ...['ModelStreamInfer one: 7', 'ModelStreamInfer many: 7'],
  ];
  const down = (model: string) =>
    `model '${model}/1' has been down for some s (ended by SIGKILL (out of memory?)); try again later`;
  const refused = [
    ...[`infer one: 503 ${down('one')}`, `ModelInfer one: UNAVAILABLE ${down('one')}`],
    ...[`generate_stream one: 503 ${down('one')}`, `generate_stream many: 503 ${down('many')}`],
    ...[`ModelStreamInfer one: ${down('one')}`, `ModelStreamInfer many: ${down('many')}`],
  ];
  const askWhileDown = async () => (await ask()).map((answer) => answer.replace(/for \d+ s/, 'for some s'));

  expect(await ask()).toEqual(served);
  for (const name of ['one', 'many']) writeFileSync(path.join(folder.path, name, '1/hang'), '');
  killAllRunners(cli.child.pid ?? 0);
  const readMetrics = () => fetch(`${metrics}/metrics`).then((response) => response.text());
  await expect.poll(readMetrics, { timeout: 45_000 }).toMatch(/^millrace_runner_deaths_total 2$/m);
  // The first wait for what does not come back, later ones do not.
  expect(await askWhileDown()).toEqual(refused);
  expect(await askWhileDown()).toEqual(refused);
  for (const name of ['one', 'many']) await folder.remove(`${name}/1/hang`);
  await expect.poll(ask, { timeout: 45_000 }).toEqual(served);
  cli.child.kill('SIGTERM');
  expect((await cli.ended).exit).toBe(0);
});

import { afterEach, expect, it } from 'vitest';
import { askInEveryWay } from '../chaos/harness/every-way.js';
import { killAllRunners } from '../chaos/harness/processes.js';
import { FREE_PORTS, startCli } from '../support/cli-process.js';
import { closeGrpcServers } from '../support/grpc-server.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';

afterEach(closeGrpcServers);

const MODEL = `export default {
  inputs: { x: 'FP32[-1,1]' },
  outputs: { y: 'FP32[-1,1]' },
  maxBatchSize: 4,
  pure: true,
  infer: ({ inputs }) => ({ y: inputs.x.data }),
};
`;
const FILES = { 'm/1/model.js': MODEL };

async function start(folder: TempFolder, ...flags: readonly string[]) {
  const cli = startCli(['serve', folder.path, '--json', ...FREE_PORTS, ...flags]);
  const { http, grpc } = await cli.nextEvent();
  await cli.nextEvent();
  const ask = () => askInEveryWay({ http: String(http), grpc: String(grpc), unary: ['m'], streams: ['m'] });
  return { cli, http: String(http), ask };
}

const everyWay = (text: string, statuses: readonly [http: string, grpc: string] = ['', '']) => [
  ...[`infer m: ${statuses[0]}${text}`, `ModelInfer m: ${statuses[1]}${text}`],
  ...[`generate_stream m: ${statuses[0]}${text}`, `ModelStreamInfer m: ${text}`],
];
const SERVED = everyWay('7');
const UNAVAILABLE = ['503 ', 'UNAVAILABLE '] as const;
const REASON = "its files have changed since it was loaded: no repository has a model 'm'";
/** To those that wait when it turns out, and to those that come later. */
const REFUSALS = [
  everyWay(`model 'm/1' cannot run this request: ${REASON}`, UNAVAILABLE),
  everyWay("model 'm' failed to load; the repository index has the reason", UNAVAILABLE),
] as const;
const GONE = everyWay("Request for unknown model: 'm' is not found", ['404 ', 'NOT_FOUND ']);

async function post(url: string): Promise<unknown> {
  const response = await fetch(url, { method: 'POST' });
  const text = await response.text();
  return text === '' ? response.status : JSON.parse(text);
}

it('requests for a model whose files are gone and whose runner is killed fail with the reason', async () => {
  await using folder = await createTempFolder(FILES);
  const { cli, http, ask } = await start(folder, '--model-control-mode', 'explicit', '--load-model', '*');
  await using _ended = cli;
  expect(await ask()).toEqual(SERVED);
  await folder.remove('m');
  killAllRunners(cli.child.pid ?? 0);
  for (const [way, answer] of (await ask()).entries())
    expect(REFUSALS.map((refusal) => refusal[way])).toContain(answer);
  expect(await ask()).toEqual(REFUSALS[1]);
  expect(await post(`${http}/v2/repository/index`)).toEqual([
    { name: 'm', version: '1', state: 'UNAVAILABLE', reason: REASON },
  ]);
  await folder.write(FILES);
  expect(await post(`${http}/v2/repository/models/m/load`)).toBe(200);
  expect(await ask()).toEqual(SERVED);
});

it('a model whose files were gone and whose runner was killed comes back with its files in poll mode', async () => {
  await using folder = await createTempFolder(FILES);
  await folder.write({ 'other/1/model.js': MODEL });
  const { cli, ask } = await start(folder, '--model-control-mode', 'poll', '--repository-poll-secs', '1');
  await using _ended = cli;
  expect(await ask()).toEqual(SERVED);
  await folder.remove('m');
  killAllRunners(cli.child.pid ?? 0);
  for (const [way, answer] of (await ask()).entries()) {
    expect([...REFUSALS, GONE].map((refusal) => refusal[way])).toContain(answer);
  }
  await expect.poll(ask, { timeout: 45_000 }).toEqual(GONE);
  await folder.write(FILES);
  await expect.poll(ask, { timeout: 45_000 }).toEqual(SERVED);
});

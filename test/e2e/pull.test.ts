import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connect } from '../../src/client/index.js';
import { makeTgz, makeZip } from '../support/archives.js';
import { FREE_PORTS, startCli } from '../support/cli-process.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';
import { type RegistryServer, type ServedFile, startRegistryServer } from '../support/registry-server.js';
import { textsIn } from '../support/sources-fixture.js';
import { until } from '../support/until.js';

const MLP = path.resolve('examples/models/mlp/1/model.onnx');

let server: RegistryServer;
let folder: TempFolder;
beforeEach(async () => {
  server = await startRegistryServer();
  folder = await createTempFolder({ 'models/': '' });
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** `millrace …` as a process whose npm, pip and `huggingface_hub` are configured for the local server. */
const start = (...argv: readonly string[]) => {
  const env = { ...server.env, HOME: folder.path, MILLRACE_CACHE: path.join(folder.path, 'cache') };
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return startCli(argv, { cwd: folder.path, runBy: ['env', ...settings] });
};

async function publishMlp(file: Partial<ServedFile> = {}): Promise<void> {
  const content = makeTgz([{ path: 'package/model.onnx', content: await readFile(MLP) }]);
  server.publishNpm('mlp', '1.0.0', { content, ...file });
}

it('a server that follows its folder serves what is pulled into it', async () => {
  await publishMlp();
  await using serving = start(
    ...['serve', 'models', ...FREE_PORTS, '--json', '--model-control-mode', 'poll'],
    ...['--repository-poll-secs', '0.1'],
  );
  const { http } = await serving.nextEvent();
  await using pulling = start('pull', 'npm:mlp', '--to', 'models');
  expect(await pulling.ended).toMatchObject({ exit: 0 });
  const model = connect(String(http)).model('mlp');
  await until('the model is ready', () => model.ready());
  const { outputs } = await model.infer({ x: [Array(16).fill(0.5)] });
  expect(outputs.y?.shape).toEqual([1, 10]);
});

it('a model of the Hugging Face Hub is pulled and served', async () => {
  const files = {
    'onnx/model.onnx': { content: await readFile(MLP) },
    'modeling.py': { content: Buffer.from('exit()') },
  };
  server.publishHub('ai/mlp', 'c'.repeat(40), { files, names: ['v1'] });
  await using pulling = start('pull', 'hf:ai/mlp@v1', '--to', 'models');
  expect(await pulling.ended).toMatchObject({ exit: 0 });
  expect(Object.keys(await textsIn(path.join(folder.path, 'models')))).toEqual([
    'mlp/1/model.onnx',
    'mlp/model.yaml',
    'mlp/source.lock',
  ]);
  await using serving = start('serve', 'models', ...FREE_PORTS, '--json');
  const { http } = await serving.nextEvent();
  const model = connect(String(http)).model('mlp');
  await until('the model is ready', () => model.ready());
  const { outputs } = await model.infer({ x: [Array(16).fill(0.5)] });
  expect(outputs.y?.shape).toEqual([1, 10]);
});

it('a pull that was killed is continued by the next one', async () => {
  await publishMlp({ faults: [{ stallAfter: 500 }] });
  await using killed = start('pull', 'npm:mlp', '--to', 'models');
  await until('the download has stalled', () => server.stalled === 1);
  const begun = async () => Object.entries(await textsIn(path.join(folder.path, 'cache')).catch(() => ({})));
  await until('what came is in the cache', async () => (await begun()).some(([, text]) => text.length === 500));
  killed.child.kill('SIGKILL');
  await killed.ended;
  await using next = start('pull', 'npm:mlp', '--to', 'models');
  expect(await next.ended).toMatchObject({ exit: 0 });
  expect(server.seen.at(-1)).toMatchObject({ range: 'bytes=500-' });
  expect(Object.keys(await textsIn(path.join(folder.path, 'models')))).toEqual([
    'mlp/1/model.onnx',
    'mlp/model.yaml',
    'mlp/source.lock',
  ]);
});

it('two commands that pull the same model at once both succeed, and it is there once', async () => {
  await publishMlp();
  const pulls = [1, 2].map(() => start('pull', 'npm:mlp', '--to', 'models'));
  const ended = await Promise.all(pulls.map((pull) => pull.ended));
  expect(ended.map(({ exit }) => exit)).toEqual([0, 0]);
  expect(Object.keys(await textsIn(path.join(folder.path, 'models')))).toEqual([
    'mlp/1/model.onnx',
    'mlp/model.yaml',
    'mlp/source.lock',
  ]);
});

it('a model that has not been pulled says with which command it is', async () => {
  await folder.write({ 'models/mlp/model.yaml': 'source: npm:mlp\n' });
  await using serving = start('serve', 'models', ...FREE_PORTS, '--json');
  await serving.nextEvent();
  const models = path.join(folder.path, 'models');
  expect(await serving.nextEvent()).toMatchObject({
    event: 'ready',
    unserved: [{ name: 'mlp', reason: `mlp has not been pulled from npm:mlp; run \`millrace pull --to ${models}\`` }],
  });
});

it('no load over the network pulls', async () => {
  await publishMlp();
  await folder.write({ 'models/mlp/model.yaml': 'source: npm:mlp\n' });
  await using serving = start('serve', 'models', ...FREE_PORTS, '--json', '--model-control-mode', 'explicit');
  const { http } = await serving.nextEvent();
  const response = await fetch(`${http}/v2/repository/models/mlp/load`, { method: 'POST' });
  expect({ status: response.status, body: await response.json() }).toEqual({
    status: 400,
    body: { error: expect.stringContaining('mlp has not been pulled from npm:mlp; run `millrace pull --to ') },
  });
  expect(server.seen).toEqual([]);
});

it('a script in a package is never a model', async () => {
  const content = makeZip([{ path: 'llm_net/model.ts', content: 'export default {}' }]);
  server.publishPypi('llm-net', 'llm_net-1.0-py3-none-any.whl', { content });
  await using pulling = start('pull', 'pypi:llm-net');
  const { exit, err } = await pulling.ended;
  expect({ exit, err: err.split('\n').at(-2) }).toEqual({
    exit: 1,
    err: 'error: llm_net-1.0-py3-none-any.whl holds no model file; expected model.onnx, one *.onnx, model.gguf, one *.gguf or tokenizer.json, found llm_net/model.ts',
  });
});

import { expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { createTempFolder, type FolderContents } from '../../test/support/model-folder.js';
import { EventBus } from '../core/index.js';
import { BUILT_IN_RUNTIMES } from '../runtimes/index.js';
import { createFolderRepository } from './folder-repository.js';

async function scan(modelName: string, contents: FolderContents, name?: string) {
  await using folder = await createTempFolder(contents);
  const setup = { paths: [folder.path], runtimes: BUILT_IN_RUNTIMES, clock: new FakeClock(), events: new EventBus() };
  const repository = createFolderRepository({ ...setup, options: { stableMs: 0, modelName } });
  const { sources, problems } = await repository.scan(name === undefined ? {} : { name });
  const found = sources.map((source) => `${source.name}/${source.version}`);
  return { found, problems: problems.map((problem) => `${problem.name}: ${problem.reason}`) };
}

it.each<[string, FolderContents, string[]]>([
  ['with numeric version folders', { '1/model.onnx': '', '3/model.onnx': '' }, ['fraud/3']],
  ['with a model file', { 'model.onnx': '' }, ['fraud/1']],
  ['with a model file of another name', { 'net.onnx': '', 'net.onnx.data': '' }, ['fraud/1']],
  [
    'with a configuration',
    { 'model.yaml': 'versions: all\n', '1/model.onnx': '', '2/model.onnx': '' },
    ['fraud/1', 'fraud/2'],
  ],
  ['with models in it, which keep their names,', { 'a/1/model.onnx': '', 'b/model.onnx': '' }, ['a/1', 'b/1']],
])('a repository %s is served under the name that is set', async (_, contents, found) => {
  expect(await scan('fraud', contents)).toEqual({ found, problems: [] });
});

it('a scan for the name that is set finds the model, and no other name does', async () => {
  expect(await scan('fraud', { 'model.onnx': '' }, 'fraud')).toEqual({ found: ['fraud/1'], problems: [] });
  expect(await scan('fraud', { 'model.onnx': '' }, 'model')).toEqual({ found: [], problems: [] });
});

it('a name that no model may have is reported', async () => {
  expect(await scan('a/b', { 'model.onnx': '' })).toEqual({
    found: [],
    problems: ["a/b: the model's name holds a slash, a backslash, a control character or invalid UTF-8"],
  });
});

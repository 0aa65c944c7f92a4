import { expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { createTempFolder, type FolderContents } from '../../test/support/model-folder.js';
import { EventBus } from '../core/index.js';
import { BUILT_IN_RUNTIMES } from '../runtimes/index.js';
import { createFolderRepository } from './folder-repository.js';

const USUAL = 'name: "m" max_batch_size: 1';
const MODEL = { 'm/1/model.onnx': '', 'm/config.pbtxt': USUAL };

async function scan(configName: string, contents: FolderContents) {
  await using folder = await createTempFolder(contents);
  const setup = {
    paths: [folder.path],
    runtimes: BUILT_IN_RUNTIMES,
    options: { stableMs: 0, configName },
    clock: new FakeClock(),
  };
  const { sources, notices, problems } = await createFolderRepository({ ...setup, events: new EventBus() }).scan();
  return { rows: sources[0]?.config.maxBatchSize, notices, problems };
}

it.each<[string, string, FolderContents, number]>([
  ['the preferred configuration', 'h100', { 'm/configs/h100.pbtxt': 'max_batch_size: 8' }, 8],
  ['the preferred configuration as YAML', 'h100', { 'm/configs/h100.yaml': 'maxBatchSize: 9' }, 9],
  ['the usual one where there is none of that name', 'h100', { 'm/configs/v100.pbtxt': 'max_batch_size: 8' }, 1],
  ['the usual one where the model has no such folder', 'h100', {}, 1],
  ['the usual one where no name is preferred', '', { 'm/configs/h100.pbtxt': 'max_batch_size: 8' }, 1],
])('a model is read with %s', async (_, configName, more, rows) => {
  expect(await scan(configName, { ...MODEL, ...more })).toEqual({ rows, notices: [], problems: [] });
});

it('messages about a preferred configuration name its file', async () => {
  const both = { 'm/configs/h100.yaml': 'maxBatchSize: 9', 'm/configs/h100.pbtxt': 'max_batch_size: 8' };
  expect((await scan('h100', { ...MODEL, ...both })).notices).toMatchObject([
    { message: 'm/configs/h100.pbtxt is not read because there is m/configs/h100.yaml' },
  ]);
  expect((await scan('h100', { ...MODEL, 'm/configs/h100.pbtxt': 'max_batch_size: many' })).problems).toMatchObject([
    { reason: expect.stringMatching(/^m\/configs\/h100\.pbtxt:1:17: /) },
  ]);
});

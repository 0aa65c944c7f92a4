import { spawnSync } from 'node:child_process';
import { promises as fs } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { createTempFolder } from '../../test/support/model-folder.js';
import { EventBus } from '../core/index.js';
import { BUILT_IN_RUNTIMES } from '../runtimes/index.js';
import { createFolderRepository } from './folder-repository.js';
import { makeUploadFolder, removeLeftUploads } from './left-uploads.js';

/** The process id of a process that was there and is gone. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

it('folders of processes that are gone are removed with what is in them, those of others are not', async () => {
  await using parent = await createTempFolder({});
  const mine = await makeUploadFolder(parent.path);
  const dead = mine.replace(`-${process.pid}-`, `-${deadPid()}-`);
  const elsewhere = dead.replace(/upload-[0-9a-f]{8}/, 'upload-00000000');
  const others = [elsewhere, path.join(parent.path, 'millrace-upload-abcdef'), path.join(parent.path, 'other')];
  for (const folder of [dead, ...others]) await fs.mkdir(path.join(folder, '1'), { recursive: true });
  await fs.writeFile(path.join(dead, '1', 'model.onnx'), 'x');
  const link = dead.slice(0, -6).concat('aaaaaa');
  await fs.symlink(path.join(parent.path, 'other'), link);
  await removeLeftUploads(parent.path);
  const left = [mine, ...others, link].map((folder) => path.basename(folder));
  expect((await fs.readdir(parent.path)).sort()).toEqual(left.sort());
  expect(await fs.readdir(path.join(parent.path, 'other'))).toEqual(['1']);
});

it('a folder that is not there has none', async () => {
  await expect(removeLeftUploads('/nonexistent/millrace')).resolves.toBeUndefined();
});

it('a repository removes them at its start', async () => {
  await using folder = await createTempFolder({ 'models/': '', 'uploads/': '' });
  const uploads = path.join(folder.path, 'uploads');
  const mine = await makeUploadFolder(uploads);
  await fs.rename(mine, mine.replace(`-${process.pid}-`, `-${deadPid()}-`));
  const repository = createFolderRepository({
    paths: [path.join(folder.path, 'models')],
    runtimes: BUILT_IN_RUNTIMES,
    options: { stableMs: 1_000 },
    clock: new FakeClock(),
    events: new EventBus(),
    uploadFolder: uploads,
  });
  await repository.close();
  expect(await fs.readdir(uploads)).toEqual([]);
});

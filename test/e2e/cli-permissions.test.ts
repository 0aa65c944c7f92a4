import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startCli } from '../support/cli-process.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';

async function runLockedOut(folder: TempFolder, ...argv: readonly string[]) {
  await chmod(join(folder.path, 'locked'), 0o000);
  try {
    await using cli = startCli(argv, { cwd: folder.path, boundByModes: true });
    return await cli.ended;
  } finally {
    await chmod(join(folder.path, 'locked'), 0o700);
  }
}

it.each([
  [['serve', 'locked'], 'DIR/locked cannot be read (EACCES). Let this user read it, or name'],
  [['check', 'locked'], 'DIR/locked cannot be read (EACCES). Let this user read it, or name'],
  [['serve', 'locked/models'], 'DIR/locked/models cannot be read (EACCES). Let this user read it, or name'],
])('millrace %s says in one line that the folder may not be read', async (argv, problem) => {
  await using folder = await createTempFolder({ 'locked/models/a.onnx': '' });
  const { exit, err } = await runLockedOut(folder, ...argv);
  const told = `the model repository ${problem.replace('DIR', folder.path)} another folder: millrace serve <folder>`;
  expect({ exit, err }).toEqual({ exit: 2, err: `error: ${told}\n` });
});

it('millrace init says in one line that it may not write there', async () => {
  await using folder = await createTempFolder({ 'locked/': '' });
  const { exit, err } = await runLockedOut(folder, 'init', 'locked/models');
  expect({ exit, err }).toEqual({
    exit: 2,
    err: 'error: locked/models/hello/1/model.ts cannot be written (EACCES)\n',
  });
});

import { execFile } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { CLI_ENTRY } from '../support/dist.js';
import { createTempFolder } from '../support/model-folder.js';
import { shellBlocksOf } from '../support/shell-blocks.js';
import { PRELUDE } from '../support/shell-prelude.js';

const README = 'examples/rollout/README.md';

it('the example rolls a better version out, and one that fails back', { timeout: 180_000 }, async () => {
  await using folder = await createTempFolder();
  await symlink(path.resolve('examples'), path.join(folder.path, 'examples'));
  const blocks = shellBlocksOf(README).filter(({ tag }) => tag === 'sh example');
  // There it goes on in the background by itself.
  const script = blocks.map((block) => block.script.replace(/^(millrace serve .*) &$/m, '$1')).join('\n');
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', `${PRELUDE}${script}`], {
    cwd: folder.path,
    env: { ...process.env, NODE: process.execPath, MILLRACE: CLI_ENTRY },
  });
  expect(stdout).toMatch(/^done: the rollout of 'fraud' to version 2 is over: done/m);
  expect(stdout).toMatch(/^fraud\/2: \d+$/m);
  expect(stdout).toMatch(/^rolled back: the rollout of 'fraud' to version 3 is over: rolled back\nexit code 1$/m);
  expect(stdout).toMatch(
    /version 3 against version 2: errors are worse: .+ % of canary's \d+ requests failed, 0 % of stable's/,
  );
  const [, history = ''] = stdout.split('STARTED');
  expect(history).toMatch(/2 → 3 .*\n.*1 → 2 /);
});

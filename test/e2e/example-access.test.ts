import { execFile } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { CLI_ENTRY } from '../support/dist.js';
import { createTempFolder } from '../support/model-folder.js';
import { shellBlocksOf } from '../support/shell-blocks.js';
import { PRELUDE } from '../support/shell-prelude.js';

const README = 'examples/access/README.md';

it('the example lets three people do what is theirs, and nothing else', { timeout: 180_000 }, async () => {
  await using folder = await createTempFolder();
  await symlink(path.resolve('examples'), path.join(folder.path, 'examples'));
  const blocks = shellBlocksOf(README).filter(({ tag }) => tag === 'sh example');
  // There it goes on in the background by itself.
  const script = blocks.map((block) => block.script.replace(/^(millrace serve .*) &$/m, '$1')).join('\n');
  const { stdout, stderr } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', `${PRELUDE}${script}`], {
    cwd: folder.path,
    env: { ...process.env, NODE: process.execPath, MILLRACE: CLI_ENTRY },
  });
  expect(stdout).toMatch(/^shop +\S+ +active +caller on fraud\* +the shop/m);
  expect(stdout).toMatch(/^fraud@stable +2 +ready +api/m);
  expect(stdout).toMatch(/^fraud version 2 answered in/m);
  expect(stderr).toContain("'key:shop' lacks the right 'label.change' on 'fraud'; its roles: caller on fraud*");
  expect(stderr).toContain("'key:team' lacks the right 'model.infer' on 'fraud'; its roles: publisher on fraud*");
  expect(stderr).toContain("quota 'shop' allows 0.01 requests a second (5 at once); try again in");
  expect(stdout).toMatch(/^shop +fraud +.*EUR$/m);
  expect(stdout).toContain('"action":"labels.change"');
  expect(stdout).toContain('revoked shop (');
  expect(stderr).toMatch(/this key is not known$/m);
});

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { run } from '../../test/support/cli-fixture.js';
import { openTestStore, storeFolder } from '../../test/support/store.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await storeFolder();
  file = path.join(folder, '.millrace/store.db');
});

const store = (...argv: readonly string[]) => run(['store', ...argv], { cwd: folder });

it('tells what a store holds, and copies it, while a server uses it', async () => {
  const used = await openTestStore({ path: file });
  await used.snapshots.put('k', 'n', 1);
  const info = await store('info', '--json');
  expect(JSON.parse(info.out)).toMatchObject({ path: file, schema: expect.any(Number), counts: { snapshots: 1 } });
  const copied = await store('backup', 'copy.db');
  const copy = path.join(folder, 'copy.db');
  expect([copied.code, copied.out]).toEqual([0, `copied ${file} to ${copy}\n`]);
  await used.snapshots.put('k', 'n', 2);
  const text = await store('info', '--path', 'copy.db');
  expect(text.out).toMatch(
    new RegExp(
      `^path +${copy}\nsize +\\d.*\nschema +\\d+\n(.*\n)*declarations +0\n(.*\n)*rollout decisions +0\n(.*\n)*snapshots +1\n(.*\n)*$`,
    ),
  );
  const again = await store('backup', 'copy.db');
  expect([again.code, again.err]).toEqual([1, `error: '${copy}' exists; a backup replaces no file\n`]);
  const restored = await openTestStore({ path: copy });
  expect(await restored.snapshots.get('k', 'n')).toBe(1);
});

it('says where it looked for one', async () => {
  const { code, err } = await store('info');
  expect([code, err]).toEqual([
    1,
    `error: there is no store at '${file}'; a server makes it when something is first declared, or name another with --path\n`,
  ]);
});

it.each(['info', 'backup copy.db'])(
  '%s of a store that is damaged says so, and does not miss a server',
  async (command) => {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, 'x'.repeat(8192));
    const { code, err } = await store(...command.split(' '));
    expect([code, err]).toEqual([
      1,
      `error: the store '${file}' is damaged; stop the server, and put a backup in its place, or move it away to begin with an empty one\n`,
    ]);
  },
);

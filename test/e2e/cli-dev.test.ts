import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { FREE_PORTS, runCliProcess, startCli } from '../support/cli-process.js';
import { createTempFolder } from '../support/model-folder.js';

const QUIETLY = [...FREE_PORTS, '--log-level', 'silent'];

async function greet(url: unknown): Promise<unknown> {
  const inputs = [{ name: 'name', datatype: 'BYTES', shape: [1], data: ['world'] }];
  const answer = await fetch(`${url}/v2/models/hello/infer`, { method: 'POST', body: JSON.stringify({ inputs }) });
  const { outputs } = (await answer.json()) as { readonly outputs: readonly { readonly data: readonly unknown[] }[] };
  return outputs[0]?.data[0];
}

it('millrace init writes models that serve --dev loads again as they are saved; a broken one leaves the old one serving', async () => {
  await using folder = await createTempFolder();
  const models = path.join(folder.path, 'models');
  const file = path.join(models, 'hello/1/model.ts');
  const { exit, out } = await runCliProcess('init', models);
  expect(exit).toBe(0);
  expect(out).toContain(`  npx millrace serve ${models} --dev\n  npx millrace infer hello -i name=world\n`);
  const text = await readFile(file, 'utf8');

  await using cli = startCli(['serve', models, ...QUIETLY, '--dev', '--json']);
  const { http } = await cli.nextEvent();
  expect(await cli.nextEvent()).toMatchObject({ event: 'ready' });
  expect(await greet(http)).toBe('Hello, world!');

  await writeFile(file, text.replace('Hello,', 'Good day,'));
  expect(await cli.nextEvent()).toMatchObject({ event: 'loaded', model: 'hello', version: 1 });
  expect(await greet(http)).toBe('Good day, world!');

  await writeFile(file, text.replace('const name =', 'const = name'));
  expect(await cli.nextEvent()).toEqual({
    event: 'failed',
    model: 'hello',
    version: 1,
    reason: 'model.ts:9:11: Unexpected token',
  });
  expect(await greet(http)).toBe('Good day, world!');

  await writeFile(file, text);
  expect(await cli.nextEvent()).toMatchObject({ event: 'loaded', model: 'hello' });
  expect(await greet(http)).toBe('Hello, world!');
});

it('millrace init names the types of a package that is installed elsewhere by a relative path', async () => {
  await using folder = await createTempFolder();
  await runCliProcess('init', folder.path);
  const { compilerOptions } = JSON.parse(await readFile(path.join(folder.path, 'tsconfig.json'), 'utf8'));
  const [types] = compilerOptions.paths['millrace/model'];
  expect(types).toMatch(/^\.\.\//);
  expect(path.resolve(folder.path, types)).toBe(path.resolve('dist/model/index.d.ts'));
});

it('millrace init does not overwrite', async () => {
  await using folder = await createTempFolder({ 'tsconfig.json': '{}' });
  const { exit, err } = await runCliProcess('init', folder.path);
  expect([exit, err]).toEqual([2, `error: ${folder.path}/tsconfig.json exists already; nothing was written\n`]);
  await expect(readFile(path.join(folder.path, 'hello/1/model.ts'))).rejects.toMatchObject({ code: 'ENOENT' });
});

it('serve --dev shows the place of a mistake, and does not go with explicit model control', async () => {
  await using folder = await createTempFolder({ 'm/1/model.ts': 'export default {\n  infer() {},\n};\n' });
  const { err } = await runCliProcess('serve', folder.path, ...QUIETLY, '--dev', '--model-control-mode', 'explicit');
  expect(err).toBe('error: --dev follows the files, so it does not go with explicit model control\n');

  await using cli = startCli(['serve', folder.path, ...QUIETLY, '--dev']);
  const shown = new Promise<string>((resolve) => {
    let text = '';
    cli.child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('0 of 1 served'))
        void writeFile(path.join(folder.path, 'm/1/model.ts'), 'const a = 1;\nlet b = ;\n');
      if (text.includes('^')) resolve(text);
    });
  });
  expect(await shown).toContain(
    'm/1 could not be loaded: model.ts:2:9: Unexpected token\n  1 | const a = 1;\n  2 | let b = ;\n    |         ^\n',
  );
});

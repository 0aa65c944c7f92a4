import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Parser } from 'acorn';
import { describe, expect, it } from 'vitest';
import { startCli } from '../support/cli-process.js';
import { CLI_ENTRY } from '../support/dist.js';
import { createTempFolder } from '../support/model-folder.js';

/** Runs the compiled command line under this Node.js, which is told beforehand to call itself another. */
async function runAs(version: string, ...argv: readonly string[]) {
  await using folder = await createTempFolder({
    'old.cjs': `const { versions } = process;
      Object.defineProperty(process, 'versions', { value: { ...versions, node: '${version}' } });`,
  });
  await using cli = startCli(argv, { nodeFlags: ['-r', join(folder.path, 'old.cjs')] });
  return await cli.ended;
}

describe('the command line on an old Node.js', () => {
  it.each(['16.20.2', '18.20.4', '20.18.3'])('ends on %s with one line before it does anything', async (version) => {
    expect(await runAs(version, 'serve', 'examples/models')).toEqual({
      exit: 2,
      out: '',
      err: `error: millrace requires Node.js 20.19 or later; this is Node.js ${version}\n`,
    });
  });

  it('says so as JSON where JSON is asked for', async () => {
    const { exit, err } = await runAs('18.20.4', 'models', 'list', '--json');
    expect(exit).toBe(2);
    expect(JSON.parse(err)).toEqual({
      error: 'millrace requires Node.js 20.19 or later; this is Node.js 18.20.4',
      code: 'failed_precondition',
    });
  });

  it.each(['20.19.0', '21.0.0', '22.1.0', '100.0.0'])('goes on from 20.19: %s', async (version) => {
    expect(await runAs(version, '--version')).toMatchObject({ exit: 0, err: '' });
  });

  it('requires what the package requires', async () => {
    const { engines } = JSON.parse(await readFile('package.json', 'utf8'));
    const { err } = await runAs('1.0.0');
    expect(err).toContain(`requires Node.js ${engines.node.replace('>=', '')} or later`);
  });

  it('gets as far as the check: the entry imports nothing beforehand, in the syntax of 2020', async () => {
    const code = await readFile(CLI_ENTRY, 'utf8');
    const { body } = Parser.parse(code, { ecmaVersion: 2020, sourceType: 'module', allowHashBang: true });
    expect(body.filter(({ type }) => /^(Import|Export)/.test(type))).toEqual([]);
  });
});

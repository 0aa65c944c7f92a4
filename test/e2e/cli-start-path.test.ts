import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FREE_PORTS, startCli } from '../support/cli-process.js';
import { createTempFolder } from '../support/model-folder.js';

/** Prints the packages that the main thread has loaded with `require`, which Node reads while everything else waits. */
const RECORDER = `
  const { isMainThread } = require('node:worker_threads');
  if (isMainThread) process.on('exit', () => {
    const names = Object.keys(require.cache).flatMap((file) => /node_modules\\/((?:@[^/]+\\/)?[^/]+)\\/(?!.*node_modules)/.exec(file)?.[1] ?? []);
    process.stdout.write(JSON.stringify([...new Set(names)]) + '\\n');
  });
`;
/** For the store's thread, for schemas of fastify, and for what is written in YAML only. */
const NEEDLESS = [
  'kysely',
  'libsql',
  'ajv',
  '@fastify/ajv-compiler',
  '@fastify/fast-json-stringify-compiler',
  'yaml',
  'pino-pretty',
];

it('a server that starts loads no package that it does not need for that', async () => {
  await using folder = await createTempFolder({
    'record.cjs': RECORDER,
    'models/echo/1/': '',
    'models/echo/config.pbtxt':
      'backend: "echo"\ninput [{ name: "x", data_type: TYPE_INT32, dims: [-1] }]\noutput [{ name: "x", data_type: TYPE_INT32, dims: [-1] }]\n',
  });
  const argv = ['serve', join(folder.path, 'models'), ...FREE_PORTS, '--json'];
  await using cli = startCli(argv, { nodeFlags: ['-r', join(folder.path, 'record.cjs')] });
  const { http } = await cli.nextEvent();
  expect(await cli.nextEvent()).toMatchObject({ event: 'ready' });
  expect((await fetch(`${http}/v2/models/echo/config`)).status).toBe(200);
  cli.child.kill('SIGTERM');
  expect(await cli.nextEvent()).toEqual({ event: 'stopped' });
  const loaded = (await cli.nextEvent()) as unknown as readonly string[];
  expect(loaded).toContain('fastify');
  expect(loaded.filter((name) => NEEDLESS.includes(name))).toEqual([]);
});

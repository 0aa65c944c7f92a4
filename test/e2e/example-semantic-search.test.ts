import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { inFolder, textModelFiles } from '../support/text-model.js';

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({
    ...inFolder('minilm/1', textModelFiles()),
    ...inFolder('rerank/1', textModelFiles({ output: 'rank' })),
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const run = (args: readonly string[], model = 'minilm') =>
  promisify(execFile)(process.execPath, ['examples/semantic-search/search.mjs', ...args], {
    env: { ...process.env, MILLRACE_URL: `http://127.0.0.1:${server.port}`, MILLRACE_MODEL: model },
  });

it('the example indexes the documentation, searches it and ranks what it finds', async () => {
  const { stdout, stderr } = await run(['How do I limit what a caller may use?']);
  expect(stderr).toBe('');
  const [indexed = '', ...found] = stdout.trimEnd().split('\n');
  expect(indexed).toMatch(/^2000 texts indexed in \d+\.\d s$/);
  expect(found).toHaveLength(3);
  const scores = found.map((line) => Number(/^\d\.\d{3} {2}\S/.exec(line)?.[0].slice(0, 5)));
  expect(scores).toEqual(scores.toSorted((one, other) => other - one));
});

it('the example says what is wrong', async () => {
  await expect(run(['Why?'], 'minilms')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("error: model 'minilms' is not found") as string,
  });
});

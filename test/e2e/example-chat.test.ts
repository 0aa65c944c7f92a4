import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'rolldown';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';

const TINY = readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf'));
const TEMPLATE = '{% for message in messages %}{{ message.role }} said, {{ message.content }} {% endfor %}And he said,';

let server: AppServer;
let built: TempFolder;
let program: string;
beforeAll(async () => {
  built = await createTempFolder();
  program = path.join(built.path, 'chat.mjs');
  // Node 20 reads no TypeScript.
  await build({
    input: 'examples/chat/chat.ts',
    platform: 'node',
    output: { file: program, codeSplitting: false },
    logLevel: 'silent',
  });
  server = await startAppServer({
    'kjv/1/model.gguf': TINY,
    'kjv/model.yaml': `llama: { contextTokens: 2048, slots: 1, threads: 1, chatTemplate: "${TEMPLATE}" }\n`,
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await built[Symbol.asyncDispose]();
});

const run = (messages: readonly string[], model: string) =>
  promisify(execFile)(process.execPath, [program, ...messages], {
    env: { ...process.env, MILLRACE_URL: `http://127.0.0.1:${server.port}`, MILLRACE_MODEL: model },
  });

it('the example with the AI SDK streams a conversation, and tells what it was about', async () => {
  const { stdout, stderr } = await run(['In the beginning?', 'And then?'], 'kjv');
  expect(stderr).toBe('');
  const told =
    /^> In the beginning\?\n.*?\n\((\d+) tokens in, \d+ out\)\n\n> And then\?\n.*?\n\((\d+) tokens in, \d+ out\)\n\n/s;
  expect(stdout).toMatch(told);
  const [, first, second] = told.exec(stdout) ?? [];
  expect(Number(second)).toBeGreaterThan(Number(first));
  expect(JSON.parse(stdout.replace(told, ''))).toEqual({
    topic: expect.any(String),
    mood: expect.toBeOneOf(['calm', 'curious', 'excited']),
    keywords: expect.any(Array),
  });
});

it('the example with the AI SDK tells what is wrong', async () => {
  await expect(run(['Why?'], 'kvj')).rejects.toMatchObject({
    code: 1,
    stderr: "error: model 'kvj' is not found; did you mean 'kjv'?\n",
  });
});

it('the example with the AI SDK is tested with the versions that it asks for', () => {
  const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
  const { dependencies } = read('examples/chat/package.json');
  expect(read('package.json').devDependencies).toMatchObject(dependencies);
});

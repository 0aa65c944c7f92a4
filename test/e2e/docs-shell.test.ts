import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, symlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMillrace, type Millrace } from '../../src/index.js';
import { closeTo } from '../support/close-to.js';
import { CLI_ENTRY, RUNNER_ENTRY } from '../support/dist.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';
import { markdownPages, shellBlocksOf } from '../support/shell-blocks.js';
import { PRELUDE } from '../support/shell-prelude.js';
import { inFolder, textModelFiles } from '../support/text-model.js';

/** What the pages call a model of the reader's own: it writes on what it was given. */
const MY_MODEL = `export default {
  inputs: { text_input: 'BYTES[1]', max_tokens: 'INT32[1]' },
  outputs: { text_output: 'BYTES[1]' },
  async *infer({ inputs }) {
    for (const word of ['or', 'not', 'to', 'be'].slice(0, inputs.max_tokens.value)) yield { text_output: word };
  },
};
`;

/** What stands for the pages' language model. */
const TINY_MODEL = readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf'));

/** Numbers in an example are rounded for the reader, and those of another processor. */
function approximate(expected: unknown): unknown {
  if (typeof expected === 'number' && !Number.isInteger(expected)) return closeTo(expected);
  if (Array.isArray(expected)) return expected.map(approximate);
  if (typeof expected !== 'object' || expected === null) return expected;
  return expect.objectContaining(
    Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, approximate(value)])),
  );
}

/** The folder that a reader is in: the examples of the repository, and models of their own. */
async function createReadersFolder(): Promise<TempFolder> {
  const folder = await createTempFolder();
  const put = (from: string, to: string) => cp(from, path.join(folder.path, to), { recursive: true });
  await Promise.all([
    symlink(path.resolve('examples'), path.join(folder.path, 'examples')),
    ...['mlp', 'silero-vad'].map((model) => put(`examples/models/${model}`, `models/${model}`)),
    ...[put('examples/models/mlp', 'a/mlp'), put('examples/models/echo', 'b/echo')],
    put('examples/models/mobilenetv3/1/model.onnx', 'mobilenet.onnx'),
  ]);
  return folder;
}

describe('examples in the documentation', () => {
  let millrace: Millrace;
  let models: TempFolder;
  let ports: { readonly http: number; readonly metrics: number };

  beforeAll(async () => {
    models = await createTempFolder({
      'my-model/1/model.ts': MY_MODEL,
      ...inFolder('minilm/1', textModelFiles()),
      ...inFolder('reranker/1', textModelFiles({ output: 'rank' })),
      'smollm2/1/model.gguf': TINY_MODEL,
      'smollm2/model.yaml': 'llama: { contextTokens: 256, threads: 1 }\n',
    });
    millrace = await createMillrace({
      settings: {
        tfs: { enabled: true },
        repository: { paths: ['examples/models', models.path], controlMode: 'explicit', loadModels: ['*'] },
        server: { httpPort: 0, grpcPort: -1, metricsPort: 0 },
        runners: { entry: RUNNER_ENTRY },
        telemetry: { logLevel: 'silent' },
      },
    });
    const { http, metrics } = await millrace.listen();
    ports = { http: http.port, metrics: metrics?.port ?? 0 };
  });
  afterAll(async () => {
    await millrace.close();
    await models[Symbol.asyncDispose]();
  });

  async function run(script: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
    await using folder = await createReadersFolder();
    const command = script
      .replaceAll('localhost:8000', `localhost:${ports.http}`)
      .replaceAll('localhost:8002', `localhost:${ports.metrics}`)
      .replace(/^curl( -s)?/gm, 'curl -sS --fail-with-body')
      .replace(/^npx millrace/gm, 'millrace');
    return await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', `${PRELUDE}${command}`], {
      cwd: folder.path,
      env: {
        ...process.env,
        NODE: process.execPath,
        MILLRACE: CLI_ENTRY,
        MILLRACE_URL: `http://localhost:${ports.http}`,
      },
    });
  }

  const tested = markdownPages()
    .flatMap((page) => shellBlocksOf(page))
    .filter(({ tag }) => tag === 'sh test');

  // Several processes one after the other, each of which takes seconds to start on a busy machine.
  it.each(tested)('$page line $line works as written', { timeout: 120_000 }, async ({ script, expected }) => {
    const { stdout, stderr } = await run(script);
    // A small language model may have nothing to say, of which its statistics are told.
    expect(stdout + stderr).not.toBe('');
    expect(stdout).not.toContain('"unserved":[{');
    if (expected !== undefined) expect(JSON.parse(stdout)).toEqual(approximate(expected));
  });
});

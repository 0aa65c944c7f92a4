import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonOf, startAppServer } from '../support/app-server.js';
import { TINY_MODEL } from '../support/llama-model.js';
import { createTempFolder } from '../support/model-folder.js';

const MLP = 'examples/models/mlp/1/model.onnx';
/** Stands for the path of one. */
const LIBRARY = '<library>';
const EXPLICIT = { repository: { controlMode: 'explicit' } } as const;

/** Whether a process has a named pipe open, or waits to. */
function isOpened(pipe: string): boolean {
  try {
    closeSync(openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK));
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENXIO' });
    return false;
  }
}

describe('a load request', () => {
  it.each([
    ['that names its folder', {}],
    ['that brings a model of its own', { 'file:1/model.gguf': readFileSync(TINY_MODEL).toString('base64') }],
  ])('%s never has a shared object opened', async (_, more) => {
    await using elsewhere = await createTempFolder();
    const [ggml = '', llama = ''] = ['libggml.so', 'libllama.so'].map((name) => path.join(elsewhere.path, name));
    // Whoever opens a pipe waits there, and is seen.
    execFileSync('mkfifo', [ggml, llama]);
    await using server = await startAppServer({ 'm/1/model.gguf': readFileSync(TINY_MODEL) }, EXPLICIT);
    const config = JSON.stringify({ llama: { library: elsewhere.path } });
    const body = JSON.stringify({ parameters: { config, ...more } });
    expect(jsonOf(await server.send('POST /v2/repository/models/m/load', body))).toMatchObject({
      status: 400,
      body: {
        error:
          "configuration given for model 'm': 1:11: 'llama.library' is a setting of the server now: runners.llamaLibrary",
      },
    });
    expect([ggml, llama].map(isOpened)).toEqual([false, false]);
  });

  it.each([
    [{ onnx: { customOpsLibrary: LIBRARY } }, "1:10: unknown key 'onnx.customOpsLibrary'"],
    [
      { model_operations: { op_library_filename: [LIBRARY] } },
      'model_operations: custom operator libraries are not loaded',
    ],
  ])('never has a library of operators opened: %j', async (config, reason) => {
    await using elsewhere = await createTempFolder();
    const library = path.join(elsewhere.path, 'ops.so');
    execFileSync('mkfifo', [library]);
    await using server = await startAppServer({ 'm/1/model.onnx': readFileSync(MLP) }, EXPLICIT);
    const body = JSON.stringify({ parameters: { config: JSON.stringify(config).replace(LIBRARY, library) } });
    const { status, body: answer } = jsonOf(await server.send('POST /v2/repository/models/m/load', body));
    expect([status, answer.error]).toEqual([400, expect.stringContaining(reason)]);
    expect(isOpened(library)).toBe(false);
  });

  it('never has a file run as a program that is none by the files of the model', async () => {
    await using elsewhere = await createTempFolder();
    const proof = path.join(elsewhere.path, 'ran');
    await using server = await startAppServer(
      {
        'm/1/model.onnx': 'not read',
        'm/1/model.onnx.js': `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(proof)}, '');`,
      },
      EXPLICIT,
    );
    const config = JSON.stringify({ runtime: 'script', file: 'model.onnx.js' });
    const body = JSON.stringify({ parameters: { config } });
    expect(jsonOf(await server.send('POST /v2/repository/models/m/load', body))).toMatchObject({
      status: 400,
      body: {
        error:
          "configuration given for model 'm': version 1 would run the script 'model.onnx.js', which can be chosen in the model's own files only",
      },
    });
    expect(() => readFileSync(proof)).toThrow('ENOENT');
  });
});

it("a model's own file that names a library is told which setting does", async () => {
  await using server = await startAppServer({
    'm/1/model.gguf': readFileSync(TINY_MODEL),
    'm/model.yaml': 'llama:\n  library: /opt/llama\n',
  });
  expect(await server.index()).toEqual([
    "m/undefined: UNAVAILABLE: m/model.yaml:2:3: 'llama.library' is a setting of the server now: runners.llamaLibrary",
  ]);
});

it('the libraries of language models are those in the folder that a setting names', async () => {
  await using elsewhere = await createTempFolder();
  await using server = await startAppServer(
    { 'm/1/model.gguf': readFileSync(TINY_MODEL) },
    { runners: { llamaLibrary: elsewhere.path } },
  );
  expect(await server.index()).toEqual([
    `m/1: UNAVAILABLE: language models require llama.cpp: there is no libllama in '${elsewhere.path}'; set runners.llamaLibrary to a folder with one`,
  ]);
});

it('a load request cannot make the server run or hold more for a warm-up than it may', async () => {
  const echo = {
    runtime: 'echo',
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, -1] }],
    outputs: [{ name: 'x', datatype: 'FP32', shape: [-1, -1] }],
  };
  await using server = await startAppServer({ 'm/model.yaml': JSON.stringify(echo), 'm/1/': '' }, EXPLICIT);
  const load = async (config: object) => {
    const body = JSON.stringify({ parameters: { config: JSON.stringify(config) } });
    const { status, body: answer } = jsonOf(await server.send('POST /v2/repository/models/m/load', body));
    return [status, answer.error];
  };
  const x = { shape: [4_000_000_000], data: 'random' };
  expect(await load({ ...echo, warmup: [{ name: 'w', count: 4_000_000_000, inputs: {} }] })).toEqual([
    400,
    expect.stringContaining('warmup[0].count: expected an integer from 1 to 10000, got 4000000000'),
  ]);
  expect(await load({ ...echo, warmup: [{ name: 'w', inputs: { x } }] })).toEqual([
    400,
    expect.stringContaining("warm-up 'w', input 'x': with [1,4000000000] the sample has 16000000000 bytes"),
  ]);
  const triton = [
    { name: 'w', count: 4_000_000_000, inputs: { x: { data_type: 'TYPE_FP32', dims: [1], zero_data: true } } },
  ];
  const input = { name: 'x', data_type: 'TYPE_FP32', dims: [1] };
  expect(await load({ backend: 'echo', input: [input], output: [input], model_warmup: triton })).toEqual([
    400,
    expect.stringContaining('expected an integer from 1 to 10000, got 4000000000'),
  ]);
});

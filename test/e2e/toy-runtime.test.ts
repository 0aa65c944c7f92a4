import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/client/index.js';
import { EventBus } from '../../src/core/index.js';
import { createMillrace, type Millrace } from '../../src/index.js';
import type { Addresses } from '../../src/server/index.js';
import TOY from '../fixtures/toy-runtime/manifest.mjs';
import { FREE_PORTS, runCliProcess, startCli } from '../support/cli-process.js';
import { RUNNER_ENTRY } from '../support/dist.js';
import { protoBytes, protoJson } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';
import { until } from '../support/until.js';

const MANIFEST = 'test/fixtures/toy-runtime/manifest.mjs';
const PAIR = '{ "x": [2] }';
const ROWS = { x: [[1, -2]] };

let folder: TempFolder;
let millrace: Millrace;
let addresses: Addresses;
const started: { readonly runner: string; readonly pid: number }[] = [];

beforeAll(async () => {
  folder = await createTempFolder({
    'bare.toy': PAIR,
    'inline/1/model.toy': PAIR,
    'inline/model.yaml': 'toy: { scale: 2.5, rounding: floor }\ninstances: { placement: inline }\n',
    'apart/1/model.toy': PAIR,
    'apart/1/notes.txt': '',
    'apart/model.yaml': 'runtime: toy\ntoy: { scale: 3 }\n',
    'triton/1/model.toy': PAIR,
    'triton/config.pbtxt': `
      backend: "toy" max_batch_size: 4
      input { name: "x" data_type: TYPE_FP32 dims: [ 2 ] }
      output { name: "x_out" data_type: TYPE_FP32 dims: [ 2 ] }
      parameters { key: "scale" value { string_value: "10" } }`,
    'key/1/model.toy': PAIR,
    'key/model.yaml': 'toy:\n  scael: 2\n',
    'value/1/model.toy': PAIR,
    'value/model.yaml': 'toy: { rounding: flor }\n',
    'text/1/model.toy': PAIR,
    'text/config.pbtxt': 'backend: "toy" parameters { key: "scale" value { string_value: "much" } }',
    'name/1/model.toy': PAIR,
    'name/model.yaml': 'runtime: toi\n',
    'backend/1/model.toy': PAIR,
    'backend/config.pbtxt': 'backend: "toi"',
    'empty/1/readme.md': '',
    'empty/model.yaml': 'runtime: toy\n',
    'broken/1/model.toy': 'no JSON',
  });
  const events = new EventBus();
  events.subscribe('runnerStarted', ({ runner, pid }) => started.push({ runner, pid }));
  millrace = await createMillrace({
    settings: {
      repository: { paths: [folder.path] },
      runners: { entry: RUNNER_ENTRY, closeTimeoutMs: 100 },
      server: { httpPort: 0, grpcPort: 0, metricsPort: 0 },
      engine: { restartBackoffMs: 1 },
      telemetry: { logLevel: 'silent' },
    },
    runtimes: [TOY],
    events,
  });
  addresses = await millrace.listen();
});
afterEach(closeGrpcServers);
afterAll(async () => {
  await millrace.close();
  await folder[Symbol.asyncDispose]();
});

async function infer(model: string): Promise<readonly number[]> {
  const { outputs } = await connect(addresses.http.url).model(model).infer(ROWS);
  const { x_out: output } = outputs;
  return Array.from((output?.data ?? []) as ArrayLike<number>);
}

function reasonOf(model: string): string | undefined {
  const state = millrace.models().find(({ name }) => name === model)?.state;
  return state?.kind === 'failed' ? state.reason : undefined;
}

describe('a runtime from outside', () => {
  it('runs in the server and in runner processes, with the options of its section', async () => {
    expect(await infer('inline')).toEqual([2, -5]);
    expect(await infer('apart')).toEqual([3, -6]);
    expect(await infer('bare')).toEqual([1, -2]);
    const placements = millrace.models().flatMap(({ name, info }) => (info ? [`${name} ${info.placement}`] : []));
    expect(placements.sort()).toEqual(['apart process', 'bare process', 'inline inline', 'triton process']);
  });

  it('is what config.pbtxt means by its backend, whose parameters are its options', async () => {
    expect(await infer('triton')).toEqual([10, -20]);
    const config = await (await fetch(`${addresses.http.url}/v2/models/triton/config`)).json();
    expect(config).toMatchObject({
      backend: 'toy',
      platform: 'toy',
      default_model_filename: 'model.toy',
      parameters: { scale: { string_value: '10' } },
    });
  });

  it('answers over gRPC', async () => {
    const request = {
      model_name: 'apart',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], contents: { fp32_contents: [1, -2] } }],
    };
    const client = new GrpcClient(`127.0.0.1:${addresses.grpc?.port}`);
    const { message, status: end } = await client.unary(protoBytes('ModelInferRequest', request), {
      path: '/inference.GRPCInferenceService/ModelInfer',
    });
    expect(status[end.code]).toBe('OK');
    const answer = protoJson('ModelInferResponse', [message as Uint8Array]) as unknown as {
      readonly raw_output_contents: readonly string[];
    };
    const bytes = Buffer.from(answer.raw_output_contents[0] ?? '', 'base64');
    expect([bytes.readFloatLE(0), bytes.readFloatLE(4)]).toEqual([3, -6]);
  });

  it('counts in the metrics', async () => {
    await infer('apart');
    const text = await (await fetch(`${addresses.metrics?.url}/metrics`)).text();
    expect(text).toMatch(/^nv_inference_request_success\{model="apart",version="1"\} [1-9]/m);
    expect(text).toMatch(/^nv_inference_request_success\{model="inline",version="1"\} [1-9]/m);
  });

  it('is started again after its runner was killed', async () => {
    const starts = () => started.filter(({ runner }) => runner === 'apart/1#0');
    const [first] = starts();
    process.kill(first?.pid as number, 'SIGKILL');
    await until('a second runner has started', () => starts().length === 2);
    expect(await infer('apart')).toEqual([3, -6]);
  });

  it.each([
    ['key', "key/model.yaml:2:3: unknown key 'toy.scael'; did you mean 'scale'?"],
    ['value', "value/model.yaml:1:8: toy.rounding: expected one of none, floor, got 'flor'; did you mean 'floor'?"],
    ['text', 'text/config.pbtxt: toy.scale: expected a number, got NaN'],
    ['name', "runtime 'toi' is not known; expected onnx, script, echo, ensemble, llama, text or toy"],
    [
      'backend',
      "backend/config.pbtxt: backend 'toi' is not available; expected onnxruntime or millrace or script or echo or " +
        'identity or ensemble or toy',
    ],
    ['empty', 'empty/1 holds no model file; expected model.toy or one *.toy, found readme.md'],
    ['broken', "toy: 'model.toy' is no JSON file"],
  ])('says what is wrong with model %s', (model, reason) => {
    expect(reasonOf(model)).toBe(reason);
  });
});

describe('the command line', () => {
  it('checks models of a runtime from outside', async () => {
    const { exit, out } = await runCliProcess('check', `${folder.path}/bare.toy`, '--runtime', MANIFEST);
    expect({ exit, out }).toMatchObject({ exit: 0, out: expect.stringMatching(/^bare version 1 works\n/) });
    expect(out).toContain('platform   toy\n');
    expect(out).toContain('    runtime: toy\n');
  });

  it('finds a bare model by its name', async () => {
    const argv = ['--model-repository', folder.path, '--runtime', MANIFEST, '--json'];
    const { exit, out } = await runCliProcess('check', 'bare', ...argv);
    expect({ exit, models: JSON.parse(out) }).toMatchObject({ exit: 0, models: [{ name: 'bare', ok: true }] });
  });

  it('serves them, with the runtime in the settings file', async () => {
    await using served = await createTempFolder({
      'models/pair.toy': PAIR,
      'millrace.yaml': `runners: { runtimes: [${JSON.stringify(path.resolve(MANIFEST))}] }`,
    });
    const settings = ['--config', path.join(served.path, 'millrace.yaml')];
    await using cli = startCli(['serve', path.join(served.path, 'models'), ...settings, ...FREE_PORTS, '--json']);
    const listening = await cli.nextEvent();
    expect(await cli.nextEvent()).toMatchObject({ event: 'ready', models: [{ name: 'pair', placement: 'process' }] });
    const { outputs } = await connect(String(listening.http)).model('pair').infer(ROWS);
    expect(Array.from((outputs.x_out?.data ?? []) as ArrayLike<number>)).toEqual([1, -2]);
    cli.child.kill('SIGTERM');
    expect((await cli.ended).exit).toBe(0);
  });

  it('says what is wrong with a runtime', async () => {
    const { exit, err } = await runCliProcess('check', folder.path, '--runtime', `${folder.path}/absent.mjs`);
    expect({ exit, err }).toMatchObject({
      exit: 2,
      err: expect.stringContaining(`the runtime ${folder.path}/absent.mjs cannot be imported: Cannot find module`),
    });
  });
});

it('docs/runtimes.md shows the runtime that is tested here', async () => {
  const page = await readFile('docs/runtimes.md', 'utf8');
  for (const file of ['manifest.mjs', 'runtime.mjs']) {
    expect(page).toContain(`\`\`\`js\n${await readFile(`test/fixtures/toy-runtime/${file}`, 'utf8')}\`\`\`\n`);
  }
});

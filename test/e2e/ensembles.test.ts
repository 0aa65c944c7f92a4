import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOf, Call, type InferRequest, type Tensor } from '../../src/core/index.js';
import { LOCAL_OPERATOR } from '../../src/governance/index.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { inferNamed } from '../support/infer-named.js';
import type { FolderContents } from '../support/model-folder.js';
import { buildOnnx } from '../support/onnx-builder.js';
import { RawClient, requestText } from '../support/raw-client.js';

/** `y = x op constant` for rows of two. */
function arithmetic(op: 'Add' | 'Mul', constant: number): Uint8Array {
  return buildOnnx({
    inputs: [{ name: 'x', type: 'float32', dims: ['n', 2] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['n', 2] }],
    nodes: [{ op, inputs: ['x', 'c'], outputs: ['y'] }],
    initializers: [{ name: 'c', type: 'float32', dims: [], data: Float32Array.of(constant) }],
  });
}

const SUM = buildOnnx({
  inputs: ['l', 'r'].map((name) => ({ name, type: 'float32', dims: ['n', 2] })),
  outputs: [{ name: 'y', type: 'float32', dims: ['n', 2] }],
  nodes: [{ op: 'Add', inputs: ['l', 'r'], outputs: ['y'] }],
});

interface StepText {
  readonly model: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly output: string;
  readonly more?: string;
}

/** An ensemble of FP32 pairs as Triton has it. */
function ensemble(outputs: readonly string[], steps: readonly StepText[]): string {
  const tensor = (name: string) => `{ name: "${name}" data_type: TYPE_FP32 dims: [2] }`;
  const entry = (kind: string, key: string, value: string) => `${kind} { key: "${key}" value: "${value}" }`;
  const texts = steps.map(({ model, inputs, output, more = '' }) => {
    const maps = Object.entries(inputs).map(([key, value]) => entry('input_map', key, value));
    return `{ model_name: "${model}" model_version: -1 ${maps.join(' ')} ${entry('output_map', 'y', output)} ${more} }`;
  });
  return `platform: "ensemble" max_batch_size: 8
    input [ ${tensor('in')} ] output [ ${outputs.map(tensor).join(', ')} ]
    ensemble_scheduling { step [ ${texts.join(', ')} ] }`;
}

function echo(options: string): string {
  return `runtime: echo
instances: { placement: inline }
maxBatchSize: 8
inputs: [{ name: x, datatype: FP32, shape: [-1, 2] }]
outputs: [{ name: y, datatype: FP32, shape: [-1, 2] }]
${options}
`;
}

const step = (model: string, from: string, output: string): StepText => ({ model, inputs: { x: from }, output });

/** in × 2, then + 1 and × 3 side by side, then their sum: 8 × in + 1. */
const DIAMOND = ensemble(
  ['out', 'tripled'],
  [
    { model: 'sum', inputs: { l: 'incremented', r: 'tripled' }, output: 'out' },
    step('triple', 'doubled', 'tripled'),
    step('increment', 'doubled', 'incremented'),
    step('double', 'in', 'doubled'),
  ],
);

const REPOSITORY: FolderContents = {
  'double/1/model.onnx': arithmetic('Mul', 2),
  'triple/1/model.onnx': arithmetic('Mul', 3),
  'increment/1/model.onnx': arithmetic('Add', 1),
  'sum/1/model.onnx': SUM,
  'labelled/1/model.onnx': arithmetic('Add', 1),
  'labelled/config.pbtxt': `max_batch_size: 8
    output { name: "y" data_type: TYPE_FP32 dims: [2] label_filename: "labels.txt" }`,
  'labelled/labels.txt': 'cat\ndog\n',
  'partial/1/model.mjs': `export default {
    inputs: { x: 'FP32[-1,2]' }, outputs: { y: 'FP32[-1,2]', z: 'FP32[-1,2]' }, maxBatchSize: 8,
    infer: ({ inputs }) => ({ y: inputs.x, z: undefined }),
  };`,
  'classifying/config.pbtxt': ensemble(['out'], [step('double', 'in', 'mid'), step('labelled', 'mid', 'out')]),
  'incomplete/config.pbtxt': ensemble(
    ['out', 'other'],
    [
      step('double', 'in', 'mid'),
      { model: 'partial', inputs: { x: 'mid' }, output: 'out', more: 'output_map { key: "z" value: "other" }' },
    ],
  ),
  'diamond/1/': '',
  'diamond/config.pbtxt': DIAMOND,
  'nested/config.pbtxt': ensemble(
    ['out'],
    [{ model: 'inner', inputs: { in: 'in' }, output: 'mid' }, step('double', 'mid', 'out')],
  ),
  'inner/config.pbtxt': ensemble(['y'], [{ model: 'echoed', inputs: { x: 'in' }, output: 'y' }]),
  'echoed/1/': '',
  'echoed/model.yaml': echo(''),
  'faulty/1/': '',
  'faulty/model.yaml': echo('echo: { faults: true }'),
  'slow/1/': '',
  'slow/model.yaml': echo(
    'echo: { delayMs: 60000 }\nbatching: { enabled: false }\nlimits: { executionTimeoutMs: 120000 }',
  ),
  'batched/1/': '',
  'batched/model.yaml': echo('echo: { delayMs: 5 }\nbatching: { enabled: true }'),
  'repeated/1/': '',
  'repeated/model.yaml': echo('echo: { mode: repeat }'),
  'failing/config.pbtxt': ensemble(
    ['out', 'other'],
    [step('double', 'in', 'doubled'), step('faulty', 'doubled', 'out'), step('slow', 'doubled', 'other')],
  ),
  'waiting/config.pbtxt': ensemble(['out'], [step('double', 'in', 'mid'), step('slow', 'mid', 'out')]),
  'together/config.pbtxt': ensemble(['out'], [step('double', 'in', 'mid'), step('batched', 'mid', 'out')]),
  'stream/config.pbtxt': ensemble(
    ['out'],
    [step('double', 'in', 'mid'), step('repeated', 'mid', 'each'), step('increment', 'each', 'out')],
  ),
};

function request(...rows: readonly number[]) {
  const data = rows.flatMap((value) => [value, -value]);
  return { inputs: [{ name: 'in', datatype: 'FP32', shape: [rows.length, 2], data }] };
}

function call(): Call {
  const deadlineAt = Number.POSITIVE_INFINITY;
  return new Call({ requestId: 'test', principal: LOCAL_OPERATOR, trace: undefined, deadlineAt, receivedAt: 0 });
}

describe('ensembles', () => {
  let server: AppServer;
  beforeAll(async () => {
    server = await startAppServer(REPOSITORY, { repository: { controlMode: 'explicit', loadModels: ['*'] } });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** Statistics of one model. */
  async function statistics(model: string) {
    const { body } = await server.send(`GET /v2/models/${model}/stats`);
    return JSON.parse(body.toString()).model_stats[0];
  }

  it('are served like any model', async () => {
    expect((await server.index()).filter((line) => !line.endsWith(': READY'))).toEqual([]);
    const metadata = JSON.parse((await server.send('GET /v2/models/diamond')).body.toString());
    expect(metadata).toMatchObject({
      name: 'diamond',
      versions: ['1'],
      platform: 'ensemble',
      inputs: [{ name: 'in', datatype: 'FP32', shape: [-1, 2] }],
      outputs: [{ name: 'out' }, { name: 'tripled' }],
    });
    const config = JSON.parse((await server.send('GET /v2/models/diamond/config')).body.toString());
    expect(config.ensemble_scheduling.step[3]).toEqual({
      model_name: 'double',
      model_version: -1,
      input_map: { x: 'in' },
      output_map: { y: 'doubled' },
      model_namespace: '',
    });
  });

  it('compute a diamond, all of it or only what is wanted, and count as their models do', async () => {
    const before = await statistics('sum');
    const { status, body } = await server.infer('diamond', request(1, 2));
    expect(status).toBe(200);
    expect(body.outputs).toEqual([
      { name: 'out', datatype: 'FP32', shape: [2, 2], data: [9, -7, 17, -15] },
      { name: 'tripled', datatype: 'FP32', shape: [2, 2], data: [6, -6, 12, -12] },
    ]);
    const part = await server.infer('diamond', { ...request(1), outputs: [{ name: 'tripled' }] });
    expect(part.body.outputs).toEqual([{ name: 'tripled', datatype: 'FP32', shape: [1, 2], data: [6, -6] }]);
    const after = await statistics('sum');
    expect(after.inference_count - before.inference_count).toBe(2);
    expect(after.inference_stats.success.count - before.inference_stats.success.count).toBe(1);
    expect(await statistics('diamond')).toMatchObject({ inference_count: 3, execution_count: 2 });
  });

  it('contain each other', async () => {
    const { body } = await server.infer('nested', request(4));
    expect(body.outputs).toEqual([{ name: 'out', datatype: 'FP32', shape: [1, 2], data: [8, -8] }]);
  });

  it("classify by the labels of the step's model", async () => {
    const outputs = [{ name: 'out', parameters: { classification: 1 } }];
    const { body } = await server.infer('classifying', { ...request(1, -2), outputs });
    expect(body.outputs[0].data).toEqual(['3.000000:0:cat', '5.000000:1:dog']);
  });

  it('answer the rest where a step leaves out an output', async () => {
    const outputs = [{ name: 'other' }, { name: 'out' }];
    const { status, body } = await server.infer('incomplete', { ...request(1), outputs });
    expect([status, body.outputs]).toEqual([200, [{ name: 'out', datatype: 'FP32', shape: [1, 2], data: [2, -2] }]]);
  });

  it('say where in its sequence a request stood', async () => {
    const parameters = { sequence_id: 7, sequence_start: true, sequence_end: false };
    const { body } = await server.infer('diamond', { ...request(1), parameters });
    expect(body.parameters).toEqual(parameters);
    expect((await server.infer('diamond', request(1))).body.parameters).toBeUndefined();
  });

  it("pass priority and queue time-out on to their models' queues", async () => {
    const seen: string[] = [];
    const unsubscribe = server.app.events.subscribe('inferFinished', ({ target, request: asked }) => {
      seen.push(`${target.name} ${asked?.priority} ${asked?.queueTimeoutMs}`);
    });
    await server.infer('nested', { ...request(1), parameters: { priority: 2, timeout: 5_000_000 } });
    unsubscribe();
    expect(seen).toEqual(['echoed', 'inner', 'double', 'nested'].map((model) => `${model} 2 5000`));
  });

  it('fail with the first step that does, while another one still runs', async () => {
    const answer = await server.infer('failing', { ...request(1), parameters: { fault: 'raise' } });
    expect(answer).toMatchObject({
      status: 500,
      body: { error: "step 1 (model 'faulty'): echo: fault 'raise'" },
    });
  });

  it('refuse more rows than their models take', async () => {
    const nine = await server.infer('diamond', request(1, 2, 3, 4, 5, 6, 7, 8, 9));
    expect(nine).toMatchObject({
      status: 400,
      body: {
        error:
          "input 'in' has 9 rows; model 'diamond/1' takes at most 8 a request: send fewer at a time, or raise maxBatchSize in its model.yaml (max_batch_size in its config.pbtxt)",
      },
    });
  });

  it('end with the deadline of the request', async () => {
    const answer = await server.infer('waiting', request(1), { 'x-request-timeout-ms': '150' });
    expect(answer).toMatchObject({
      status: 504,
      body: { error: expect.stringMatching(/the request took longer than its \d+ ms$/) },
    });
  });

  it('end with their client, and so do the steps that run', async () => {
    const ends: string[] = [];
    const cancelled = new Promise<void>((resolve) => {
      server.app.events.subscribe('inferFinished', ({ target, error }) => {
        ends.push(`${target.name} ${error?.code}`);
        if (ends.length === 3) resolve();
      });
    });
    const client = await RawClient.connect(server.port);
    const started = new Promise<void>((resolve) => {
      server.app.events.subscribe('batchFinished', ({ ref }) => ref.name === 'double' && resolve());
    });
    client.send(requestText('POST /v2/models/waiting/infer', {}, JSON.stringify(request(1))));
    await started;
    client.socket.destroy();
    await cancelled;
    expect(ends.toSorted()).toEqual(['double undefined', 'slow cancelled', 'waiting cancelled']);
  });

  it('share the batches of their models', async () => {
    const values = Array.from({ length: 48 }, (_, index) => index);
    const answers = await Promise.all(values.map((value) => server.infer('together', request(value))));
    expect(answers.map(({ body }) => body.outputs[0].data[0])).toEqual(values.map((value) => 2 * value));
    const { inference_count: requests, execution_count: batches } = await statistics('batched');
    expect(requests).toBe(48);
    expect(batches).toBeLessThan(48);
    expect(await statistics('together')).toMatchObject({ inference_count: 48, execution_count: 48 });
  });

  it('give as many answers as their decoupled step, in its order', async () => {
    const data: Tensor = { name: 'in', datatype: 'FP32', shape: [1, 2], data: bytesOf(Float32Array.of(1, 2)) };
    const asked: InferRequest = {
      id: 'i',
      inputs: [data],
      outputs: undefined,
      parameters: { times: 100 },
      priority: 0,
      queueTimeoutMs: undefined,
      sequence: undefined,
    };
    const result = await inferNamed(server.app.service, call(), { name: 'stream', request: asked });
    if (result.kind !== 'many') throw new Error('expected a stream');
    const rounds: unknown[] = [];
    for await (const { outputs, parameters } of result.responses) {
      expect([...new Float32Array(outputs[0]?.data.slice().buffer ?? [])]).toEqual([3, 5]);
      rounds.push(parameters.round);
    }
    expect(rounds).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  });

  it('lose nothing while a model of theirs is loaded again and again', async () => {
    let done = false;
    let asked = 0;
    const ask = async (): Promise<void> => {
      while (!done) {
        const value = asked++;
        const { status, body } = await server.infer('diamond', request(value));
        expect([status, body.outputs?.[0]?.data[0]]).toEqual([200, 8 * value + 1]);
      }
    };
    const asking = Promise.all(Array.from({ length: 4 }, ask));
    for (const model of ['double', 'triple', 'sum', 'double', 'diamond']) {
      const { status } = await server.send(`POST /v2/repository/models/${model}/load`);
      expect(status).toBe(200);
    }
    done = true;
    await asking;
    expect(asked).toBeGreaterThan(4);
  });

  it('fail without a model that was unloaded, and work when it is back', async () => {
    await server.send('POST /v2/repository/models/triple/unload');
    const answer = await server.infer('diamond', request(1));
    expect(answer).toMatchObject({
      status: 404,
      body: { error: "step 1 (model 'triple'): Request for unknown model: 'triple' has no available versions" },
    });
    expect((await server.send('GET /v2/models/diamond/ready')).status).toBe(503);
    await server.send('POST /v2/repository/models/triple/load');
    expect((await server.send('GET /v2/models/diamond/ready')).status).toBe(200);
    expect((await server.infer('diamond', request(1))).status).toBe(200);
  });
});

describe('ensembles that cannot run', () => {
  it('say why in the index, and harm nobody', async () => {
    await using server = await startAppServer({
      'double/1/model.onnx': arithmetic('Mul', 2),
      'wide/1/model.onnx': buildOnnx({
        inputs: [{ name: 'x', type: 'float32', dims: ['n', 3] }],
        outputs: [{ name: 'y', type: 'float32', dims: ['n', 3] }],
        nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
      }),
      'a/config.pbtxt': ensemble(['y'], [step('b', 'in', 'y')]),
      'b/config.pbtxt': ensemble(['y'], [step('a', 'in', 'y')]),
      'gone/config.pbtxt': ensemble(['y'], [step('nothing', 'in', 'y')]),
      'mixed/config.pbtxt': ensemble(['y'], [step('double', 'in', 'mid'), step('wide', 'mid', 'y')]),
      'vague/config.pbtxt': 'platform: "ensemble" ensemble_scheduling { step { model_name: "double" } }',
    });
    expect(await server.index()).toEqual([
      'a/1: UNAVAILABLE: ensembles are made of each other: a → b → a',
      'b/1: UNAVAILABLE: ensembles are made of each other: b → a → b',
      'double/1: READY',
      "gone/1: UNAVAILABLE: ensemble: step 0 (model 'nothing') cannot run: model 'nothing' is not loaded",
      "mixed/1: UNAVAILABLE: ensemble: tensor 'mid' is FP32[-1,2] as output 'y' of step 0 (model 'double'), but FP32[-1,3] as input 'x' of step 1 (model 'wide')",
      'vague/undefined: UNAVAILABLE: vague/config.pbtxt: outputs: an ensemble needs at least one',
      'wide/1: READY',
    ]);
  });
});

describe('loading and unloading an ensemble', () => {
  it('takes along what it is made of', async () => {
    await using server = await startAppServer(REPOSITORY, { repository: { controlMode: 'explicit' } });
    const load = await server.send('POST /v2/repository/models/nested/load');
    expect(load.status).toBe(200);
    expect(await server.index()).toEqual(['double', 'echoed', 'inner', 'nested'].map((name) => `${name}/1: READY`));
    const body = JSON.stringify({ parameters: { unload_dependents: true } });
    await server.send('POST /v2/repository/models/nested/unload', body);
    expect((await server.infer('double', request(1))).status).toBe(404);
    expect((await server.infer('echoed', request(1))).status).toBe(404);
  });
});

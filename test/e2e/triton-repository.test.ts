import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { runCliProcess } from '../support/cli-process.js';
import { TRITON_REPOSITORY } from '../support/triton-repository.js';

const REFUSED =
  "engine/config.pbtxt: platform 'tensorrt_plan' is not available; " +
  "serve the ONNX file that the engine was built from, with backend 'onnxruntime'";

describe('a repository that was made for Triton', () => {
  let server: AppServer;
  beforeAll(async () => {
    server = await startAppServer(TRITON_REPOSITORY);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  async function ask(path: string) {
    const { status, body } = await server.send(`GET ${path}`);
    return { status, body: JSON.parse(body.toString()) };
  }

  const floats = (name: string, shape: readonly number[], data: readonly number[]) => ({
    name,
    datatype: 'FP32',
    shape,
    data,
  });

  it('is served as it is, but for what no CPU can run', async () => {
    expect(await server.index()).toEqual([
      'counter/1: READY',
      `engine/undefined: UNAVAILABLE: ${REFUSED}`,
      'features/1: READY',
      'pipeline/1: READY',
      'scorer/1: READY',
      'scorer/3: READY',
      'tally/1: READY',
      'wishful/1: READY',
    ]);
  });

  it('answers from the versions that the policy names, the highest by default', async () => {
    const request = { inputs: [floats('x', [1, 4], [1, 2, 3, 4])] };
    expect((await server.infer('scorer', request)).body.outputs[0].data).toEqual([3, 6, 9, 12]);
    expect((await server.infer('scorer/versions/1', request)).body.outputs[0].data).toEqual([1, 2, 3, 4]);
    expect((await server.infer('scorer/versions/2', request)).status).toBe(404);
    expect((await ask('/v2/models/scorer')).body.versions).toEqual(['1', '3']);
  });

  it('classifies with its label file', async () => {
    const outputs = [{ name: 'y', parameters: { classification: 1 } }];
    const { body } = await server.infer('scorer', { inputs: [floats('x', [1, 4], [1, 9, 3, 4])], outputs });
    expect(body.outputs[0].data).toEqual(['27.000000:1:east']);
  });

  it('batches, queues and places as its configuration says, and shows it', async () => {
    const { body } = await ask('/v2/models/scorer/config');
    expect(body).toMatchObject({
      max_batch_size: 16,
      version_policy: { specific: { versions: [1, 3] } },
      dynamic_batching: {
        preferred_batch_size: [4, 8],
        max_queue_delay_microseconds: 2000,
        priority_levels: 2,
        default_priority_level: 2,
        default_queue_policy: { default_timeout_microseconds: 30_000_000, max_queue_size: 64 },
      },
      instance_group: [{ count: 2, kind: 'KIND_CPU' }],
      model_warmup: [{ name: 'zeros', batch_size: 8 }, { name: 'file' }],
    });
    const [scorer] = server.app.engine.gauges().filter(({ ref }) => ref.name === 'scorer' && ref.version === 3);
    expect(new Set(scorer?.instances.map(({ pid }) => pid)).size).toBe(2);
    const values = Array.from({ length: 64 }, (_, index) => index);
    const answers = await Promise.all(
      values.map((value) => server.infer('scorer', { inputs: [floats('x', [1, 4], [value, 0, 0, 0])] })),
    );
    expect(answers.map((answer) => answer.body.outputs[0].data[0])).toEqual(values.map((value) => 3 * value));
  });

  it.each([
    ['counter', 'x'],
    ['tally', 'VALUE'],
  ])('carries the state of interleaved sequences in %s', async (model, input) => {
    const step = async (id: number, value: number, flags: object = {}) => {
      const parameters = { sequence_id: id, ...flags };
      const { body } = await server.infer(model, { parameters, inputs: [floats(input, [1, 1], [value])] });
      return body.outputs[0].data[0];
    };
    const first = { sequence_start: true };
    expect([await step(1, 1, first), await step(2, 10, first), await step(1, 2), await step(2, 20)]).toEqual([
      1, 10, 3, 30,
    ]);
    const last = { sequence_end: true };
    expect([await step(2, 30, last), await step(1, 3, last), await step(1, 5, first)]).toEqual([60, 6, 5]);
  });

  it('runs its ensemble, through a model without batch dimension and two versions of another', async () => {
    const { body } = await server.infer('pipeline', { inputs: [floats('PICTURE', [1, 2, 2], [1, 2, 3, 4])] });
    expect(body.outputs).toEqual([floats('FIRST', [1, 4], [1, 2, 3, 4]), floats('LATEST', [1, 4], [3, 6, 9, 12])]);
    expect((await ask('/v2/models/pipeline')).body.platform).toBe('ensemble');
    const two = { inputs: [floats('PICTURE', [2, 2, 2], [1, 2, 3, 4, 1, 2, 3, 4])] };
    expect(await server.infer('pipeline', two)).toMatchObject({
      status: 400,
      body: {
        error: "step 0 (model 'features'): input 'picture' of model 'features/1': expected shape [2,2], got [2,2,2]",
      },
    });
  });

  it('is checked by the command line, which lists what is ignored', async () => {
    const { exit, out } = await runCliProcess('check', server.folder.path, '--runs', '2', '--json');
    expect(exit).toBe(1);
    const models = JSON.parse(out).map(({ name, version, ok, problem, notices }: Record<string, unknown>) => ({
      model: `${name}/${version}`,
      ok,
      notices,
      ...(problem === undefined ? {} : { problem }),
    }));
    expect(models).toEqual([
      { model: 'counter/1', ok: true, notices: [] },
      { model: 'engine/0', ok: false, notices: [], problem: REFUSED },
      { model: 'features/1', ok: true, notices: [] },
      { model: 'pipeline/1', ok: true, notices: [] },
      { model: 'scorer/1', ok: true, notices: [] },
      { model: 'scorer/3', ok: true, notices: [] },
      {
        model: 'tally/1',
        ok: true,
        notices: [
          "model 'tally/1' is served without response cache: it is made of other models, which may be loaded again",
        ],
      },
      {
        model: 'wishful/1',
        ok: true,
        notices: [
          'wishful/config.pbtxt: allow_ragged_batch is not supported; only requests of equal shape run together',
          'wishful/config.pbtxt: optimization.priority is not supported; all models are equal',
          "wishful/config.pbtxt: instance_group 'spare' is passive and is not started",
          "wishful/config.pbtxt: execution accelerator 'openvino' is not available; the model runs on ONNX Runtime's own CPU kernels",
          'wishful: the version policy asks for version 7, but there is none',
        ],
      },
    ]);
  });
});

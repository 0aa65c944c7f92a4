import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Events } from '../../src/core/index.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { control, errorOf } from '../support/control-fixture.js';
import { buildOnnx, type OnnxGraph } from '../support/onnx-builder.js';

/** `y = table[x]`: an index that the table does not have makes the run fail as a whole. */
const LOOKUP: OnnxGraph = {
  inputs: [{ name: 'x', type: 'int64', dims: ['n', 1] }],
  outputs: [{ name: 'y', type: 'float32', dims: ['n', 1] }],
  nodes: [{ op: 'Gather', inputs: ['table', 'x'], outputs: ['y'], attributes: { axis: 0 } }],
  initializers: [{ name: 'table', type: 'float32', dims: [5], data: Float32Array.of(0, 10, 20, 30, 40) }],
};

const echo = (...more: readonly string[]) =>
  [
    'runtime: echo',
    'echo: { faults: true }',
    'maxBatchSize: 3',
    // A batch waits until it is full, so that the bad one is among good ones.
    'batching: { enabled: true, maxQueueDelayMs: 10000 }',
    'inputs: [{ name: x, datatype: FP32, shape: [-1, 1] }]',
    'outputs: [{ name: y, datatype: FP32, shape: [-1, 1] }]',
    ...more,
  ].join('\n');

describe('of a batch with one bad member', () => {
  let server: AppServer;
  const batches: Events['batchFinished'][] = [];
  beforeAll(async () => {
    server = await startAppServer(
      {
        'lookup/model.yaml': 'maxBatchSize: 3\nbatching: { enabled: true, maxQueueDelayMs: 10000 }\n',
        'lookup/1/model.onnx': buildOnnx(LOOKUP),
        'raising/model.yaml': echo(),
        'raising/1/': '',
        'exiting/model.yaml': echo(),
        'exiting/1/': '',
        'aborting/model.yaml': echo(),
        'aborting/1/': '',
        'looping/model.yaml': echo('limits: { executionTimeoutMs: 2000 }'),
        'looping/1/': '',
        'eating/model.yaml': echo(`limits: { maxRssBytes: ${256 * 1_048_576} }`),
        'eating/1/': '',
      },
      { runners: { memoryPollIntervalMs: 50 } },
    );
    server.app.events.subscribe('batchFinished', (event) => batches.push(event));
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const send = (model: string, datatype: string, value: number, parameters = {}) =>
    server.infer(model, { parameters, inputs: [{ name: 'x', datatype, shape: [1, 1], data: [value] }] });

  it('that makes the graph raise, only that one is answered with 500, and the log has the cause', async () => {
    const [first, bad, last] = await Promise.all([1, 99, 4].map((index) => send('lookup', 'INT64', index)));
    expect(batches[0]).toMatchObject({ members: expect.objectContaining({ length: 3 }), error: { code: 'internal' } });
    expect([first?.body.outputs[0].data, last?.body.outputs[0].data]).toEqual([[10], [40]]);
    expect(bad).toEqual({
      status: 500,
      body: { error: expect.stringMatching(/^the model failed: .*indices element out of data bounds, idx=99/) },
      retryAfter: undefined,
    });
    expect(server.log.filter(({ status }) => status === 500)).toMatchObject([
      { level: 'error', room: 'server', error: bad?.body.error, cause: expect.stringContaining('idx=99') },
    ]);
  });

  it('that fails alone, the others are answered', async () => {
    const faults = [{}, { fault: 'raiseItem' }, {}];
    const answers = await Promise.all(faults.map((parameters, index) => send('raising', 'FP32', index, parameters)));
    expect(answers.map(({ status }) => status)).toEqual([200, 500, 200]);
    expect(answers[1]?.body).toEqual({ error: "echo: fault 'raiseItem'" });
  });

  it('whose runner has a limit, the API reports it beside batching', async () => {
    const { body } = await control(server, 'GET models/eating/versions');
    expect(body).toEqual({
      model: 'eating',
      versions: [
        {
          version: 1,
          state: 'ready',
          batching: expect.objectContaining({ enabled: true }),
          memory: { measured: true, rest_bytes: expect.any(Number), peak_bytes: expect.any(Number) },
          instances: [
            { id: 'eating/1#0', up: true, restarts: 0, memory_limit: { bytes: 256 * 1_048_576, source: 'model' } },
          ],
        },
      ],
    });
    const absent = await control(server, 'GET models/eatin/versions');
    expect(errorOf(absent)).toMatch(/^404 not_found: /);
  });

  it.each([
    ['ends its process', 'exiting', 'exit', 'exited with code 3'],
    ['aborts', 'aborting', 'abort', 'ended by SIGABRT'],
    ['loops for ever', 'looping', 'hang', "a batch of model 'looping/1' ran longer than 2000 ms"],
    [
      'takes too much memory',
      'eating',
      'allocate',
      /^model 'eating\/1' used \d+ MiB, limit 256 MiB \(limits\.maxRssBytes\); if that is not a leak, set limits\.maxRssBytes of the model to \d+$/,
    ],
  ])('that %s, only that one is answered with 503, and the log has the reason', async (_what, model, fault, reason) => {
    const faults = [{}, { fault }, {}];
    const answers = await Promise.all(faults.map((parameters, index) => send(model, 'FP32', index, parameters)));
    expect(batches).toContainEqual(
      expect.objectContaining({
        members: expect.objectContaining({ length: 3 }),
        ref: expect.objectContaining({ name: model }),
      }),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 503, 200]);
    expect([answers[0]?.body.outputs[0].data, answers[2]?.body.outputs[0].data]).toEqual([[0], [2]]);
    const died = server.log.filter(({ runner, msg }) => runner === `${model}/1#0` && msg.includes(' died: '));
    const reasons = new Set(died.map((line) => String(line.reason)));
    expect(died[0]).toMatchObject({ level: 'error', room: 'runtimes' });
    for (const said of reasons)
      expect(said).toEqual(typeof reason === 'string' ? reason : expect.stringMatching(reason));
    expect(answers[1]).toEqual({
      status: 503,
      body: { error: `runner ${model}/1#0 is gone: ${died.at(-1)?.reason}` },
      retryAfter: undefined,
    });
    expect(
      (await Promise.all([7, 8, 9].map((value) => send(model, 'FP32', value)))).map(({ status }) => status),
    ).toEqual([200, 200, 200]);
  });
});

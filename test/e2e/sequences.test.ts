import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accumulateConfig, accumulateModel } from '../support/accumulate-model.js';
import { type AppServer, startAppServer } from '../support/app-server.js';

let server: AppServer;

const ECHO = `
runtime: echo
maxBatchSize: 8
inputs: [{ name: IN, datatype: INT32, shape: [-1, 1] }]
outputs: [{ name: OUT, datatype: INT32, shape: [-1, 1] }]
echo: { mode: accumulate }
sequenceBatching: { maxIdleMs: 60000 }
`;

beforeAll(async () => {
  const model = accumulateModel();
  server = await startAppServer(
    {
      'direct/config.pbtxt': accumulateConfig('max_sequence_idle_microseconds: 60000000 direct { }'),
      'direct/1/model.onnx': model,
      'oldest/config.pbtxt': accumulateConfig(
        'max_sequence_idle_microseconds: 60000000 oldest { max_candidate_sequences: 100 }',
        64,
      ),
      'oldest/1/model.onnx': model,
      // The state is an output too, and of a size that the configuration leaves open.
      'shown/config.pbtxt': accumulateConfig('max_sequence_idle_microseconds: 60000000 direct { }')
        .replace('output [', 'output [ { name: "SOUT" data_type: TYPE_INT32 dims: [1] },')
        .replace(/dims: \[ 1 \]\s+initial_state .*/, 'dims: [ -1 ] } ] }'),
      'shown/1/model.onnx': model,
      'echo/model.yaml': ECHO,
      'plain/model.yaml': ECHO.replace('accumulate', 'identity').replace(/^sequenceBatching.*$/m, ''),
    },
    { repository: { controlMode: 'explicit', loadModels: ['*'] } },
  );
});
afterAll(() => server[Symbol.asyncDispose]());

interface Step {
  readonly id?: number | string;
  readonly start?: boolean;
  readonly end?: boolean;
  readonly outputs?: readonly string[];
  readonly inputs?: readonly object[];
}

function body(value: number, { id, start, end, outputs, inputs = [] }: Step): object {
  return {
    inputs: [{ name: 'IN', datatype: 'INT32', shape: [1, 1], data: [value] }, ...inputs],
    ...(outputs === undefined ? {} : { outputs: outputs.map((name) => ({ name })) }),
    parameters: {
      ...(id === undefined ? {} : { sequence_id: id }),
      ...(start === undefined ? {} : { sequence_start: start }),
      ...(end === undefined ? {} : { sequence_end: end }),
    },
  };
}

/** The outputs' first values by name, or status and message. */
async function send(model: string, value: number, step: Step) {
  const answer = await server.infer(model, body(value, step));
  if (answer.status !== 200) return `${answer.status} ${answer.body.error}`;
  const outputs: { readonly name: string; readonly data: readonly unknown[] }[] = answer.body.outputs;
  return Object.fromEntries(outputs.map(({ name, data }) => [name, data[0]]));
}

const START = { start: true };
const END = { end: true };

describe('a Triton repository with sequences, over HTTP', () => {
  it('shows a state that is listed as an output, and starts one of variable size at 1', async () => {
    const { body: index } = await server.send('POST /v2/repository/index');
    expect(JSON.parse(index.toString()).filter(({ reason }: { reason?: string }) => reason)).toEqual([]);
    const outputs = ['OUT', 'SOUT'];
    expect(await send('shown', 3, { id: 1, ...START, outputs })).toEqual({ OUT: 3, SOUT: 3 });
    expect(await send('shown', 4, { id: 2, ...START, outputs: ['SOUT'] })).toEqual({ SOUT: 4 });
    expect(await send('shown', 5, { id: 1, ...END, outputs: ['OUT'] })).toEqual({ OUT: 8 });
    expect(await send('shown', 6, { id: 2, ...END })).toMatchObject({ OUT: 10, SOUT: 10 });
  });

  it('hides controls and states, and shows the block in the configuration', async () => {
    const metadata = JSON.parse((await server.send('GET /v2/models/direct')).body.toString());
    expect(metadata.inputs.map(({ name }: { name: string }) => name)).toEqual(['IN']);
    expect(metadata.outputs.map(({ name }: { name: string }) => name)).toEqual(['OUT', 'STARTED', 'ID', 'ROWS']);
    const config = JSON.parse((await server.send('GET /v2/models/direct/config')).body.toString());
    expect(config.dynamic_batching).toBeUndefined();
    expect(config.sequence_batching).toEqual({
      max_sequence_idle_microseconds: 60_000_000,
      direct: { max_queue_delay_microseconds: 0, minimum_slot_utilization: 0 },
      control_input: [
        {
          name: 'START',
          control: [
            {
              kind: 'CONTROL_SEQUENCE_START',
              int32_false_true: [0, 1],
              fp32_false_true: [],
              bool_false_true: [],
              data_type: 'TYPE_INVALID',
            },
          ],
        },
        {
          name: 'CORRID',
          control: [
            {
              kind: 'CONTROL_SEQUENCE_CORRID',
              int32_false_true: [],
              fp32_false_true: [],
              bool_false_true: [],
              data_type: 'TYPE_UINT64',
            },
          ],
        },
      ],
      state: [
        {
          input_name: 'SIN',
          output_name: 'SOUT',
          data_type: 'TYPE_INT32',
          dims: [1],
          initial_state: [{ data_type: 'TYPE_INT32', dims: [1], zero_data: true, name: 'SIN' }],
          use_same_buffer_for_input_output: false,
          use_growable_memory: false,
        },
      ],
      iterative_sequence: false,
    });
  });

  it('carries the state from step to step, and starts anew with START', async () => {
    const id = 7;
    expect(await send('direct', 1, { id, ...START })).toEqual({ OUT: 1, STARTED: 1, ID: 7, ROWS: 1 });
    expect(await send('direct', 2, { id })).toEqual({ OUT: 3, STARTED: 0, ID: 7, ROWS: 1 });
    expect(await send('direct', 3, { id, ...END })).toMatchObject({ OUT: 6 });
    const refusal = "400 sequence 7 of model 'direct/1' is not running: its first request must say sequence_start";
    expect(await send('direct', 4, { id })).toBe(refusal);
    expect(await send('direct', 4, { id, ...START })).toMatchObject({ OUT: 4 });
    expect(await send('direct', 5, { id, ...START })).toMatchObject({ OUT: 5 });
    expect(await send('direct', 1, { id, ...END })).toMatchObject({ OUT: 6 });
  });

  it.each<[string, Step, string]>([
    ['no sequence', {}, "400 model 'direct/1' keeps sequences: a request needs a sequence_id other than 0 and ''"],
    [
      'id 0',
      { id: 0, ...START },
      "400 model 'direct/1' keeps sequences: a request needs a sequence_id other than 0 and ''",
    ],
    [
      'a negative id',
      { id: -1, ...START },
      "400 request: parameter 'sequence_id' must be a string or an integer of at least 0, got -1",
    ],
    [
      'text for a number',
      { id: 'seven', ...START },
      "400 model 'direct/1' takes the sequence_id as UINT64 (input 'CORRID'), got text",
    ],
    [
      'a control',
      { id: 9, ...START, inputs: [{ name: 'START', datatype: 'INT32', shape: [1, 1], data: [1] }] },
      "400 model 'direct/1' has no input 'START'; its inputs are 'IN'",
    ],
    [
      'a state',
      { id: 9, ...START, inputs: [{ name: 'SIN', datatype: 'INT32', shape: [1, 1], data: [1] }] },
      "400 model 'direct/1' has no input 'SIN'; its inputs are 'IN'",
    ],
    [
      'the wish for a state',
      { id: 9, ...START, outputs: ['SOUT'] },
      "400 model 'direct/1' has no output 'SOUT'; its outputs are 'OUT', 'STARTED', 'ID', 'ROWS'",
    ],
  ])('refuses %s', async (_what, step, message) => {
    expect(await send('direct', 1, step)).toBe(message);
  });

  it('keeps ids over 2^53 apart, and numbers from texts', async () => {
    const large = (id: string, value: number, flag: string) =>
      server.send(
        'POST /v2/models/direct/infer',
        JSON.stringify(body(value, { outputs: ['OUT', 'ID'] })).replace(
          '"parameters":{}',
          `"parameters":{"sequence_id":${id},"${flag}":true}`,
        ),
      );
    const values = async (id: string, value: number, flag: string) => {
      const text = (await large(id, value, flag)).body.toString();
      return [...text.matchAll(/"data":\[(\d+)\]/g)].map(([, number]) => number);
    };
    expect(await values('18446744073709551615', 1, 'sequence_start')).toEqual(['1', '18446744073709551615']);
    expect(await values('18446744073709551614', 10, 'sequence_start')).toEqual(['10', '18446744073709551614']);
    expect(await values('18446744073709551615', 2, 'sequence_end')).toEqual(['3', '18446744073709551615']);
    expect(await values('18446744073709551614', 20, 'sequence_end')).toEqual(['30', '18446744073709551614']);
    expect(await send('echo', 1, { id: '12', ...START })).toEqual({ OUT: 1 });
    expect(await send('echo', 5, { id: 12, ...START })).toEqual({ OUT: 5 });
    expect(await send('echo', 1, { id: '12', ...END })).toEqual({ OUT: 2 });
    expect(await send('echo', 1, { id: 12, ...END })).toEqual({ OUT: 6 });
  });

  it('a step that fails leaves the sequence where it was', async () => {
    await send('oldest', 1, { id: 20, ...START });
    expect(await send('oldest', 100, { id: 20 })).toMatch(/^500 the model failed: /);
    expect(await send('oldest', 2, { id: 20, ...END })).toMatchObject({ OUT: 3 });
  });

  it('adds up a hundred sequences at a time, each for itself, several to a batch', async () => {
    const ids = Array.from({ length: 100 }, (_, index) => index + 1_000);
    const sums = await Promise.all(
      ids.map(async (id) => {
        const rows: number[] = [];
        let sum: unknown;
        for (let step = 1; step <= 5; step++) {
          const answer = await send('oldest', (id + step) % 50, { id, start: step === 1, end: step === 5 });
          if (typeof answer === 'string') throw new Error(answer);
          rows.push(Number(answer.ROWS));
          sum = answer.OUT;
        }
        return { sum, together: Math.max(...rows) };
      }),
    );
    const expected = ids.map((id) => [1, 2, 3, 4, 5].reduce((total, step) => total + ((id + step) % 50), 0));
    expect(sums.map(({ sum }) => sum)).toEqual(expected);
    expect(Math.max(...sums.map(({ together }) => together))).toBeGreaterThan(1);
  });

  it('a model without sequences takes no notice of them', async () => {
    expect(await send('plain', 3, { id: 7, ...END })).toEqual({ OUT: 3 });
  });
});

describe('the end of a runner or of a model', () => {
  it('a reload lets sequences finish on what they began on, and other models never notice', async () => {
    await send('oldest', 1, { id: 30, ...START });
    await send('echo', 1, { id: 30, ...START });
    await server.folder.write({ 'oldest/1/model.onnx': Buffer.concat([accumulateModel(), Buffer.from([0x72, 0])]) });
    expect((await server.send('POST /v2/repository/models/oldest/load')).status).toBe(200);
    expect(await send('oldest', 5, { id: 31, ...START })).toMatchObject({ OUT: 5 });
    expect(await send('oldest', 2, { id: 30 })).toMatchObject({ OUT: 3 });
    expect(await send('oldest', 2, { id: 31, ...END })).toMatchObject({ OUT: 7 });
    expect(await send('oldest', 3, { id: 30, ...END })).toMatchObject({ OUT: 6 });
    expect(await send('echo', 2, { id: 30, ...END })).toEqual({ OUT: 3 });
  });

  it('a killed runner ends its sequences with a clear error', async () => {
    await send('echo', 1, { id: 40, ...START });
    const [instance] = server.app.engine.gauges().find(({ ref }) => ref.name === 'echo')?.instances ?? [];
    const exited = new Promise((resolve) => server.app.events.subscribe('runnerExited', resolve));
    process.kill(instance?.pid as number, 'SIGKILL');
    await exited;
    const lost = "503 sequence 40 of model 'echo/1' was lost when its runner died; start it again";
    expect(await send('echo', 2, { id: 40 })).toBe(lost);
    expect(await send('echo', 3, { id: 40, ...START })).toEqual({ OUT: 3 });
    expect(await send('echo', 3, { id: 40, ...END })).toEqual({ OUT: 6 });
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';

/** A model of one number, x → y, with `body` as that of its `infer`. */
const script = (body: string, fields = '') => `import { defineModel, ModelError } from 'millrace/model';
export default defineModel({
  inputs: { x: 'FP32[-1,1]' },
  outputs: { y: 'FP32[-1,1]' },
  maxBatchSize: 4,
  ${fields}
  async infer({ inputs, parameters, signal }, context) {
    const value = inputs.x.data[0] ?? 0;
    ${body}
    return { y: [value + 1] };
  },
});
`;
const limits = (text: string) => `limits: { ${text} }\n`;

describe('scripts behind a server', () => {
  let server: AppServer;
  beforeAll(async () => {
    server = await startAppServer(
      {
        'add/1/model.ts': script(''),
        'coded/1/model.ts': script("if (value === 2) throw new ModelError('not_found', 'there is no two');"),
        'calling/1/model.ts': script(
          "const { outputs } = await context.model('add').infer({ x: { data: [value], shape: [1, 1] } }); return { y: outputs.y };",
        ),
        'itself/1/model.ts': script("await context.model('itself').infer({ x: inputs.x });"),
        'looping/1/model.ts': script('while (value === 2);'),
        'looping/model.yaml': limits('executionTimeoutMs: 2000'),
        'waiting/1/model.ts': script('if (value === 2) await new Promise(() => {});'),
        'waiting/model.yaml': limits('executionTimeoutMs: 2000'),
        'exiting/1/model.ts': script('if (value === 2) process.exit(7);'),
        'timer/1/model.ts': script(
          "if (value === 2) { setTimeout(() => { throw new Error('late'); }); await new Promise(() => {}); }",
        ),
        'stray/1/model.ts': script("if (value === 2) void Promise.reject(new Error('stray'));"),
        'eating/1/model.ts': script(
          'if (value === 2) for (;;) { (globalThis.kept ??= []).push(new Uint8Array(8_388_608).fill(1)); await new Promise(setImmediate); }',
        ),
        'eating/model.yaml': limits(`maxRssBytes: ${256 * 1_048_576}`),
        'broken/1/model.ts': 'export default {\n  infer( {\n};',
        'inline/1/model.ts': script(''),
        'inline/model.yaml': 'instances: { placement: inline }\n',
        'triton/1/model.js':
          'export default { infer: ({ inputs }, { parameters }) => ({ OUT: [`${inputs.IN.value}${parameters.end}`] }) };',
        'triton/config.pbtxt': `backend: "millrace"
          input { name: "IN" data_type: TYPE_STRING dims: [1] } output { name: "OUT" data_type: TYPE_STRING dims: [1] }
          parameters { key: "end" value { string_value: "!" } }`,
        // A model of Triton's Python backend, ported line by line: it keeps its own state, by the control tensors.
        'sums/1/model.js': `const sums = new Map();
          export default {
            infer({ inputs }) {
              const [id, start, end] = ['CORRID', 'START', 'END'].map((name) => inputs[name].data[0]);
              const sum = (start ? 0 : sums.get(id)) + inputs.IN.data[0];
              if (end) sums.delete(id);
              else sums.set(id, sum);
              return { OUT: [sum] };
            },
          };`,
        'sums/config.pbtxt': `backend: "millrace" max_batch_size: 4
          input { name: "IN" data_type: TYPE_INT32 dims: [1] } output { name: "OUT" data_type: TYPE_INT32 dims: [1] }
          sequence_batching {
            oldest { max_candidate_sequences: 4 }
            control_input { name: "START" control { kind: CONTROL_SEQUENCE_START int32_false_true: [0, 1] } }
            control_input { name: "END" control { kind: CONTROL_SEQUENCE_END int32_false_true: [0, 1] } }
            control_input { name: "CORRID" control { kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_UINT64 } }
          }`,
        'counting/1/model.ts': `import { defineModel } from 'millrace/model';
          export default defineModel({
            inputs: { x: 'INT32[1]' },
            outputs: { y: 'INT32[1]' },
            stateful: true,
            start: () => ({ sum: 0 }),
            infer: ({ inputs, sequence: { state } }) => ({ y: (state.sum += inputs.x.value) }),
          });`,
        'many/1/model.ts': `import { defineModel } from 'millrace/model';
          export default defineModel({
            inputs: { text_input: 'BYTES[1]' },
            outputs: { text_output: 'BYTES[1]' },
            async *infer({ inputs }) {
              for (const word of inputs.text_input.value.split(' ')) yield { text_output: word.toUpperCase() };
            },
          });`,
        'contrary/1/model.ts': script(''),
        'contrary/model.yaml': 'inputs: [{ name: x, datatype: INT32 }]\n',
      },
      { runners: { memoryPollIntervalMs: 50 } },
    );
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const send = (model: string, value: number) =>
    server.infer(model, { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [value] }] });
  const outcome = async (model: string, value: number) => {
    const { status, body } = await send(model, value);
    return [status, body.error ?? body.outputs[0].data];
  };

  it('answer, fail with their own code and message, and call each other', async () => {
    expect(await outcome('add', 1)).toEqual([200, [2]]);
    expect(await Promise.all([1, 2, 3].map((value) => outcome('coded', value)))).toEqual([
      [200, [2]],
      [404, 'there is no two'],
      [200, [4]],
    ]);
    expect(await outcome('calling', 5)).toEqual([200, [6]]);
  });

  it('may not call themselves', async () => {
    expect(await outcome('itself', 1)).toEqual([400, expect.stringMatching(/itself.*itself/)]);
  });

  it('take their signature and parameters from a config.pbtxt', async () => {
    const inputs = [{ name: 'IN', datatype: 'BYTES', shape: [1], data: ['hello'] }];
    expect((await server.infer('triton', { inputs })).body.outputs[0].data).toEqual(['hello!']);
    const metadata = await server.send('GET /v2/models/triton');
    expect(JSON.parse(metadata.body.toString())).toMatchObject({ platform: 'millrace_script' });
    const config = await server.send('GET /v2/models/triton/config');
    expect(JSON.parse(config.body.toString())).toMatchObject({ backend: 'script', default_model_filename: 'model.js' });
  });

  it('keep state in sequences, their own by control tensors or one that is kept for them', async () => {
    const step = async (model: string, name: string, value: number, shape: number[], parameters: object) =>
      (await server.infer(model, { parameters, inputs: [{ name, datatype: 'INT32', shape, data: [value] }] })).body
        .outputs[0].data[0];
    for (const [model, name, shape] of [['sums', 'IN', [1, 1]] as const, ['counting', 'x', [1]] as const]) {
      const send = (id: number, value: number, flags: object = {}) =>
        step(model, name, value, [...shape], { sequence_id: id, ...flags });
      expect(await send(1, 5, { sequence_start: true })).toBe(5);
      expect(await send(2, 100, { sequence_start: true })).toBe(100);
      expect(await send(1, 6)).toBe(11);
      expect(await send(2, 1, { sequence_end: true })).toBe(101);
      expect(await send(1, 7, { sequence_end: true })).toBe(18);
    }
  });

  it('answer any number of times', async () => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/v2/models/many/generate_stream`, {
      method: 'POST',
      body: JSON.stringify({ text_input: 'one two three' }),
    });
    expect(answer.status).toBe(200);
    const events = (await answer.text()).match(/"text_output":\s*"[A-Z]+"/g);
    expect(events).toEqual(['ONE', 'TWO', 'THREE'].map((word) => `"text_output":"${word}"`));
  });

  it('say in the index why they cannot be loaded', async () => {
    const index = await server.index();
    expect(index.filter((line) => line.includes('UNAVAILABLE'))).toEqual([
      'broken/1: UNAVAILABLE: model.ts:3:2: Expected `,` or `)` but found `;`',
      "contrary/1: UNAVAILABLE: input 'x' is configured as INT32, but it is FP32 in the model file",
      'inline/1: UNAVAILABLE: a script runs in a runner process only, as it could block or end the server; set instances.placement to process',
    ]);
  });

  it.each([
    ['loops for ever', 'looping', "a batch of model 'looping/1' ran longer than 2000 ms"],
    ['never settles', 'waiting', "a batch of model 'waiting/1' ran longer than 2000 ms"],
    ['ends its process', 'exiting', 'exited with code 7'],
    ['throws where nobody catches it', 'timer', 'uncaught exception: Error: late'],
    [
      'takes too much memory',
      'eating',
      /^model 'eating\/1' used \d+ MiB, limit 256 MiB \(limits\.maxRssBytes\); if that is not a leak, set limits\.maxRssBytes of the model to \d+$/,
    ],
  ])(
    'that %s: only that request is lost, the model comes back, and other models notice nothing',
    async (_what, model, reason) => {
      const bad = outcome(model, 2);
      expect(await outcome('add', 1)).toEqual([200, [2]]);
      expect(await bad).toEqual([503, expect.stringMatching(`^runner ${model}/1#0 is gone: `)]);
      const died = server.log.find(({ runner, msg }) => runner === `${model}/1#0` && msg.includes(' died: '));
      expect(died?.reason).toEqual(typeof reason === 'string' ? reason : expect.stringMatching(reason));
      expect(await outcome(model, 3)).toEqual([200, [4]]);
    },
  );

  it('that leave a rejected promise behind: it is logged, and nobody is harmed', async () => {
    expect(await outcome('stray', 2)).toEqual([200, [3]]);
    expect(await outcome('stray', 3)).toEqual([200, [4]]);
    expect(server.log.some(({ msg }) => msg.includes('nobody handled it: Error: stray'))).toBe(true);
  });
});

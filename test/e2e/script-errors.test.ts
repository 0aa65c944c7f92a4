import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { bearer } from '../support/key-server.js';

const script = (infer: string) =>
  `export default { inputs: { x: 'FP32[1]' }, outputs: { y: 'FP32[1]' }, concurrency: 32, infer: ${infer} };`;
const calling = (name: string, onError: string) =>
  script(`async ({ inputs }, { model }) => {
    try {
      return { y: [(await model('${name}').infer({ x: inputs.x })).outputs.y.data[0]] };
    } catch (error) { ${onError} }
  }`);
const CHAIN = (step: string) => `platform: "ensemble" max_batch_size: 0
input [{ name: "x" data_type: TYPE_FP32 dims: [1] }] output [{ name: "z" data_type: TYPE_FP32 dims: [1] }]
ensemble_scheduling { step [{ model_name: "${step}" model_version: -1
  input_map { key: "x" value: "x" } output_map { key: "y" value: "z" } }] }`;

/** Sees what it asks for, and none of the models whose names begin with `secret`. */
const GUEST = 'guest-key-0123456789';
const ADMIN = 'admin-key-0123456789';

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(
    {
      'secret-faulty/1/model.js': script('() => { throw new TypeError("no"); }'),
      'secret-loop/1/model.js': calling('loop', 'throw error'),
      'secret-own/1/model.js': script(`() => {
        throw Object.assign(new Error("model 'secret-own' has no x"), { name: 'ModelError', code: 'invalid_argument' });
      }`),
      'chain/1/': '',
      'chain/config.pbtxt': CHAIN('secret-faulty'),
      'outer/1/model.js': calling('chain', 'throw error'),
      'uncaught/1/model.js': script(
        'async ({ inputs }, { model }) => (await model("faulty").infer({ x: inputs.x })).outputs',
      ),
      'reworded/1/model.js': calling('loop', 'error.message = `it failed: ${error.code}`; throw error'),
    },
    {
      auth: {
        keys: [
          { name: 'guest', key: GUEST, scopes: [] },
          { name: 'admin', key: ADMIN, scopes: [] },
        ],
        bindings: [
          {
            principal: 'key:guest',
            role: 'caller',
            models: ['faulty', 'loop', 'own', 'chain', 'outer', 'uncaught', 'reworded'],
          },
          { principal: 'key:admin', role: 'admin' },
        ],
      },
      routes: {
        faulty: { arms: [{ name: 'a', model: 'secret-faulty', weight: 1 }] },
        loop: { arms: [{ name: 'a', model: 'secret-loop', weight: 1 }] },
        own: { arms: [{ name: 'a', model: 'secret-own', weight: 1 }] },
      },
    },
  );
});
afterAll(() => server[Symbol.asyncDispose]());

async function infer(name: string, key = GUEST): Promise<string> {
  const request = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }] };
  const { status, body } = await server.infer(name, request, bearer(key));
  return `${status} ${body.error}`;
}

describe('a caller who does not see a script is not told of it', () => {
  const WHY = 'failed with TypeError; the server log has the details';

  it.each([
    ['behind a route', 'faulty', `500 route 'faulty' ${WHY}`, `500 model 'secret-faulty' ${WHY}`],
    [
      'in an ensemble',
      'chain',
      `500 step 0: model 'chain' ${WHY}`,
      `500 step 0 (model 'secret-faulty'): model 'secret-faulty' ${WHY}`,
    ],
    [
      'in an ensemble that a script calls, which throws the error again',
      'outer',
      `500 step 0: model 'chain' ${WHY}`,
      `500 step 0 (model 'secret-faulty'): model 'secret-faulty' ${WHY}`,
    ],
    ['behind a route that a script calls', 'uncaught', `500 route 'faulty' ${WHY}`, `500 model 'secret-faulty' ${WHY}`],
  ])('%s', async (_where, name, told, whole) => {
    expect(await infer(name)).toBe(told);
    expect(await infer(name, ADMIN)).toBe(whole);
  });

  it('where its own calls fail, and the error goes through its process and back', async () => {
    const problem = "calls 'loop', but at most 16 models may call each other for one request";
    expect(await infer('loop')).toContain(`400 route 'loop' ${problem}`);
    expect(await infer('loop', ADMIN)).toContain(`400 model 'secret-loop' ${problem}`);
  });
});

it('what a script says of a failed call, and what it says itself, is told as it says it', async () => {
  expect(await infer('reworded')).toBe('400 it failed: invalid_argument');
  expect(await infer('own')).toBe("400 model 'secret-own' has no x");
});

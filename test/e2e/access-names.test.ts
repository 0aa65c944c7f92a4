import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';

const ECHO = `runtime: echo
inputs: [{ name: x, datatype: FP32, shape: [1] }]
outputs: [{ name: x, datatype: FP32, shape: [1] }]
instances: { placement: inline }
`;
const CALLS = (name: string) => `export default { inputs: { x: 'FP32[1]' }, outputs: { x: 'FP32[1]' },
  async infer({ inputs }, { model }) {
    const { outputs } = await model('${name}').infer({ x: inputs.x });
    return { x: [outputs.x.data[0]] };
  } };`;
const CHAIN = `platform: "ensemble" max_batch_size: 0
input [{ name: "x" data_type: TYPE_FP32 dims: [1] }] output [{ name: "y" data_type: TYPE_FP32 dims: [1] }]
ensemble_scheduling { step [{ model_name: "credit" model_version: -1
  input_map { key: "x" value: "x" } output_map { key: "x" value: "y" } }] }`;

/** By key, what it may call. */
const CALLERS: Readonly<Record<string, readonly string[]>> = {
  fraud: ['fraud'],
  canary: ['fraud@canary'],
  anycanary: ['*@canary'],
  literal: ['odd@name'],
  odd: ['odd'],
  route: ['live'],
  script: ['script'],
  both: ['script', 'credit'],
  chain: ['chain'],
};
const keyOf = (name: string) => `${name}-key-0123456789`;

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(
    {
      'fraud/1/': '',
      'fraud/2/': '',
      'fraud/3/': '',
      'fraud/model.yaml': `${ECHO}versions: { specific: [1, 2] }\nlabels: { stable: 1, canary: 2 }\n`,
      'credit/1/': '',
      'credit/model.yaml': ECHO,
      'odd/1/': '',
      'odd/model.yaml': ECHO,
      'odd@name/1/': '',
      'odd@name/model.yaml': ECHO,
      'script/1/model.js': CALLS('credit'),
      'chain/1/': '',
      'chain/config.pbtxt': CHAIN,
    },
    {
      auth: {
        keys: [
          ...Object.keys(CALLERS).map((name) => ({ name, key: keyOf(name), scopes: [] })),
          { name: 'publisher', key: keyOf('publisher'), scopes: [] },
        ],
        bindings: [
          ...Object.entries(CALLERS).map(([name, models]) => ({
            principal: `key:${name}`,
            role: 'caller',
            models: [...models],
          })),
          { principal: 'key:publisher', role: 'publisher', models: ['fraud*'] },
          { principal: 'key:publisher', role: 'viewer', models: ['odd'] },
        ],
      },
      routes: { live: { arms: [{ model: 'credit', weight: 1 }] } },
    },
  );
});
afterAll(() => server[Symbol.asyncDispose]());

const TENSOR = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [4] }] };
const call = async (caller: string, model: string) => {
  const { status, body } = await server.infer(model, TENSOR, { authorization: `Bearer ${keyOf(caller)}` });
  return status === 200 ? body.outputs[0].data[0] : `${status} ${body.error}`;
};
const unknown = (model: string) => `404 Request for unknown model: '${model}' is not found`;

describe('the right is on the name that is written', () => {
  it('a model stands for its labels, a label for nothing else', async () => {
    expect(await Promise.all(['fraud', 'fraud@canary'].map((name) => call('fraud', name)))).toEqual([4, 4]);
    expect(await call('fraud', 'fraud@nope')).toBe("404 model 'fraud' has no label 'nope'");
    expect(await call('canary', 'fraud@canary')).toBe(4);
    for (const name of ['fraud', 'fraud/versions/2', 'fraud@stable', 'fraud@canari']) {
      const model = name.split('/')[0] ?? '';
      expect(await call('canary', name)).toMatch(unknown(model).replace(' is not found', ''));
    }
  });

  it('a label that a hidden model lacks does not tell of the model', async () => {
    expect(await call('anycanary', 'fraud@canary')).toBe(4);
    expect(await call('anycanary', 'credit@canary')).toBe(unknown('credit@canary'));
    expect(await call('anycanary', 'nobody@canary')).toBe(unknown('nobody@canary'));
  });

  it('a version that is on disk and not served is named to callers that see the model only', async () => {
    expect(await call('fraud', 'fraud/versions/3')).toBe(
      "404 version 3 of model 'fraud' is on disk, but not served: the model's version policy is 'version 1 or 2' (served: 1, 2); to serve version 3, select it there, or give it a label",
    );
    for (const caller of ['canary', 'anycanary', 'odd']) {
      const absent = await call(caller, 'fruad/versions/3');
      expect(absent).toBe("404 Request for unknown model: 'fruad' version 3 is not found");
      expect(await call(caller, 'fraud/versions/3')).toBe(absent.replace('fruad', 'fraud'));
    }
  });

  it('what is itself called like a label is not the label of a model', async () => {
    expect(await call('literal', 'odd@name')).toBe(4);
    expect(await call('odd', 'odd@name')).toBe("404 model 'odd' has no label 'name'");
  });

  it('a route stands for its arms, an ensemble for its steps, and a script for nothing', async () => {
    expect(await call('route', 'live')).toBe(4);
    expect(await call('route', 'credit')).toBe(unknown('credit'));
    expect(await call('chain', 'chain')).toBe(4);
    expect(await call('script', 'script')).toMatch(/^404 .*Request for unknown model: 'credit' is not found/);
    expect(await call('both', 'script')).toBe(4);
  });

  it('nobody brings callers to a model by an arm or a shadow who may not change routes of it', async () => {
    const put = async (route: object) => {
      const headers = { authorization: `Bearer ${keyOf('publisher')}`, host: 'localhost' };
      const { status, body } = await server.send('PUT /millrace/v1/routes/fraud-live', JSON.stringify(route), headers);
      return `${status} ${JSON.parse(body.toString()).error?.message ?? ''}`;
    };
    expect(await put({ arms: [{ model: 'credit' }] })).toBe(
      "400 routes.fraud-live.arms[0].model: there is no model 'credit'",
    );
    expect(await put({ arms: [{ model: 'odd' }] })).toMatch(
      /^403 'key:publisher' lacks the right 'route.change' on 'odd'/,
    );
    expect(await put({ arms: [{ model: 'fraud', label: 'stable' }], shadow: { model: 'credit' } })).toBe(
      "400 routes.fraud-live.shadow.model: there is no model 'credit'",
    );
    expect(await put({ arms: [{ model: 'fraud', label: 'stable' }] })).toBe('200 ');
  });
});

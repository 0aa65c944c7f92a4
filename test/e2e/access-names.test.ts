import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { RawClient } from '../support/raw-client.js';

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
      'fraud/model.yaml': `${ECHO}versions: all\nlabels: { stable: 1, canary: 2 }\n`,
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

describe('a path is what every router takes it for', () => {
  const BODY = JSON.stringify(TENSOR);
  const send = async (path: string, more = '') => {
    const client = await RawClient.connect(server.port);
    const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${keyOf('fraud')}\r\n${more}`;
    client.send(
      `${head}content-type: application/json\r\ncontent-length: ${BODY.length}\r\nconnection: close\r\n\r\n${BODY}`,
    );
    const { status, body } = await client.response();
    return { status, text: body.toString() };
  };

  it.each([
    '/v2/models/credit/infer',
    '/v2/models/%63redit/infer',
    '/v2/models/fraud%2f..%2fcredit/infer',
    '/v2/models/fraud/../credit/infer',
    '/v2/models/./credit/infer',
    '//v2/models/credit/infer',
    '/v2//models/credit/infer',
    '/v2/models//credit/infer',
    '/v2/models/credit./infer',
    '/v2/models/CREDIT/infer',
    '/V2/models/credit/infer',
    '/v2/models/fraud%00credit/infer',
    '/v2/models/fraud%40nope/infer',
    '/v2/models/fraud;credit/infer',
    '/v2/models/credit/infer/',
    '/v2/models/fraud%0d%0acredit/infer',
  ])('%s brings nobody to another model, by the fast way in or by the other', async (path) => {
    const fast = await send(path);
    // What the fast way in leaves to `node:http`.
    const plain = await send(path, 'te: trailers\r\n');
    expect([fast.status, plain.status].filter((status) => status < 400)).toEqual([]);
  });

  it('%40 is an @, by either way in', async () => {
    expect([await send('/v2/models/fraud%40canary/infer'), await send('/v2/models/%66raud/infer')]).toMatchObject([
      { status: 200 },
      { status: 200 },
    ]);
  });

  it('a credential that comes twice is refused', async () => {
    const twice = await send('/v2/models/fraud/infer', `authorization: Bearer ${keyOf('both')}\r\n`);
    expect(twice.status).toBe(401);
  });

  it('names with line breaks begin no line of the log', async () => {
    const before = server.log.length;
    await send('/v2/models/fraud%0a%7b%22level%22%3a%22fatal%22%7d/infer');
    const lines = server.log.slice(before);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter(({ level }) => level === 'fatal')).toEqual([]);
  });
});

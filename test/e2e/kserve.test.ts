import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';

const echo = (inputs: string, outputs: string) =>
  `runtime: echo\nmaxBatchSize: 8\ninstances: { placement: inline }\ninputs: [${inputs}]\noutputs: [${outputs}]\n`;
const tensor = (name: string, datatype = 'FP32', shape = '[-1, 2]') =>
  `{ name: ${name}, datatype: ${datatype}, shape: ${shape} }`;

const EVENT = { 'ce-specversion': '1.0', 'ce-id': 'a', 'ce-source': 'here', 'ce-type': 'org.example' };

let server: AppServer;
let own: string;
beforeAll(async () => {
  server = await startAppServer(
    {
      'floats/1/': '',
      'floats/model.yaml': echo(tensor('x'), tensor('y')),
      'pair/1/': '',
      'pair/model.yaml': echo(
        `${tensor('a')}, ${tensor('b', 'INT64', '[-1]')}`,
        `${tensor('a')}, ${tensor('b', 'INT64', '[-1]')}`,
      ),
      'texts/1/': '',
      'texts/model.yaml': echo(tensor('t', 'BYTES', '[-1]'), tensor('t', 'BYTES', '[-1]')),
      'raw/1/': '',
      'raw/model.yaml': echo(tensor('t', 'BYTES', '[-1]'), tensor('t_bytes', 'BYTES', '[-1]')),
      'later/1/': '',
      'later/model.yaml': echo(tensor('x'), tensor('y')),
      'broken/1/model.onnx': 'nonsense',
    },
    {
      kserve: { enabled: true, httpPort: 0 },
      repository: { controlMode: 'explicit', loadModels: ['floats', 'pair', 'texts', 'raw', 'broken'] },
    },
  );
  own = server.addresses.dialects.kserve?.http?.url ?? '';
});
afterAll(() => server[Symbol.asyncDispose]());

async function predict(model: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return server.send(`POST /v1/models/${model}:predict`, text, { 'content-type': 'application/json', ...headers });
}

async function ask(line: string) {
  const { status, body } = jsonOf(await server.send(line));
  return [status, body];
}

describe('predictions', () => {
  it.each([
    [
      'floats',
      {
        instances: [
          [1, 2],
          [3, 4.5],
        ],
      },
      [
        [1, 2],
        [3, 4.5],
      ],
    ],
    ['floats', { inputs: [[1, 2]] }, [[1, 2]]],
    ['floats', { instances: [{ x: [1, 2] }] }, [[1, 2]]],
    ['floats', { inputs: { x: [[1, 2]] } }, [[1, 2]]],
    [
      'pair',
      {
        instances: [
          { a: [1, 2], b: 7 },
          { b: -8, a: [3, 4] },
        ],
      },
      [
        { a: [1, 2], b: 7 },
        { a: [3, 4], b: -8 },
      ],
    ],
    ['pair', { inputs: { b: [7], a: [[1, 2]] } }, [{ a: [1, 2], b: 7 }]],
    ['texts', { instances: ['ä', { b64: 'aGk=' }] }, ['ä', 'hi']],
    ['raw', { instances: [{ b64: 'AP8=' }] }, [{ b64: 'AP8=' }]],
    ['floats', { instances: [[1, 2]], more: { of: 'it' } }, [[1, 2]]],
  ])('%s answers %j', async (model, request, predictions) => {
    const answer = jsonOf(await predict(model, request));
    expect([answer.status, answer.body]).toEqual([200, { predictions }]);
  });

  it('come of large requests, too', async () => {
    const instances = Array.from({ length: 8 }, () => [0.123456789, 1]);
    const padding = ' '.repeat(200_000);
    const answer = jsonOf(await predict('floats', `{"instances":${padding}${JSON.stringify(instances)}}`));
    expect(answer.body.predictions).toHaveLength(8);
  });

  it('are asked for without a type, and with that of curl', async () => {
    for (const headers of [{}, { 'content-type': 'application/x-www-form-urlencoded' }]) {
      const body = JSON.stringify({ instances: [[1, 2]] });
      expect((await server.send('POST /v1/models/floats:predict', body, headers)).status).toBe(200);
    }
  });
});

describe('events', () => {
  const attributes = { specversion: '1.0', source: 'io.kserve.inference.floats', type: 'io.kserve.inference.response' };
  const UUID = /^[0-9a-f-]{36}$/;

  it('with their attributes in headers are answered so', async () => {
    const { status, headers, body } = await predict('floats', { instances: [[1, 2]] }, EVENT);
    expect([status, JSON.parse(body.toString())]).toEqual([200, { predictions: [[1, 2]] }]);
    expect(headers).toMatchObject({
      ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value])),
      'ce-id': expect.stringMatching(UUID),
      'ce-time': expect.stringMatching(/^\d{4}-.*Z$/),
      'content-type': 'application/json',
    });
  });

  it.each([0, 200_000])('in one object are answered so, with %i blanks in them', async (blanks) => {
    const event = { specversion: '1.0', id: 'a', source: 'here', type: 'org.example', time: '2026-01-01T00:00:00Z' };
    const text = JSON.stringify({ ...event, data: { instances: [[1, 2]] } }).replace(
      '"data":',
      `"data":${' '.repeat(blanks)}`,
    );
    const answer = await predict('floats', text, { 'content-type': 'application/cloudevents+json; charset=utf-8' });
    expect(answer.headers['content-type']).toBe('application/cloudevents+json');
    expect(jsonOf(answer)).toMatchObject({
      status: 200,
      body: {
        ...attributes,
        id: expect.stringMatching(UUID),
        time: expect.any(String),
        data: { predictions: [[1, 2]] },
      },
    });
  });
});

describe('models', () => {
  it('are listed', async () => {
    const models = ['floats', 'pair', 'raw', 'texts'];
    expect(await ask('GET /v2/models')).toEqual([200, { models }]);
    const [, list] = await ask('GET /v1/models');
    expect(list).toMatchObject({ models, object: 'list' });
    expect(await (await fetch(`${own}/v1/models`)).json()).toEqual({ models });
  });

  it('are ready, or not', async () => {
    expect(await ask('GET /v1/models/floats')).toMatchObject([200, { name: 'floats', ready: true }]);
    const answers = ['broken', 'nope'].map(async (name) => {
      const response = await fetch(`${own}/v1/models/${name}`);
      return [response.status, await response.json()];
    });
    expect(await Promise.all(answers)).toEqual([
      [503, { error: 'Model with name broken is not ready.' }],
      [404, { error: "Request for unknown model: 'nope' is not found" }],
    ]);
    expect(await ask('GET /v1/models/broken')).toMatchObject([503, {}]);
  });

  it('are loaded and unloaded: as KServe says it on a port of its own, as Triton does elsewhere', async () => {
    const control = async (verb: string) => {
      const response = await fetch(`${own}/v2/repository/models/later/${verb}`, { method: 'POST' });
      return [response.status, await response.json()];
    };
    expect(await control('load')).toEqual([200, { name: 'later', load: true }]);
    expect(await control('unload')).toEqual([200, { name: 'later', unload: true }]);
    expect((await server.send('POST /v2/repository/models/later/load')).body.toString()).toBe('');
  });
});

describe('the server', () => {
  it('is alive, and has a page for browsers', async () => {
    expect(await ask('GET /')).toEqual([200, { status: 'alive' }]);
    const { status, headers } = await server.send('GET /', '', { accept: 'text/html,*/*' });
    expect([status, headers.location]).toEqual([302, '/docs']);
  });

  it('explains nothing', async () => {
    expect(await ask('POST /v1/models/floats:explain')).toEqual([
      501,
      { error: 'models have no explainers here; ask for predictions with :predict' },
    ]);
  });
});

import { type ClientUnaryCall, type Metadata, status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PartialSettings } from '../../src/config/index.js';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';
import { protoBytes } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';

const echo = (more = '', shape = '[1]') => `runtime: echo
inputs: [{ name: x, datatype: INT32, shape: ${shape} }]
outputs: [{ name: x, datatype: INT32, shape: ${shape} }]
instances: { placement: inline }
${more}
`;
const MODELS = {
  'fraud/model.yaml': echo('labels: { stable: 3, canary: 4 }\nversions: all'),
  'fraud/3/': '',
  'fraud/4/': '',
  'other/model.yaml': echo('', '[2]'),
  'other/1/': '',
};
const ROUTES: NonNullable<PartialSettings['routes']> = {
  'fraud-live': {
    arms: [
      { model: 'fraud', label: 'stable', weight: 50 },
      { model: 'fraud', label: 'canary', weight: 50 },
    ],
    sticky: { header: 'x-user-id' },
    rules: [
      { when: "headers['x-tier'] == 'gold'", arm: 'canary' },
      { when: 'inputs.x[0] > 1000', arm: 'canary' },
    ],
  },
  fraud: { arms: [{ model: 'fraud', version: 4, weight: 1 }], rules: [] },
  'by-mode': {
    arms: [
      { model: 'fraud', version: 3, weight: 1 },
      { model: 'fraud', version: 4, weight: 1 },
    ],
    sticky: { parameter: 'mode' },
    rules: [],
  },
  mixed: {
    arms: [
      { model: 'fraud', version: 3, weight: 1 },
      { model: 'other', label: 'none', weight: 9 },
      { model: 'other', weight: 9 },
    ],
    rules: [],
  },
  gone: { arms: [{ model: 'fraud', label: 'next', weight: 1 }], rules: [] },
};

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(MODELS, { routes: ROUTES, telemetry: { accessLogSuccessesPerSecond: 1_000_000 } });
});
afterEach(closeGrpcServers);
afterAll(() => server[Symbol.asyncDispose]());

async function ask(name: string, { x = 7, headers = {}, parameters = {} }: Asked = {}) {
  const request = { parameters, inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [x] }] };
  const answer = await server.send(`POST /v2/models/${name}/infer`, JSON.stringify(request), headers);
  const { body, status: code } = jsonOf(answer);
  const said = ['x-millrace-model', 'x-millrace-route', 'x-millrace-arm'].map((header) => answer.headers[header]);
  return { code, body, said };
}

interface Asked {
  readonly x?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly parameters?: object;
}

describe('a route', () => {
  it('is called like a model, answers by its own name, and says which version has answered', async () => {
    const { code, body, said } = await ask('fraud-live', { headers: { 'x-tier': 'gold' } });
    expect([code, body.model_name, body.model_version]).toEqual([200, 'fraud-live', '4']);
    expect(said).toEqual(['fraud/4', 'fraud-live', 'canary']);
    expect((await ask('fraud@stable')).said).toEqual(['fraud/3', undefined, undefined]);
  });

  it('gives the same user the same arm, in every server, and all users together both', async () => {
    await using twin = await startAppServer(MODELS, { routes: ROUTES });
    const versions = new Set<string>();
    for (let user = 0; user < 20; user++) {
      const headers = { 'x-user-id': `user-${user}` };
      const [first] = (await ask('fraud-live', { headers })).said;
      expect((await ask('fraud-live', { headers })).said[0]).toBe(first);
      const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }] });
      const there = await twin.send('POST /v2/models/fraud-live/infer', body, headers);
      expect(there.headers['x-millrace-model']).toBe(first);
      versions.add(first ?? '');
    }
    expect([...versions].sort()).toEqual(['fraud/3', 'fraud/4']);
  });

  it('chooses by what is in the request, where a rule or its key says so', async () => {
    for (let round = 0; round < 10; round++) {
      expect((await ask('fraud-live', { x: 1_001 })).said[2]).toBe('canary');
    }
    const arms = new Set<string | undefined>();
    for (const mode of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
      const [first, second] = [
        await ask('by-mode', { parameters: { mode } }),
        await ask('by-mode', { parameters: { mode } }),
      ];
      expect(second.said).toEqual(first.said);
      arms.add(first.said[2]);
    }
    expect([...arms].sort()).toEqual(['3', '4']);
  });

  it('comes before the stable version of the model that has its name, but not before a version that is named', async () => {
    expect((await ask('fraud')).said).toEqual(['fraud/4', 'fraud', '4']);
    expect((await ask('fraud/versions/3')).said).toEqual(['fraud/3', undefined, undefined]);
    expect((await ask('fraud@stable')).said).toEqual(['fraud/3', undefined, undefined]);
  });

  it('passes over arms that do not serve, or take other tensors', async () => {
    for (let round = 0; round < 10; round++) expect((await ask('mixed')).said[2]).toBe('3');
    const messages = server.log.map(({ msg }) => msg).filter((msg) => msg.startsWith('route'));
    expect(messages).toEqual([
      "route 'mixed' passes over its arm 'other' (other/1): other than fraud/3, its input 'x' is INT32[2], not INT32[1]",
    ]);
  });

  it('says why nobody answers', async () => {
    expect(await ask('gone')).toMatchObject({ code: 404, body: { error: "model 'fraud' has no label 'next'" } });
  });

  it('is known to everything that a model can be asked', async () => {
    const read = async (path: string) =>
      jsonOf(await server.send(`GET /v2/models/${path}`, undefined, { accept: '*/json' }));
    expect(await read('fraud-live')).toMatchObject({ status: 200, body: { name: 'fraud-live', versions: ['3', '4'] } });
    expect((await read('fraud-live/ready')).status).toBe(200);
    expect((await read('gone/ready')).status).toBe(503);
  });

  it('works over gRPC, with metadata for headers', async () => {
    const client = new GrpcClient(`127.0.0.1:${server.grpcPort}`);
    const message = protoBytes('ModelInferRequest', {
      model_name: 'fraud-live',
      inputs: [{ name: 'x', datatype: 'INT32', shape: [1], contents: { int_contents: [7] } }],
    });
    const path = '/inference.GRPCInferenceService/ModelInfer';
    let said: Metadata | undefined;
    const onCall = (call: ClientUnaryCall) => call.on('metadata', (metadata: Metadata) => (said = metadata));
    const answer = await client.unary(message, { path, metadata: { 'x-tier': 'gold' }, onCall });
    expect(answer.status.code).toBe(status.OK);
    const names = ['x-millrace-model', 'x-millrace-route', 'x-millrace-arm'];
    expect(names.map((name) => said?.get(name))).toEqual([['fraud/4'], ['fraud-live'], ['canary']]);
  });

  it('is counted by arm', async () => {
    await ask('fraud-live', { headers: { 'x-tier': 'gold' } });
    const body = await (await fetch(`${server.addresses.metrics?.url}/metrics`)).text();
    expect(body).toMatch(
      /^millrace_route_requests_total\{code="ok",arm="canary",model="fraud",route="fraud-live",version="4"\} [1-9]/m,
    );
    expect(body).toMatch(/^millrace_route_request_duration_seconds_count\{.*route="fraud-live".*\} [1-9]/m);
  });

  it('is told of in the access log', async () => {
    await ask('fraud-live', { headers: { 'x-tier': 'gold', 'x-request-id': 'routed' } });
    const line = server.log.find(({ request_id }) => request_id === 'routed');
    expect(line).toMatchObject({ model_route: 'fraud-live', arm: 'canary' });
  });
});

describe('a sequence', () => {
  it('stays on the arm that it began on, while others go elsewhere', async () => {
    const keeper = `runtime: echo
inputs: [{ name: x, datatype: INT32, shape: [1] }]
outputs: [{ name: x, datatype: INT32, shape: [1] }]
echo: { mode: accumulate }
sequenceBatching: { maxIdleMs: 60000 }
versions: all
`;
    const arms = [1, 2].map((version) => ({ model: 'sum', version, weight: 1 }));
    await using own = await startAppServer(
      { 'sum/model.yaml': keeper, 'sum/1/': '', 'sum/2/': '' },
      { routes: { total: { arms, rules: [] } } },
    );
    const step = async (id: number, x: number, parameters: object) => {
      const inputs = [{ name: 'x', datatype: 'INT32', shape: [1], data: [x] }];
      const { status: code, body } = await own.infer('total', {
        parameters: { sequence_id: id, ...parameters },
        inputs,
      });
      return [code, body.outputs?.[0]?.data[0], body.model_version];
    };
    const versions = new Set<string>();
    for (let id = 1; id <= 12; id++) {
      const [, , version] = await step(id, id, { sequence_start: true });
      versions.add(version);
      expect(await step(id, 10, {})).toEqual([200, id + 10, version]);
      expect(await step(id, 100, { sequence_end: true })).toEqual([200, id + 110, version]);
    }
    expect([...versions].sort()).toEqual(['1', '2']);
  });
});

it('a stream says the name of the route, and comes from one arm', async () => {
  const text = `runtime: echo
inputs: [{ name: text_input, datatype: BYTES, shape: [1] }]
outputs: [{ name: text_input, datatype: BYTES, shape: [1] }]
echo: { mode: repeat }
`;
  await using own = await startAppServer(
    { 'talk/model.yaml': text, 'talk/1/': '' },
    { routes: { live: { arms: [{ model: 'talk', version: 1, weight: 1 }], rules: [] } } },
  );
  const answer = await fetch(`${own.addresses.http.url}/v2/models/live/generate_stream`, {
    method: 'POST',
    body: JSON.stringify({ text_input: 'a', times: 3 }),
  });
  const events = (await answer.text()).split('\n').filter((line) => line.startsWith('data: '));
  expect(events).toHaveLength(3);
  for (const event of events) expect(JSON.parse(event.slice(6))).toMatchObject({ model_name: 'live' });
  expect(answer.headers.get('x-millrace-arm')).toBe('1');
});

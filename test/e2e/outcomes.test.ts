import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ClientUnaryCall, Metadata } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import type { PartialSettings } from '../../src/config/index.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { FREE_PORTS, startCli } from '../support/cli-process.js';
import { control, echoModel } from '../support/control-fixture.js';
import { protoBytes } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { createTempFolder } from '../support/model-folder.js';
import { storeFolder } from '../support/store.js';

const ALL = 'labels: { stable: 1, canary: 2 }\nversions: all';
const MODELS = { 'fraud/model.yaml': echoModel(ALL), 'fraud/1/': '', 'fraud/2/': '' };
const ARMS = ['stable', 'canary'].map((label) => ({ model: 'fraud', label, weight: 50 }));
const RULES = [
  { when: "headers['x-arm'] == 'stable'", arm: 'stable' },
  { when: "headers['x-arm'] == 'canary'", arm: 'canary' },
];
const TERMS = { kind: 'binary', better: 'higher', windowMs: 604_800_000 } as const;
const ROUTES: NonNullable<PartialSettings['routes']> = {
  clicks: { arms: ARMS, rules: RULES, outcomes: TERMS },
  losses: { arms: ARMS, rules: RULES, outcomes: { ...TERMS, kind: 'number', range: [0, 500], better: 'lower' } },
  classes: { arms: ARMS, rules: RULES, outcomes: { ...TERMS, kind: 'label' } },
  plain: { arms: ARMS, rules: [] },
};
const KEYS = [
  { name: 'shop', key: 'shop-key-0123456789', scopes: ['infer', 'observe'] },
  { name: 'other', key: 'other-key-0123456789', scopes: ['infer'] },
  { name: 'pipeline', key: 'pipeline-key-0123456789', scopes: ['manage'] },
] as const;

afterEach(closeGrpcServers);

const as = (name: string) => ({ authorization: `Bearer ${name}-key-0123456789` });

function clientOf(server: AppServer, name: string) {
  const headers = as(name);
  return {
    async ask(route: string, id: string, arm = 'canary') {
      const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }] });
      const answer = await server.send(`POST /v2/models/${route}/infer`, body, {
        ...headers,
        'x-request-id': id,
        'x-arm': arm,
      });
      return answer.status;
    },
    async tell(feedback: object) {
      const { status, body } = await control(server, 'POST feedback', { body: feedback, headers });
      return status === 200 ? body : { status, ...body.error };
    },
    async report(route: string) {
      const { status, body } = await control(server, `GET routes/${route}/outcomes`, { headers });
      return status === 200 ? body : { status, ...body.error };
    },
  };
}

const start = (more: PartialSettings = {}) =>
  startAppServer(MODELS, { routes: ROUTES, auth: { keys: [...KEYS] }, ...more });

const unknown = (id: string) => ({
  status: 404,
  code: 'not_found',
  message: `there is no answer to request '${id}': expected the x-request-id of a request of yours that a route with \`outcomes\` has answered, within its \`windowMs\``,
});

describe('what became of an answer', () => {
  it('is told once, and joined to the arm that has answered', async () => {
    await using server = await start();
    const shop = clientOf(server, 'shop');
    await shop.ask('clicks', 'a');
    await shop.ask('clicks', 'b', 'stable');
    expect(await shop.tell({ request_id: 'a', value: true })).toEqual({
      route: 'clicks',
      arm: 'canary',
      model: 'fraud',
      version: 2,
      value: 1,
    });
    expect(await shop.tell({ request_id: 'b', value: 0 })).toMatchObject({ arm: 'stable', version: 1, value: 0 });
    expect(await shop.tell({ request_id: 'a', value: false })).toEqual({
      status: 409,
      code: 'already_exists',
      message: "the outcome of request 'a' has been told before",
    });
  });

  it('is refused, with the reason, where there is nothing that it could be of', async () => {
    await using server = await start();
    const shop = clientOf(server, 'shop');
    expect(await shop.tell({ request_id: 'none', value: 1 })).toEqual(unknown('none'));
    await shop.ask('plain', 'p');
    expect(await shop.tell({ request_id: 'p', value: 1 })).toEqual(unknown('p'));
    await shop.ask('fraud', 'm');
    expect(await shop.tell({ request_id: 'm', value: 1 })).toEqual(unknown('m'));
    const wrong = await server.send('POST /v2/models/clicks/infer', '{"inputs":[]}', {
      ...as('shop'),
      'x-request-id': 'failed',
    });
    expect(wrong.status).toBe(400);
    expect(await shop.tell({ request_id: 'failed', value: 1 })).toEqual(unknown('failed'));
  });

  it('has to be what the route collects', async () => {
    await using server = await start();
    const shop = clientOf(server, 'shop');
    await shop.ask('clicks', 'c');
    await shop.ask('losses', 'l');
    const message = async (feedback: object) => {
      const { status, message: said } = await shop.tell(feedback);
      return [status, said];
    };
    expect(await message({ request_id: 'c', value: 2 })).toEqual([
      400,
      "value: expected true, false, 1 or 0, as outcomes of route 'clicks' are, got 2",
    ]);
    for (const value of [501, -1, true]) {
      expect(await message({ request_id: 'l', value })).toEqual([
        400,
        `value: expected a number from 0 to 500, as outcomes of route 'losses' are, got ${value}`,
      ]);
    }
    expect(await message({ request_id: 'c' })).toEqual([400, expect.stringContaining('value')]);
    expect(await message({ value: 1 })).toEqual([400, expect.stringContaining('request_id')]);
    expect(await message({ request_id: 'c', value: 'yes' })).toEqual([
      400,
      "value: expected true, false, 1 or 0, as outcomes of route 'clicks' are, got yes",
    ]);
    expect(await message({ request_id: 'c', value: 1, label: 'x' })).toEqual([400, expect.stringContaining('label')]);
    expect(await shop.tell({ request_id: 'l', value: 20.5 })).toMatchObject({ route: 'losses', value: 20.5 });
  });

  it('may be the class that was right, which counts where it was answered', async () => {
    await using server = await start();
    const shop = clientOf(server, 'shop');
    for (const id of ['r', 's', 't', 'u']) await shop.ask('classes', id);
    expect(await shop.tell({ request_id: 'r', value: 7 })).toMatchObject({ arm: 'canary', value: 1 });
    expect(await shop.tell({ request_id: 's', value: '7' })).toMatchObject({ value: 1 });
    expect(await shop.tell({ request_id: 't', value: 8 })).toMatchObject({ value: 0 });
    expect(await shop.tell({ request_id: 'u', value: '' })).toMatchObject({ status: 400 });
    const { arms } = await shop.report('classes');
    expect(arms).toMatchObject([{ arm: 'canary', kind: 'label', answers: 4, outcomes: 3 }]);
    expect(arms[0].mean).toBeCloseTo(2 / 3);
  });

  it('is compared with the label of the class, where the model has labels', async () => {
    const spec = (labels = '') => `[{ name: x, datatype: FP32, shape: [3]${labels} }]`;
    const model = `runtime: echo
inputs: ${spec()}
outputs: ${spec(', labels: labels.txt')}
instances: { placement: inline }
`;
    const one = `runtime: echo
inputs: [{ name: x, datatype: FP32, shape: [1] }]
outputs: [{ name: x, datatype: FP32, shape: [1] }]
instances: { placement: inline }
`;
    const models = { 'pets/model.yaml': model, 'pets/1/': '', 'pets/labels.txt': 'cat\ndog\nbird\n' };
    const outcomes = { ...TERMS, kind: 'label' } as const;
    await using server = await startAppServer(
      { ...models, 'price/model.yaml': one, 'price/1/': '' },
      {
        routes: {
          animals: { arms: [{ model: 'pets', version: 1, weight: 1 }], outcomes },
          prices: { arms: [{ model: 'price', version: 1, weight: 1 }], outcomes },
        },
      },
    );
    const ask = (route: string, data: readonly number[], id: string) => {
      const inputs = [{ name: 'x', datatype: 'FP32', shape: [data.length], data }];
      return server.send(`POST /v2/models/${route}/infer`, JSON.stringify({ inputs }), { 'x-request-id': id });
    };
    const tell = async (id: string, value: unknown) => {
      const { body } = await control(server, 'POST feedback', { body: { request_id: id, value } });
      return body.error?.message ?? body.value;
    };
    for (const id of ['a', 'b']) expect((await ask('animals', [0.1, 0.7, 0.2], id)).status).toBe(200);
    await ask('prices', [0.5], 'c');
    expect(await tell('a', 1)).toBe("value: expected a label, as answers of 'pets/1' have, got 1");
    expect(await tell('a', 'dog')).toBe(1);
    expect(await tell('b', 'cat')).toBe(0);
    expect(await tell('c', 'dear')).toBe(
      "the answer to request 'c' has no class that a label could be compared with: 'price/1' gives none",
    );
  });

  it('is told by who asked, or by who may manage, and nobody else learns of the request', async () => {
    await using server = await start();
    const [shop, other, pipeline] = ['shop', 'other', 'pipeline'].map((name) => clientOf(server, name)) as [
      ReturnType<typeof clientOf>,
      ReturnType<typeof clientOf>,
      ReturnType<typeof clientOf>,
    ];
    await shop.ask('clicks', 'mine');
    expect(await other.tell({ request_id: 'mine', value: 1 })).toEqual(unknown('mine'));
    expect(await other.tell({ request_id: 'mine', value: 1, principal: 'shop' })).toEqual(unknown('mine'));
    expect(await pipeline.tell({ request_id: 'mine', value: 1 })).toEqual(unknown('mine'));
    expect(await pipeline.tell({ request_id: 'mine', value: 1, principal: 'shop' })).toMatchObject({ arm: 'canary' });
    expect(await shop.tell({ request_id: 'mine', value: 1 })).toMatchObject({ status: 409 });
  });

  it('is joined to requests over gRPC by the id that their answers carry', async () => {
    await using server = await start();
    const client = new GrpcClient(`127.0.0.1:${server.grpcPort}`);
    const message = protoBytes('ModelInferRequest', {
      model_name: 'clicks',
      inputs: [{ name: 'x', datatype: 'INT32', shape: [1], contents: { int_contents: [7] } }],
    });
    const call = async (metadata: Readonly<Record<string, string>>) => {
      let said: Metadata | undefined;
      await client.unary(message, {
        path: '/inference.GRPCInferenceService/ModelInfer',
        metadata: { ...as('shop'), ...metadata },
        onCall: (unary: ClientUnaryCall) => unary.on('metadata', (given: Metadata) => (said = given)),
      });
      return [String(said?.get('x-request-id')[0]), said?.get('x-millrace-arm')[0]];
    };
    const shop = clientOf(server, 'shop');
    const [given] = await call({ 'x-request-id': 'mine', 'x-arm': 'stable' });
    expect(given).toBe('mine');
    expect(await shop.tell({ request_id: given, value: true })).toMatchObject({ arm: 'stable' });
    const [made, arm] = await call({});
    expect(await shop.tell({ request_id: made, value: false })).toMatchObject({ arm });
  });

  it('is compared by arm, with intervals', async () => {
    await using server = await start();
    const shop = clientOf(server, 'shop');
    const tell = async (arm: string, values: readonly number[]) => {
      for (const [index, value] of values.entries()) {
        await shop.ask('losses', `${arm}-${index}`, arm);
        await shop.tell({ request_id: `${arm}-${index}`, value });
      }
      await shop.ask('losses', `${arm}-open`, arm);
    };
    await tell('stable', [10, 20, 30]);
    await tell('canary', [5, 10, 15, 20]);
    const report = await shop.report('losses');
    expect(report).toMatchObject({ route: 'losses', confidence: 0.95, baseline: 'stable', dropped_answers: 0 });
    const shared = { model: 'fraud', kind: 'number', better: 'lower' };
    expect(report.arms).toEqual([
      {
        ...shared,
        arm: 'stable',
        version: 1,
        answers: 4,
        outcomes: 3,
        mean: 20,
        interval: { low: expect.closeTo(-4.84, 1), high: expect.closeTo(44.84, 1) },
      },
      {
        ...shared,
        arm: 'canary',
        version: 2,
        answers: 5,
        outcomes: 4,
        mean: 12.5,
        interval: { low: expect.closeTo(2.23, 1), high: expect.closeTo(22.77, 1) },
        effect: {
          difference: -7.5,
          difference_interval: { low: expect.any(Number), high: expect.any(Number) },
          ratio: 0.625,
          ratio_interval: { low: expect.any(Number), high: expect.any(Number) },
        },
      },
    ]);
    const asked = await control(server, 'GET routes/losses/outcomes?baseline=canary', { headers: as('shop') });
    expect(asked.body.arms[0].arm).toBe('canary');
    const none = await control(server, 'GET routes/losses/outcomes?baseline=next', { headers: as('shop') });
    expect([none.status, none.body.error.message]).toEqual([
      400,
      "baseline: route 'losses' has no answers of an arm 'next'; it has some of 'canary', 'stable'",
    ]);
    expect(await shop.report('plain')).toEqual({
      status: 409,
      code: 'failed_precondition',
      message: "route 'plain' collects no outcomes: give it `outcomes`",
    });
    expect(await shop.report('clickz')).toMatchObject({
      status: 404,
      message: "there is no route 'clickz'; did you mean 'clicks'?",
    });
    expect(await shop.report('clicks')).toMatchObject({ arms: [] });
  });

  it('is joined after a restart, too', async () => {
    const store = { path: path.join(await storeFolder(), 'store.db') };
    {
      await using before = await start({ store });
      await clientOf(before, 'shop').ask('clicks', 'late');
    }
    await using after = await start({ store });
    const shop = clientOf(after, 'shop');
    expect(await shop.tell({ request_id: 'late', value: true })).toMatchObject({ arm: 'canary', version: 2 });
    expect((await shop.report('clicks')).arms).toMatchObject([{ answers: 1, outcomes: 1, mean: 1 }]);
  });

  it('cannot be told while there is no store, of which no answer suffers', async () => {
    const folder = await storeFolder();
    await using server = await start({ store: { path: path.join('/dev/null', path.basename(folder), 'store.db') } });
    const shop = clientOf(server, 'shop');
    expect(await shop.ask('clicks', 'a')).toBe(200);
    const refused = await shop.tell({ request_id: 'a', value: true });
    expect(refused).toMatchObject({ status: 503, code: 'unavailable', message: expect.stringContaining('the store') });
    expect(server.log.map(({ msg }) => msg)).toContainEqual(
      expect.stringMatching(
        /^answers of routes that collect outcomes are not noted, and their outcomes will be refused/,
      ),
    );
  });
});

describe('a server that is killed', () => {
  it('has every outcome that it has acknowledged', { timeout: 120_000 }, async () => {
    const model = await readFile(path.resolve('examples/models/mlp/1/model.onnx'));
    await using folder = await createTempFolder({
      'models/mlp/1/model.onnx': model,
      'models/mlp/2/model.onnx': model,
      'models/mlp/model.yaml': 'versions: all\n',
      'millrace.yaml': KILLED_SETTINGS,
    });
    const told: string[] = [];
    for (const round of [1, 2]) {
      await using server = await serve(folder.path);
      for (const id of told) expect((await server.tell(id, true)).status).toBe(409);
      let acknowledged = 0;
      const requests = Array.from({ length: 20 }, async (_, index) => {
        const id = `${round}-${index}`;
        await server.infer(id);
        const { status } = await server.tell(id, index % 2 === 0);
        expect(status).toBe(200);
        told.push(id);
        if (++acknowledged === 10) server.child.kill('SIGKILL');
      });
      await Promise.allSettled(requests);
      expect((await server.ended).exit).toBe('SIGKILL');
    }
    await using server = await serve(folder.path);
    const outcomes = (await server.report()).arms.reduce((sum, arm) => sum + arm.outcomes, 0);
    expect(outcomes).toBeGreaterThanOrEqual(told.length);
    expect(told.length).toBeGreaterThanOrEqual(20);
  });
});

const KILLED_SETTINGS = `repository: { paths: [./models] }
routes:
  live: { arms: [{ model: mlp, version: 1 }, { model: mlp, version: 2 }], outcomes: { kind: binary } }
`;

async function serve(folder: string) {
  const cli = startCli(['serve', ...FREE_PORTS, '--json'], { cwd: folder });
  const { http } = await cli.nextEvent();
  await cli.nextEvent();
  const post = (url: string, body: object, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${http}${url}`, { method: 'POST', body: JSON.stringify(body), headers });
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 16], data: Array(16).fill(0.5) }];
  return {
    child: cli.child,
    ended: cli.ended,
    infer: (id: string) => post('/v2/models/live/infer', { inputs }, { 'x-request-id': id }),
    tell: (id: string, value: boolean) => post('/millrace/v1/feedback', { request_id: id, value }),
    async report(): Promise<{ readonly arms: readonly { readonly outcomes: number }[] }> {
      return JSON.parse(await (await fetch(`${http}/millrace/v1/routes/live/outcomes`)).text());
    },
    [Symbol.asyncDispose]: () => cli[Symbol.asyncDispose](),
  };
}

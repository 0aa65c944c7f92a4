import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_ON } from '../support/access-tables.js';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';
import { readTrail } from '../support/audit-trail.js';
import { protoBytes } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { bearer } from '../support/key-server.js';
import { until } from '../support/until.js';

const ECHO = `runtime: echo
inputs: [{ name: x, datatype: INT32, shape: [-1] }]
outputs: [{ name: x, datatype: INT32, shape: [-1] }]
instances: { placement: inline }
`;
const KJV = 'llama: { contextTokens: 256, slots: 1, threads: 1, chatTemplate: "{{ messages[0].content }}" }\n';
const TENSOR = { inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }] };

const keyOf = (name: string) => `${name}-key-0123456789`;
const CALLERS = ['caller', 'elsewhere', 'admin'] as const;

describe('a model is asked for by its aliases', () => {
  let server: AppServer;
  beforeAll(async () => {
    server = await startAppServer(
      {
        'kjv/1/model.gguf': readFileSync('test/fixtures/models/tiny-kjv.gguf'),
        'kjv/model.yaml': `${KJV}aliases: [gpt-4o-mini, tiny/KJV]\n`,
        'credit/1/': '',
        'credit/2/': '',
        'credit/model.yaml': `${ECHO}aliases: [score, live, kjv]\nversions: all\nlabels: { stable: 1, canary: 2 }\n`,
        'spare/1/': '',
        'spare/model.yaml': `${ECHO}aliases: [score]\n`,
      },
      {
        ...ALL_ON,
        auth: {
          keys: CALLERS.map((name) => ({ name, key: keyOf(name), scopes: [] })),
          bindings: [
            { principal: 'key:caller', role: 'caller', models: ['credit', 'kjv'] },
            { principal: 'key:elsewhere', role: 'caller', models: ['score', 'gpt-*', 'spare'] },
            { principal: 'key:admin', role: 'admin' },
          ],
        },
        routes: { live: { arms: [{ model: 'spare', weight: 1 }] } },
        audit: { inferences: 'metadata' },
      },
    );
  });
  afterAll(async () => {
    await closeGrpcServers();
    await server[Symbol.asyncDispose]();
  });

  const ask = async (line: string, body: object | undefined, caller: (typeof CALLERS)[number] = 'caller') => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = { ...bearer(keyOf(caller)), accept: 'application/json', 'content-type': 'application/json' };
    const answer = await server.send(line, text, headers);
    return { status: answer.status, body: answer.body.length === 0 ? undefined : jsonOf(answer).body };
  };

  it.each([
    ['POST /v2/models/score/infer', TENSOR, { model_name: 'score', model_version: '1' }],
    ['POST /v2/models/score@canary/infer', TENSOR, { model_name: 'score@canary', model_version: '2' }],
    ['POST /v2/models/score/versions/2/infer', TENSOR, { model_name: 'score', model_version: '2' }],
    ['GET /v2/models/score', undefined, { name: 'score', versions: ['1', '2'] }],
    ['GET /v2/models/score/ready', undefined, { name: 'score', ready: true }],
    ['GET /v2/models/score/config', undefined, { name: 'score' }],
    ['POST /v1/models/score:predict', { instances: [7] }, { predictions: [7] }],
    ['GET /v1/models/score', undefined, { model_version_status: [{ version: '2' }, { version: '1' }] }],
    ['POST /models/score/invoke', TENSOR, { model_name: 'score' }],
    ['GET /v1/models/gpt-4o-mini', undefined, { id: 'gpt-4o-mini', object: 'model' }],
    ['GET /v1/models/tiny%2FKJV', undefined, { id: 'tiny/KJV' }],
    ['POST /v1/completions', { model: 'tiny/KJV', prompt: 'In', max_tokens: 1 }, { model: 'tiny/KJV' }],
    [
      'POST /v1/chat/completions',
      { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'In' }], max_tokens: 1 },
      { model: 'gpt-4o-mini' },
    ],
    ['POST /v2/models/gpt-4o-mini/generate', { text_input: 'In', max_tokens: 1 }, { model_name: 'gpt-4o-mini' }],
    ['GET /millrace/v1/models/score', undefined, { name: 'credit', aliases: ['score'] }],
  ])('%s answers under the name that was asked for', async (line, body, expected) => {
    expect(await ask(line, body)).toMatchObject({ status: 200, body: expected });
  });

  it('over gRPC, too', async () => {
    const client = new GrpcClient(`127.0.0.1:${server.grpcPort}`);
    const path = '/inference.GRPCInferenceService/ModelInfer';
    const contents = { int_contents: [7] };
    const infer = (name: string, caller: string) =>
      client.unary(
        protoBytes('ModelInferRequest', {
          model_name: name,
          inputs: [{ name: 'x', datatype: 'INT32', shape: [1], contents }],
        }),
        { path, metadata: bearer(keyOf(caller)) },
      );
    const { error, message } = await infer('score', 'caller');
    expect(error).toBeNull();
    expect(message?.toString()).toContain('score');
    expect((await infer('score', 'elsewhere')).error).toMatchObject({
      code: status.NOT_FOUND,
      details: "Request for unknown model: 'score' is not found",
    });
  });

  it('which OpenAI clients find in the list of models, and no other list has', async () => {
    const { body } = await ask('GET /v1/models', undefined);
    expect(body.data.map(({ id }: { id: string }) => id)).toEqual(['kjv', 'gpt-4o-mini', 'tiny/KJV']);
    expect((await ask('GET /v2/models', undefined, 'admin')).body).toEqual({
      models: ['credit', 'kjv', 'live', 'spare'],
    });
    const index = (await ask('POST /v2/repository/index', undefined, 'admin')).body as { readonly name: string }[];
    expect([...new Set(index.map(({ name }) => name))]).toEqual(['credit', 'kjv', 'spare']);
  });

  it('with the rights on its own name: to others an alias is as unknown as a name that nothing has', async () => {
    const unknown = async (name: string) =>
      (await ask(`POST /v2/models/${name}/infer`, TENSOR, 'elsewhere')).body.error;
    expect(await unknown('score')).toBe((await unknown('gpt-none')).replace('gpt-none', 'score'));
    expect((await ask('GET /v2/models/score/ready', undefined, 'elsewhere')).status).toBe(503);
    const chat = (model: string) =>
      ask('POST /v1/chat/completions', { model, messages: [{ role: 'user', content: 'In' }] }, 'elsewhere');
    const [hidden, none] = await Promise.all([chat('gpt-4o-mini'), chat('gpt-none')]);
    expect(hidden.status).toBe(404);
    expect(JSON.stringify(hidden.body).replace('gpt-4o-mini', 'gpt-none')).toBe(JSON.stringify(none.body));
    expect((await ask('GET /v1/models', undefined, 'elsewhere')).body.data).toEqual([]);
    expect((await ask('GET /v1/models/gpt-4o-mini', undefined, 'elsewhere')).status).toBe(404);
    expect((await ask('GET /millrace/v1/models/score', undefined, 'elsewhere')).status).toBe(404);
  });

  it('and a model or route of the same name comes first, as does the model that is first by name', async () => {
    expect((await ask('POST /v2/models/live/infer', TENSOR, 'admin')).status).toBe(200);
    expect((await ask('GET /v2/models/kjv', undefined)).body.inputs).not.toMatchObject([{ name: 'x' }]);
    const messages = server.log.flatMap(({ msg }) => (msg.includes('alias') ? [msg] : []));
    expect(messages).toEqual([
      "credit: the alias 'live' has no effect: a route has this name",
      "credit: the alias 'kjv' has no effect: a model has this name",
      "spare: the alias 'score' has no effect: model 'credit' has this alias, too",
    ]);
    const put = await ask('PUT /millrace/v1/routes/score', { arms: [{ model: 'spare' }] }, 'admin');
    expect(put).toMatchObject({
      status: 400,
      body: {
        error: { message: "routes.score: the name is an alias of model 'credit', of which this route has no arm" },
      },
    });
  });

  it('while usage and the audit trail name the model', async () => {
    await ask('POST /v2/models/score/infer', TENSOR, 'admin');
    const { body } = await ask('GET /millrace/v1/usage?by=model', undefined, 'admin');
    const models = JSON.stringify(body);
    expect(models).toContain('credit');
    expect(models).not.toContain('score');
    await server.app.close();
    const inferences = readTrail(server).filter(({ type }) => type === 'inference');
    expect(inferences.length).toBeGreaterThan(0);
    expect(inferences.filter(({ resource }) => resource === 'score' || resource === 'gpt-4o-mini')).toEqual([]);
  });
});

it('a quota on a model counts requests by its alias', async () => {
  await using server = await startAppServer(
    { 'm/1/': '', 'm/model.yaml': `${ECHO}aliases: [x]\n` },
    { quotas: [{ name: 'q', principal: '*', model: 'm', requestsPerSecond: 0.0001, burst: 1 }] },
  );
  expect((await server.infer('x', TENSOR)).status).toBe(200);
  expect((await server.infer('m', TENSOR)).status).toBe(429);
  expect((await server.infer('x', TENSOR)).status).toBe(429);
});

it('aliases follow model.yaml while the server runs', async () => {
  await using server = await startAppServer(
    { 'm/1/': '', 'm/model.yaml': `${ECHO}aliases: [old]\n` },
    { repository: { controlMode: 'poll', pollIntervalMs: 100, stableMs: 0 } },
  );
  const statusOf = async (name: string) => (await server.infer(name, TENSOR)).status;
  expect(await statusOf('old')).toBe(200);
  await writeFile(join(server.folder.path, 'm/model.yaml'), `${ECHO}aliases: [new]\n`);
  await until('the new alias answers', async () => (await statusOf('new')) === 200);
  await until('the old one ends', async () => (await statusOf('old')) === 404);
  await writeFile(join(server.folder.path, 'm/model.yaml'), `${ECHO}aliases: ['a b']\n`);
  await until('the mistake is reported', async () =>
    (await server.index()).some((line) => line.includes('aliases[0]')),
  );
  expect(await server.index()).toContainEqual(
    expect.stringContaining(
      "aliases[0]: expected a name of 1 to 200 characters other than white space, control characters, \\ and @, got 'a b'",
    ),
  );
  expect(await statusOf('new')).toBe(200);
});

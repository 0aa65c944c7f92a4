import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';

const MODEL = `runtime: echo
inputs: [{ name: x, datatype: INT32, shape: [1] }]
outputs: [{ name: x, datatype: INT32, shape: [1] }]
instances: { count: 2, placement: inline }
`;

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(
    {
      'a/1/': '',
      'a/model.yaml': MODEL,
      'b/1/': '',
      'b/2/': '',
      'b/model.yaml': `${MODEL}versions: all\nlabels: { stable: 1 }\nbatching: { maxQueueDelayMs: 7 }\nqueue: { maxRequests: 9 }\n`,
      'later/3/': '',
      'later/model.yaml': MODEL,
    },
    { torchserve: { enabled: true }, repository: { controlMode: 'explicit', loadModels: ['a', 'b'] } },
  );
});
afterAll(() => server[Symbol.asyncDispose]());

async function ask(line: string, json?: object) {
  const { status, body } = jsonOf(
    await server.send(line, json && JSON.stringify(json), json && { 'content-type': 'application/json' }),
  );
  return [status, body];
}

const refused = (code: number, type: string, message: string) => [code, { code, type, message }];

describe('the list of models', () => {
  it('comes in pages', async () => {
    const [a, b] = [
      { modelName: 'a', modelUrl: 'a' },
      { modelName: 'b', modelUrl: 'b' },
    ];
    expect(await ask('GET /models')).toEqual([200, { models: [a, b] }]);
    expect(await ask('GET /models?limit=1')).toEqual([200, { models: [a], nextPageToken: '1' }]);
    expect(await ask('GET /models?limit=1&next_page_token=1')).toEqual([200, { models: [b] }]);
    expect(await ask('GET /models?limit=x&next_page_token=-4')).toEqual([200, { models: [a, b] }]);
  });
});

describe('a description', () => {
  const described = (version: string) => ({
    modelName: 'b',
    modelUrl: 'b',
    modelVersion: version,
    engine: 'echo',
    runtime: 'echo',
    minWorkers: 2,
    maxWorkers: 2,
    batchSize: expect.any(Number),
    maxBatchDelay: 7,
    workers: expect.arrayContaining([{ id: expect.any(String), status: 'READY', pid: expect.any(Number), gpu: false }]),
    jobQueueStatus: { remainingCapacity: 9, pendingRequests: 0 },
  });

  it.each([
    ['/models/b', ['1']],
    ['/models/b/2', ['2']],
    ['/models/b/2.0', ['2']],
    ['/models/b/all', ['1', '2']],
  ])('%s tells of %j', async (path, versions) => {
    expect(await ask(`GET ${path}`)).toEqual([200, versions.map(described)]);
  });

  it.each([
    ['/models/nope', 404, 'ModelNotFoundException', "Request for unknown model: 'nope' is not found"],
    [
      '/models/b/x',
      404,
      'ModelVersionNotFoundException',
      'Model version: x does not exist for model: b; versions are positive integers',
    ],
    [
      '/models/b?customized=true',
      501,
      'NotImplementedException',
      'models have no Python handlers here that could give customized metadata',
    ],
  ])('%s is refused', async (path, status, type, message) => {
    expect(await ask(`GET ${path}`)).toEqual(refused(status, type, message));
  });
});

describe('workers and default versions', () => {
  it('are confirmed where they are as asked for', async () => {
    expect(await ask('PUT /models/a?min_worker=1&max_worker=4')).toEqual([
      200,
      { status: 'Workers scaled to 2 for model: a' },
    ]);
    expect(await ask('PUT /models/b/2?min_worker=2&synchronous=true')).toEqual([
      200,
      { status: 'Workers scaled to 2 for model: b, version: 2' },
    ]);
    expect(await ask('PUT /models/b/1/set-default')).toEqual([
      200,
      { status: 'Default version successfully updated for model "b" to "1"' },
    ]);
  });

  it.each([
    [
      '/models/a?min_worker=0&max_worker=0',
      501,
      'NotImplementedException',
      "model 'a' has 2 workers, expected from 0 to 0: a model that is loaded has 1 or more; unregister it to stop its workers",
    ],
    [
      '/models/a?min_worker=0&max_worker=1',
      501,
      'NotImplementedException',
      "model 'a' has 2 workers, expected from 0 to 1: put `instances: { count: 1 }` into its model.yaml",
    ],
    [
      '/models/a?min_worker=65',
      501,
      'NotImplementedException',
      "model 'a' has 2 workers, expected from 65 to 65: a model has at most 64 here",
    ],
    [
      '/models/a?min_worker=2&synchronous=Nan',
      400,
      'BadRequestException',
      "parameter 'synchronous': expected true or false, got 'Nan'",
    ],
    [
      '/models/a?min_worker=3',
      501,
      'NotImplementedException',
      "model 'a' has 2 workers, expected from 3 to 3: put `instances: { count: 3 }` into its model.yaml",
    ],
    ['/models/a?min_worker=3&max_worker=2', 400, 'BadRequestException', 'max_worker cannot be less than min_worker.'],
    [
      '/models/a?min_worker=x',
      400,
      'BadRequestException',
      "parameter 'min_worker': expected a number of workers, got 'x'",
    ],
    [
      '/models/b/2/set-default',
      501,
      'NotImplementedException',
      "the default version of model 'b' is 1 by its files: put `labels: { stable: 2 }` into its model.yaml",
    ],
    ['/models/b/7/set-default', 404, 'ModelVersionNotFoundException', 'Model version: 7 does not exist for model: b'],
    ['/models/a/1/default', 404, 'ResourceNotFoundException', 'no route PUT /models/a/1/default'],
  ])('PUT %s is refused', async (path, status, type, message) => {
    expect(await ask(`PUT ${path}`)).toEqual(refused(status, type, message));
  });

  it('a method that the path does not take is refused', async () => {
    expect(await ask('POST /models/a')).toEqual(
      refused(405, 'MethodNotAllowedException', '/models/a does not take POST: expected DELETE, GET, HEAD, PUT'),
    );
  });
});

describe('registration', () => {
  it('loads a folder of the repository, under another name, and unloads it again', async () => {
    const registered = 'Model "mine" Version: 3 registered with 2 initial workers';
    expect(await ask('POST /models?url=later&model_name=mine&initial_workers=1&synchronous=true')).toEqual([
      200,
      { status: registered },
    ]);
    expect(await ask('GET /models/mine')).toMatchObject([200, [{ modelUrl: 'later', modelVersion: '3' }]]);
    expect(await ask('POST /models?url=later&model_name=mine')).toEqual(
      refused(409, 'ConflictStatusException', "there is a model 'mine' already; unload it first"),
    );
    expect(await ask('DELETE /models/mine/3.0')).toEqual([200, { status: 'Model "mine" unregistered' }]);
    expect(await ask('GET /models/mine')).toMatchObject([404, { type: 'ModelNotFoundException' }]);
  });

  it('takes its name from the URL where none is given', async () => {
    expect(await ask('POST /models?url=later/')).toMatchObject([
      200,
      { status: 'Model "later" Version: 3 registered with 2 initial workers' },
    ]);
    expect(await ask('DELETE /models/later')).toMatchObject([200, {}]);
  });

  it('of a model that has been unregistered can be ended once only', async () => {
    expect(await ask('POST /models?url=later&model_name=twice')).toMatchObject([200, {}]);
    expect(await ask('DELETE /models/twice')).toMatchObject([200, {}]);
    const gone = refused(404, 'ModelNotFoundException', "there is no model 'twice'");
    expect([await ask('DELETE /models/twice'), await ask('DELETE /models/twice/3.0')]).toEqual([gone, gone]);
  });

  it('tells SageMaker of models that it has loaded in its own way', async () => {
    const url = `${server.folder.path}/later`;
    expect(await ask('POST /models', { model_name: '0af3', url })).toMatchObject([200, {}]);
    expect(await ask('GET /models/0af3')).toEqual([200, { modelName: '0af3', modelUrl: url }]);
    expect(await ask('GET /models/0af3/3')).toMatchObject([200, [{ modelVersion: '3' }]]);
    expect(await ask('DELETE /models/0af3')).toMatchObject([200, {}]);
  });

  it.each([
    ['POST /models', 400, 'BadRequestException', 'Parameter url is required.'],
    ['POST /models?url=later&batch=4', 400, 'BadRequestException', "parameter 'batch' is unknown"],
    [
      'POST /models?url=later&batch_size=4',
      501,
      'NotImplementedException',
      "parameter 'batch_size' cannot be 4: batches are up to `maxBatchSize` and `batching` in model.yaml",
    ],
    [
      'POST /models?url=later&initial_workers=4',
      501,
      'NotImplementedException',
      "parameter 'initial_workers' cannot be 4: the number of instances is `instances.count` in model.yaml",
    ],
    [
      'POST /models?url=later&synchronous=maybe',
      400,
      'BadRequestException',
      "parameter 'synchronous': expected true or false, got 'maybe'",
    ],
    ['DELETE /models/nope', 404, 'ModelNotFoundException', "there is no model 'nope'"],
    ['DELETE /models/b/9', 404, 'ModelNotFoundException', "version 9 of model 'b' is not loaded"],
    [
      'DELETE /models/b/1',
      501,
      'NotImplementedException',
      "model 'b' serves versions 1, 2, as its model.yaml says: one of them cannot be unloaded by itself",
    ],
  ])('%s is refused', async (line, status, type, message) => {
    expect(await ask(line)).toEqual(refused(status, type, message));
  });
});

it('says that it is healthy', async () => {
  expect(await ask('GET /ping')).toEqual([200, { status: 'Healthy' }]);
});

it('a model for which there is no room is answered with 507, until another one is gone', async () => {
  const model = MODEL.replace('count: 2, placement: inline', 'placement: process');
  await using full = await startAppServer(
    { 'm/1/': '', 'm/model.yaml': model },
    { torchserve: { enabled: true }, repository: { controlMode: 'explicit' }, engine: { maxInstances: 1 } },
  );
  expect((await full.send('POST /models?url=m&model_name=a')).status).toBe(200);
  expect(jsonOf(await full.send('POST /models?url=m&model_name=b')).body).toEqual({
    code: 507,
    type: 'OutOfMemoryError',
    message: expect.stringContaining('needs 1 instances, but 1 of engine.maxInstances 1 are taken'),
  });
  await full.send('DELETE /models/a');
  expect((await full.send('POST /models?url=m&model_name=b')).status).toBe(200);
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';
import { protoBytes } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { until } from '../support/until.js';

const echo = (more: string) => `runtime: echo
inputs: [{ name: x, datatype: INT32, shape: [1] }]
outputs: [{ name: x, datatype: INT32, shape: [1] }]
instances: { placement: inline }
${more}
`;
const REQUEST = { inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }] };

/** The version that answered, or the status and the error. */
async function answererOf(server: AppServer, model: string, path = `models/${model}`): Promise<string> {
  const answer = jsonOf(await server.send(`POST /v2/${path}/infer`, JSON.stringify(REQUEST)));
  return answer.status === 200 ? answer.body.model_version : `${answer.status} ${answer.body.error}`;
}

describe('the labels of a model', () => {
  let server: AppServer;
  beforeAll(async () => {
    server = await startAppServer({
      'fraud/model.yaml': echo('labels: { stable: 1, canary: 3, gone: 9 }'),
      'fraud/1/': '',
      'fraud/2/': '',
      'fraud/3/': '',
      'a@b/model.yaml': echo(''),
      'a@b/7/': '',
      'a/model.yaml': echo('labels: { b: 1 }'),
      'a/1/': '',
    });
  });
  afterEach(closeGrpcServers);
  afterAll(() => server[Symbol.asyncDispose]());

  it.each([
    ['fraud', '1'],
    ['fraud@stable', '1'],
    ['fraud@canary', '3'],
    ['fraud%40canary', '3'],
    ['fraud@canery', "404 model 'fraud' has no label 'canery'; did you mean 'canary'?"],
    [
      'fraud/versions/2',
      "404 version 2 of model 'fraud' is on disk, but not served: the model's version policy is 'the latest version' (served: 1, 3); to serve version 2, select it there, or give it a label",
    ],
    ['fraud/versions/9', "404 Request for unknown model: 'fraud' version 9 is not found"],
    ['fraud@gone', "404 Request for unknown model: 'fraud' version 9 is not found"],
    ['fraud@', "404 Request for unknown model: 'fraud@' is not found"],
    ['nothing@canary', "404 Request for unknown model: 'nothing@canary' is not found"],
    ['a@b', '7'],
  ])('%s means version %s', async (model, expected) => {
    expect(await answererOf(server, model)).toBe(expected);
  });

  it('keep their versions loaded, whatever the version policy says, and no others', async () => {
    expect(await server.index()).toEqual(['a/1: READY', 'a@b/7: READY', 'fraud/1: READY', 'fraud/3: READY']);
    const notices = server.log.map(({ msg }) => msg).filter((msg) => msg.includes('label'));
    expect(notices).toEqual(["fraud: label 'gone' stands for version 9, but there is none"]);
  });

  it('do not go with a version', async () => {
    expect(await answererOf(server, 'fraud', 'models/fraud@canary/versions/3')).toBe(
      "400 'fraud@canary' names a version by its label: expected no further version, got 3",
    );
    expect(await answererOf(server, 'fraud', 'models/fraud/versions/3')).toBe('3');
  });

  it('are known to everything that a model can be asked', async () => {
    const ask = async (path: string) =>
      jsonOf(await server.send(`GET /v2/models/${path}`, undefined, { accept: '*/json' }));
    expect(await ask('fraud@canary')).toMatchObject({
      status: 200,
      body: { name: 'fraud@canary', versions: ['1', '3'] },
    });
    expect((await ask('fraud@canary/ready')).status).toBe(200);
    expect((await ask('fraud@canery/ready')).status).toBe(503);
    expect((await ask('fraud@canary/stats')).body.model_stats).toMatchObject([{ name: 'fraud', version: '3' }]);
  });

  it('are known over gRPC', async () => {
    const client = new GrpcClient(`127.0.0.1:${server.grpcPort}`);
    const path = '/inference.GRPCInferenceService/ModelInfer';
    const ask = (model_name: string) =>
      client.unary(
        protoBytes('ModelInferRequest', {
          model_name,
          inputs: [{ name: 'x', datatype: 'INT32', shape: [1], contents: { int_contents: [7] } }],
        }),
        { path },
      );
    expect((await ask('fraud@canary')).error).toBeNull();
    expect((await ask('fraud@canery')).error).toMatchObject({
      code: status.NOT_FOUND,
      details: "model 'fraud' has no label 'canery'; did you mean 'canary'?",
    });
  });
});

it('a label moves with the file, but not to a version that does not load', async () => {
  await using server = await startAppServer(
    { 'm/model.yaml': echo('versions: all\nlabels: { stable: 1 }'), 'm/1/': '', 'm/2/': '' },
    { repository: { controlMode: 'poll', pollIntervalMs: 100, stableMs: 0 } },
  );
  const file = join(server.folder.path, 'm/model.yaml');
  expect(await answererOf(server, 'm')).toBe('1');
  await writeFile(file, echo('versions: all\nlabels: { stable: 2 }'));
  await until('the label has moved', async () => (await answererOf(server, 'm')) === '2');
  await writeFile(file, echo('versions: all\nlabels: { stable: 3 }'));
  await until('the label stays', () =>
    server.log.some(({ msg }) => msg === "label 'stable' of model 'm' stays at version 2: version 3 does not serve"),
  );
  expect(await answererOf(server, 'm')).toBe('2');
});

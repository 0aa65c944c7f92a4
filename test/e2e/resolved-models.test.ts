import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Events } from '../../src/core/index.js';
import { localCall } from '../../src/local-infer.js';
import type { Resolved } from '../../src/service/index.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { request } from '../support/engine-fixture.js';

const MODEL = `runtime: echo
instances: { placement: inline }
versions: all
inputs: [{ name: x, datatype: FP32, shape: [-1, 2] }]
outputs: [{ name: y, datatype: FP32, shape: [-1, 2] }]
`;

let server: AppServer;
let finished: Events['inferFinished'][];
beforeAll(async () => {
  const files = { 'm/model.yaml': MODEL, 'm/1/': '', 'm/2/': '' };
  server = await startAppServer(files, { repository: { controlMode: 'explicit' } });
  server.app.events.subscribe('inferFinished', (event) => finished.push(event));
});
beforeEach(async () => {
  finished = [];
  await server.app.service.models.loadModel(localCall(server.app), 'm', {});
});
afterAll(() => server[Symbol.asyncDispose]());

/** Resolves a model, as a dialect does before it decodes a large body; the result runs what was decoded. */
async function resolve(version?: number) {
  const { service } = server.app;
  const call = localCall(server.app);
  const resolved: Resolved = await service.inference.resolve(call, { name: 'm', version });
  const run = async () => {
    const result = await service.inference.infer(call, resolved, request(7));
    return result.kind === 'one' ? result.response.ref : undefined;
  };
  return { resolved: resolved.info.ref, run };
}

const serving = () => server.app.engine.serving('m').map(({ ref }) => ref);

it('what was resolved before a reload runs on the generation that serves its version afterwards', async () => {
  const { resolved, run } = await resolve(1);
  await server.app.service.models.loadModel(localCall(server.app), 'm', {});
  const ref = await run();
  expect(ref).toEqual(serving()[0]);
  expect(ref?.generation).toBeGreaterThan(resolved.generation);
});

it('what was resolved before its version was unloaded runs on another one, if it named none', async () => {
  const [unnamed, named] = [await resolve(), await resolve(2)];
  expect([unnamed.resolved.version, named.resolved.version]).toEqual([2, 2]);
  await server.app.engine.unload('m', 2);
  expect(await unnamed.run()).toMatchObject({ name: 'm', version: 1 });
  await expect(named.run()).rejects.toMatchObject({
    code: 'not_found',
    message: "Request for unknown model: 'm' version 2 is not at ready state",
  });
  expect(finished.map(({ ref, error }) => [ref?.version, error?.code])).toEqual([
    [1, undefined],
    [undefined, 'not_found'],
  ]);
});

it('what was resolved before the model was unloaded is told so', async () => {
  const { run } = await resolve();
  await server.app.service.models.unloadModel(localCall(server.app), 'm');
  await expect(run()).rejects.toMatchObject({
    code: 'not_found',
    message: "Request for unknown model: 'm' has no available versions",
  });
});

it('an unknown model is reported before a body that nobody can read', async () => {
  expect(await server.infer('nope', '{' as never)).toMatchObject({
    status: 404,
    body: { error: "Request for unknown model: 'nope' is not found" },
  });
});

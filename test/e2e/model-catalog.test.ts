import { expect, it } from 'vitest';
import { connectApi } from '../../src/client/index.js';
import { startAppServer } from '../support/app-server.js';
import { bearer, ECHO_MODEL, startKeyServer } from '../support/key-server.js';

const LABELLED = `${ECHO_MODEL}aliases: [other, m]\nlabels: { canary: 2 }\nversions: all\n`;

it('tells all that is known of a model', async () => {
  await using server = await startAppServer({
    'm/1/': '',
    'm/2/': '',
    'm/model.yaml': LABELLED,
    'broken/1/model.onnx': 'x',
  });
  const api = connectApi(`http://localhost:${server.port}`);
  const { body: model } = await api.ask('GET /models/{model}', { params: { model: 'm' } });
  const tensor = { name: 'x', datatype: 'INT32', shape: [1] };
  expect(model).toEqual({
    name: 'm',
    aliases: ['other'],
    labels: { canary: 2 },
    versions: [1, 2].map((version) => ({
      version,
      state: 'ready',
      loaded: {
        runtime: 'echo',
        tasks: ['infer'],
        inputs: [tensor],
        outputs: [tensor],
        max_batch_size: 0,
        decoupled: false,
        sequences: false,
        placement: 'inline',
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        size_bytes: 0,
        load_ms: expect.any(Number),
        batching: { enabled: false, reason: expect.any(String), detail: expect.any(String) },
      },
      activity: {
        queued_requests: 0,
        queued_bytes: 0,
        executing_requests: 0,
        active_sequences: 0,
        waiting_sequences: 0,
        instances: [{ id: `m/${version}#0`, up: true, restarts: 0 }],
      },
    })),
  });
  const { body: broken } = await api.ask('GET /models/{model}', { params: { model: 'broken' } });
  const bytes = 64 * 1_048_576 + 3;
  const memory = { rest_bytes: bytes, peak_bytes: bytes, measured: false };
  const reason = expect.stringContaining('model.onnx');
  expect(broken.versions).toEqual([{ version: 1, state: 'failed', reason, memory }]);
});

it('lists models by name, in pages', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const contents = names.flatMap((name) => [
    [`${name}/1/`, ''],
    [`${name}/model.yaml`, ECHO_MODEL],
  ]);
  await using server = await startAppServer(Object.fromEntries(contents));
  const api = connectApi(`http://localhost:${server.port}`);
  const pages: string[][] = [];
  for (let after: string | undefined; pages.length < 4; ) {
    const { body } = await api.ask('GET /models', { query: { limit: 2, after } });
    pages.push(body.models.map(({ name }) => name));
    after = body.next;
    if (after === undefined) break;
  }
  expect(pages).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
});

it('shows callers the models that they may read, and what these do only to those who may observe them', async () => {
  await using keyed = await startKeyServer();
  const ask = async (line: string) => {
    const key = await keyed.create(line);
    const api = connectApi(`http://localhost:${keyed.server.port}`, { headers: bearer(key) });
    return { api, models: (await api.ask('GET /models', {})).body.models };
  };
  const caller = await ask('caller --grant caller=kjv');
  expect(caller.models).toMatchObject([{ name: 'kjv', versions: [{ state: 'ready' }] }]);
  for (const hidden of ['activity', 'memory']) expect(caller.models[0]?.versions[0]).not.toHaveProperty(hidden);
  await expect(caller.api.ask('GET /models/{model}', { params: { model: 'echo' } })).rejects.toMatchObject({
    status: 404,
  });
  const viewer = await ask('viewer --grant viewer');
  expect(viewer.models.map(({ name }) => name)).toEqual(['echo', 'kjv']);
  const instance = viewer.models[1]?.versions[0]?.activity?.instances[0];
  expect(instance).toMatchObject({ up: true, pid: expect.any(Number) });
  const memory = viewer.models[1]?.versions[0]?.memory;
  expect(memory).toMatchObject({ measured: true });
  expect(memory?.peak_bytes).toBeGreaterThanOrEqual(memory?.rest_bytes ?? Number.NaN);
});

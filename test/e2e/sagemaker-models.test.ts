import { describe, expect, it } from 'vitest';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';

const ECHO =
  'runtime: echo\ninputs: [{ name: x, datatype: FP32, shape: [-1, 2] }]\noutputs: [{ name: x, datatype: FP32, shape: [-1, 2] }]\ninstances: { placement: inline }\n';
const CONTENTS = {
  '5f0e/model/model.yaml': ECHO,
  '5f0e/model/1/': '',
  'large/model.yaml': `${ECHO.replace('inline', 'process')}`,
  'large/1/': '',
};

const start = (settings: object = {}) =>
  startAppServer(CONTENTS, { sagemaker: { enabled: true }, repository: { controlMode: 'explicit' }, ...settings });
const load = (server: AppServer, model_name: string, url: string) =>
  server.send('POST /models', JSON.stringify({ model_name, url }), { 'content-type': 'application/json' });
const messageOf = ({ body }: { readonly body: Buffer }) => JSON.parse(body.toString()).Message;

describe('models of a multi-model endpoint', () => {
  it('are loaded, listed, described, invoked and unloaded under the names that the platform gives them', async () => {
    await using server = await start();
    const url = `${server.folder.path}/5f0e/model`;
    expect((await load(server, 'c0ffee', url)).status).toBe(200);
    const listed = { modelName: 'c0ffee', modelUrl: url };
    expect(jsonOf(await server.send('GET /models')).body).toEqual({ models: [listed] });
    expect(jsonOf(await server.send('GET /models/c0ffee')).body).toEqual(listed);
    const invoke = () => server.send('POST /models/c0ffee/invoke', '[[1,2]]');
    expect((await invoke()).body.toString()).toBe('{"predictions":[[1.0,2.0]]}');
    expect((await server.send('DELETE /models/c0ffee')).status).toBe(200);
    expect(jsonOf(await server.send('GET /models')).body).toEqual({ models: [] });
    for (const gone of [await invoke(), await server.send('GET /models/c0ffee')]) {
      expect([gone.status, messageOf(gone)]).toEqual([404, expect.stringContaining("unknown model: 'c0ffee'")]);
    }
    expect((await server.send('DELETE /models/nobody')).status).toBe(404);
    expect((await load(server, 'c0ffee', url)).status).toBe(200);
  });

  it('are not loaded twice, from elsewhere, or without a name', async () => {
    await using server = await start();
    await load(server, 'a', '5f0e/model');
    const again = await load(server, 'a', 'large');
    expect([again.status, again.headers['x-amzn-errortype'], messageOf(again)]).toEqual([
      409,
      'ConflictException',
      "there is a model 'a' already; unload it first",
    ]);
    const refusals = [
      ['s3://bucket/model.tar.gz', 400],
      ['/etc', 400],
      ['missing', 404],
    ] as const;
    for (const [url, status] of refusals) expect((await load(server, 'b', url)).status).toBe(status);
    const nameless = await server.send('POST /models', '{"url":"large"}', { 'content-type': 'application/json' });
    expect([nameless.status, messageOf(nameless)]).toEqual([400, "field 'model_name': expected string, got nothing"]);
  });

  it('are answered with 507 where there is no room for them', async () => {
    await using server = await start({ engine: { maxInstances: 1 } });
    await load(server, 'a', 'large');
    const full = await load(server, 'b', 'large');
    expect([full.status, messageOf(full)]).toEqual([
      507,
      expect.stringContaining('needs 1 instances, but 1 of engine.maxInstances 1 are taken'),
    ]);
    await server.send('DELETE /models/a');
    expect((await load(server, 'b', 'large')).status).toBe(200);
  });

  it('come in pages', async () => {
    await using server = await start();
    for (let index = 0; index < 101; index++) await load(server, `m${String(index).padStart(3, '0')}`, '5f0e/model');
    const first = jsonOf(await server.send('GET /models')).body;
    expect([first.models.length, first.models[0].modelName, first.nextPageToken]).toEqual([100, 'm000', '100']);
    const { body } = jsonOf(await server.send('GET /models?next_page_token=100'));
    expect(body).toEqual({ models: [{ modelName: 'm100', modelUrl: '5f0e/model' }] });
    const wrong = await server.send('GET /models?next_page_token=x');
    expect([wrong.status, messageOf(wrong)]).toEqual([
      400,
      "next_page_token: expected one that an answer has given, got 'x'",
    ]);
  });

  it('are loaded in explicit mode only', async () => {
    await using server = await start({ repository: { controlMode: 'none' } });
    const refused = await load(server, 'a', '5f0e/model');
    expect([refused.status, messageOf(refused)]).toEqual([503, expect.stringContaining('controlMode explicit')]);
  });
});

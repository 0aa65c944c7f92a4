import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Call, MillraceError } from '../../src/core/index.js';
import { ANONYMOUS, LOCAL_OPERATOR } from '../../src/governance/index.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { createTempFolder } from '../support/model-folder.js';

const ECHO = [
  'runtime: echo',
  'inputs: [{ name: x, datatype: INT32, shape: [1] }]',
  'outputs: [{ name: x, datatype: INT32, shape: [1] }]',
].join('\n');
const CONTENTS = { '5f0e/model/model.yaml': ECHO, '5f0e/model/1/': '', 'plain/model.yaml': ECHO, 'plain/1/': '' };
const REQUEST = { inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }] };

function call(principal = LOCAL_OPERATOR): Call {
  return new Call({ requestId: 'test', principal, trace: undefined, deadlineAt: Infinity, receivedAt: 0 });
}

const start = () => startAppServer(CONTENTS, { repository: { controlMode: 'explicit' } });
const load = ({ app }: AppServer, name: string, from: string) => app.service.models.loadModel(call(), name, { from });

describe('a model loaded by where it lies', () => {
  it('is served, listed, loaded again and unloaded under the name that it was given', async () => {
    await using server = await start();
    await load(server, 'hash', `file://${server.folder.path}/5f0e/model`);
    expect(await server.infer('hash', REQUEST)).toMatchObject({ status: 200, body: { model_name: 'hash' } });
    expect(await server.index()).toEqual(['hash/1: READY']);
    expect(await server.send('POST /v2/repository/models/hash/load')).toMatchObject({ status: 200 });
    expect(await server.infer('hash', REQUEST)).toMatchObject({ status: 200 });
    await server.app.service.models.unloadModel(call(), 'hash');
    expect(await server.infer('hash', REQUEST)).toMatchObject({ status: 404 });
    expect(await server.send('POST /v2/repository/models/hash/load')).toMatchObject({ status: 404 });
  });

  it('is refused under a name that is taken, also while that is being loaded', async () => {
    await using server = await start();
    const both = await Promise.allSettled(['5f0e/model', 'plain'].map((from) => load(server, 'hash', from)));
    const reason = new MillraceError('already_exists', "there is a model 'hash' already; unload it first");
    expect(both).toEqual([
      { status: 'fulfilled', value: expect.anything() },
      { status: 'rejected', reason },
    ]);
    await load(server, 'other', '5f0e/model');
    expect(await server.index()).toEqual(['hash/1: READY', 'other/1: READY']);
  });

  it('can be loaded again at once from elsewhere when it was unloaded', async () => {
    await using server = await start();
    await load(server, 'hash', '5f0e/model');
    await server.app.service.models.unloadModel(call(), 'hash');
    await load(server, 'hash', 'plain');
    expect(server.app.engine.serving('hash')[0]?.source.from).toBe('plain');
  });

  it('is refused by every dialect where that leads out of the repository, the same whether or not something is there', async () => {
    await using elsewhere = await createTempFolder({ 'm/model.yaml': ECHO, 'm/1/': '' });
    const out = (name: string) => path.join(elsewhere.path, name);
    await using server = await startAppServer(
      { ...CONTENTS, 'linked/model.yaml': ECHO, 'linked/1': { link: out('m/1') }, link: { link: out('m') } },
      { repository: { controlMode: 'explicit' }, sagemaker: { enabled: true }, torchserve: { enabled: true } },
    );
    const up = path.relative(server.folder.path, elsewhere.path);
    const load = async (url: string) => {
      const json = { 'content-type': 'application/json' };
      const sagemaker = await server.send('POST /models', JSON.stringify({ model_name: 'x', url }), json);
      const torchserve = await server.send(`POST /models?model_name=x&url=${encodeURIComponent(url)}`);
      return [sagemaker, torchserve].map(({ status, body }) => ({
        status,
        text: body.toString().replaceAll(url, '…'),
      }));
    };
    const places = [out('m'), `file://${out('m')}`, `${up}/m`, `5f0e/../${up}/m`, `${server.folder.path}/${up}/m`];
    for (const place of places) {
      const answers = await load(place);
      expect(answers, place).toMatchObject([{ status: 400 }, { status: 400 }]);
      expect(await load(place.replace(/m$/, 'absent'))).toEqual(answers);
    }
    for (const place of ['link', 'linked', '.', '', '..', '/', 'plain\0', '5f0e/model/1', '%2e%2e/m']) {
      for (const { status } of await load(place)) expect([place, status >= 400 && status < 500]).toEqual([place, true]);
    }
    expect(await server.index()).toEqual([]);
    expect(server.log.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('needs the right to manage, and explicit control', async () => {
    await using server = await start();
    const denied = server.app.service.models.loadModel(call(ANONYMOUS), 'hash', { from: '/etc' });
    await expect(denied).rejects.toMatchObject({ code: 'permission_denied' });
    await using other = await startAppServer(CONTENTS);
    await expect(load(other, 'hash', 'plain')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining("cannot load model 'hash': this requires repository.controlMode explicit"),
    });
  });
});

import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/store/sqlite/database.js';
import { jsonOf, startAppServer } from '../support/app-server.js';
import { run } from '../support/cli-fixture.js';
import { bearer, ECHO, ECHO_MODEL, startKeyServer } from '../support/key-server.js';
import { createTempFolder } from '../support/model-folder.js';

const STATIC = 'static-key-0123456789';
const API_KEY = `mr_${'0'.repeat(12)}_${'a'.repeat(49)}`;
const MODELS = { 'echo/1/': '', 'echo/model.yaml': ECHO_MODEL };

describe('where there is trouble with keys', () => {
  it('a store that cannot be read leaves static keys alone, and makes API keys unavailable', async () => {
    await using server = await startAppServer(
      { ...MODELS, '.millrace/store.db': 'this is no database. '.repeat(500) },
      { auth: { keys: [{ name: 'app', key: STATIC, scopes: ['infer', 'observe'] }] } },
    );
    expect((await server.infer('echo', ECHO, bearer(STATIC))).status).toBe(200);
    expect(await server.infer('echo', ECHO, bearer(API_KEY))).toMatchObject({
      status: 503,
      body: { error: 'API keys cannot be checked at the moment; the log of the server says why' },
      retryAfter: '5',
    });
    expect(server.log.map(({ msg }) => msg)).toContainEqual(
      expect.stringMatching(
        /^API keys cannot be read, and are refused until they can be: the store '.*' is damaged; stop the server/,
      ),
    );
  });

  it('a store that cannot be written refuses changes, says what to do, and leaves callers alone', async () => {
    await using server = await startKeyServer();
    const key = await server.create('app --grant caller');
    const other = await openDatabase(path.join(server.server.folder.path, '.millrace/store.db'));
    other.exec('begin immediate');
    const refused = await server.keys('create new --grant caller');
    expect([refused.code, refused.err]).toEqual([
      1,
      expect.stringMatching(/^error: the store '.*' is locked by another process; try again when that has ended\n$/),
    ]);
    expect((await server.keys('revoke app')).code).toBe(1);
    expect((await server.infer(bearer(key))).status).toBe(200);
    other.exec('rollback');
    other.close();
    expect((await server.keys('revoke app')).code).toBe(0);
    expect((await server.infer(bearer(key))).status).toBe(401);
  });

  it('keys are not made where nobody is asked for one', async () => {
    await using server = await startAppServer(MODELS, { repository: { controlMode: 'explicit' } });
    const body = JSON.stringify({ name: 'app', grants: [{ role: 'caller' }] });
    expect(jsonOf(await server.send('POST /millrace/v1/keys', body))).toMatchObject({
      status: 403,
      body: {
        error: {
          message:
            "this needs the right 'key.change', which no caller has without a key: stop the server, make a key (`millrace keys create admin --grant admin --store <store.path>`), and start it with `--auth-required`",
        },
      },
    });
  });

  it('the first key is not made in a store that a server writes', async () => {
    await using server = await startKeyServer();
    await server.create('app --grant caller');
    const { code, err } = await server.keys(
      `create second --grant admin --store ${server.server.folder.path}/.millrace/store.db`,
    );
    expect([code, err]).toEqual([1, expect.stringContaining('is used by another server, and one alone may write it')]);
  });

  it('the first key has a role of the settings, if it is to', async () => {
    await using folder = await createTempFolder({
      'millrace.yaml': 'auth: { roles: { starter: [model.load] } }\n',
    });
    const create = (role: string) =>
      run(['keys', 'create', role, '--grant', role, '--store', 'store.db'], { cwd: folder.path });
    expect((await create('starter')).out).toMatch(/^mr_/);
    expect((await create('stater')).err).toContain("there is no role 'stater'; did you mean 'starter'?");
  });

  it('a name to which more is bound than one may do oneself is not for one to take', async () => {
    await using server = await startKeyServer({
      auth: { required: true, bindings: [{ principal: 'key:deploy', role: 'admin' }] },
    });
    const small = await server.create('small --grant admin=echo*');
    const wish = { name: 'deploy', grants: [{ role: 'caller', models: ['echo'] }] };
    expect((await server.api('POST ', wish, small)).body.error.message).toMatch(
      /^key 'deploy' may '.*' on '\*', and 'key:small' may not/,
    );
    expect((await server.api('POST ', { ...wish, name: 'other' }, small)).status).toBe(200);
  });

  it('a key in a URL is refused, and no line of the log has it', async () => {
    await using server = await startKeyServer();
    const key = await server.create('app --grant caller');
    const answer = jsonOf(await server.server.send(`POST /v2/models/echo/infer?api_key=${key}`, JSON.stringify(ECHO)));
    expect([answer.status, answer.body.error]).toEqual([401, expect.stringContaining('must not be part of a URL')]);
    await server.server.send(`GET /v2/nothing?key=${key}`);
    await server.server.send(`GET /metrics?key=${key}`, '', bearer(key));
    const log = JSON.stringify(server.server.log);
    expect(log).toContain('must not be part of a URL');
    expect(log).not.toContain(key.slice(3));
  });

  it('a static key that is replaced in its file ends what runs for it', async () => {
    await using other = await startAppServer({ key: `${STATIC}\n` }, { auth: { required: true } }, { start: false });
    const file = path.join(other.folder.path, 'key');
    await using server = await startKeyServer({
      auth: { required: true, keys: [{ name: 'app', key: `\${file:${file}}`, scopes: ['infer', 'observe'] }] },
    });
    const answer = await fetch(`${server.server.addresses.http.url}/v2/models/kjv/generate_stream`, {
      method: 'POST',
      headers: bearer(STATIC),
      body: JSON.stringify({ text_input: 'In the beginning', max_tokens: 4_000, ignore_eos: true }),
    });
    expect(answer.status).toBe(200);
    const whole = answer.text();
    await writeFile(`${file}.new`, 'another-key-0123456789\n');
    await rename(`${file}.new`, file);
    expect(await whole).toContain('the key of this request does not hold any more');
    expect((await server.infer(bearer('another-key-0123456789'))).status).toBe(200);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';
import { run } from '../support/cli-fixture.js';
import { control, echoModel, errorOf } from '../support/control-fixture.js';

const MODELS = { 'fraud/model.yaml': echoModel(), 'fraud/1/': '', 'secret/model.yaml': echoModel(), 'secret/1/': '' };
const key = (name: string, ...scopes: readonly 'infer'[]) => ({ name, key: `${name}-key-0123456789`, scopes });
const bearer = (name: string) => ({ authorization: `Bearer ${name}-key-0123456789` });

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(MODELS, {
    auth: {
      keys: [key('root'), key('audit'), key('app', 'infer'), key('none')],
      roles: { tester: ['model.infer', 'model.read'] },
      bindings: [
        { principal: 'key:root', role: 'admin' },
        { principal: 'key:audit', role: 'auditor', models: ['fraud'] },
        { principal: 'key:none', role: 'tester', models: ['fraud*'] },
        { group: 'team', role: 'operator', models: ['fraud*'] },
      ],
    },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const explain = async (who: string, query: string) =>
  control(server, `GET access/explain?${query}`, { headers: bearer(who) });
const url = () => server.addresses.http.url;

describe('who may see who may do what', () => {
  it('is told which line decides of a key of the settings', async () => {
    expect((await explain('audit', 'principal=none&action=model.infer&resource=fraud@canary')).body).toEqual({
      principal: 'key:none',
      groups: [],
      action: 'model.infer',
      resource: 'fraud@canary',
      allowed: true,
      seen: true,
      because: [{ role: 'tester', models: ['fraud*'], place: 'auth.bindings[2]' }],
      has: [],
      would_do: ['tester', 'caller', 'admin'],
    });
    expect((await explain('audit', 'principal=key:app&action=model.load&resource=*')).body).toMatchObject({
      allowed: false,
      seen: true,
      has: [{ role: 'caller', place: 'key:app itself' }],
      would_do: ['operator', 'publisher', 'admin'],
    });
  });

  it('of a key of the store, with the groups that it has', async () => {
    const wish = { name: 'stored', grants: [{ role: 'caller', models: ['fraud'] }], groups: ['team'] };
    await control(server, 'POST keys', { body: wish, headers: bearer('root') });
    const { body } = await explain('audit', 'principal=stored&action=model.load&resource=fraud');
    expect(body).toMatchObject({ principal: 'key:stored', groups: ['team'], because: [{ place: 'auth.bindings[3]' }] });
  });

  it('of tokens and certificates, with the groups that are named', async () => {
    const ask = (more: string) => explain('audit', `action=model.load&resource=fraud&${more}`);
    expect((await ask('principal=oidc:acme/42')).body).toMatchObject({ allowed: false, seen: false, has: [] });
    const { body } = await ask('principal=cert:spiffe://acme/x&group=other&group=team');
    expect(body).toMatchObject({ allowed: true, groups: ['other', 'team'] });
  });

  it.each([
    ['principal=nobody&action=model.load', "404 not_found: there is no key 'nobody'"],
    ['principal=app', '400 invalid_argument: action is missing, expected `?action=…` in the URL'],
    ['action=model.load&action=model.read', '400 invalid_argument: action: expected one, got 2'],
    ['action=model.lod', "400 invalid_argument: there is no action 'model.lod'; did you mean 'model.load'?"],
    ['action=model.load&group=team', '400 invalid_argument: group: needs principal'],
    [
      `action=model.load&resource=${'x'.repeat(513)}`,
      '400 invalid_argument: resource: expected at most 512 characters',
    ],
    [`action=model.load${'&group=a'.repeat(101)}`, '400 invalid_argument: group: expected 100 at most, got 101'],
  ])('and what is wrong with %s', async (query, message) => {
    expect(errorOf(await explain('audit', query))).toContain(message);
  });
});

describe('everybody', () => {
  it('is told about themselves', async () => {
    expect((await explain('app', 'action=model.infer&resource=fraud')).body).toMatchObject({
      principal: 'key:app',
      allowed: true,
      because: [{ role: 'caller', place: 'key:app itself' }],
    });
    expect((await explain('none', 'action=key.change')).body).toMatchObject({
      allowed: false,
      has: [{ role: 'tester' }],
    });
  });

  it('and not about others', async () => {
    for (const principal of ['app', 'none', 'nobody', 'oidc:acme/42']) {
      expect(errorOf(await explain('app', `principal=${principal}&action=model.infer`))).toBe(
        "403 permission_denied: 'key:app' lacks the right 'access.read'; its roles: caller",
      );
    }
  });

  it('hears the same of a name that is hidden as of one that nothing has', async () => {
    const ask = async (name: string) => (await explain('none', `action=model.infer&resource=${name}`)).body;
    expect(await ask('secret')).toEqual({ ...(await ask('terces')), resource: 'secret' });
    expect(await ask('secret')).toMatchObject({ allowed: false, seen: false });
  });

  it('also who is anonymous', async () => {
    await using open = await startAppServer(MODELS);
    const answer = jsonOf(await open.send('GET /millrace/v1/access/explain?action=model.infer&resource=fraud'));
    expect(answer.body).toMatchObject({ principal: 'anonymous', allowed: true, because: [{ role: 'caller' }] });
    const load = jsonOf(await open.send('GET /millrace/v1/access/explain?action=model.load&resource=fraud'));
    expect(load.body).toMatchObject({ allowed: false, seen: true });
  });

  it('without a credential that holds is told nothing', async () => {
    expect((await control(server, 'GET access/explain?action=model.infer')).status).toBe(401);
    expect((await explain('stranger', 'action=model.infer')).status).toBe(401);
  });
});

describe('millrace access', () => {
  const cli = async (who: string, ...argv: readonly string[]) => {
    const { code, out, err } = await run(['access', ...argv, '--url', url(), '--key', `${who}-key-0123456789`]);
    return [code, out + err];
  };

  it('explain --url asks a server', async () => {
    expect(await cli('audit', 'explain', 'none', 'model.infer', 'fraud')).toEqual([
      0,
      'yes, by\n  tester on fraud* (auth.bindings[2])\n',
    ]);
    expect(await cli('audit', 'explain', 'cert:x', 'model.load', 'fraud', '--group', 'team', '--group', 'b')).toEqual([
      0,
      'yes, by\n  operator on fraud* (auth.bindings[3])\n',
    ]);
    expect(await cli('app', 'explain', 'none', 'model.infer', 'fraud')).toEqual([
      1,
      expect.stringContaining("'key:app' lacks the right 'access.read'"),
    ]);
    expect(await cli('audit', 'explain', 'none', 'model.infer', '--auth-required')).toEqual([
      2,
      'error: --url asks a server that runs: it has its settings already\n',
    ]);
  });

  it('mine asks about oneself', async () => {
    expect(await cli('none', 'mine', 'model.infer', 'secret')).toEqual([
      1,
      "no (404, as if there were no 'secret'); there is only\n  tester on fraud* (auth.bindings[2])\nroles that would do: tester, caller, admin\n",
    ]);
    const [code, out] = await cli('app', 'mine', 'model.infer', '--json');
    expect([code, JSON.parse(String(out))]).toEqual([
      0,
      expect.objectContaining({ principal: 'key:app', allowed: true }),
    ]);
  });
});

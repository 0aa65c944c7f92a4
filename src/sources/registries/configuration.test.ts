import { describe, expect, it } from 'vitest';
import { surroundings } from '../../../test/support/sources-fixture.js';
import { npmRegistry } from './npm-config.js';
import { pypiIndex } from './pip-config.js';

describe('npmRegistry', () => {
  const ask = (name: string, env: Record<string, string>, files: Record<string, string> = {}) =>
    npmRegistry(name, surroundings(env, files));

  it("is npm's own where nothing is configured", async () => {
    expect(await ask('net', {})).toEqual({ url: 'https://registry.npmjs.org/', authorization: undefined });
  });

  it('is what the environment says, then the folder, the user, and everybody', async () => {
    const files: Record<string, string> = {
      '/work/.npmrc': 'registry=https://folder.example',
      '/home/me/.npmrc': 'registry=https://user.example/x/',
      '/usr/etc/npmrc': 'registry=https://all.example',
    };
    expect(await ask('net', { NPM_CONFIG_REGISTRY: 'https://env.example' }, files)).toMatchObject({
      url: 'https://env.example/',
    });
    for (const [file, url] of [
      ['/work/.npmrc', 'https://folder.example/'],
      ['/home/me/.npmrc', 'https://user.example/x/'],
      ['/usr/etc/npmrc', 'https://all.example/'],
    ] as const) {
      expect(await ask('net', {}, files)).toMatchObject({ url });
      delete files[file];
    }
    expect(await ask('net', { npm_config_userconfig: '/rc' }, { '/rc': 'registry=https://rc.example' })).toMatchObject({
      url: 'https://rc.example/',
    });
  });

  it("is the scope's own", async () => {
    const files = { '/home/me/.npmrc': '@ai:registry=https://ai.example/\nregistry=https://user.example/' };
    expect(await ask('@ai/net', {}, files)).toMatchObject({ url: 'https://ai.example/' });
    expect(await ask('@other/net', {}, files)).toMatchObject({ url: 'https://user.example/' });
  });

  it.each([
    ['//r.example/npm/:_authToken=${TOKEN}', 'Bearer secret'],
    ['//r.example/:_authToken=${TOKEN}', 'Bearer secret'],
    ['//r.example/npm/:_auth=bWU6c2VjcmV0', 'Basic bWU6c2VjcmV0'],
    [`//r.example/npm/:username=me\n//r.example/npm/:_password=${btoa('secret')}`, 'Basic bWU6c2VjcmV0'],
    ['//other.example/:_authToken=x', undefined],
    ['//r.example/npm/deeper/:_authToken=x', undefined],
  ])('is asked with the credentials of %s', async (line, authorization) => {
    const files = { '/home/me/.npmrc': `registry=https://r.example/npm/\n${line}` };
    expect(await ask('net', { TOKEN: 'secret' }, files)).toEqual({ url: 'https://r.example/npm/', authorization });
  });

  it.each([
    ['here', "'here' is no URL of a registry"],
    ['ftp://r.example', "the registry's URL begins with 'ftp:'; expected https://"],
  ])('cannot be %s', (url, message) => expect(ask('net', { npm_config_registry: url })).rejects.toThrow(message));
});

describe('pypiIndex', () => {
  const ask = (env: Record<string, string>, files: Record<string, string> = {}) => pypiIndex(surroundings(env, files));

  it("is PyPI's where nothing is configured", async () => {
    expect(await ask({})).toEqual({ url: 'https://pypi.org/simple/', authorization: undefined });
  });

  it('is what the environment says, then the virtual environment, the user, and the machine', async () => {
    const files: Record<string, string> = {
      '/named/pip.conf': '[global]\nindex-url = https://named.example/simple',
      '/venv/pip.conf': '[global]\nindex-url = https://venv.example/simple',
      '/home/me/.config/pip/pip.conf':
        '[global]\nindex-url = https://user.example/simple\n[install]\nindex-url = https://install.example/simple',
      '/home/me/.pip/pip.conf': '[global]\nindex_url: https://old.example/simple',
      '/etc/xdg/pip/pip.conf': '[global]\ntimeout = 3',
      '/etc/pip.conf': '[global]\nindex-url=https://all.example/simple',
    };
    const env = { PIP_CONFIG_FILE: '/named/pip.conf', VIRTUAL_ENV: '/venv' };
    expect(await ask({ PIP_INDEX_URL: 'https://env.example/simple/' }, files)).toMatchObject({
      url: 'https://env.example/simple/',
    });
    for (const [file, url] of [
      ['/named/pip.conf', 'https://named.example/simple/'],
      ['/venv/pip.conf', 'https://venv.example/simple/'],
      ['/home/me/.config/pip/pip.conf', 'https://install.example/simple/'],
      ['/home/me/.pip/pip.conf', 'https://pypi.org/simple/'],
    ] as const) {
      if (!file.includes('.pip/')) expect(await ask(env, files)).toMatchObject({ url });
      delete files[file];
    }
    expect(await ask(env, files)).toMatchObject({ url: 'https://all.example/simple/' });
  });

  it('is asked with the user name and password in its URL', async () => {
    expect(await ask({ PIP_INDEX_URL: 'https://me:s%40cret@r.example/simple' })).toEqual({
      url: 'https://r.example/simple/',
      authorization: `Basic ${btoa('me:s@cret')}`,
    });
  });
});

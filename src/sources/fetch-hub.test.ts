import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonAnswer, startFakeServer } from '../../test/support/fake-server.js';
import { createTempFolder, type TempFolder } from '../../test/support/model-folder.js';
import { type HubServedFile, type RegistryServer, startRegistryServer } from '../../test/support/registry-server.js';
import { pullSetup, textsIn } from '../../test/support/sources-fixture.js';
import { type PullOrder, pullModel } from './pull.js';

const COMMIT = 'a'.repeat(40);
const NEXT = 'b'.repeat(40);

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

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const large = (text: string, file: Partial<HubServedFile> = {}) => ({ content: Buffer.from(text), ...file });
const small = (text: string) => large(text, { isSmall: true });

const GGUF = {
  'README.md': small('# net'),
  'config.json': small('{}'),
  'generation_config.json': small('{"temperature":0.6}'),
  'net-Q4_K_M.gguf': large('four bits'),
  'net-Q8_0.gguf': large('eight bits'),
};

/** Pulls `net`; `env` besides that of the server. */
async function pull(source: string, options: Partial<PullOrder> = {}, env: Readonly<Record<string, string>> = {}) {
  const place = { repository: models, folder: path.join(models, 'net'), isDeclared: false, update: false };
  const setup = pullSetup(folder.path, { ...server.env, ...env });
  return (await pullModel({ name: 'net', source, ...place, ...options }, setup)).outcome;
}

const publish = (files: Readonly<Record<string, HubServedFile>>, commit = COMMIT) =>
  server.publishHub('ai/net', commit, { files });
const forget = async () => {
  await rm(path.join(models, 'net/1'), { recursive: true });
  await rm(path.join(folder.path, 'cache'), { recursive: true });
};

describe('a repository of the hub', () => {
  it('gives the file of a quantization with its sampling defaults, and nothing else', async () => {
    publish(GGUF);
    expect(await pull('hf:ai/net:q4_k_m')).toBe('pulled');
    const { 'net/source.lock': lock = '', ...others } = await textsIn(models);
    expect(others).toEqual({
      'net/1/model.gguf': 'four bits',
      'net/model.yaml':
        'source: hf:ai/net:q4_k_m\nllama:\n  # From generation_config.json.\n  sampling: { temperature: 0.6 }\n',
    });
    expect(JSON.parse(lock)).toEqual({
      lockVersion: 1,
      source: 'hf:ai/net:q4_k_m',
      version: COMMIT,
      artefact: 'net-Q4_K_M.gguf',
      digest: `sha256:${sha256(`${sha256('four bits')}  net-Q4_K_M.gguf\n`)}`,
      sizeBytes: 9,
      files: { '1/model.gguf': { from: 'net-Q4_K_M.gguf', sizeBytes: 9, sha256: sha256('four bits') } },
    });
    expect(server.seen.map(({ url }) => url)).toEqual([
      '/hf/api/models/ai/net/revision/main?blobs=true',
      `/hf/ai/net/resolve/${COMMIT}/net-Q4_K_M.gguf`,
      `/hf/ai/net/resolve/${COMMIT}/generation_config.json`,
    ]);
  });

  it('gives a graph with its external data under their own names', async () => {
    publish({
      'onnx/model.onnx': small('graph'),
      'onnx/model.onnx_data': large('weights'),
      'onnx/other.onnx': large('other'),
      'modeling_net.py': small('import os'),
    });
    await pull('hf:ai/net:onnx/model.onnx');
    const { 'net/source.lock': _, 'net/model.yaml': __, ...files } = await textsIn(models);
    expect(files).toEqual({ 'net/1/model.onnx': 'graph', 'net/1/model.onnx_data': 'weights' });
  });

  it('sends no request for a second pull, and gets missing files from the locked commit', async () => {
    publish(GGUF);
    await pull('hf:ai/net:Q4_K_M');
    const before = await textsIn(models);
    publish({ ...GGUF, 'net-Q4_K_M.gguf': large('better bits') }, NEXT);
    const asked = server.seen.length;
    expect(await pull('hf:ai/net:Q4_K_M', { isDeclared: true })).toBe('unchanged');
    expect(server.seen).toHaveLength(asked);
    await forget();
    expect(await pull('hf:ai/net:Q4_K_M', { isDeclared: true })).toBe('pulled');
    expect(await textsIn(models)).toEqual(before);
    expect(server.seen.slice(asked).map(({ url }) => url)).toEqual([
      `/hf/api/models/ai/net/revision/${COMMIT}?blobs=true`,
      `/hf/ai/net/resolve/${COMMIT}/net-Q4_K_M.gguf`,
    ]);
    expect(await pull('hf:ai/net:Q4_K_M', { isDeclared: true, update: true })).toBe('updated');
    expect(await textsIn(models)).toMatchObject({ 'net/2/model.gguf': 'better bits' });
  });

  it('locks a small file at the first pull, and refuses another content of it later', async () => {
    publish({ 'net.onnx': small('graph') });
    await pull('hf:ai/net');
    publish({ 'net.onnx': small('GRAPH') });
    await forget();
    await expect(pull('hf:ai/net', { isDeclared: true })).rejects.toThrow(
      `/net.onnx has the digest sha256:${sha256('GRAPH')}; expected sha256:${sha256('graph')}; nothing of it is kept`,
    );
  });

  it('refuses a large file with another content than the hub says', async () => {
    const url = publish({ 'net.onnx': large('graph') });
    server.publishHub('ai/other', COMMIT, { files: { 'net.onnx': large('other') } });
    publish({ 'net.onnx': large('graph', { faults: [{ location: `${url.replace('ai/net', 'ai/other')}net.onnx` }] }) });
    await expect(pull('hf:ai/net')).rejects.toThrow(
      `/net.onnx has the digest sha256:${sha256('other')}; expected sha256:${sha256('graph')}; nothing of it is kept`,
    );
    expect(await readdir(models).catch(() => [])).toEqual([]);
  });

  it('continues a download that breaks off', async () => {
    const setup = pullSetup(folder.path, server.env);
    publish({ 'net.gguf': large('weights of a model', { faults: [{ cutAfter: 7 }] }) });
    const place = { repository: models, folder: path.join(models, 'net'), isDeclared: false, update: false };
    await pullModel(
      { name: 'net', source: 'hf:ai/net', ...place },
      { ...setup, onProgress: (receivedBytes) => server.received(receivedBytes) },
    );
    expect(await textsIn(models)).toMatchObject({ 'net/1/model.gguf': 'weights of a model' });
    expect(server.seen.at(-1)?.range).toBe('bytes=7-');
  });

  it("takes a file that the hub's own client has downloaded, if its digest is right", async () => {
    publish(GGUF);
    const blobs = 'hub/models--ai--net/blobs';
    await folder.write({
      [`${blobs}/${sha256('four bits')}`]: 'four bits',
      [`${blobs}/${sha256('eight bits')}`]: 'not these',
    });
    const env = { HF_HUB_CACHE: path.join(folder.path, 'hub') };
    const downloads = () => server.seen.filter(({ url }) => url.endsWith('.gguf'));
    await pull('hf:ai/net:Q4_K_M', {}, env);
    expect(downloads()).toEqual([]);
    await rm(models, { recursive: true });
    await pull('hf:ai/net:Q8_0', {}, env);
    expect(downloads()).toHaveLength(1);
    expect(await textsIn(models)).toMatchObject({ 'net/1/model.gguf': 'eight bits' });
  });

  it('bounds the files of a model together', async () => {
    publish({ 'net.onnx': large('x'.repeat(60_000)), 'net.onnx.data': large('y'.repeat(60_000)) });
    await expect(pull('hf:ai/net')).rejects.toThrow(
      `ai/net at ${COMMIT}: the model has 120000 bytes; expected at most 100000`,
    );
  });

  it.each([
    [
      'hf:ai/net',
      'the repository ai/net holds 2 model files; name one of them: hf:ai/net:net-Q4_K_M.gguf, hf:ai/net:net-Q8_0.gguf',
    ],
    ['hf:ai/net:Q4_K_S', "the repository ai/net has no quantization 'Q4_K_S'; did you mean 'Q4_K_M'?"],
    ['hf:ai/net:IQ1_XXS', "the repository ai/net has no quantization 'IQ1_XXS'; it has Q4_K_M, Q8_0"],
    [
      'hf:ai/net:net.gguf',
      "the repository ai/net holds no model file 'net.gguf'; it holds net-Q4_K_M.gguf, net-Q8_0.gguf",
    ],
  ])('says for %s: %s', async (source, message) => {
    publish(GGUF);
    await expect(pull(source)).rejects.toThrow(message);
  });

  it('refuses one part of a model in several files', async () => {
    publish({ 'net-00001-of-00002.gguf': large('1'), 'net-00002-of-00002.gguf': large('2') });
    await expect(pull('hf:ai/net:net-00001-of-00002.gguf')).rejects.toThrow(
      'net-00001-of-00002.gguf is one part of a model in several GGUF files, which are not pulled; name a model in one file',
    );
  });

  it.each([
    [404, 'RevisionNotFound', "the repository ai/net has no revision 'main'"],
    [
      401,
      'RepoNotFound',
      /^there is no repository ai\/net at http:\/\/127.0.0.1:\d+, or it is private: HF_TOKEN gives access$/,
    ],
    [403, 'GatedRepo', /^ai\/net is gated: accept its terms at http:\/\/127.0.0.1:\d+\/ai\/net, and set HF_TOKEN$/],
    [500, '', /^http:\/\/127.0.0.1:\d+ answers with status 500 for the repository ai\/net$/],
  ])('says why the hub answers with %s %s', async (status, code, message) => {
    server.refuseHub('ai/net', 'main', { status, code });
    await expect(pull('hf:ai/net')).rejects.toThrow(message);
  });
});

describe('a hub that does harm', () => {
  it.each([
    [[], 'has no commit'],
    [{ sha: '../..', siblings: [] }, 'has no commit'],
    [{ sha: COMMIT, siblings: {} }, 'has no list of files'],
  ])('with the answer %j is refused', async (body, problem) => {
    await using fake = await hubOf(body);
    await expect(pull('hf:ai/net', {}, { HF_ENDPOINT: fake.url })).rejects.toThrow(
      `the answer of ${fake.url}/api/models/ai/net/revision/main?blobs=true ${problem}`,
    );
  });

  it.each([
    ['../net.onnx', 'is refused: the entry "../net.onnx" climbs out of the archive with \'..\''],
    ['/etc/net.onnx', 'is refused: the entry "/etc/net.onnx" has an absolute path'],
    ['a\\net.onnx', 'is refused: the entry "a\\\\net.onnx" has a backslash in its name'],
  ])('with a file %s is refused', async (rfilename, problem) => {
    await using fake = await hubOf({ sha: COMMIT, siblings: [{ rfilename, size: 1 }] });
    await expect(pull('hf:ai/net', {}, { HF_ENDPOINT: fake.url })).rejects.toThrow(`the repository ai/net ${problem}`);
  });

  it('with 50,001 files is refused', async () => {
    const siblings = Array.from({ length: 50_001 }, (_, index) => ({ rfilename: `${index}.onnx`, size: 1 }));
    await using fake = await hubOf({ sha: COMMIT, siblings });
    await expect(pull('hf:ai/net', {}, { HF_ENDPOINT: fake.url })).rejects.toThrow(
      'the repository ai/net has more than 50000 entries',
    );
  });

  it('leaves out files without a size', async () => {
    await using fake = await hubOf({ sha: COMMIT, siblings: [null, { rfilename: 'net.onnx' }, { size: 1 }] });
    await expect(pull('hf:ai/net', {}, { HF_ENDPOINT: fake.url })).rejects.toThrow(
      'the repository ai/net holds no model file; expected one *.onnx or one *.gguf, found nothing',
    );
  });

  it.each([
    ['https://evil.example/net.onnx', 'evil.example'],
    ['https://hf.co.evil.example/net.onnx', 'hf.co.evil.example'],
    ['https://169.254.169.254/net.onnx', '169.254.169.254'],
  ])('may not redirect to %s, and never gets the token there', async (location, host) => {
    publish({ 'net.onnx': large('graph', { faults: [{ location }] }) });
    await expect(pull('hf:ai/net', {}, { HF_TOKEN: 'secret' })).rejects.toThrow(
      `the hub redirects to ${host}; expected a host of hf.co, huggingface.co, 127.0.0.1`,
    );
    expect(server.seen.map(({ authorization }) => authorization)).toEqual(['Bearer secret', 'Bearer secret']);
  });

  it('may not lead to another port of this machine', async () => {
    await using other = await hubOf({});
    publish({ 'net.onnx': large('graph', { faults: [{ location: `${other.url}/net.onnx` }] }) });
    await expect(pull('hf:ai/net', {}, { HF_TOKEN: 'secret' })).rejects.toThrow(
      /is not encrypted; expected https:\/\/$/,
    );
  });
});

/** A hub that answers each request with `body`. */
async function hubOf(body: unknown) {
  const fake = await startFakeServer(() => jsonAnswer(body));
  return { url: fake.url, [Symbol.asyncDispose]: () => fake.close() };
}

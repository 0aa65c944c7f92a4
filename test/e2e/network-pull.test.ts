import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PartialSettings } from '../../src/config/index.js';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';
import { makeTgz } from '../support/archives.js';
import { readChanges } from '../support/audit-trail.js';
import { protoBytes } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { createTempFolder, type FolderContents, type TempFolder } from '../support/model-folder.js';
import { RawClient, requestText } from '../support/raw-client.js';
import { type RegistryServer, type ServedFile, startRegistryServer } from '../support/registry-server.js';
import { textsIn } from '../support/sources-fixture.js';
import { until } from '../support/until.js';

const MLP = await readFile(path.resolve('examples/models/mlp/1/model.onnx'));
const PACKAGE = makeTgz([{ path: 'package/model.onnx', content: MLP }]);
const DECLARED = { 'mlp/model.yaml': 'source: npm:mlp\n' };
const ROW = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 16], data: Array(16).fill(0.5) }] };

let registry: RegistryServer;
let cache: TempFolder;
beforeEach(async () => {
  registry = await startRegistryServer();
  cache = await createTempFolder();
  for (const [name, value] of Object.entries({ ...registry.env, MILLRACE_CACHE: cache.path })) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await registry[Symbol.asyncDispose]();
  await cache[Symbol.asyncDispose]();
});

const publish = (file: Partial<ServedFile> = {}) => registry.publishNpm('mlp', '1.0.0', { content: PACKAGE, ...file });

/** A server in explicit mode with these patterns of `sources.allow`. */
function serve(allow: readonly string[], contents: FolderContents = {}, settings: PartialSettings = {}) {
  const repository = { controlMode: 'explicit', stableMs: 0 } as const;
  return startAppServer(
    { '.keep': '', ...contents },
    { repository, ...settings, sources: { allow, ...settings.sources } },
  );
}

const loadText = (name: string, source?: string) =>
  [
    `POST /v2/repository/models/${name}/load`,
    JSON.stringify(source === undefined ? {} : { parameters: { source } }),
  ] as const;

/** Status of a load, and its error where it has one. */
async function load(server: AppServer, name: string, source?: string) {
  const response = await server.send(...loadText(name, source));
  return response.body.length === 0
    ? { status: response.status }
    : { status: response.status, ...jsonOf(response).body };
}

/** A load that goes on until the client leaves. */
async function beginLoad(server: AppServer, name: string, headers: Readonly<Record<string, string>> = {}) {
  const client = await RawClient.connect(server.port);
  const [line, body] = loadText(name);
  client.send(requestText(line, headers, body));
  await until('the download has stalled', () => registry.stalled === 1);
  return client;
}

async function loadOverGrpc(server: AppServer, request: object, options: { readonly deadline?: number } = {}) {
  const message = protoBytes('RepositoryModelLoadRequest', request);
  const path = '/inference.GRPCInferenceService/RepositoryModelLoad';
  const { status } = await new GrpcClient(`127.0.0.1:${server.grpcPort}`).unary(message, { path, ...options });
  await closeGrpcServers();
  return status;
}

const filesOf = async (server: AppServer) =>
  Object.keys(await textsIn(server.folder.path)).filter((name) => name !== '.keep');

describe('a load over the network', () => {
  it('pulls what model.yaml names, once, and serves it', async () => {
    publish();
    await using server = await serve(['npm:mlp'], DECLARED);
    expect(await load(server, 'mlp')).toEqual({ status: 200 });
    expect(await server.infer('mlp', ROW)).toMatchObject({ status: 200 });
    expect(await server.index()).toEqual(['mlp/1: READY']);
    expect(await filesOf(server)).toEqual(['mlp/1/model.onnx', 'mlp/model.yaml', 'mlp/source.lock']);
    const asked = registry.seen.length;
    expect(await load(server, 'mlp')).toEqual({ status: 200 });
    expect(registry.seen).toHaveLength(asked);
  });

  it('pulls a new model from the source that it gives, as the command does', async () => {
    publish();
    await using server = await serve(['npm:*'], {}, { audit: { enabled: true } });
    expect(await load(server, 'net', 'npm:mlp@1.0.0')).toEqual({ status: 200 });
    expect(await server.infer('net', ROW)).toMatchObject({ status: 200 });
    const texts = await textsIn(server.folder.path);
    expect(texts['net/model.yaml']).toBe('source: npm:mlp@1.0.0\n');
    expect(JSON.parse(texts['net/source.lock'] ?? '')).toMatchObject({
      source: 'npm:mlp@1.0.0',
      artefact: 'mlp-1.0.0.tgz',
    });
    expect(server.log.filter(({ room }) => room === 'sources').map(({ msg }) => msg)).toEqual([
      "pulling model 'net' from npm:mlp@1.0.0",
      expect.stringMatching(
        /^model 'net' is pulled \(pulled\): mlp-1\.0\.0\.tgz, sha512:[0-9a-f]{128}; 1\/model\.onnx$/,
      ),
    ]);
    await server.app.close();
    expect(readChanges(server)).toEqual([
      'anonymous model.load intent',
      'anonymous model.pull intent',
      'anonymous model.pull ok',
      'anonymous model.load ok',
    ]);
  });

  it('pulls a model of the Hugging Face Hub, of the owner that the settings name', async () => {
    registry.publishHub('ai/mlp', 'c'.repeat(40), { files: { 'model.onnx': { content: MLP } } });
    await using server = await serve(['hf:ai/*']);
    expect(await load(server, 'net', 'hf:ai/mlp')).toEqual({ status: 200 });
    expect(await server.infer('net', ROW)).toMatchObject({ status: 200 });
    expect(await load(server, 'other', 'hf:evil/mlp')).toEqual({
      status: 403,
      error: "the setting `sources.allow` has no pattern for 'hf:evil/mlp', so no load pulls it",
    });
    expect(registry.seen.map(({ url }) => url)).toEqual([
      '/hf/api/models/ai/mlp/revision/main?blobs=true',
      `/hf/ai/mlp/resolve/${'c'.repeat(40)}/model.onnx`,
    ]);
  });

  it('puts a new model into the first repository that is a folder', async () => {
    publish();
    await using folder = await createTempFolder({
      'listed/1/model.onnx': MLP,
      'models.config': "model_config_list { config { name: 'listed' base_path: 'listed' } }",
      'more/.keep': '',
    });
    const list = path.join(folder.path, 'models.config');
    const into = (...paths: readonly string[]) =>
      serve(['npm:*'], {}, { repository: { paths, controlMode: 'explicit', stableMs: 0 } });
    {
      await using server = await into(list);
      expect(await load(server, 'net', 'npm:mlp')).toEqual({
        status: 412,
        error: `expected a model repository that is a folder to put model 'net' into, got ${list}`,
      });
    }
    await using server = await into(list, path.join(folder.path, 'more'));
    expect(await load(server, 'net', 'npm:mlp')).toEqual({ status: 200 });
    expect(Object.keys(await textsIn(folder.path))).toContain('more/net/model.yaml');
  });

  it('pulls a model of a web server that the settings name', async () => {
    const url = registry.put('net.onnx', { content: MLP });
    await using server = await serve([`${registry.url}/files/*`]);
    expect(await load(server, 'net', url)).toEqual({ status: 200 });
    expect(await server.infer('net', ROW)).toMatchObject({ status: 200 });
  });

  it('pulls over gRPC, too', async () => {
    publish();
    await using server = await serve(['npm:*']);
    const request = { model_name: 'mlp', parameters: { source: { string_param: 'npm:mlp' } } };
    expect(await loadOverGrpc(server, request)).toMatchObject({ code: 0 });
    expect(await server.index()).toEqual(['mlp/1: READY']);
  });

  it('gets what a lock has and the folder has not', async () => {
    publish();
    await using server = await serve(['npm:mlp'], DECLARED);
    await load(server, 'mlp');
    await server.folder.remove('mlp/1/model.onnx');
    await server.folder.write({ 'mlp/1/': '' });
    expect(await load(server, 'mlp')).toEqual({ status: 200 });
  });

  it('continues where an earlier one was broken off', async () => {
    publish({ faults: [{ stallAfter: 500 }] });
    await using server = await serve(['npm:mlp'], DECLARED, { audit: { enabled: true } });
    const client = await beginLoad(server, 'mlp');
    expect(await server.index()).toEqual([expect.stringMatching(/^mlp\/undefined: LOADING: pulling from npm:mlp/)]);
    await until('progress is shown', async () => / 0\.0 of 0\.\d MB$/.test((await server.index())[0] ?? ''));
    expect(await server.infer('mlp', ROW)).toMatchObject({ status: 503 });
    client.socket.destroy();
    await until('the load has ended', () => readChanges(server).includes('anonymous model.load cancelled'));
    expect(await load(server, 'mlp')).toEqual({ status: 200 });
    expect(registry.seen.at(-1)?.range).toBe('bytes=500-');
    expect(await server.index()).toEqual(['mlp/1: READY']);
  });

  it('ends at the deadline of its caller', async () => {
    publish({ faults: [{ stallAfter: 500 }] });
    await using server = await serve(['npm:mlp'], DECLARED, { audit: { enabled: true } });
    expect(await loadOverGrpc(server, { model_name: 'mlp' }, { deadline: Date.now() + 1_500 })).toMatchObject({
      code: 4,
    });
    await until('the load has ended', () =>
      readChanges(server).some((change) => /^anonymous model\.load (deadline_exceeded|cancelled)$/.test(change)),
    );
    expect(await load(server, 'mlp')).toEqual({ status: 200 });
  });

  it('ends after sources.timeoutMs', async () => {
    publish({ faults: [{ stallAfter: 500 }] });
    await using server = await serve(['npm:mlp'], DECLARED, { sources: { timeoutMs: 1_000 } });
    expect(await load(server, 'mlp')).toEqual({
      status: 504,
      error: "model 'mlp' could not be pulled from npm:mlp within 1000 ms (sources.timeoutMs); the next load continues",
    });
  });

  it('ends where the model is unloaded, and where the server ends', async () => {
    publish({ faults: [{ stallAfter: 500 }, { stallAfter: 500 }] });
    await using server = await serve(['npm:mlp'], DECLARED);
    const client = await beginLoad(server, 'mlp');
    expect(await server.send('POST /v2/repository/models/mlp/unload')).toMatchObject({ status: 200 });
    expect(jsonOf(await client.response())).toMatchObject({
      status: 499,
      body: { error: "model 'mlp' was unloaded while it was pulled" },
    });
    const late = load(server, 'mlp');
    await until('the download has stalled again', () => registry.stalled === 2);
    await server.app.close();
    expect(await late).toMatchObject({ status: 503 });
  });
});

describe('a load that may not pull', () => {
  it('says with which command the model is pulled where nothing is allowed, and asks nobody', async () => {
    publish();
    await using server = await serve([], DECLARED);
    expect(await load(server, 'mlp')).toEqual({
      status: 400,
      error: expect.stringContaining('mlp has not been pulled from npm:mlp; run `millrace pull --to '),
    });
    expect(registry.seen).toEqual([]);
  });

  it.each([
    ['npm:other', 403, "the setting `sources.allow` has no pattern for 'npm:other', so no load pulls it"],
    ['../secret.onnx', 400, "a load pulls from npm:, pypi:, hf: and https:// only, got '../secret.onnx'"],
    ['file:///etc/passwd', 400, "a load pulls from npm:, pypi:, hf: and https:// only, got 'file:///etc/passwd'"],
    ['ftp://host/x', 400, expect.stringContaining("'ftp://host/x' begins with 'ftp:', which is no kind of source")],
    ['npm:mlp@9', 404, "npm package 'mlp' has no version '9'; the newest is 1.0.0"],
    ['npm:mlp-none', 404, `there is no npm package 'mlp-none' at http://127.0.0.1:PORT`],
  ])('from %s: %i', async (source, status, error) => {
    publish();
    await using server = await serve(['npm:mlp*']);
    const answer = await load(server, 'net', source);
    const message = (answer as { error: string }).error.replace(/127\.0\.0\.1:\d+/, '127.0.0.1:PORT');
    expect({ ...answer, error: message }).toEqual({ status, error });
    expect(await filesOf(server)).toEqual([]);
    expect(await server.index()).toEqual([]);
  });

  it('follows no server to an internal address', async () => {
    const url = registry.put('net.onnx', {
      content: MLP,
      faults: [{ location: 'https://169.254.169.254/latest/meta-data' }],
    });
    await using server = await serve([`${registry.url}/*`]);
    expect(await load(server, 'net', url)).toEqual({
      status: 412,
      error:
        'https://169.254.169.254 is not asked: 169.254.169.254 is an internal address; no load goes where the settings do not',
    });
  });

  it('does not go to an internal address that a pattern only happens to match', async () => {
    await using server = await serve(['https://*/*']);
    expect(await load(server, 'net', 'https://10.0.0.1/net.onnx')).toEqual({
      status: 412,
      error: 'https://10.0.0.1 is not asked: 10.0.0.1 is an internal address; no load goes where the settings do not',
    });
  });

  it('leaves alone what is there under the name', async () => {
    publish();
    await using server = await serve(['npm:mlp'], { 'net/1/model.onnx': MLP, ...DECLARED });
    expect(await load(server, 'net', 'npm:mlp')).toEqual({
      status: 400,
      error: `there is a model 'net' in ${server.folder.path} already, which has no source; load npm:mlp under another name`,
    });
  });

  it.each(['.hidden', 'a.tmp', '..', 'a%2Fb'])('for a model of the name %s', async (name) => {
    publish();
    await using server = await serve(['npm:mlp']);
    expect(await load(server, name, 'npm:mlp')).toMatchObject({ status: expect.toSatisfy((status) => status >= 400) });
    expect(await filesOf(server)).toEqual([]);
    expect(registry.seen).toEqual([]);
  });

  it('keeps nothing of a file whose digest is another one', async () => {
    publish();
    registry.put('mlp-1.0.0.tgz', { content: makeTgz([{ path: 'package/model.onnx', content: 'other' }]) });
    await using server = await serve(['npm:mlp'], DECLARED);
    expect(await load(server, 'mlp')).toEqual({
      status: 412,
      error: expect.stringMatching(/has the digest sha512:\w+; expected sha512:\w+; nothing of it is kept$/),
    });
    expect(await server.index()).toEqual([
      expect.stringMatching(/^mlp\/undefined: UNAVAILABLE: .* nothing of it is kept$/),
    ]);
    expect(Object.keys(await textsIn(cache.path))).toEqual([]);
  });

  it('without the scope for it', async () => {
    publish();
    const keys = [{ name: 'caller', key: 'caller-key-0123456789', scopes: ['infer' as const, 'observe' as const] }];
    await using server = await serve(['npm:mlp'], DECLARED, { auth: { keys } });
    const headers = { authorization: 'Bearer caller-key-0123456789' };
    expect(await server.send(...loadText('mlp'), headers)).toMatchObject({ status: 403 });
    expect(await server.send(...loadText('net', 'npm:mlp'), headers)).toMatchObject({ status: 403 });
    expect(registry.seen).toEqual([]);
  });

  it('with a source in the configuration that it gives, or beside files', async () => {
    publish();
    await using server = await serve(['npm:mlp'], DECLARED);
    const post = async (parameters: object) =>
      jsonOf(await server.send('POST /v2/repository/models/mlp/load', JSON.stringify({ parameters }))).body.error;
    expect(await post({ config: '{"source":"npm:mlp"}' })).toBe(
      "configuration given for model 'mlp': source can be set in the model's own files only, or be a parameter of the load",
    );
    expect(await post({ config: '{}', source: 'npm:mlp', 'file:1/model.onnx': '' })).toBe(
      "load parameters 'file:…' and 'source' both say what the model is; give one of them",
    );
  });

  it('beyond sources.maxBytes', async () => {
    publish();
    await using server = await serve(['npm:mlp'], DECLARED, { sources: { maxBytes: 1_000 } });
    expect(await load(server, 'mlp')).toMatchObject({
      status: 412,
      error: expect.stringMatching(/has \d+ bytes; expected at most 1000$/),
    });
  });
});

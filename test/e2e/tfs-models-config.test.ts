import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';
import { requestBytes } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';
import { until } from '../support/until.js';

const ECHO = `runtime: echo
inputs: [{ name: x, datatype: INT32, shape: [1] }]
outputs: [{ name: x, datatype: INT32, shape: [1] }]
instances: { placement: inline }
`;
const TFS = { tfs: { enabled: true } };

afterEach(closeGrpcServers);

/** State of each version as ModelService tells it over HTTP. */
async function statesOf(server: AppServer, model: string): Promise<readonly string[]> {
  const { status, body } = jsonOf(await server.send(`GET /v1/models/${model}`));
  if (status !== 200) return [`${status}`];
  return body.model_version_status.map(({ version, state }: Record<string, string>) => `${version} ${state}`);
}

describe('a models.config as the repository', () => {
  let folder: TempFolder;
  let server: AppServer;
  beforeAll(async () => {
    folder = await createTempFolder({
      'elsewhere/1/': '',
      'elsewhere/2/': '',
      'elsewhere/3/': '',
      'elsewhere/model.yaml': ECHO,
      'empty/readme.txt': 'nothing',
      'models.config': `model_config_list {
        config {
          name: 'fraud' base_path: 'elsewhere' model_platform: 'tensorflow'
          model_version_policy { specific { versions: 1 versions: 2 } }
          version_labels { key: 'canary' value: 2 }
          version_labels { key: 'stable' value: 1 }
        }
        config { name: 'latest' base_path: 'FOLDER/elsewhere' logging_config { sampling_config { sampling_rate: 0.1 } } }
        config { name: 'empty' base_path: 'empty' }
        config { name: 'gone' base_path: 'gone' }
        config { name: 'remote' base_path: 'gs://bucket/remote' }
      }`,
    });
    const list = join(folder.path, 'models.config');
    await writeFile(list, (await readFile(list, 'utf8')).replace('FOLDER', folder.path));
    server = await startAppServer({}, { ...TFS, repository: { paths: [list], stableMs: 0 } });
  });

  it('is told what nothing comes of', () => {
    const list = join(folder.path, 'models.config');
    expect(server.log.map(({ msg }) => msg)).toContain(
      `${list}: requests of model 'latest' are not recorded, whatever its logging_config says`,
    );
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  it('names models, their folders, versions and labels', async () => {
    expect(await statesOf(server, 'fraud')).toEqual(['2 AVAILABLE', '1 AVAILABLE']);
    expect(await statesOf(server, 'latest')).toEqual(['3 AVAILABLE']);
    expect(await statesOf(server, 'elsewhere')).toEqual(['404']);
    const version = async (path: string) => {
      const { body } = jsonOf(await server.send(`GET /v1/models/${path}/metadata`));
      return body.model_spec?.version ?? body.error;
    };
    expect(await version('fraud')).toBe('1');
    expect(await version('fraud/labels/canary')).toBe('2');
    expect(await version('fraud/labels/none')).toBe("model 'fraud' has no label 'none'");
    expect(jsonOf(await server.send('GET /v1/models/fraud/labels/stable')).body).toEqual({
      model_version_status: [{ version: '1', state: 'AVAILABLE', status: { error_code: 'OK', error_message: '' } }],
    });
  });

  it('says which of its models cannot be served', async () => {
    const reasons = (await server.index()).filter((line) => line.includes('UNAVAILABLE'));
    expect(reasons).toEqual([
      `empty/undefined: UNAVAILABLE: base_path ${folder.path}/empty has no numeric version folder, no configuration and no model file`,
      `gone/undefined: UNAVAILABLE: base_path ${folder.path}/gone does not exist`,
      'remote/undefined: UNAVAILABLE: base_path gs://bucket/remote: object storage is not read: copy it to this machine (`gcloud storage cp --recursive gs://bucket/remote .`) or mount it, and name the folder',
    ]);
  });
});

it('a label of a models.config is its own: to move it elsewhere is refused, with the line', async () => {
  await using folder = await createTempFolder({
    'm/1/': '',
    'm/2/': '',
    'm/model.yaml': ECHO,
    'models.config': `model_config_list {
      config {
        name: 'm' base_path: 'm' model_version_policy { all {} }
        version_labels { key: 'canary' value: 2 }
        version_labels { key: 'stable' value: 1 }
      }
    }`,
  });
  const list = join(folder.path, 'models.config');
  const repository = { paths: [list], controlMode: 'explicit', loadModels: ['*'] } as const;
  await using server = await startAppServer({}, { ...TFS, repository });
  const { status, body } = jsonOf(await server.send('PATCH /millrace/v1/models/m/labels', '{"stable": 2}'));
  expect([status, body.error.message]).toEqual([
    409,
    `label 'stable' of model 'm' is written in ${list}:5:9: change it there`,
  ]);
});

it('a models.config that is wrong is told of, with the place', async () => {
  await using folder = await createTempFolder({ 'models.config': 'model_config_list { config { nom: 1 } }' });
  const list = join(folder.path, 'models.config');
  await using server = await startAppServer({}, { ...TFS, repository: { paths: [list] } });
  expect(server.log.map(({ msg }) => msg).filter((msg) => msg.includes('models.config:'))).toEqual([
    expect.stringMatching(/models\.config: 1:\d+: .*unknown field "nom"/),
  ]);
});

it('a models.config that is damaged while the server follows it keeps its models, until it is right again', async () => {
  const listOf = (...names: readonly string[]) =>
    `model_config_list { ${names.map((name) => `config { name: '${name}' base_path: 'm' }`).join(' ')} }`;
  await using folder = await createTempFolder({ 'm/1/': '', 'm/model.yaml': ECHO, 'models.config': listOf('a', 'b') });
  const list = join(folder.path, 'models.config');
  const repository = { paths: [list], controlMode: 'poll', pollIntervalMs: 100, stableMs: 0 } as const;
  await using server = await startAppServer({}, { ...TFS, repository });
  const said = (text: string) => until(text, () => server.log.some(({ msg }) => String(msg).includes(text)));
  await writeFile(list, listOf('a').slice(0, -3));
  await said('; its 2 models are kept until that is corrected');
  expect([await statesOf(server, 'a'), await statesOf(server, 'b')]).toEqual([['1 AVAILABLE'], ['1 AVAILABLE']]);
  await writeFile(list, listOf('a'));
  await said(`model repository ${list} is followed again`);
  await until('b is gone', async () => (await statesOf(server, 'b'))[0] !== '1 AVAILABLE');
  expect(await statesOf(server, 'a')).toEqual(['1 AVAILABLE']);
});

describe('HandleReloadConfigRequest', () => {
  const models = { 'a/1/': '', 'a/model.yaml': ECHO, 'b/1/': '', 'b/2/': '', 'b/model.yaml': ECHO };
  const path = '/tensorflow.serving.ModelService/HandleReloadConfigRequest';

  async function reload(server: AppServer, ...config: readonly object[]) {
    const client = new GrpcClient(`127.0.0.1:${server.grpcPort}`);
    const message = requestBytes(path, { config: { model_config_list: { config } } });
    const { status } = await client.unary(message, { path });
    return [status.code, status.details];
  }

  it('serves what is listed and nothing else', async () => {
    await using server = await startAppServer(models, {
      ...TFS,
      repository: { controlMode: 'explicit', loadModels: ['a'], stableMs: 0 },
    });
    const folder = server.folder.path;
    const labels = { version_labels: { old: '1' } };
    expect(
      await reload(
        server,
        { name: 'a', base_path: join(folder, 'a') },
        { name: 'c', base_path: join(folder, 'b'), ...labels },
      ),
    ).toEqual([0, '']);
    expect(await server.index()).toEqual(['a/1: READY', 'c/1: READY', 'c/2: READY']);
    expect((await server.send('GET /v1/models/c/labels/old')).status).toBe(200);
    const all = { model_version_policy: { specific: { versions: ['2'] } } };
    expect(await reload(server, { name: 'c', base_path: join(folder, 'b'), ...all })).toEqual([0, '']);
    expect((await server.index()).filter((line) => line.includes('READY'))).toEqual(['c/2: READY']);
    expect(await reload(server, { name: 'c', base_path: 'a' })).toEqual([0, '']);
    expect((await server.index()).filter((line) => line.includes('READY'))).toEqual(['c/1: READY']);
  });

  it('changes nothing where one of the models does not load', async () => {
    await using server = await startAppServer(models, {
      ...TFS,
      repository: { controlMode: 'explicit', loadModels: ['a'], stableMs: 0 },
    });
    expect(await reload(server, { name: 'x', base_path: '/nowhere' })).toEqual([
      3,
      `'/nowhere' does not lie in a model repository of this server, which are: ${server.folder.path}`,
    ]);
    expect(await reload(server, { name: 'x' })).toEqual([3, "config: model 'x': expected a 'base_path', got none"]);
    expect(await server.index()).toEqual(['a/1: READY']);
  });

  it('is refused outside explicit mode', async () => {
    await using server = await startAppServer(models, TFS);
    expect(await reload(server)).toEqual([
      9,
      "cannot reload the models: this requires repository.controlMode explicit (--model-control-mode explicit --load-model '*'), got none",
    ]);
  });
});

import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PartialSettings } from '../../src/config/index.js';
import { MANAGEMENT_MESSAGES } from '../../src/protocols/torchserve/grpc/schema.js';
import { createModelConfigSchema } from '../../src/repository/index.js';
import { BUILT_IN_RUNTIMES, type RuntimeManifest } from '../../src/runtimes/index.js';
import TOY from '../fixtures/toy-runtime/manifest.mjs';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';
import { configKeys } from '../support/config-keys.js';
import { protoBytes, requestBytes } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';

/** Its models load in no time: in the server. */
const INLINE: RuntimeManifest = { ...TOY, placements: ['inline', 'process'] };
const PAIR = '{ "x": [2] }';
/** Values of keys for which the smallest one is not a model's. */
const SAMPLES = {
  name: 'm',
  runtime: 'toy',
  file: 'model.toy',
  'versions.specific': [1],
  'limits.loadTimeoutMs': 60_000,
  'inputs[0].name': 'x',
  'outputs[0].name': 'x_out',
};
/** Keys of tensors, states, samples and steps that the model does not have, as the refusal says. */
const NEEDS_ANOTHER_MODEL = /^(inputs|outputs)\[0\]\.(?!name$)|^sequenceBatching\.(controls|states)|^warmup|^ensemble/;
const KEYS = configKeys(createModelConfigSchema([...BUILT_IN_RUNTIMES, INLINE]), SAMPLES);
const OWN_FILES_ONLY = KEYS.filter(({ byLoad }) => byLoad !== true);
const BY_LOAD = KEYS.filter(({ byLoad }) => byLoad === true);
const EXPLICIT = { repository: { controlMode: 'explicit' } } as const;
const JSON_TYPE = { 'content-type': 'application/json' };

let server: AppServer;
let client: GrpcClient;
const start = (settings: PartialSettings = {}) =>
  startAppServer({ 'm/1/model.toy': PAIR }, { ...EXPLICIT, ...settings }, { runtimes: [INLINE] });

beforeAll(async () => {
  server = await start();
  client = new GrpcClient(server.addresses.grpc?.url ?? '');
});
afterAll(async () => {
  await closeGrpcServers();
  await server[Symbol.asyncDispose]();
});

/** The error of a load, '' = there is none. */
type Load = (config: object) => Promise<string>;

async function post(parameters: object): Promise<string> {
  const { status: code, body } = await server.send('POST /v2/repository/models/m/load', JSON.stringify({ parameters }));
  return code === 200 ? '' : JSON.parse(body.toString()).error;
}

async function call(parameters: object): Promise<string> {
  const message = protoBytes('RepositoryModelLoadRequest', { model_name: 'm', parameters });
  const path = '/inference.GRPCInferenceService/RepositoryModelLoad';
  const { status: end } = await client.unary(message, { path });
  return end.code === status.OK ? '' : end.details;
}

const FILE = Buffer.from(PAIR).toString('base64');
const LOADS: readonly (readonly [string, Load])[] = [
  ['a REST load', (config) => post({ config: JSON.stringify(config) })],
  ['a gRPC load', (config) => call({ config: { string_param: JSON.stringify(config) } })],
  ['an upload', (config) => post({ config: JSON.stringify(config), 'file:1/model.toy': FILE })],
  [
    'an upload by gRPC',
    (config) => call({ config: { string_param: JSON.stringify(config) }, 'file:1/model.toy': { bytes_param: FILE } }),
  ],
];

/** The configurations with which the model is served. */
const served = () => server.app.engine.serving('m').map(({ source }) => source.config);

describe.each(LOADS)('the configuration of %s', (_, load) => {
  it("is refused for every key that is for the model's own files only", async () => {
    for (const { path, config } of OWN_FILES_ONLY) {
      const where = path === 'source' ? ', or be a parameter of the load' : '';
      expect(await load(config)).toBe(
        `configuration given for model 'm': ${path} can be set in the model's own files only${where}`,
      );
    }
  });

  it('sets every other key, or is refused for a value that the model cannot have', async () => {
    for (const { path, config } of BY_LOAD) {
      const error = await load(config);
      if (NEEDS_ANOTHER_MODEL.test(path))
        expect([path, error]).toEqual([path, expect.not.stringMatching(/^$|own files/)]);
      else expect([path, error, served()]).toEqual([path, '', [config]]);
    }
  });
});

it('an uploaded file of settings sets nothing', async () => {
  for (const name of ['model.yaml', 'config.pbtxt', '1/model.yaml']) {
    for (const key of OWN_FILES_ONLY) {
      const file = Buffer.from(JSON.stringify(key.config)).toString('base64');
      expect(await post({ config: '{}', 'file:1/model.toy': FILE, [`file:${name}`]: file })).toBe('');
      expect([key.path, served()]).toEqual([key.path, [{}]]);
    }
  }
});

it("a load of TorchServe's refuses every key as a parameter", async () => {
  await using other = await start({ torchserve: { enabled: true } });
  for (const { path, config } of KEYS) {
    const [[section, value] = ['', undefined]] = Object.entries(config);
    for (const more of [{ [section]: value }, { [path]: value }, { config: JSON.stringify(config) }]) {
      const body = JSON.stringify({ url: 'm', model_name: 'n', ...more });
      const { status: code } = jsonOf(await other.send('POST /models', body, JSON_TYPE));
      expect([path, code]).toEqual([path, expect.toBeOneOf([400, 501])]);
    }
  }
  expect(await other.index()).toEqual([]);
});

it("a load of TorchServe's by gRPC has a field for no key but the runtime, and refuses that", async () => {
  const [service, method] = ['org.pytorch.serve.grpc.management.ManagementAPIsService', 'RegisterModel'];
  const { methods = [] } = MANAGEMENT_MESSAGES.registry.getService(service) ?? {};
  const fields = methods.find(({ name }) => name === method)?.input.fields.map(({ name }) => name);
  const sections = new Set(KEYS.flatMap(({ config }) => Object.keys(config)));
  expect(fields?.filter((name) => sections.has(name))).toEqual(['runtime']);
  await using other = await start({ torchserve: { enabled: true, grpcPort: 0 } });
  const path = `/${service}/${method}`;
  const request = requestBytes(path, { url: 'm', model_name: 'n', runtime: 'toy' });
  const grpc = new GrpcClient(other.addresses.dialects.torchserve?.grpc?.url ?? '');
  const { status: end } = await grpc.unary(request, { path });
  expect([end.code, end.details]).toEqual([
    status.UNIMPLEMENTED,
    "parameter 'runtime' cannot be toy: the runtime follows from the files of the model",
  ]);
});

it("a load of SageMaker's takes no notice of any key beside the folder", async () => {
  await using other = await start({ sagemaker: { enabled: true } });
  for (const { path, config } of KEYS) {
    const [[section, value] = ['', undefined]] = Object.entries(config);
    const more = { [section]: value, [path]: value, config: JSON.stringify(config), parameters: { config } };
    const body = JSON.stringify({ ...more, url: 'm', model_name: 'n' });
    const { status: code } = await other.send('POST /models', body, JSON_TYPE);
    const loaded = other.app.engine.serving('n').map(({ source }) => source.config);
    expect([path, code, loaded]).toEqual([path, 200, [{}]]);
    await other.send('DELETE /models/n');
  }
});

it('a folder that a load names may set every key in its own files', async () => {
  await using other = await startAppServer(
    {
      'deep/own/1/model.toy': PAIR,
      'deep/own/model.yaml': 'toy: { rounding: floor }\ninstances: { environment: [HF_HOME], runner: shared }\n',
    },
    { ...EXPLICIT, sagemaker: { enabled: true } },
    { runtimes: [TOY] },
  );
  const body = JSON.stringify({ url: 'deep/own', model_name: 'n' });
  expect((await other.send('POST /models', body, JSON_TYPE)).status).toBe(200);
  expect(other.app.engine.serving('n').map(({ source }) => source.config)).toEqual([
    { toy: { rounding: 'floor' }, instances: { environment: ['HF_HOME'], runner: 'shared' } },
  ]);
});

import { copyFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startObjectStore, WRITER } from '../harness/object-store.js';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { installPython } from '../harness/python.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';

const SCRIPT_LIMIT_MS = 600_000;
const SUITE = 'sagemaker-clients';
const PHOTOS = inRoot('examples/photos');
const HEALTH = '/v1/endpoints/1/deployedModels/2';
const PREDICT = `${HEALTH}:predict`;
/** Those of boto3_runtime.py, and one that may not infer. */
const ACCESS_KEYS = [
  { id: 'AKIDTESTER', secret: 'secret-of-tester-0123456789', key: 'tester' },
  { id: 'AKIDOBSERVER', secret: 'secret-of-observer-0123456789', key: 'observer' },
];
const KEYS = [
  { name: 'tester', key: 'key-of-tester-0123456789', scopes: ['infer'] },
  { name: 'observer', key: 'key-of-observer-0123456789', scopes: ['observe'] },
];

/** boto3 with signed requests, and what the platforms call in a container. */
export async function run(): Promise<number> {
  const models = createModels();
  const python = installPython(`${SUITE}/requirements.txt`);
  const tally = new Tally();
  const serve = async (settings: object, script: string, args: readonly string[]) => {
    const config = path.join(models, '..', `${script}.yaml`);
    writeFileSync(config, JSON.stringify(settings));
    const env = { AIP_HEALTH_ROUTE: HEALTH, AIP_PREDICT_ROUTE: PREDICT };
    const server = await startServer([models, '--config', config], env);
    try {
      const { output } = await python.run(`${SUITE}/${script}`, [server.url, ...args], SCRIPT_LIMIT_MS);
      tally.adopt(script, output);
    } finally {
      tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
    }
  };
  const served = ['mlp', 'mobilenetv3', 'kjv'];
  const sagemaker = { enabled: true, model: 'mlp' };
  await serve({ auth: { keys: KEYS }, sagemaker: { ...sagemaker, accessKeys: ACCESS_KEYS } }, 'boto3_runtime.py', [
    PHOTOS,
  ]);
  await checkAsync(tally, models);
  const repository = { controlMode: 'explicit', loadModels: served };
  // `large` asks for more instances than there may be.
  await serve({ sagemaker, repository, engine: { maxInstances: 32 } }, 'container.py', [PHOTOS, models]);
  // The routes that both have are TorchServe's then.
  const both = { sagemaker, torchserve: { enabled: true }, repository, engine: { maxInstances: 32 } };
  await serve(both, 'container.py', [PHOTOS, models]);
  await serve({ vertex: { enabled: true, model: 'mlp' } }, 'vertex.py', [HEALTH, PREDICT]);
  return tally.close();
}

/** InvokeEndpointAsync, with a real S3 store behind it. */
async function checkAsync(tally: Tally, models: string): Promise<void> {
  const folder = emptyFolder(`${SUITE}-async`);
  const store = await startObjectStore(folder, 'object-store/requirements.txt');
  const config = path.join(folder, 'millrace.yaml');
  const allow = (prefix: string) => ({ allow: [{ principal: 'key:tester', prefixes: [prefix] }] });
  const settings = {
    auth: { keys: KEYS },
    store: { path: path.join(folder, 'store.db') },
    jobs: { inputs: allow('s3://async/in/'), outputs: allow('s3://async/out/') },
    sagemaker: { enabled: true, model: 'mlp', accessKeys: ACCESS_KEYS, asyncOutput: 's3://async/out/' },
  };
  writeFileSync(config, JSON.stringify(settings));
  try {
    const server = await startServer([models, '--config', config], store.env);
    try {
      const args = [server.url, store.url, WRITER.accessKey, WRITER.secretKey];
      const { output } = await store.python.run(`${SUITE}/boto3_async.py`, args, SCRIPT_LIMIT_MS);
      tally.adopt('boto3_async.py', output);
    } finally {
      tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
    }
  } finally {
    await store.stop();
  }
}

/** A repository with models of numbers in two versions, of which one has labels, and those of photos, of texts, and too large a one. */
function createModels(): string {
  const models = path.join(emptyFolder(SUITE), 'models');
  for (const name of ['mlp', 'plain', 'large']) {
    for (const version of ['1', '2']) {
      mkdirSync(path.join(models, name, version), { recursive: true });
      copyFileSync(inRoot('examples/models/mlp/1/model.onnx'), path.join(models, name, version, 'model.onnx'));
    }
  }
  writeFileSync(path.join(models, 'mlp/model.yaml'), 'versions: all\nlabels: { stable: 1, canary: 2 }\n');
  writeFileSync(path.join(models, 'large/model.yaml'), 'instances: { count: 64 }\n');
  cpSync(inRoot('examples/models/mobilenetv3'), path.join(models, 'mobilenetv3'), { recursive: true });
  mkdirSync(path.join(models, 'kjv/1'), { recursive: true });
  copyFileSync(inRoot('test/fixtures/models/tiny-kjv.gguf'), path.join(models, 'kjv/1/model.gguf'));
  writeFileSync(path.join(models, 'kjv/model.yaml'), 'llama: { contextTokens: 512, slots: 2, deterministic: true }\n');
  return models;
}

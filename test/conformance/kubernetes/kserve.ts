import { copyFileSync, cpSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { startServer } from '../harness/server.js';
import type { Tally } from '../harness/tally.js';
import type { Tools } from './tools.js';

/** What KServe makes of the container of a runtime for an InferenceService. */
export interface RuntimeContainer {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const NAME = 'fraud';
const ROW = Array.from({ length: 16 }, () => 0.5);
const PLACE = '/mnt/models';
const MLP = inRoot('examples/models/mlp/1/model.onnx');

/** What the storage initialiser leaves in /mnt/models, by what `storageUri` named. */
const LAYOUTS: Readonly<Record<string, (folder: string) => void>> = {
  'a model file': (folder) => copyFileSync(MLP, path.join(folder, 'model.onnx')),
  'version folders': (folder) => {
    mkdirSync(path.join(folder, '1'));
    copyFileSync(MLP, path.join(folder, '1/model.onnx'));
  },
  'a repository': (folder) =>
    cpSync(inRoot('examples/models/mlp'), path.join(folder, NAME), {
      recursive: true,
      filter: (file) => !file.endsWith('.md'),
    }),
};

/** The manifests by KServe's definitions, and their container with its arguments, environment and what is mounted. */
export async function checkKserve(tally: Tally, tools: Tools): Promise<void> {
  const texts = ['runtime', 'cluster-runtime'].map((name) =>
    readFileSync(inRoot(`deploy/kserve/${name}.yaml`), 'utf8'),
  );
  for (const text of texts) tally.check(tools.validate(text) === '', tools.validate(text));
  const [one, all] = texts.map((text) => parse(text).spec);
  tally.check(JSON.stringify(one) === JSON.stringify(all), 'the two runtimes of KServe differ');
  const container = containerFor(NAME);
  for (const [layout, write] of Object.entries(LAYOUTS)) {
    const folder = emptyFolder('kserve/models');
    write(folder);
    await serve({ container, folder, check: (url) => checkPredictions(tally, { url, layout, name: NAME }) });
  }
  const folder = emptyFolder('kserve/models');
  copyFileSync(inRoot('test/fixtures/models/tiny-kjv.gguf'), path.join(folder, 'tiny-kjv.gguf'));
  await serve({ container, folder, check: (url) => checkOpenai(tally, url) });
}

/** As KServe fills it in for an InferenceService of this name. */
export function containerFor(name: string): RuntimeContainer {
  const { containers } = parse(readFileSync(inRoot('deploy/kserve/runtime.yaml'), 'utf8')).spec;
  const filled = JSON.parse(JSON.stringify(containers[0]).replaceAll('{{.Name}}', name));
  return {
    args: filled.args,
    env: Object.fromEntries(filled.env.map((one: { name: string; value: string }) => [one.name, one.value])),
  };
}

interface Serving {
  readonly container: RuntimeContainer;
  readonly folder: string;
  readonly check: (url: string) => Promise<void>;
}

/** The container as a process, on free ports and with another folder in the place of /mnt/models. */
async function serve({ container, folder, check }: Serving): Promise<void> {
  const [command, ...args] = container.args.filter((arg) => !/^--(http|grpc|metrics)-port=/.test(arg));
  if (command !== 'serve') throw new Error(`the container's command is ${command}`);
  const server = await startServer(
    args.map((arg) => arg.replace(PLACE, folder)),
    { ...container.env, MILLRACE_SERVER_DRAIN_DELAY_MS: '0' },
  );
  try {
    await check(server.url);
  } finally {
    await server.stop();
  }
}

/** KServe's v1 and v2 by the name of the InferenceService, and the readiness that its controller and users ask for. */
export async function checkPredictions(
  tally: Tally,
  { url, layout, name }: { readonly url: string; readonly layout: string; readonly name: string },
): Promise<void> {
  const post = async (route: string, body: object) => {
    const answer = await fetch(`${url}${route}`, { method: 'POST', body: JSON.stringify(body) });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const v1 = await post(`/v1/models/${name}:predict`, { instances: [ROW] });
  const rows = v1.body.predictions as number[][] | undefined;
  tally.check(v1.status === 200 && rows?.[0]?.length === 10, `${layout}: v1 predict: ${JSON.stringify(v1)}`);
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 16], data: ROW }];
  const v2 = await post(`/v2/models/${name}/infer`, { inputs });
  tally.check(v2.status === 200 && v2.body.model_name === name, `${layout}: v2 infer: ${JSON.stringify(v2)}`);
  for (const route of ['/v2/health/ready', `/v1/models/${name}`, `/v2/models/${name}/ready`]) {
    const { status } = await fetch(`${url}${route}`);
    tally.check(status === 200, `${layout}: ${route} was answered with ${status}`);
  }
}

async function checkOpenai(tally: Tally, url: string): Promise<void> {
  const body = JSON.stringify({ model: NAME, prompt: 'In the beginning', max_tokens: 4 });
  const answer = await fetch(`${url}/v1/completions`, { method: 'POST', body });
  const { model, choices } = (await answer.json()) as { model?: string; choices?: readonly unknown[] };
  tally.check(answer.status === 200 && model === NAME && choices?.length === 1, `a completion: ${answer.status}`);
}

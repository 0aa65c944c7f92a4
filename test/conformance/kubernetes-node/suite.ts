import { copyFileSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { freePort } from '../harness/ports.js';
import { Tally } from '../harness/tally.js';
import { Engine } from '../image/engine.js';
import { checkPredictions, containerFor } from '../kubernetes/kserve.js';
import { Cluster } from './cluster.js';
import { checkRollingUpdate } from './rolling.js';
import { checkScaling } from './scaling.js';

/** As docs/kubernetes.md calls them. */
const IMAGE = 'registry.example.com/millrace:onnx';
const MODELS = 'registry.example.com/models:1';
const SLOW = `export default { inputs: { x: 'FP32[1]' }, outputs: { y: 'FP32[1]' },
  infer: async ({ inputs }) => { await new Promise((done) => setTimeout(done, 150)); return { y: inputs.x.data }; } };\n`;

/** The chart on a real cluster: the page's commands, what a pod may do, updates under load, both autoscalers; and KServe's container. */
export async function run(): Promise<number> {
  const tally = new Tally();
  const folder = emptyFolder('kubernetes-node');
  const engine = new Engine(path.join(folder, 'engine'));
  await buildImages(engine, folder);
  await checkKserveContainer(tally, engine, folder);
  await using cluster = new Cluster(engine);
  await cluster.script('start');
  for (const image of [IMAGE, MODELS]) await cluster.load(image);
  await checkPage(tally, cluster);
  await checkPod(tally, cluster);
  await checkRollingUpdate(tally, cluster);
  await checkScaling({ tally, cluster, report: path.join(folder, 'report.md') });
  return tally.close();
}

async function buildImages(engine: Engine, folder: string): Promise<void> {
  const context = path.join(folder, 'image');
  await engine.must(process.execPath, 'deploy/image/build.mjs', 'onnx', '--context', context);
  const build = ['build', '--quiet', '--format', 'docker', '--isolation', 'chroot'];
  await engine.must('buildah', ...build, '--tag', IMAGE, context);
  const models = path.join(folder, 'models');
  cpSync(inRoot('examples/models/mlp'), path.join(models, 'mlp'), { recursive: true });
  mkdirSync(path.join(models, 'slow/1'), { recursive: true });
  writeFileSync(path.join(models, 'slow/1/model.js'), SLOW);
  writeFileSync(path.join(models, 'Containerfile'), 'FROM scratch\nCOPY mlp /mlp\nCOPY slow /slow\n');
  await engine.must('buildah', ...build, '--tag', MODELS, models);
}

/** KServe's container by podman: its arguments, environment and mounts, and what the restricted standard leaves it. */
async function checkKserveContainer(tally: Tally, engine: Engine, folder: string): Promise<void> {
  const models = path.join(folder, 'mnt');
  mkdirSync(models);
  copyFileSync(inRoot('examples/models/mlp/1/model.onnx'), path.join(models, 'model.onnx'));
  const { args, env } = containerFor('fraud');
  const port = await freePort();
  const flags = ['--read-only', '--tmpfs', '/tmp', '--shm-size', '512m', '--cap-drop', 'ALL', '--user', '1000'];
  for (const [name, value] of Object.entries(env)) flags.push('--env', `${name}=${value}`);
  flags.push(
    '--publish',
    `127.0.0.1:${port}:8080`,
    '--volume',
    `${models}:/mnt/models:ro`,
    '--name',
    'millrace-kserve',
  );
  await engine.run('podman', 'rm', '--force', 'millrace-kserve');
  try {
    await engine.must('podman', 'run', '--detach', ...flags, IMAGE, ...args);
    const url = `http://127.0.0.1:${port}`;
    const until = performance.now() + 60_000;
    while ((await fetch(`${url}/v2/health/ready`).catch(() => undefined))?.status !== 200) {
      if (performance.now() > until) throw new Error((await engine.run('podman', 'logs', 'millrace-kserve')).output);
    }
    await checkPredictions(tally, { url, layout: 'in a container', name: 'fraud' });
  } finally {
    await engine.run('podman', 'rm', '--force', 'millrace-kserve');
  }
}

/** The commands of docs/kubernetes.md, from nothing to a pod that answers. */
async function checkPage(tally: Tally, cluster: Cluster): Promise<void> {
  const page = readFileSync(inRoot('docs/kubernetes.md'), 'utf8');
  const blocks = [...page.matchAll(/^```sh kubernetes\n(.*?)^```/gms)].map(([, text = '']) => text);
  const here = emptyFolder('kubernetes-node/page');
  symlinkSync(inRoot('deploy'), path.join(here, 'deploy'));
  const port = await freePort();
  const script = blocks
    .join('\n')
    .replaceAll('8000:8000', `${port}:8000`)
    .replaceAll('127.0.0.1:8000', `127.0.0.1:${port}`);
  tally.check(blocks.length === 3, `docs/kubernetes.md has ${blocks.length} blocks of 'sh kubernetes'`);
  const printed = await cluster.run('sh', '-euc', `trap 'kill $!' EXIT\ncd ${here}\n${script}`);
  tally.check(printed.includes('"model_name":"mlp"'), `the page's commands end with: ${printed.slice(-500)}`);
}

/** Under the restricted standard, which the namespace enforces; without a store, which a pod refuses with the reason. */
async function checkPod(tally: Tally, cluster: Cluster): Promise<void> {
  const pod = JSON.parse(await cluster.kubectl('get', 'pods', '--output', 'json')).items[0];
  tally.check(pod.status.containerStatuses[0].restartCount === 0, 'the pod was restarted');
  const mounts: readonly { readonly mountPath: string }[] = pod.spec.containers[0].volumeMounts;
  tally.check(
    !mounts.some(({ mountPath }) => mountPath.includes('serviceaccount')),
    'the pod has a token of the cluster',
  );
  const url = `http://${pod.status.podIP}:8000`;
  const key = await cluster.keyOf('operators');
  const answer = await fetch(`${url}/millrace/v1/routes/r`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ arms: [{ model: 'mlp', weight: 100 }] }),
  });
  const text = await answer.text();
  tally.check(
    answer.status === 503 && text.includes('cannot be opened and written'),
    `a route: ${answer.status} ${text}`,
  );
}

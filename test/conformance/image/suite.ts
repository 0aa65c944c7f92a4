import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { freePort } from '../harness/ports.js';
import { installPython } from '../harness/python.js';
import { Tally } from '../harness/tally.js';
import { Engine } from './engine.js';

// They are not compiled, and lie where they are in the repository.
const { FLAVOURS }: typeof import('../../../deploy/image/flavours.mjs') = await import(
  inRoot('deploy/image/flavours.mjs')
);
const { inspect }: typeof import('../../../deploy/image/inspect.mjs') = await import(
  inRoot('deploy/image/inspect.mjs')
);

const IMAGE = 'millrace:onnx';
const ONE_ROW = [{ name: 'x', datatype: 'FP32', shape: [1, 16], data: Array(16).fill(0.5) }];
const ONE = [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }];
const RESTRICTED = [
  ...['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
  ...['--shm-size', '512m', '--memory', '800m'],
];
const SIGNATURE = "inputs: { x: 'FP32[1]' }, outputs: { y: 'FP32[1]' }";
/** A model that answers after two seconds, and one that takes all memory that it gets. */
const SCRIPTS = {
  slow: `export default { ${SIGNATURE}, infer: async ({ inputs }) => { await new Promise((done) => setTimeout(done, 2000)); return { y: inputs.x.data }; } };\n`,
  greedy: `export default { ${SIGNATURE}, infer() { const all = []; for (;;) all.push(Buffer.alloc(1e7, 1)); } };\n`,
};

interface Checked {
  readonly tally: Tally;
  readonly engine: Engine;
  readonly models: string;
}

/** The image as its documentation builds and runs it, with podman; what is in it, and what a container of it may do. */
export async function run(): Promise<number> {
  const tally = new Tally();
  const folder = emptyFolder('image');
  const engine = new Engine(folder);
  const models = path.join(folder, 'models');
  cpSync(inRoot('examples/models/mlp'), path.join(models, 'mlp'), { recursive: true });
  for (const [name, script] of Object.entries(SCRIPTS)) {
    mkdirSync(path.join(models, name, '1'), { recursive: true });
    writeFileSync(path.join(models, name, '1/model.js'), script);
  }
  const checked = { tally, engine, models };
  await checkDocumentation(checked, folder);
  await checkContents(checked);
  await checkRestricted(checked);
  await checkDefaults(checked);
  await checkPort(checked, folder);
  return tally.close();
}

const pageBlocks = (tag: string) =>
  [
    ...readFileSync(inRoot('docs/deployment.md'), 'utf8').matchAll(new RegExp(`^\`\`\`${tag}\\n(.*?)^\`\`\``, 'gms')),
  ].map(([, text = '']) => text);

/** The commands of docs/deployment.md, which build the image that the other checks use, and its Compose file. */
async function checkDocumentation({ tally, engine }: Checked, folder: string): Promise<void> {
  const port = await freePort();
  const here = (text: string) => text.replaceAll('127.0.0.1:8000:', `127.0.0.1:${port}:`);
  await engine.run('podman', 'rm', '--force', 'millrace');
  const blocks = pageBlocks('sh image');
  tally.check(blocks.length === 3, `docs/deployment.md has ${blocks.length} blocks of 'sh image'`);
  for (const block of blocks) {
    const { status, output } = await engine.run('sh', '-euc', here(block));
    tally.check(
      status === 0,
      `this command of docs/deployment.md ended with ${status}:\n${block}\n${output.slice(-4_000)}`,
    );
    if (status !== 0) await engine.run('podman', 'rm', '--force', 'millrace');
  }
  const [compose = ''] = pageBlocks('yaml compose');
  const file = path.join(folder, 'compose.yaml');
  writeFileSync(file, here(compose).replaceAll('./', `${inRoot()}/`));
  const program = path.join(path.dirname(installPython('image/requirements.txt').interpreter), 'podman-compose');
  try {
    await engine.must(program, '--file', file, 'up', '--detach');
    const url = `http://127.0.0.1:${port}`;
    const until = performance.now() + 60_000;
    let status: number | undefined;
    while (status !== 200 && performance.now() < until) {
      status = (await fetch(`${url}/v2/health/ready`).catch(() => undefined))?.status;
    }
    tally.check(status === 200, 'the service of the Compose file does not become ready');
  } finally {
    tally.check((await engine.run(program, '--file', file, 'down', '--volumes')).status === 0, 'compose down failed');
  }
}

/** What the image says of itself, and every file of it. */
async function checkContents({ tally, engine }: Checked): Promise<void> {
  const [image] = JSON.parse(await engine.must('podman', 'image', 'inspect', IMAGE));
  tally.check(image.Config.User === '1000:1000', `the user is ${image.Config.User}`);
  const { version } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  const labels = image.Labels;
  tally.check(labels['org.opencontainers.image.licenses'] === 'Apache-2.0', `labels: ${JSON.stringify(labels)}`);
  tally.check(
    image.Healthcheck?.Test?.[2] === '/opt/millrace/health.mjs',
    `health: ${JSON.stringify(image.Healthcheck)}`,
  );
  const root = (await engine.must('podman', 'image', 'mount', IMAGE)).trim().split('\n').at(-1) ?? '';
  try {
    const { sizeBytes, problems } = inspect(root, process.arch === 'arm64' ? 'arm64' : 'amd64');
    tally.check(problems.length === 0, problems.join(', '));
    tally.check(sizeBytes > 100e6 && sizeBytes <= FLAVOURS.onnx.maxBytes, `the image has ${sizeBytes} bytes`);
    tally.check(image.Size <= FLAVOURS.onnx.maxBytes, `podman counts ${image.Size} bytes`);
    const { components } = JSON.parse(readFileSync(path.join(root, 'opt/millrace/sbom.cdx.json'), 'utf8'));
    const listed = new Set(components.map(({ name }: { readonly name: string }) => name));
    const { dependencies } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
    const missing = [...Object.keys(dependencies), 'tokenizers', 'node', 'libc6', 'libstdc++6'].filter(
      (name) => !listed.has(name),
    );
    tally.check(missing.length === 0, `the bill of materials lacks ${missing.join(', ')}`);
    tally.check(!existsSync(path.join(root, 'bin/sh')), 'the image has a shell');
    tally.check(labels['org.opencontainers.image.version'] !== '', `the version is ${version}`);
  } finally {
    await engine.run('podman', 'image', 'unmount', IMAGE);
  }
}

/** A container that may do as little as possible: it answers, keeps its limits, and drains. */
async function checkRestricted({ tally, engine, models }: Checked): Promise<void> {
  await using server = await engine.start(
    IMAGE,
    [...RESTRICTED, '--volume', `${models}:/models:ro`],
    ['serve', '/models', '--allow-anonymous'],
  );
  tally.check((await server.infer('mlp', ONE_ROW)) === 200, 'mlp does not answer');
  const uid = await server.exec('node', '-p', 'process.getuid() + ":" + process.getgid()');
  tally.check(uid.output.trim() === '1000:1000', `the user is ${uid.output}`);
  const write = await server.exec('node', '-e', "require('node:fs').writeFileSync('/opt/millrace/x', '')");
  tally.check(/EROFS|EACCES/.test(write.output), `a program was changed: ${write.output}`);
  const healthy = await server.exec('node', '/opt/millrace/health.mjs');
  tally.check(
    healthy.status === 0,
    `the health check of a ready server ended with ${healthy.status}: ${healthy.output}`,
  );
  const check = await engine.run('podman', 'healthcheck', 'run', server.id);
  tally.check(check.status === 0, `podman finds the container unhealthy: ${check.output}`);
  const elsewhere = await engine.run(
    'podman',
    'exec',
    '--env',
    'HEALTH_URL=http://127.0.0.1:1/',
    server.id,
    'node',
    '/opt/millrace/health.mjs',
  );
  tally.check(elsewhere.status === 1, `the health check of no server ended with ${elsewhere.status}`);

  // Memory that a model takes beyond the container's limit costs its runner, and nothing else.
  const greedy = await server.infer('greedy', ONE);
  tally.check(greedy >= 500, `a model that takes all memory was answered ${greedy}`);
  tally.check((await server.infer('mlp', ONE_ROW)) === 200, 'mlp does not answer after another model took all memory');
  const running = await engine.must('podman', 'inspect', '--format', '{{.State.Running}}', server.id);
  tally.check(running.includes('true'), 'the container ended with the runner');

  const inFlight = server.infer('slow', ONE);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const exit = await server.stop();
  tally.check((await inFlight) === 200, 'a request in flight was lost by SIGTERM');
  tally.check(exit === 'exit 0', `the container ended with ${exit}`);
}

/** What doctor says of an engine's defaults, and of limits that it reads from the control group. */
async function checkDefaults({ tally, engine, models }: Checked): Promise<void> {
  const doctor = async (...flags: readonly string[]) => {
    const command = [
      '--rm',
      '--volume',
      `${models}:/models:ro`,
      ...flags,
      IMAGE,
      'doctor',
      '/models',
      '--allow-anonymous',
      '--json',
      '--fail-on',
      'never',
    ];
    const { output } = await engine.run('podman', 'run', ...command);
    const ids = [...output.matchAll(/"id": ?"([a-z-]+)"/g)].map(([, id]) => id);
    return { ids, output };
  };
  const expected = ['shared-memory-small', 'root-writable', 'memory-unlimited'];
  const byDefault = await doctor();
  tally.check(
    expected.every((id) => byDefault.ids.includes(id)),
    `doctor found ${byDefault.ids} by default: ${byDefault.output.slice(-2_000)}`,
  );
  const restricted = await doctor(...RESTRICTED);
  tally.check(!expected.some((id) => restricted.ids.includes(id)), `doctor found ${restricted.ids} where all is set`);
  const small = await doctor('--cpus', '0.5', '--user', '0');
  tally.check(small.ids.includes('cpu-quota-small'), `doctor found ${small.ids} with half a core`);
  tally.check(small.ids.includes('container-as-root'), `doctor found ${small.ids} as root`);
}

/** Cloud Run's and Knative's contract: the port of PORT; how long a container takes until it is ready. */
async function checkPort({ tally, engine, models }: Checked, folder: string): Promise<void> {
  const only = ['--volume', `${path.join(models, 'mlp')}:/models/mlp:ro`, '--env', 'PORT=9090'];
  await using server = await engine.start(IMAGE, [...RESTRICTED, ...only], ['serve', '/models', '--allow-anonymous']);
  tally.check((await server.infer('mlp', ONE_ROW)) === 200, 'the server does not answer on the port of PORT');
  const healthy = await server.exec('node', '/opt/millrace/health.mjs');
  tally.check(healthy.status === 0, `the health check ignores PORT: ${healthy.output}`);
  tally.check((await server.stop()) === 'exit 0', 'it did not end well');
  writeFileSync(
    path.join(folder, 'report.md'),
    `From \`podman run\` to ready, one small model: ${Math.round(server.startMs)} ms\n`,
  );
}

/**
 * What a user gets: packs and installs the package in an empty folder with the commands of README.md, as strict about
 * engines as npm can be; runs README's program, compiles one against the types, follows the links of the pages, serves
 * models through the command line and stops it again; and all of this without the binaries of other systems.
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';

const require = createRequire(import.meta.url);
const root = path.dirname(import.meta.dirname);
const { name, version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const home = mkdtempSync(path.join(tmpdir(), `${name}-package-`));
/** Beside it lies what README calls the clone, with the packed package in it. */
const folder = path.join(home, 'project');
const installed = path.join(folder, 'node_modules', name);
const tarball = `${name}-${version}.tgz`;
const env = {
  ...process.env,
  npm_config_engine_strict: 'true',
  npm_config_prefer_offline: 'true',
  npm_config_loglevel: 'error',
};

const runIn = (cwd, command, args) =>
  execFileSync(command, args, { cwd, env, encoding: 'utf8', shell: process.platform === 'win32' }).trim();
const run = (command, args) => runIn(folder, command, args);
const shell = (cwd, line) => runIn(cwd, 'sh', ['-euc', line]);

function expectEqual(what, got, expected) {
  if (got !== expected) throw new Error(`${what}: expected ${expected}, got ${got}`);
}

/** The blocks of a page that are marked `language package`. */
function blocksOf(page, language) {
  const text = readFileSync(path.join(root, page), 'utf8');
  const blocks = [...text.matchAll(new RegExp(`^\`\`\`${language} package\\n(.*?)^\`\`\``, 'gms'))];
  if (blocks.length === 0) throw new Error(`${page} has no block marked '${language} package'`);
  return blocks.map(([, block]) => block);
}

function install() {
  const [pack, add] = blocksOf('README.md', 'sh');
  shell(root, pack);
  mkdirSync(path.join(home, name));
  cpSync(path.join(root, tarball), path.join(home, name, tarball));
  rmSync(path.join(root, tarball));
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }));
  shell(folder, add);
  run('npx', ['--no-install', name, 'init', 'models']);
  cpSync(path.join(root, 'examples/models/mlp'), path.join(folder, 'models/mlp'), { recursive: true });
}

/** Pages that are in the package may only lead to others that are, too. */
function followLinks() {
  const pages = readdirSync(installed, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.md') && !file.includes('node_modules'));
  const broken = pages.flatMap((page) => {
    const text = readFileSync(path.join(installed, page), 'utf8').replace(/^```.*?^```/gms, '');
    return [...text.matchAll(/\]\((?!https?:|#)([^)\s#]+)/g)]
      .filter(([, target]) => !existsSync(path.join(installed, path.dirname(page), target)))
      .map(([, target]) => `${page} -> ${target}`);
  });
  expectEqual('links that lead out of the package', broken.join(', '), '');
}

/** README's program, as it stands there: it ends by itself, with ten numbers. */
function runProgram() {
  const [program] = blocksOf('README.md', 'js');
  writeFileSync(path.join(folder, 'program.mjs'), program);
  const output = run(process.execPath, ['program.mjs']);
  expectEqual("numbers that README's program prints", output.match(/-?\d\.\d+/g)?.length, 10);
}

/** Declarations of what is exported, and what they share: packages that they name would have to be installed. */
function listTypes() {
  const { exports } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const exported = Object.values(exports).flatMap((entry) => entry.types?.slice(2) ?? []);
  const declarations = readdirSync(path.join(installed, 'dist'), { recursive: true })
    .map((file) => path.posix.join('dist', String(file)))
    .filter((file) => file.endsWith('.d.ts') && !file.startsWith('dist/types/'));
  expectEqual('declarations', declarations.sort().join(), exported.sort().join());
}

/** The types hold for a program that checks the declarations of its libraries, too. */
function compileProgram() {
  const program = `
    import { createMillrace, type PartialSettings } from '${name}';
    import { connect } from '${name}/client';
    import { defineModel } from '${name}/model';
    import { type Runtime, type RuntimeContext, type RuntimeManifest, Type } from '${name}/runtime';
    export const settings: PartialSettings = { repository: { paths: ['models'] }, server: { httpPort: 0 } };
    // @ts-expect-error: a port is a number
    export const wrong: PartialSettings = { server: { httpPort: '0' } };
    interface Mlp { inputs: { x: 'FP32' }; outputs: { y: 'FP32' } }
    const y = async (): Promise<Float32Array> =>
      (await connect('localhost').model<Mlp>('mlp').infer({ x: [[1]] })).outputs.y.data;
    export default defineModel({
      inputs: { a: 'FP32[1]' }, outputs: { b: 'FP32[1]' },
      infer: ({ inputs }) => ({ b: inputs.a.data[0] ?? 0 }),
    });
    const options = Type.Object({ scale: Type.Optional(Type.Number({ default: 1 })) });
    const module = new URL('./runtime.mjs', import.meta.url);
    const toy: RuntimeManifest<{ readonly scale?: number }> = { name: 'toy', contractVersion: 1, options, module };
    // @ts-expect-error: there is no such task
    export const drawing: RuntimeManifest = { ...toy, tasks: ['draw'] };
    export const createRuntime = ({ clock }: RuntimeContext): Runtime => ({
      name: 'toy',
      load: (spec) => Promise.reject(new Error(spec.path + clock.now())),
    });
    export const start = () => createMillrace({ runtimes: [toy] });
    export { y };`;
  writeFileSync(path.join(folder, 'program.ts'), program);
  const typeRoots = path.dirname(path.dirname(require.resolve('@types/node/package.json')));
  compile('program.ts', ['--module', 'nodenext', '--types', 'node', '--typeRoots', typeRoots]);
}

/** Those of the client hold where there are no types of Node either. */
function compilePage() {
  const page = `
    import { connect, connectApi } from '${name}/client';
    export const x = async (): Promise<object> => (await connect('localhost').model('mlp').infer({ x: [[1]] })).outputs;
    export const names = async (): Promise<readonly string[]> =>
      (await connectApi('localhost').ask('GET /keys', {})).body.keys.map((key) => key.name);
    // @ts-expect-error: there is no such endpoint
    export const cups = () => connectApi('localhost').ask('GET /cups', {});
    // @ts-expect-error: Node's types are not there
    export type NodeBuffer = Buffer;`;
  writeFileSync(path.join(folder, 'page.ts'), page);
  compile('page.ts', ['--module', 'esnext', '--moduleResolution', 'bundler']);
}

function compile(file, modules) {
  const tsc = require.resolve('@typescript/native/package.json').replace('package.json', 'bin/tsc');
  const options = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--target', 'es2023'];
  run(process.execPath, [tsc, ...options, '--lib', 'es2023,esnext.disposable,dom', ...modules, file]);
}

function importIt() {
  const source = `
    import { createMillrace } from '${name}';
    import { connect } from '${name}/client';
    import { defineModel } from '${name}/model';
    console.log(typeof createMillrace, typeof connect, typeof defineModel);`;
  expectEqual('exports', run(process.execPath, ['--input-type=module', '-e', source]), 'function function function');
}

const PORTS = ['--http-port', '0', '--grpc-port', '0', '--metrics-port', '0'];

/** Starts `millrace serve` on any free port; resolves with its base URL. */
function listening(child) {
  return new Promise((resolve, reject) => {
    let output = '';
    const onData = (chunk) => {
      output += chunk;
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
      if (url !== undefined) resolve(url);
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    child.on('exit', (code) => reject(new Error(`serve ended with ${code}:\n${output}`)));
  });
}

/** The server is ready once every model is loaded or has failed. */
async function ready(url) {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await setTimeout(50)) {
    if ((await fetch(`${url}/v2/health/ready`)).status === 200) return;
  }
  throw new Error('not ready within a minute');
}

async function serve() {
  const main = path.join(installed, 'dist/cli/main.js');
  const child = spawn(
    process.execPath,
    [main, 'serve', './models', ...PORTS, '--model-control-mode', 'explicit', '--load-model', '*'],
    {
      cwd: folder,
      env,
    },
  );
  const exited = new Promise((resolve) => child.once('exit', resolve));
  try {
    const url = await listening(child);
    await ready(url);
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 16], data: Array(16).fill(0.5) }];
    const response = await fetch(`${url}/v2/models/mlp/infer`, { method: 'POST', body: JSON.stringify({ inputs }) });
    expectEqual('status of infer', response.status, 200);
    // A script, whose transpiler is a package of its own.
    const world = [{ name: 'name', datatype: 'BYTES', shape: [1], data: ['world'] }];
    const greeting = await fetch(`${url}/v2/models/hello/infer`, {
      method: 'POST',
      body: JSON.stringify({ inputs: world }),
    });
    expectEqual('status of infer with a script', greeting.status, 200);
    // Something that outlives the server, in a database with a binary for each system.
    const labels = JSON.stringify({ checked: 1 });
    const labelled = await fetch(`${url}/millrace/v1/models/mlp/labels`, { method: 'PATCH', body: labels });
    expectEqual('status of a label', labelled.status, 200);
    const { counts } = JSON.parse(run('npx', ['--no-install', name, 'store', 'info', '--json']));
    expectEqual('whether the store holds the label', counts.declarations > 0, true);
  } finally {
    child.kill('SIGTERM');
  }
  expectEqual('exit code of serve after SIGTERM', await exited, 0);
}

/** The binaries of other systems, removed as docs/operations.md tells those who build images. */
function prune() {
  const binaries = path.join(folder, 'node_modules/onnxruntime-node/bin');
  const [command] = blocksOf('docs/operations.md', 'sh');
  shell(folder, command);
  const left = readdirSync(binaries, { recursive: true }).filter((file) => String(file).endsWith('.node'));
  expectEqual(
    'binaries left',
    left.map((file) => path.relative('napi-v6', path.dirname(String(file)))).join(),
    `${process.platform}/${process.arch}`,
  );
}

try {
  install();
  importIt();
  expectEqual('--version', run('npx', ['--no-install', name, '--version']), version);
  followLinks();
  listTypes();
  compileProgram();
  compilePage();
  runProgram();
  await serve();
  prune();
  await serve();
} finally {
  rmSync(home, { recursive: true, force: true });
}

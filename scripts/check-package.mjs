/**
 * What a user gets: packs the package, installs the tarball in an empty folder, imports it, serves a model through
 * the command line and stops it again.
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';

const root = path.dirname(import.meta.dirname);
const { name, version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const folder = mkdtempSync(path.join(tmpdir(), `${name}-package-`));
// The CPU binary is inside onnxruntime-node; its install step would download GPU libraries.
const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };

const runIn = (cwd, command, args) =>
  execFileSync(command, args, { cwd, env, encoding: 'utf8', shell: process.platform === 'win32' }).trim();
const run = (command, args) => runIn(folder, command, args);

function expectEqual(what, got, expected) {
  if (got !== expected) throw new Error(`${what}: expected ${expected}, got ${got}`);
}

function install() {
  const [{ filename, size, entryCount }] = JSON.parse(
    runIn(root, 'npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]),
  );
  console.log(`${filename}: ${size} bytes, ${entryCount} files`);
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }));
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', path.join(folder, filename)]);
}

function importIt() {
  const source = `
    import { createMillrace } from '${name}';
    import { connect } from '${name}/client';
    import { defineModel } from '${name}/model';
    console.log(typeof createMillrace, typeof connect, typeof defineModel);`;
  expectEqual('exports', run(process.execPath, ['--input-type=module', '-e', source]), 'function function function');
}

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
  // Beside the graph a script, whose transpiler is a package of its own.
  run('npx', ['--no-install', name, 'init', 'models']);
  cpSync(path.join(root, 'examples/models/mlp'), path.join(folder, 'models/mlp'), { recursive: true });
  const main = path.join(folder, 'node_modules', name, 'dist/cli/main.js');
  const child = spawn(
    process.execPath,
    [main, 'serve', './models', '--http-port', '0', '--grpc-port', '0', '--metrics-port', '0'],
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
    const world = [{ name: 'name', datatype: 'BYTES', shape: [1], data: ['world'] }];
    const greeting = await fetch(`${url}/v2/models/hello/infer`, {
      method: 'POST',
      body: JSON.stringify({ inputs: world }),
    });
    expectEqual('status of infer with a script', greeting.status, 200);
  } finally {
    child.kill('SIGTERM');
  }
  expectEqual('exit code of serve after SIGTERM', await exited, 0);
}

try {
  install();
  importIt();
  expectEqual('--version', run('npx', ['--no-install', name, '--version']), version);
  await serve();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

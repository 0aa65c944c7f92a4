import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { inCache, inRoot } from '../harness/paths.js';
import { freePort } from '../harness/ports.js';

const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 30_000;
const BUILD_LIMIT_MS = 300_000;
const MAX_LAST_WORDS = 4_000;

/** A program that serves. */
export interface Application {
  readonly url: string;
  /** The end of its output. */
  lastWords(): string;
  /** SIGTERM; resolves with the exit code, null when it had to be killed. */
  stop(): Promise<number | null>;
}

/** A copy of an example with its packages, and what is built here as `millrace`. What was installed before is kept. */
export async function installExample(name: string): Promise<string> {
  const folder = inCache('web-frameworks', name);
  const source = inRoot('examples', name);
  cpSync(source, folder, { recursive: true, filter: (file) => !/node_modules|\.next/.test(file.slice(source.length)) });
  const description = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  delete description.dependencies.millrace;
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify(description));
  await runIn(folder, 'npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefer-offline']);
  // As npm installs a package: Next.js bundles what a link leads to. Its own packages are found further up.
  const installed = path.join(folder, 'node_modules/millrace');
  rmSync(installed, { recursive: true, force: true });
  for (const part of ['dist', 'package.json']) cpSync(inRoot(part), path.join(installed, part), { recursive: true });
  return folder;
}

/** Runs a program to its end; rejects with its output where it fails. */
export async function runIn(folder: string, program: string, args: readonly string[]): Promise<void> {
  await promisify(execFile)(program, args, { cwd: folder, timeout: BUILD_LIMIT_MS, env: environment({}) });
}

/** Starts `node ARGS` in a folder, with a free port as `PORT`, and waits until that is served. */
export async function startApplication(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Application> {
  const port = await freePort();
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: environment({ ...env, PORT: String(port) }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      tail = `${tail}${chunk}`.slice(-MAX_LAST_WORDS);
    });
  }
  const url = `http://localhost:${port}`;
  const giveUpAt = performance.now() + START_LIMIT_MS;
  while (!(await answers(url))) {
    if (child.exitCode === null && performance.now() < giveUpAt) continue;
    child.kill('SIGKILL');
    throw new Error(`the application does not serve: ${tail}`);
  }
  return { url, lastWords: () => tail, stop: () => stop(child) };
}

async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(`${url}/v1/models`)).arrayBuffer();
    return true;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 200));
    return false;
  }
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await exited;
  clearTimeout(force);
  return child.exitCode;
}

function environment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, NEXT_TELEMETRY_DISABLED: '1', ...more };
}

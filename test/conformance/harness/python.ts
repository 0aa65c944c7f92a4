import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { holdLock } from './lock.js';
import { inCache, inRoot } from './paths.js';

const execute = promisify(execFile);
const INTERPRETERS = ['python3.11', 'python3.12', 'python3', 'python3.13', 'python3.10'];
const UV = 'uv==0.13.9';
const MAX_OUTPUT_BYTES = 64 << 20;
const STDIO: ['ignore', 'ignore', 'pipe'] = ['ignore', 'ignore', 'pipe'];

export interface PythonResult {
  readonly ok: boolean;
  readonly output: string;
}

/** A virtual environment with exactly the packages of a requirements file. */
export interface Python {
  /** Runs a script, named from test/conformance, which may import the modules of harness; resolves with what it printed and whether it ended with 0. */
  run(script: string, args: readonly string[], limitMs: number): Promise<PythonResult>;
  /** Folder of the installed packages. */
  readonly packages: string;
  /** Path of its `python`. */
  readonly interpreter: string;
}

/** Makes the environment of a requirements file, or takes the one made before. */
export function installPython(requirements = 'requirements.txt'): Python {
  const file = inRoot('test/conformance', requirements);
  const wanted = readFileSync(file, 'utf8');
  const folder = inCache('python', createHash('sha256').update(wanted).digest('hex').slice(0, 12));
  const interpreter = path.join(folder, 'bin/python');
  const marker = path.join(folder, 'complete');
  if (!existsSync(marker)) {
    using _lock = holdLock('python');
    fillEnvironment(folder, file);
  }
  return {
    interpreter,
    packages: execFileSync(interpreter, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], {
      encoding: 'utf8',
    }).trim(),
    async run(script, args, limitMs) {
      const paths = { PYTHONPATH: inRoot('test/conformance/harness'), PYTHONPYCACHEPREFIX: inCache('python/bytecode') };
      const env = { ...process.env, ...paths };
      const options = { env, timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES } as const;
      try {
        const { stdout, stderr } = await execute(interpreter, [inRoot('test/conformance', script), ...args], options);
        return { ok: true, output: stdout + stderr };
      } catch (error) {
        const { stdout = '', stderr = '', killed = false } = error as Partial<PythonFailure>;
        return { ok: false, output: `${stdout}${stderr}${killed ? `\nstopped after ${limitMs} ms` : ''}` };
      }
    },
  };
}

/** Nothing to do where another suite has done it meanwhile. */
function fillEnvironment(folder: string, requirements: string): void {
  const marker = path.join(folder, 'complete');
  if (existsSync(marker)) return;
  rmSync(folder, { recursive: true, force: true });
  makeEnvironment(folder);
  install(path.join(folder, 'bin/python'), requirements);
  writeFileSync(marker, '');
}

function makeEnvironment(folder: string): void {
  mkdirSync(folder, { recursive: true });
  execFileSync(firstThatRuns(), ['-m', 'venv', folder], { stdio: STDIO });
}

/** By uv, which takes seconds where pip takes a minute; by pip where uv cannot, as with settings that only pip knows. */
function install(interpreter: string, requirements: string): void {
  try {
    execFileSync(installUv(), ['pip', 'install', '--quiet', '--python', interpreter, '--requirement', requirements], {
      stdio: STDIO,
    });
  } catch {
    execFileSync(interpreter, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements], { stdio: STDIO });
  }
}

function installUv(): string {
  const folder = inCache('python', UV.replace('==', '-'));
  const uv = path.join(folder, 'bin/uv');
  if (!existsSync(uv)) {
    makeEnvironment(folder);
    execFileSync(path.join(folder, 'bin/python'), ['-m', 'pip', 'install', '--quiet', UV], { stdio: STDIO });
  }
  return uv;
}

/** What execFile rejects with. */
interface PythonFailure {
  readonly stdout: string;
  readonly stderr: string;
  readonly killed: boolean;
}

function firstThatRuns(): string {
  const found = INTERPRETERS.find((name) => {
    try {
      execFileSync(name, ['-c', 'import venv, ensurepip'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error(`no Python with venv: looked for ${INTERPRETERS.join(', ')}`);
  return found;
}

import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { inCache, inRoot } from './paths.js';

const execute = promisify(execFile);
const INTERPRETERS = ['python3.11', 'python3.12', 'python3', 'python3.13', 'python3.10'];
const MAX_OUTPUT_BYTES = 64 << 20;

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
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const stdio: ['ignore', 'ignore', 'pipe'] = ['ignore', 'ignore', 'pipe'];
    execFileSync(firstThatRuns(), ['-m', 'venv', folder], { stdio });
    execFileSync(interpreter, ['-m', 'pip', 'install', '--quiet', '--requirement', file], { stdio });
    writeFileSync(marker, '');
  }
  return {
    interpreter,
    packages: execFileSync(interpreter, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], {
      encoding: 'utf8',
    }).trim(),
    async run(script, args, limitMs) {
      const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONPATH: inRoot('test/conformance/harness') };
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

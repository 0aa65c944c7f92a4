import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { inCache, inRoot } from './paths.js';

const execute = promisify(execFile);
const INTERPRETERS = ['python3.11', 'python3.12', 'python3', 'python3.13', 'python3.10'];
const MAX_OUTPUT_BYTES = 64 << 20;

/** A virtual environment with exactly the packages of a requirements file. */
export interface Python {
  /** Runs a script of a suite, named from the root, and resolves with what it printed, whatever its exit code. */
  run(script: string, args: readonly string[], limitMs: number): Promise<string>;
  /** Folder of the installed packages. */
  readonly packages: string;
}

/** Makes the environment of `requirements` (a file, named from the root), or takes the one made before. */
export function installPython(requirements: string): Python {
  const wanted = readFileSync(inRoot(requirements), 'utf8');
  const folder = inCache('python', createHash('sha256').update(wanted).digest('hex').slice(0, 12));
  const interpreter = path.join(folder, 'bin/python');
  const marker = path.join(folder, 'complete');
  if (!existsSync(marker)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const stdio: ['ignore', 'ignore', 'pipe'] = ['ignore', 'ignore', 'pipe'];
    execFileSync(firstThatRuns(), ['-m', 'venv', folder], { stdio });
    execFileSync(interpreter, ['-m', 'pip', 'install', '--quiet', '--requirement', inRoot(requirements)], { stdio });
    writeFileSync(marker, '');
  }
  return {
    packages: execFileSync(interpreter, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], {
      encoding: 'utf8',
    }).trim(),
    async run(script, args, limitMs) {
      const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
      try {
        const { stdout, stderr } = await execute(interpreter, [inRoot(script), ...args], {
          env,
          timeout: limitMs,
          killSignal: 'SIGKILL',
          maxBuffer: MAX_OUTPUT_BYTES,
        });
        return stdout + stderr;
      } catch (error) {
        // A script that counted failures ends with 1; one that crashed has said why.
        const { stdout = '', stderr = '', killed } = error as { stdout?: string; stderr?: string; killed?: boolean };
        return `${stdout}${stderr}${killed ? `\nstopped after ${limitMs} ms` : ''}`;
      }
    },
  };
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

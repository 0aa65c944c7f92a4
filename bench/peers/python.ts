import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from '../harness/paths.js';

export interface PythonPeer {
  readonly name: string;
  /** Interpreter to make the environment with; the first that runs is taken. */
  readonly interpreters: readonly string[];
  readonly pipArgs?: readonly string[];
}

/** A virtual environment with the packages of `bench/peers/NAME/requirements.txt`; made once, and again when they change. */
export function installPython({ name, interpreters, pipArgs = [] }: PythonPeer, say: (line: string) => void): void {
  const folder = environmentFolder(name);
  const requirements = inRoot('bench/peers', name, 'requirements.txt');
  const installed = path.join(folder, 'requirements.installed.txt');
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return;
  const interpreter = interpreters.find(runs);
  if (interpreter === undefined) throw new Error(`${name} needs ${interpreters.join(' or ')}`);
  say(`installing ${name} into ${folder}`);
  rmSync(folder, { recursive: true, force: true });
  const stdio: ['ignore', 'ignore', 'pipe'] = ['ignore', 'ignore', 'pipe'];
  execFileSync(interpreter, ['-m', 'venv', folder], { stdio });
  execFileSync(pythonOf(name), ['-m', 'pip', 'install', '--quiet', ...pipArgs, '--requirement', requirements], {
    stdio,
  });
  writeFileSync(installed, wanted);
}

export function environmentFolder(name: string): string {
  return inRoot('.cache/peers', name);
}

export function pythonOf(name: string): string {
  return path.join(environmentFolder(name), process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
}

/** What a Python service of ours reads. */
export function serviceEnvironment(options: {
  readonly modelFile: string;
  readonly workers: number;
  readonly format: 'json' | 'binary';
}): Record<string, string> {
  return {
    MODEL_FILE: options.modelFile,
    WORKERS: String(options.workers),
    FORMAT: options.format,
    PYTHONDONTWRITEBYTECODE: '1',
  };
}

function runs(interpreter: string): boolean {
  try {
    execFileSync(interpreter, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

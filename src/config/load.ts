import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { invalidArgument } from '../core/index.js';
import { checkQuotas } from '../governance/index.js';
import { formatPath } from '../text/index.js';
import { checkAuth, notePlaces } from './access.js';
import { checkTree } from './check.js';
import { checkConsistency } from './consistency.js';
import { type Environment, FILE_VARIABLE, findUnknownVariables, readEnvironment } from './environment.js';
import { readSettingsFile } from './file.js';
import { createFlagLayer } from './flags.js';
import { type Layer, locateProblems, mergeTrees, placed, type Tree, valueAt } from './layer.js';
import { machineLayer, thisMachine } from './machine.js';
import { resolveReferences } from './references.js';
import { type PartialSettings, type Settings, SettingsSchema } from './schema.js';
import { findSecretFiles, type SecretFile } from './secret-files.js';
import { isArraySchema, partialSchema } from './shape.js';

/** The settings file that is used when none is named and it exists in the working folder. */
export const DEFAULT_FILE = 'millrace.yaml';

const LayerSchema = partialSchema(SettingsSchema);

/** Where settings come from. */
export interface SettingsSources {
  /** Settings file; undefined = the one named by `MILLRACE_CONFIG`, else `millrace.yaml` in `cwd` if there is one. */
  readonly file?: string | undefined;
  readonly env: Environment;
  /** From the command line; numbers, booleans and lists may be text. */
  readonly flags: Tree;
  readonly cwd: string;
}

/**
 * Complete settings: flags over `MILLRACE_*` variables over the file over defaults. Throws `invalid_argument` that names
 * everything wrong with them, with file, line and column.
 */
export function loadSettings({ file, env, flags, cwd }: SettingsSources): Settings {
  const path = findFile(file ?? env[FILE_VARIABLE], cwd);
  const layers = [
    ...(path === undefined ? [] : [readSettingsFile(path)]),
    readEnvironment(env, cwd),
    createFlagLayer(flags, cwd),
  ];
  return combine(layers, { env, cwd, problems: [...findUnknownVariables(env)] });
}

/** Complete settings from a part of them, without file and environment: for use as a library. Throws as above. */
export function createSettings(given: PartialSettings = {}, cwd = process.cwd()): Settings {
  return combine([{ tree: given as Tree, folder: cwd, locate: () => '' }], { env: {}, cwd, problems: [] });
}

/** What holds when nothing is configured; paths as they are written in the schema. */
export function defaultSettings(): Settings {
  return complete({});
}

function findFile(named: string | undefined, cwd: string): string | undefined {
  if (named !== undefined && named !== '') return resolve(cwd, named);
  const usual = join(cwd, DEFAULT_FILE);
  return existsSync(usual) ? usual : undefined;
}

interface Combination {
  readonly env: Environment;
  readonly cwd: string;
  readonly problems: string[];
}

function combine(layers: readonly Layer[], { env, cwd, problems }: Combination): Settings {
  const defaults: Layer = { tree: defaultSettings(), folder: cwd, locate: () => '' };
  const merged = [defaults, machineLayer(thisMachine(), cwd), ...layers].reduce<Tree>((lower, layer) => {
    const resolved = resolveReferences(SettingsSchema, layer, env);
    problems.push(...locateProblems(layer, [...resolved.problems, ...checkTree(LayerSchema, resolved.tree, layer)]));
    return mergeTrees(lower, resolved.tree);
  }, {});
  refuse(problems);
  const settings = complete(merged);
  const locate = (path: readonly string[]) => placeOf(layers, path);
  const ofQuotas = checkQuotas(settings.quotas).map(({ path, message }) => {
    const full = ['quotas', ...path];
    return placed(locate(full) || locate(['quotas']), `${formatPath(full)}: ${message}`);
  });
  refuse([...checkConsistency(settings), ...checkAuth(settings.auth, locate), ...ofQuotas]);
  if (layers.some(({ tree }) => JSON.stringify(tree.auth ?? null).includes('${file:'))) {
    rereads.set(settings.auth, {
      look: () => JSON.stringify(layers.map((layer) => lookAtAuth(layer, env))),
      reread: () => combine(layers, { env, cwd, problems: [] }).auth,
    });
  }
  layersOf.set(settings, layers);
  places.set(settings.routes, locate);
  notePlaces(settings.auth, locate);
  return settings;
}

const layersOf = new WeakMap<Settings, readonly Layer[]>();

/** Where settings were written, for those who explain them. */
export interface SettingsOrigin {
  /** Of a key: `millrace.yaml:4:3`, or the name of a variable or flag; '' where nobody wrote it. */
  placeOf(path: readonly string[]): string;
  /** The settings file; undefined = there is none. */
  readonly file: string | undefined;
  /** Files that hold secrets of the settings. */
  readonly secretFiles: readonly SecretFile[];
}

/** Where complete settings come from, as {@link loadSettings} and {@link createSettings} have made them. */
export function originOf(settings: Settings): SettingsOrigin {
  const layers = layersOf.get(settings) ?? [];
  return {
    placeOf: (path) => placeOf(layers, path),
    file: layers.find(({ file }) => file !== undefined)?.file,
    secretFiles: layers.flatMap(findSecretFiles),
  };
}

const places = new WeakMap<Settings['routes'], (path: readonly string[]) => string>();

/** Where a route is declared: `millrace.yaml:4:3`, or the name of a variable or flag; '' where that is not known. */
export function placeOfRoute(routes: Settings['routes'], name: string): string {
  return places.get(routes)?.(['routes', name]) ?? '';
}

/** Where the layer that counts says something. */
function placeOf(layers: readonly Layer[], path: readonly string[]): string {
  return layers.findLast(({ tree }) => valueAt(tree, path) !== undefined)?.locate(path) ?? '';
}

/** What changes with the files that `auth` refers to, without a look at anything else. */
function lookAtAuth(layer: Layer, env: Environment): unknown {
  return resolveReferences(SettingsSchema, { ...layer, tree: { auth: layer.tree.auth ?? {} } }, env);
}

/** The files that `auth` refers to. */
export interface AuthFiles {
  /** What is in them, to tell whether they have changed; cheap, and never throws. */
  readonly look: () => string;
  /** Reads them again. What is written in the settings themselves stays as it was. Throws as {@link loadSettings} does. */
  readonly reread: () => Settings['auth'];
}

const rereads = new WeakMap<Settings['auth'], AuthFiles>();

/** undefined where `auth` refers to no file. */
export function filesOfAuth(auth: Settings['auth']): AuthFiles | undefined {
  return rereads.get(auth);
}

function complete(tree: Tree): Settings {
  const sections = Object.entries(SettingsSchema.properties).filter(([, schema]) => !isArraySchema(schema));
  const rooms = Object.fromEntries(sections.map(([room]) => [room, {}]));
  const settings = Value.Default(SettingsSchema, Value.Clone(mergeTrees(rooms, tree)));
  Value.Assert(SettingsSchema, settings);
  return deepFreeze(settings);
}

function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  const [first] = problems;
  throw invalidArgument(
    problems.length === 1 ? `${first}` : `${problems.length} problems with the settings:\n  ${problems.join('\n  ')}`,
  );
}

function deepFreeze<T extends object>(value: T): T {
  for (const item of Object.values(value)) {
    if (typeof item === 'object' && item !== null) deepFreeze(item);
  }
  return Object.freeze(value);
}

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { invalidArgument } from '../core/index.js';
import { checkQuotas } from '../governance/index.js';
import type { WrittenRollouts } from '../service/index.js';
import { formatPath } from '../text/index.js';
import { checkAuth, notePlaces } from './access.js';
import { checkTree } from './check.js';
import { checkObjectSettings } from './check-objects.js';
import { checkConsistency } from './consistency.js';
import { type Environment, FILE_VARIABLE, findUnknownVariables, readEnvironment } from './environment.js';
import { parseSettingsFile, readSettingsText } from './file.js';
import { createFlagLayer } from './flags.js';
import { noteKeyFiles } from './key-files.js';
import { type Layer, locateProblems, mergeTrees, placed, type Tree, valueAt } from './layer.js';
import { machineLayer, thisMachine } from './machine.js';
import { noteSettingsFile, readInThread } from './reading/settings-file.js';
import { resolveReferences } from './references.js';
import { type PartialSettings, type Settings, SettingsSchema } from './schema.js';
import { findSecretFiles, type SecretFile } from './secret-files.js';
import { isArraySchema, partialSchema } from './shape.js';
import type { SettingsSources } from './sources.js';

/** The settings file that is used when none is named and it exists in the working folder. */
export const DEFAULT_FILE = 'millrace.yaml';

const LayerSchema = partialSchema(SettingsSchema);

/**
 * Complete settings: flags over `MILLRACE_*` variables over the file over defaults. Throws `invalid_argument` that names
 * everything wrong with them, with file, line and column.
 */
export function loadSettings({ file, env, flags, cwd, text }: SettingsSources): Settings {
  const path = findFile(file ?? env[FILE_VARIABLE], cwd);
  const written = path === undefined ? undefined : parseSettingsFile(path, text ?? readSettingsText(path));
  const own = [readEnvironment(env, cwd), createFlagLayer(flags, cwd)];
  const settings = combine(written === undefined ? own : [written, ...own], {
    env,
    cwd,
    problems: [...findUnknownVariables(env)],
  });
  if (written !== undefined) {
    const read = (changed: string) => readInThread({ file: written.file, env: { ...env }, flags, cwd, text: changed });
    noteSettingsFile({ ...written, settings, read });
  }
  return settings;
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
  const ofObjects = checkObjectSettings(settings, locate);
  refuse([...checkConsistency(settings), ...checkAuth(settings.auth, locate), ...ofQuotas, ...ofObjects]);
  noteKeyFiles(settings.auth, {
    layers,
    env,
    read: (trees) => combine(trees, { env, cwd, problems: [] }).auth.keys,
  });
  layersOf.set(settings, layers);
  places.set(settings.routes, locate);
  places.set(settings.rollouts, locate);
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

/** By a part that copies of the settings share. */
const places = new WeakMap<Settings['routes'] | Settings['rollouts'], (path: readonly string[]) => string>();

/** Where a route is declared: `millrace.yaml:4:3`, or the name of a variable or flag; '' where that is not known. */
export function placeOfRoute(routes: Settings['routes'], name: string): string {
  return places.get(routes)?.(['routes', name]) ?? '';
}

/** The rollouts of settings, and where each is declared. */
export function writtenRollouts(rollouts: Settings['rollouts']): WrittenRollouts {
  const locate = places.get(rollouts);
  const written = Object.keys(rollouts).map((model) => [model, locate?.(['rollouts', model]) ?? '']);
  return { configs: rollouts, places: Object.fromEntries(written) };
}

/** Where the layer that counts says something. */
function placeOf(layers: readonly Layer[], path: readonly string[]): string {
  return layers.findLast(({ tree }) => valueAt(tree, path) !== undefined)?.locate(path) ?? '';
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

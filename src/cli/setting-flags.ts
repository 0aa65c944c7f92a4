import { type Command, InvalidArgumentError, Option } from 'commander';
import { loadSettings, type SettingFlag, type Settings, settingFlags } from '../config/index.js';
import { nearestName } from '../text/index.js';
import type { Io } from './io.js';
import {
  addTritonFlags,
  checkTritonFlags,
  platformPortsOf,
  renameTritonFlag,
  settingFlagsOf,
  TRITON_ALIASES,
} from './triton-flags.js';

/** Given flags by commander's attribute name (`--http-port` → `httpPort`). */
export type GivenFlags = Readonly<Record<string, unknown>>;

/** Adds `--config`, every flag that sets a key of the settings, and tritonserver's flags. */
export function addSettingFlags(command: Command): Command {
  const flags = settingFlags();
  addConfigFlags(command, flags)
    .addOption(
      new Option('--cache-config <local,size=bytes>', "Triton's way to write --response-cache-byte-size").argParser(
        readCacheSize,
      ),
    )
    .option('--log-verbose <level>', "Triton's flag: 1 = --log-level debug, 2 and more = trace", readVerbosity);
  addTritonFlags(command);
  readWords(command, new Set(flags.filter(isSwitch).map(({ flag }) => flag)));
  return command;
}

/** Adds `--config` and those flags that say where models are and how they are read, for commands that serve nobody. */
export function addModelFlags(command: Command): Command {
  return addConfigFlags(
    command,
    settingFlags().filter(({ flag }) => MODEL_FLAGS.includes(flag)),
  );
}

const MODEL_FLAGS: readonly string[] = ['--model-repository', '--model-config-name', '--runtime', '--log-level'];

function addConfigFlags(command: Command, flags: readonly SettingFlag[]): Command {
  command.option(
    '-c, --config <file>',
    'settings file (default: $MILLRACE_CONFIG, else millrace.yaml if there is one)',
  );
  for (const flag of flags) command.addOption(toOption(flag));
  return command;
}

function readCacheSize(text: string): number {
  const [, size] = /^local,size=(\d{1,15})$/.exec(text) ?? [];
  if (size === undefined) throw new InvalidArgumentError(`Expected local,size=<bytes>, got '${text}'.`);
  return Number(size);
}

const isSwitch = ({ schema }: SettingFlag): boolean => schema.type === 'boolean';

function readVerbosity(text: string): number {
  const level = Number(text);
  if (!Number.isInteger(level) || level < 0) throw new InvalidArgumentError(`Expected 0, 1 or 2, got '${text}'.`);
  return level;
}

/**
 * Switches may stand alone or with a value, as Triton's do (`--strict=false`), but never take the next word for theirs. An
 * unknown flag ends it, with those that may have been meant.
 */
function readWords(command: Command, switches: ReadonlySet<string>): void {
  const parseOptions = command.parseOptions.bind(command);
  command.parseOptions = (words) => {
    const renamed = words.map(renameTritonFlag);
    const parsed = parseOptions(renamed.map((word) => (switches.has(word) ? `${word}=true` : word)));
    const unknown = parsed.unknown.find((word) => word.startsWith('-'));
    const isHelp = parsed.unknown.some((word) => word === '-h' || word === '--help');
    if (unknown !== undefined && !isHelp) refuseUnknown(command, unknown.replace(/=.*$/s, ''));
    return parsed;
  };
}

function refuseUnknown(command: Command, flag: string): never {
  const meant = flagsLike(command, flag);
  const suggestion =
    meant.length === 0 ? '' : `\n(Did you mean ${meant.length > 1 ? 'one of ' : ''}${meant.join(', ')}?)`;
  command.error(`error: unknown option '${flag}'${suggestion}`, { code: 'commander.unknownOption' });
}

/** The flags of `--help` that have all its words (`--port` → `--http-port`, …), else the known one that is nearly the same. */
function flagsLike({ options }: Command, flag: string): readonly string[] {
  const words = flag.split('-').filter((word) => word !== '');
  const listed = options.flatMap(({ long, hidden }) => (hidden || long == null ? [] : long));
  const wider = listed.filter((other) => words.every((word) => other.split('-').includes(word)));
  if (words.length > 0 && wider.length > 0) return wider;
  const known = [...options.flatMap(({ long }) => long ?? []), ...Object.keys(TRITON_ALIASES)];
  const nearest = nearestName(flag, known);
  return nearest === undefined ? [] : [nearest];
}

function toOption(setting: SettingFlag): Option {
  const description = `${lowerFirst(setting.schema.description ?? setting.path.join('.'))}${suffix(setting)}`;
  if (isSwitch(setting)) return new Option(`${setting.flag} [true|false]`, description);
  const option = new Option(`${setting.flag} <${placeholder(setting)}>`, description);
  const choices = literals(setting);
  if (choices.length > 0) option.choices(choices);
  if (!setting.repeatable) return option;
  return option.argParser((text: string, before: readonly string[] | undefined) => [...(before ?? []), text]);
}

function suffix(setting: SettingFlag): string {
  const { default: value } = setting.schema;
  const notes = [
    ...(setting.repeatable ? ['repeatable'] : []),
    ...(typeof value === 'number' || (typeof value === 'string' && value !== '')
      ? [`default: ${typeof value === 'number' ? value / setting.scale : value}`]
      : []),
  ];
  return notes.length === 0 ? '' : ` (${notes.join(', ')})`;
}

/** As the other flags are described: no capital, unless the first word is a name, and no full stop. */
function lowerFirst(text: string): string {
  const plain = text.replaceAll('`', '').replace(/\.$/, '');
  const isName = /^(Prometheus\b|[A-Z]{2})/.test(plain);
  return isName ? plain : `${plain.charAt(0).toLowerCase()}${plain.slice(1)}`;
}

function placeholder({ schema, flag }: SettingFlag): string {
  if (schema.type === 'integer' || schema.type === 'number') return 'number';
  if (flag === '--model-repository') return 'folder';
  if (flag === '--runtime') return 'file';
  if (flag.endsWith('-model')) return 'name';
  return literals({ schema }).length > 0 ? 'choice' : 'value';
}

function literals({ schema }: Pick<SettingFlag, 'schema'>): readonly string[] {
  const members: readonly { readonly const?: unknown }[] = schema.anyOf ?? [];
  return members.flatMap((member) => (typeof member.const === 'string' ? [member.const] : []));
}

/** The part of the settings that the given flags say; numbers with their scale, text for the settings to read. */
export function settingsOfFlags(given: GivenFlags): Readonly<Record<string, unknown>> {
  const tree: Record<string, unknown> = {};
  for (const setting of settingFlags()) {
    const value = given[new Option(setting.flag).attributeName()];
    if (value === undefined) continue;
    put(tree, setting.path, setting.scale === 1 ? value : scaled(value, setting.scale));
  }
  if (given.cacheConfig !== undefined) put(tree, ['engine', 'responseCacheBytes'], given.cacheConfig);
  return tree;
}

/** What is no number stays as it is: the settings say what is wrong with it. */
function scaled(value: unknown, scale: number): unknown {
  const number = Number(value);
  return Number.isFinite(number) ? number * scale : value;
}

function put(tree: Record<string, unknown>, [name = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    tree[name] = value;
    return;
  }
  const inner = { ...(tree[name] as Readonly<Record<string, unknown>> | undefined) };
  put(inner, rest, value);
  tree[name] = inner;
}

/** Complete settings from flags, environment and file. `extra` comes from positional arguments and counts as flags. */
export async function loadSettingsFor(io: Io, given: GivenFlags, extra: GivenFlags = {}): Promise<Settings> {
  const flags = { ...given, ...settingFlagsOf(given), ...extra };
  const env = await io.environment();
  const load = (all: GivenFlags) =>
    loadSettings({
      ...(typeof flags.config === 'string' ? { file: flags.config } : {}),
      env,
      flags: settingsOfFlags(all),
      cwd: io.cwd,
    });
  const withoutPorts = load(flags);
  const ports = platformPortsOf(given, withoutPorts);
  const settings = Object.keys(ports).length === 0 ? withoutPorts : load({ ...flags, ...ports });
  checkTritonFlags(given, settings);
  return settings;
}

/** As {@link loadSettingsFor}, for commands that take the folders of a server as their arguments. */
export function loadSettingsOfServer(io: Io, folders: readonly string[], flags: GivenFlags): Promise<Settings> {
  const given = Array.isArray(flags.modelRepository) ? (flags.modelRepository as readonly string[]) : [];
  const paths = [...folders, ...given];
  return loadSettingsFor(io, flags, paths.length === 0 ? {} : { modelRepository: paths });
}

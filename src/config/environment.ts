import { didYouMean } from '../text/index.js';
import type { Layer } from './layer.js';
import { decodeText, treeOf } from './layer.js';
import { platformValues } from './platform-variables.js';
import { SettingsSchema } from './schema.js';
import { settingKeys } from './shape.js';

/** Environment variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of this process; nobody else reads it. */
export function processEnvironment(): Environment {
  return process.env;
}

const PREFIX = 'MILLRACE_';
/** The variable that names the settings file. */
export const FILE_VARIABLE = `${PREFIX}CONFIG`;

/** Address and bearer key for the commands that talk to a server, and where `pull` keeps downloads. No settings of the server's own. */
const CLIENT_VARIABLES: ReadonlySet<string> = new Set([`${PREFIX}URL`, `${PREFIX}KEY`, `${PREFIX}CACHE`]);

/** What tests are told through the environment is none of the server's business. */
const TEST_PREFIX = `${PREFIX}TEST_`;
/** Kubernetes puts these into each pod beside a service whose name begins with "millrace". */
const SERVICE_LINK = /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/;
const SERVICE_ADDRESS = /^(tcp|udp|sctp):\/\//;

/** `server.tls.certFile` → `MILLRACE_SERVER_TLS_CERT_FILE`. */
export function environmentName(path: readonly string[]): string {
  return PREFIX + path.map((name) => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()).join('_');
}

const KEYS = new Map(settingKeys(SettingsSchema).map((key) => [environmentName(key.path), key]));

/** The settings that `MILLRACE_*` variables hold, lists with commas or as JSON and maps as JSON, and what platforms say in theirs. */
export function readEnvironment(env: Environment, folder: string): Layer {
  const given = new Map(platformValues(env).map(([path, value]) => [environmentName(path), value]));
  const values = [...KEYS].flatMap(([name, key]) => {
    // Ours win over them.
    const text = env[name] ?? given.get(name)?.text;
    return text === undefined ? [] : [{ path: key.path, value: decodeText(key, text) }];
  });
  const locate = (path: readonly string[]): string => {
    const name = nameOf(path);
    return env[name] === undefined ? (given.get(name)?.name ?? name) : name;
  };
  return { tree: treeOf(values), folder, locate };
}

/** Problems with variables that begin like settings but are none. */
export function findUnknownVariables(env: Environment): readonly string[] {
  return Object.entries(env)
    .filter(([name, value]) => name.startsWith(PREFIX) && !KEYS.has(name) && !isForeign(name, value ?? ''))
    .map(([name]) => `unknown environment variable ${name}${didYouMean(name, [...KEYS.keys(), FILE_VARIABLE])}`);
}

function isForeign(name: string, value: string): boolean {
  return (
    name === FILE_VARIABLE ||
    CLIENT_VARIABLES.has(name) ||
    name.startsWith(TEST_PREFIX) ||
    SERVICE_LINK.test(name) ||
    SERVICE_ADDRESS.test(value)
  );
}

/** The variable that holds `path`, which may lead into the middle of its value. */
function nameOf(path: readonly string[]): string {
  for (let length = path.length; length > 0; length--) {
    const name = environmentName(path.slice(0, length));
    if (KEYS.has(name)) return name;
  }
  return '';
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MillraceError } from '../core/index.js';
import { createSettings, defaultSettings, loadSettings, type SettingsSources } from './index.js';
import { machineLayer, thisMachine } from './machine.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (text: string, name = 'millrace.yaml'): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const load = (sources: Partial<SettingsSources> = {}) => loadSettings({ env: {}, flags: {}, cwd: folder, ...sources });
const refusal = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError);
    expect((error as MillraceError).code).toBe('invalid_argument');
    return (error as Error).message;
  }
  throw new Error('it was accepted');
};

describe('precedence', () => {
  const FILE =
    'server: { httpPort: 1001 }\nrepository: { paths: [/file] }\ntelemetry: { logLevels: { engine: warn, app: warn } }\n';
  const ENV = {
    MILLRACE_SERVER_HTTP_PORT: '1002',
    MILLRACE_REPOSITORY_PATHS: '/env/a,/env/b',
    MILLRACE_TELEMETRY_LOG_LEVELS: '{"engine":"debug"}',
  };
  const FLAGS = {
    server: { httpPort: 1003 },
    repository: { paths: ['/flag'] },
    telemetry: { logLevels: { app: 'error' } },
  };

  it.each([
    { file: false, env: false, flags: false, port: 8000, paths: undefined, levels: {} },
    { file: true, env: false, flags: false, port: 1001, paths: ['/file'], levels: { engine: 'warn', app: 'warn' } },
    { file: false, env: true, flags: false, port: 1002, paths: ['/env/a', '/env/b'], levels: { engine: 'debug' } },
    {
      file: true,
      env: true,
      flags: false,
      port: 1002,
      paths: ['/env/a', '/env/b'],
      levels: { engine: 'debug', app: 'warn' },
    },
    { file: false, env: false, flags: true, port: 1003, paths: ['/flag'], levels: { app: 'error' } },
    { file: true, env: false, flags: true, port: 1003, paths: ['/flag'], levels: { engine: 'warn', app: 'error' } },
    { file: false, env: true, flags: true, port: 1003, paths: ['/flag'], levels: { engine: 'debug', app: 'error' } },
    { file: true, env: true, flags: true, port: 1003, paths: ['/flag'], levels: { engine: 'debug', app: 'error' } },
  ])('is flags, environment, file, defaults (file $file, environment $env, flags $flags)', (given) => {
    if (given.file) write(FILE);
    const settings = load({ env: given.env ? ENV : {}, flags: given.flags ? FLAGS : {} });
    expect(settings.server.httpPort).toBe(given.port);
    expect(settings.repository.paths).toEqual(given.paths ?? [join(folder, 'models')]);
    expect(settings.telemetry.logLevels).toEqual(given.levels);
  });

  it('passes over flags that were not given', () => {
    write(FILE);
    expect(load({ flags: { server: { httpPort: undefined }, repository: undefined } }).server.httpPort).toBe(1001);
  });

  it('prefers a named file to the one of MILLRACE_CONFIG and that one to millrace.yaml', () => {
    write('server: { httpPort: 1 }');
    write('server: { httpPort: 2 }', 'two.yaml');
    write('server: { httpPort: 3 }', 'three.yaml');
    const env = { MILLRACE_CONFIG: 'two.yaml' };
    expect(load().server.httpPort).toBe(1);
    expect(load({ env }).server.httpPort).toBe(2);
    expect(load({ env, file: join(folder, 'three.yaml') }).server.httpPort).toBe(3);
  });
});

describe('settings', () => {
  it('are the defaults without any source, as far as the machine has room, and frozen all the way down', () => {
    const settings = load();
    const defaults = defaultSettings();
    const { engine, runners, server } = machineLayer(thisMachine(), '/').tree as Record<string, object>;
    const repository = { ...settings.repository, paths: defaults.repository.paths };
    const audit = { ...settings.audit, folder: defaults.audit.folder };
    expect({ ...settings, repository, audit }).toEqual({
      ...defaults,
      engine: { ...defaults.engine, ...engine },
      runners: { ...defaults.runners, ...runners },
      server: { ...defaults.server, ...server },
    });
    expect(
      Object.isFrozen(settings) && Object.isFrozen(settings.server.tls) && Object.isFrozen(settings.auth.keys),
    ).toBe(true);
  });

  it('may come from an empty file', () => {
    write('# nothing\n');
    expect(load().server.httpPort).toBe(8000);
  });

  it('fill in what a list item leaves out', () => {
    write('auth: { keys: [{ name: a, key: 0123456789abcdef0 }] }');
    expect(load().auth.keys).toEqual([{ name: 'a', key: '0123456789abcdef0', scopes: ['infer', 'observe'] }]);
  });

  it('start relative paths of the file from its folder, others from the working folder, and leave addresses alone', () => {
    mkdirSync(join(folder, 'etc'));
    const file = write(
      'repository: { paths: [models, /abs, s3://bucket/x] }\nserver: { tls: { certFile: a.pem, keyFile: a.key } }\njobs: { inputs: { caFile: b.pem }, webhooks: { caFile: c.pem } }',
      'etc/m.yaml',
    );
    const { repository, server, engine, jobs } = load({ file, env: { MILLRACE_ENGINE_CACHE_FOLDER: 'cache' } });
    expect(repository.paths).toEqual([join(folder, 'etc/models'), '/abs', 's3://bucket/x']);
    expect(server.tls.certFile).toBe(join(folder, 'etc/a.pem'));
    expect([jobs.inputs.caFile, jobs.webhooks.caFile]).toEqual([join(folder, 'etc/b.pem'), join(folder, 'etc/c.pem')]);
    expect(engine.cacheFolder).toBe(join(folder, 'cache'));
    expect(load().engine.cacheFolder).toBe('');
  });

  it('take text from the command line as what its key wants', () => {
    const { server, repository } = load({
      flags: { server: { httpPort: '0' }, repository: { strict: 'true', paths: '/a,/b' } },
    });
    expect([server.httpPort, repository.strict, repository.paths]).toEqual([0, true, ['/a', '/b']]);
  });

  it('can be made from a part of them, for use as a library', () => {
    const settings = createSettings({ server: { httpPort: 0 }, repository: { paths: ['m'] } }, folder);
    expect(settings.server.httpPort).toBe(0);
    expect(settings.server.host).toBe('127.0.0.1');
    expect(settings.repository.paths).toEqual([join(folder, 'm')]);
    expect(refusal(() => createSettings({ server: { httpPort: -5 } }))).toBe(
      'server.httpPort: expected integer (0 to 65535), got -5',
    );
  });
});

describe('bad settings are refused', () => {
  it.each([
    ['an unknown key', 'server:\n  httpPrt: 80\n', ':2:3: unknown key server.httpPrt; did you mean httpPort?'],
    [
      'a key that there was',
      'telemetry: { auditFile: audit.log }\n',
      ':1:14: telemetry.auditFile has been removed: the audit trail is in files of its own, in the folder audit.folder (docs/audit.md)',
    ],
    ['an unknown room', 'sever: {}\n', ':1:1: unknown key sever; did you mean server?'],
    ['a key of another section', 'auth: { rateLimit: 1 }\n', ':1:9: unknown key auth.rateLimit'],
    [
      'a key of another section, in a list',
      'auth: { keys: [{ name: a, key: 0123456789abcdef, rateLimit: 1 }] }\n',
      ':1:50: unknown key auth.keys[0].rateLimit',
    ],
    [
      'a key of a section within',
      'server: { certFile: a }\n',
      ':1:11: unknown key server.certFile; did you mean server.tls.certFile?',
    ],
    ['a key at the wrong place', 'httpPort: 80\n', ':1:1: unknown key httpPort; did you mean server.httpPort?'],
    ['an unknown key unlike any', 'server:\n  zzz: 80\n', ':2:3: unknown key server.zzz'],
    ['a prototype key', '__proto__: { a: 1 }\n', ':1:1: unknown key __proto__'],
    [
      'text for a number',
      'server:\n  httpPort: abc\n',
      ":2:3: server.httpPort: expected integer (0 to 65535), got 'abc'",
    ],
    [
      'a number out of range',
      'server: { httpPort: 70000 }\n',
      ':1:11: server.httpPort: expected integer (0 to 65535), got 70000',
    ],
    [
      'an infinite number',
      'server: { requestTimeoutMs: .inf }\n',
      ':1:11: server.requestTimeoutMs: expected number (at least 1), got Infinity',
    ],
    [
      'a word that is none of the choices',
      'repository: { controlMode: auto }\n',
      ":1:15: repository.controlMode: expected none | poll | explicit, got 'auto'",
    ],
    [
      'a scalar for a list',
      'repository: { paths: ./models }\n',
      ":1:15: repository.paths: expected list of string, got './models'",
    ],
    ['a list for a map', 'server: [1]\n', ':1:1: server: expected map, got a list'],
    ['nothing for a map', 'server:\n', ':1:1: server: expected map, got null'],
    [
      'a missing member of a list item',
      'auth:\n  keys:\n    - key: 0123456789abcdef0\n',
      ':3:7: auth.keys[0].name is missing, expected non-empty string',
    ],
    [
      'a broken file',
      'server: {\n',
      ':2:1: Flow map in block collection must be sufficiently indented and end with a }',
    ],
    ['a key given twice', 'server: {}\nserver: {}\n', ':2:1: Map keys must be unique'],
    ['a list as the whole', '- a\n', ':1:1: expected a map of settings, got a list'],
    ['a word as the whole', 'hello\n', ':1:1: expected a map of settings, got hello'],
  ])('%s', (_what, text, message) => {
    const path = write(text);
    expect(refusal(load)).toBe(`${path}${message}`);
  });

  it('a file that does not exist, is a folder, or is no text', () => {
    expect(refusal(() => load({ file: 'nope.yaml' }))).toBe(`${join(folder, 'nope.yaml')}: does not exist`);
    expect(refusal(() => load({ file: folder }))).toBe(`${folder}: is a folder, expected a file`);
    writeFileSync(join(folder, 'binary.yaml'), new Uint8Array([0xff, 0xfe, 0xfd]));
    expect(refusal(() => load({ file: 'binary.yaml' }))).toBe(`${join(folder, 'binary.yaml')}: is not UTF-8 text`);
    writeFileSync(join(folder, 'big.yaml'), '#'.repeat(4_194_305));
    expect(refusal(() => load({ file: 'big.yaml' }))).toBe(
      `${join(folder, 'big.yaml')}: is 4194305 bytes long, expected at most 4194304`,
    );
  });

  it('all problems of all sources at once, each with its origin', () => {
    const path = write('server:\n  httpPrt: 80\n  metricsPort: abc\n');
    const work = () =>
      load({
        env: { MILLRACE_SERVER_HTTP_PROT: '1', MILLRACE_ENGINE_MAX_INSTANCES: 'x' },
        flags: { server: { httpPort: '99999' } },
      });
    expect(refusal(work)).toBe(
      [
        '5 problems with the settings:',
        'unknown environment variable MILLRACE_SERVER_HTTP_PROT; did you mean MILLRACE_SERVER_HTTP_PORT?',
        `${path}:2:3: unknown key server.httpPrt; did you mean httpPort?`,
        `${path}:3:3: server.metricsPort: expected integer (-1 to 65535), got 'abc'`,
        "MILLRACE_ENGINE_MAX_INSTANCES: engine.maxInstances: expected integer (at least 1), got 'x'",
        '--http-port: server.httpPort: expected integer (0 to 65535), got 99999',
      ].join('\n  '),
    );
  });
});

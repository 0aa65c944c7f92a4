import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type App, createApp } from '../../src/app.js';
import { loadSettings } from '../../src/config/index.js';
import { type Clock, systemClock } from '../../src/core/index.js';
import { readChanges, readTrail } from '../support/audit-trail.js';
import { run } from '../support/cli-fixture.js';
import { RUNNER_ENTRY } from '../support/dist.js';
import { bearer, ECHO, ECHO_MODEL } from '../support/key-server.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';
import { ENDED } from '../support/stream-rows.js';
import { until } from '../support/until.js';
import { WAITING_MODEL } from '../support/waiting-model.js';

const MODELS = {
  'models/echo/1/': '',
  'models/echo/2/': '',
  'models/echo/model.yaml': `${ECHO_MODEL}versions: all\n`,
  'models/waiting/1/model.js': WAITING_MODEL,
};
/** The watchers of files never look: whatever changes, a reload has read. */
const UNWATCHED: Clock = {
  ...systemClock,
  setTimer: (ms, run) => systemClock.setTimer(ms === 500 || ms === 5_000 ? 2 ** 31 - 1 : ms, run),
};

interface Started {
  readonly app: App;
  readonly folder: TempFolder;
  readonly url: string;
  readonly log: string[];
  /** Writes `millrace.yaml`. */
  write(text: string): void;
  [Symbol.asyncDispose](): Promise<void>;
}

async function start(settings: string, files: Readonly<Record<string, string>> = {}): Promise<Started> {
  const folder = await createTempFolder({ ...MODELS, ...files, 'millrace.yaml': settings });
  const flags = {
    repository: { paths: [path.join(folder.path, 'models')] },
    server: { httpPort: 0, grpcPort: -1, metricsPort: -1 },
    store: { path: path.join(folder.path, '.millrace/store.db') },
    audit: { folder: path.join(folder.path, '.millrace/audit') },
    runners: { entry: RUNNER_ENTRY },
  };
  const log: string[] = [];
  const write = (line: string) => {
    const { level, msg } = JSON.parse(line);
    log.push(`${level}: ${msg.replaceAll(`${folder.path}/`, '')}`);
  };
  const app = await createApp(loadSettings({ env: {}, flags, cwd: folder.path }), {
    clock: UNWATCHED,
    logDestination: { write },
  });
  const { http } = await app.listen();
  await app.start();
  return {
    app,
    folder,
    url: http.url,
    log,
    write: (text) => writeFileSync(path.join(folder.path, 'millrace.yaml'), text),
    async [Symbol.asyncDispose]() {
      await app.close({ drainDelayMs: 0 });
      await folder[Symbol.asyncDispose]();
    },
  };
}

interface Written {
  readonly keys?: readonly string[];
  readonly auth?: string;
  readonly rest?: string;
}

/** A settings file with the keys of an administrator and of others, each written as `name [scopes]`. */
function written({ keys = [], auth = '', rest = '' }: Written = {}): string {
  const entries = ['ops []', ...keys].map((each) => {
    const [name, scopes] = each.split(' ');
    return `    - { name: ${name}, key: ${name}-key-0123456789, scopes: ${scopes} }\n`;
  });
  const bindings = "  bindings: [{ principal: 'key:ops', role: admin }]\n";
  return `auth:\n  keys:\n${entries.join('')}${auth || bindings}${rest}`;
}

const APP = 'app [infer]';
const ROUTE = (version: number) => `routes:\n  live: { arms: [{ model: echo, version: ${version}, weight: 1 }] }\n`;

let server: Started;
beforeAll(async () => {
  server = await start(written({ keys: [APP] }));
});
afterAll(() => server[Symbol.asyncDispose]());

const ask = (who: string, route: string, body?: object) =>
  fetch(`${server.url}${route}`, {
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
    headers: { ...bearer(`${who}-key-0123456789`), 'content-type': 'application/json' },
  });
const infer = async (who: string, model = 'echo') => (await ask(who, `/v2/models/${model}/infer`, ECHO)).status;
/** A stream that has begun, and ends with its key. */
const stream = async (who: string) => {
  const answer = await ask(who, '/v2/models/waiting/generate_stream', { text_input: '/nowhere' });
  expect(answer.status).toBe(200);
  return answer;
};
const file = () => path.join(server.folder.path, 'millrace.yaml');

// Each test says by what it expects which shape it has.
const bodyOf = async (answer: Promise<Response>) => JSON.parse(await (await answer).text());

/** Writes the settings file, and has it read again. */
async function reload(text: string) {
  server.write(text);
  const answer = await ask('ops', '/millrace/v1/reload', {});
  return { status: answer.status, body: JSON.parse(await answer.text()) };
}
const changed = (...settings: readonly string[]) => ({
  status: 200,
  body: { changed: settings.map((setting) => ({ setting, file: file() })), needs_restart: [], problems: [] },
});
const refused = (message: string) => {
  const problem = `${file()} is not usable, what was in force stays: ${message.replaceAll('FILE', file())}`;
  return {
    status: 409,
    body: {
      error: { code: 'failed_precondition', message: problem },
      changed: [],
      needs_restart: [],
      problems: [{ file: file(), message: problem }],
    },
  };
};

describe('a reload', () => {
  it('puts keys in force that were added, and ends what runs for those that were removed', async () => {
    await reload(written());
    expect(await infer('app')).toBe(401);
    expect(await reload(written({ keys: [APP] }))).toEqual(changed('auth.keys'));
    expect(await infer('app')).toBe(200);
    const streaming = await stream('app');
    expect(await reload(written())).toEqual(changed('auth.keys'));
    expect(await infer('app')).toBe(401);
    expect(await streaming.text()).toContain(ENDED);
  });

  it('puts scopes of keys in force, also for streams that run on, which end with their key', async () => {
    await reload(written({ keys: [APP] }));
    const streaming = await stream('app');
    expect(await reload(written({ keys: ['app [observe]'] }))).toEqual(changed('auth.keys'));
    expect(await infer('app')).toBe(403);
    expect((await ask('app', '/v2/models/stats')).status).toBe(200);
    await reload(written());
    expect(await streaming.text()).toContain(ENDED);
  });

  it('puts roles and bindings in force', async () => {
    await reload(written({ keys: ['app []'] }));
    expect(await infer('app')).toBe(404);
    const auth = `  roles: { runner: ['model.infer'] }
  bindings: [{ principal: 'key:ops', role: admin }, { principal: 'key:app', role: runner }]\n`;
    expect(await reload(written({ keys: ['app []'], auth }))).toEqual(changed('auth.roles', 'auth.bindings'));
    expect(await infer('app')).toBe(200);
  });

  it('puts routes in force: new ones, changed ones, and none of those that are gone', async () => {
    const versionOf = async () => (await bodyOf(ask('app', '/v2/models/live/infer', ECHO))).model_version;
    await reload(written({ keys: [APP] }));
    expect(await infer('app', 'live')).toBe(404);
    expect(await reload(written({ keys: [APP], rest: ROUTE(1) }))).toEqual(changed('routes'));
    expect(await versionOf()).toBe('1');
    expect(await reload(written({ keys: [APP], rest: ROUTE(2) }))).toEqual(changed('routes'));
    expect(await versionOf()).toBe('2');
    const { routes } = await bodyOf(ask('ops', '/millrace/v1/routes'));
    expect(routes).toMatchObject([{ name: 'live', owner: 'file', place: `${file()}:7:3` }]);
    expect(await reload(written({ keys: [APP], rest: '\n' }))).toEqual(changed('routes'));
    expect(await infer('app', 'live')).toBe(404);
  });

  it('puts log levels in force, where the file has others than before', async () => {
    const logging = async () => (await bodyOf(ask('ops', '/v2/logging'))).log_verbose_level;
    await reload(written());
    expect(await reload(written({ rest: 'telemetry: { logLevel: debug }\n' }))).toEqual(changed('telemetry.logLevel'));
    expect(await logging()).toBe(1);
    await ask('ops', '/v2/logging', { log_verbose_level: 2 });
    await reload(written({ keys: [APP], rest: 'telemetry: { logLevel: debug }\n' }));
    expect(await logging()).toBe(2);
    await reload(written());
    expect(await logging()).toBe(0);
  });

  it('says what needs a restart', async () => {
    const rest = 'openai: { defaultModel: echo }\n';
    await reload(written());
    expect((await reload(written({ keys: [APP], rest }))).body).toEqual({
      changed: [{ setting: 'auth.keys', file: file() }],
      needs_restart: ['openai.defaultModel'],
      problems: [],
    });
    expect(server.log).toContain(
      'info: reload by key:ops: auth.keys changed; openai.defaultModel will take effect at the next start',
    );
  });

  it('of a file that cannot be used changes nothing, and says why', async () => {
    await reload(written({ keys: [APP], rest: ROUTE(1) }));
    const wrong = written({ auth: '  bindings: [{ group: qa, role: viewr }]\n' });
    expect(await reload(wrong)).toEqual(
      refused("FILE:4:27: auth.bindings[0].role: there is no role 'viewr'; did you mean 'viewer'?"),
    );
    expect([await infer('app'), await infer('app', 'live')]).toEqual([200, 200]);
    expect(server.log).toContain('warn: reload by key:ops: nothing changed; 1 not usable');
  });

  it('refuses routes to models and labels that are not there, and all else of the file with them', async () => {
    await reload(written({ keys: [APP], rest: ROUTE(1) }));
    const rest = 'routes:\n  live: { arms: [{ model: ecko, weight: 1 }] }\n';
    expect(await reload(written({ rest }))).toEqual(
      refused("FILE:6:3: routes.live.arms[0].model: there is no model 'ecko'; did you mean 'echo'?"),
    );
    expect([await infer('app'), await infer('app', 'live')]).toEqual([200, 200]);
  });

  it('locks no administrator out', async () => {
    const locked =
      "the keys and bindings of FILE would lock every administrator out: leave the role 'admin', on everything, to one caller at least";
    await reload(written({ keys: [APP] }));
    expect(await reload(written({ keys: [APP] }).replace('name: ops', 'name: opt'))).toEqual(refused(locked));
    expect(await reload(written({ keys: [APP] }).replace('role: admin', 'role: operator'))).toEqual(refused(locked));
    expect((await ask('ops', '/millrace/v1/keys')).status).toBe(200);
  });

  it('refuses a key whose name an API key of the store has', async () => {
    await ask('ops', '/millrace/v1/keys', { name: 'ci', grants: [{ role: 'caller' }] });
    await reload(written());
    expect(await reload(written({ keys: ['ci [infer]'] }))).toEqual(
      refused("auth.keys[1].name: the store has an API key 'ci'; revoke it, or choose another name"),
    );
  });

  it('is in the audit trail, with what it changed', async () => {
    /** Outcomes are written behind their answers. */
    const recorded = () =>
      until('every change has its outcome', () => {
        const begun = readChanges(server).filter((change) => change.endsWith(' intent'));
        return begun.length * 2 === readChanges(server).length;
      });
    await reload(written());
    await recorded();
    const before = readChanges(server).length;
    await reload(written({ keys: [APP], rest: ROUTE(2) }));
    const by = `file:${file()}`;
    await recorded();
    expect(readChanges(server).slice(before)).toEqual([
      'key:ops server.reload intent',
      `${by} routes.apply intent`,
      `${by} access.change intent`,
      `${by} access.change ok`,
      `${by} routes.apply ok`,
      'key:ops server.reload ok',
    ]);
    const entries = readTrail(server).filter(({ type }) => type === 'outcome');
    expect(entries.at(-3)).toMatchObject({
      before: { keys: [{ name: 'ops', scopes: [] }] },
      after: {
        keys: [
          { name: 'ops', scopes: [] },
          { name: 'app', scopes: ['infer'] },
        ],
      },
    });
    expect(entries.at(-2)).toMatchObject({ resource: 'live', before: {}, after: { live: { arms: [{ version: 2 }] } } });
    expect(JSON.stringify(entries)).not.toContain('-key-0123456789');
  });

  it('needs the right server.manage', async () => {
    await reload(written({ keys: [APP] }));
    const refusal = ask('app', '/millrace/v1/reload', {});
    expect((await bodyOf(refusal)).error.message).toContain('server.manage');
    expect((await refusal).status).toBe(403);
  });

  it('is asked for on the command line', async () => {
    const line = ['reload', '--url', server.url, '--key', 'ops-key-0123456789'];
    await reload(written());
    server.write(written({ keys: [APP], rest: 'openai: { defaultModel: echo }\n' }));
    expect(await run(line)).toEqual({
      code: 0,
      out: `auth.keys changed (${file()})\nopenai.defaultModel will take effect at the next start\n`,
      err: '',
    });
    server.write(written({ keys: [APP] }));
    expect(await run(line)).toEqual({ code: 0, out: 'nothing changed\n', err: '' });
    const json = await run([...line, '--json']);
    expect(JSON.parse(json.out)).toEqual({ changed: [], needs_restart: [], problems: [] });
    server.write('auth: [\n');
    const failed = await run(line);
    expect([failed.code, failed.out]).toEqual([1, '']);
    expect(failed.err).toMatch(/^error: \S+millrace\.yaml is not usable, what was in force stays: \S+:2:1: /);
  });
});

describe('a reload of a server without keys', () => {
  it('is not for callers without keys, and leaves it to a restart that they need one', async () => {
    await using open = await start('');
    const answer = await fetch(`${open.url}/millrace/v1/reload`, { method: 'POST' });
    expect(answer.status).toBe(403);
    open.write(written());
    expect(await open.app.reload('SIGHUP')).toEqual({
      changed: [{ setting: 'auth.bindings', file: path.join(open.folder.path, 'millrace.yaml') }],
      needsRestart: ['auth.keys'],
      problems: [],
    });
    expect((await fetch(`${open.url}/v2`)).status).toBe(200);
  });

  it('puts certificates in force, and none that do not fit their keys', async () => {
    const pem = (name: string) => readFileSync(`test/fixtures/tls/${name}`, 'utf8');
    const tls = 'server: { tls: { certFile: server.crt, keyFile: server.key } }\n';
    await using secure = await start(tls, { 'server.crt': pem('first.crt'), 'server.key': pem('first.key') });
    const use = (name: string, to: string) =>
      copyFileSync(`test/fixtures/tls/${name}`, path.join(secure.folder.path, to));
    const certFile = path.join(secure.folder.path, 'server.crt');
    use('second.crt', 'server.crt');
    const { changed: none, problems } = await secure.app.reload('SIGHUP');
    expect([none, problems]).toEqual([
      [],
      [
        {
          file: certFile,
          message: expect.stringMatching(/^the new TLS certificate is not usable, the old one stays: /),
        },
      ],
    ]);
    expect(await subjectAt(secure.url)).toBe('first.millrace.test');
    use('second.key', 'server.key');
    expect(await secure.app.reload('SIGHUP')).toEqual({
      changed: [
        { setting: 'server.tls.certFile', file: certFile },
        { setting: 'server.tls.keyFile', file: path.join(secure.folder.path, 'server.key') },
      ],
      needsRestart: [],
      problems: [],
    });
    expect(await subjectAt(secure.url)).toBe('second.millrace.test');
  });
});

/** The name on the certificate that clients are shown. */
function subjectAt(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.once('error', reject);
    onTestFinished(() => void socket.destroy());
  });
}

it('a rollout that the file declares begins, cannot be started by the API, and runs again only with another attempt', async () => {
  const rollout = (more = '') =>
    written({ rest: `rollouts:\n  echo: { to: 1, steps: [50, 100], holdMs: 600000${more} }\n` });
  const states = async (): Promise<string> => {
    const { rollouts } = await bodyOf(ask('ops', '/millrace/v1/models/echo/rollout/history'));
    return rollouts.map((each: Readonly<Record<string, string>>) => `${each.started_by}: ${each.state}`).join();
  };
  const become = (expected: string) => until(`rollouts are ${expected}`, async () => (await states()) === expected);
  expect((await reload(rollout())).body.changed).toContainEqual({ setting: 'rollouts', file: file() });
  await become('the settings: holding');
  expect(await bodyOf(ask('ops', '/millrace/v1/models/echo/rollout', { to: 1 }))).toMatchObject({
    error: {
      message: expect.stringMatching(
        /millrace\.yaml:\d+:3 declares the rollout of 'echo': change it there, or its `attempt` to run it again$/,
      ),
    },
  });
  expect((await ask('ops', '/millrace/v1/models/echo/rollout/abort', {})).status).toBe(200);
  expect(await reload(rollout(', attempt: 2'))).toEqual(changed('rollouts'));
  await become('the settings: holding,the settings: aborted');
  expect(await reload(written())).toEqual(changed('rollouts'));
  await become('the settings: aborted,the settings: aborted');
  expect(await reload(written({ rest: 'rollouts: { echo: { to: 1, steps: [50, 20] } }\n' }))).toEqual(
    refused('rollouts.echo.steps[1]: expected more than the 50 percent of the step before, got 20'),
  );
});

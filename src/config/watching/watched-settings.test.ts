import { rmSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { createTempFolder } from '../../../test/support/model-folder.js';
import { until } from '../../../test/support/until.js';
import { EventBus, type Events, MillraceError } from '../../core/index.js';
import { loadSettings } from '../load.js';
import { WatchedSettings, type WatchedSettingsSetup } from './watched-settings.js';

const KEYS = "keys: [{ name: app, key: '${file:key}' }, { name: ci, key: first-ci-0123456789 }]";
const settingsWith = (rest: string, keys = KEYS) => `auth:\n  ${keys}\n${rest}`;
const bindings = (...lines: readonly string[]) =>
  settingsWith(`  bindings:\n${lines.map((line) => `    - { ${line} }\n`).join('')}`);

type OnChange = WatchedSettingsSetup['onChange'];
type Next = Parameters<OnChange>[0];
/** What the settings are made of, of what may be handed over. */
const accept: OnChange = async () => ['auth.bindings'];

/** Settings in a file that is watched. */
async function start(text: string, onChange: OnChange = accept) {
  const folder = await createTempFolder({ 'millrace.yaml': text, key: 'first-app-0123456789\n' });
  const file = `${folder.path}/millrace.yaml`;
  const settings = loadSettings({ env: {}, flags: {}, cwd: folder.path });
  const clock = new FakeClock();
  const events = new EventBus();
  const said: string[] = [];
  const reread: boolean[] = [];
  const taken: Next[] = [];
  let inForce = settings.auth.keys;
  const short = (message: string) => message.replaceAll(`${folder.path}/`, '');
  events.subscribe('diagnostic', ({ level, message }: Events['diagnostic']) =>
    said.push(`${level}: ${short(message)}`),
  );
  events.subscribe('authReread', ({ isInForce }) => reread.push(isInForce));
  const watched = new WatchedSettings(settings, {
    clock,
    events,
    onChange: async (next, path) => {
      // As the service does, which knows what is in force.
      const { keys = inForce, ...rest } = next;
      if (Object.keys(rest).length === 0 && isDeepStrictEqual(keys, inForce)) return [];
      const changed = await onChange(next, path);
      inForce = keys;
      taken.push(next);
      return changed;
    },
  });
  watched.watch();
  onTestFinished(async () => {
    watched.close();
    await folder[Symbol.asyncDispose]();
  });
  const write = (changed: string) => writeFileSync(file, changed);
  /** Looks until it has said so much. */
  const hears = async (count: number) => {
    await until(`it has said ${count} things`, async () => {
      await clock.advance(500);
      return said.length >= count;
    });
    return said.splice(0);
  };
  return { folder, file, clock, write, hears, said, taken, reread, watched };
}

it('roles and bindings are read again when their file changes, with where they are written', async () => {
  const { write, hears, taken, reread, file } = await start(bindings('group: qa, role: viewer'));
  write(
    `${bindings('group: qa, role: viewer', 'group: ops, role: tester')}  roles: { tester: ['model.read', 'route.*'] }\n`,
  );
  expect(await hears(1)).toEqual(['info: auth.bindings read again from millrace.yaml']);
  expect(taken.map(({ access }) => access)).toEqual([
    {
      roles: { tester: ['model.read', 'route.read', 'route.change'] },
      bindings: [
        { group: 'qa', role: 'viewer', place: `${file}:4:7` },
        { group: 'ops', role: 'tester', place: `${file}:5:7` },
      ],
    },
  ]);
  expect(reread).toEqual([true]);
});

it('keys, routes, rollouts and log levels are read again, with where routes and rollouts are written', async () => {
  const { write, hears, taken, file } = await start(settingsWith(''));
  write(
    settingsWith(
      'routes:\n  live: { arms: [{ model: fraud, version: 2, weight: 1 }] }\nrollouts:\n  fraud: { to: 2 }\ntelemetry: { logLevel: debug, logLevels: { engine: trace } }\n',
      "keys: [{ name: new, key: new-key-0123456789, scopes: [manage] }, { name: app, key: '${file:key}' }]",
    ),
  );
  await hears(1);
  expect(taken).toEqual([
    {
      keys: [
        { name: 'new', key: 'new-key-0123456789', scopes: ['manage'] },
        { name: 'app', key: 'first-app-0123456789', scopes: ['infer', 'observe'] },
      ],
      access: { roles: {}, bindings: [] },
      routes: {
        configs: { live: { arms: [{ model: 'fraud', version: 2, weight: 1 }], rules: [], fallback: [] } },
        places: { live: `${file}:4:3` },
      },
      rollouts: { configs: { fraud: { to: 2, attempt: 1 } }, places: { fraud: `${file}:6:3` } },
      logLevels: { logLevel: 'debug', logLevels: { engine: 'trace' } },
    },
  ]);
});

it('a change that is still being written is waited for', async () => {
  const { write, clock, hears, taken } = await start(bindings('group: qa, role: viewer'));
  write(bindings());
  await clock.advance(500);
  write(bindings('group: qa, role: caller'));
  expect(await hears(1)).toEqual(['info: auth.bindings read again from millrace.yaml']);
  expect(taken.map(({ access }) => access?.bindings[0]?.role)).toEqual(['caller']);
});

it('what does not parse or check is said once, with line and column, and changes nothing', async () => {
  const { write, hears, clock, taken, reread, said, file } = await start(
    bindings('group: qa, role: viewer'),
    async () => [],
  );
  write(bindings('group: qa, role: viewr'));
  const stays = 'warn: millrace.yaml is not usable, what was in force stays:';
  expect(await hears(1)).toEqual([
    `${stays} millrace.yaml:4:20: auth.bindings[0].role: there is no role 'viewr'; did you mean 'viewer'?`,
  ]);
  write('auth: { bindings: [\n');
  expect((await hears(1)).join()).toMatch(new RegExp(`^${stays} millrace.yaml:2:1: Flow sequence`));
  rmSync(file);
  expect(await hears(1)).toEqual([`${stays} millrace.yaml: does not exist`]);
  await clock.advance(20_000);
  expect([said, taken, reread]).toEqual([[], [], [false, false, false]]);
  write(bindings('group: qa, role: viewer'));
  expect(await hears(1)).toEqual(['info: millrace.yaml is usable again']);
  expect([taken.length, reread.at(-1)]).toEqual([1, true]);
});

it('files of keys that the settings file names are followed from then on', async () => {
  const { write, hears, folder, taken } = await start(settingsWith(''), async () => ['auth.keys']);
  writeFileSync(`${folder.path}/other`, 'other-app-0123456789');
  write(settingsWith('', "keys: [{ name: app, key: '${file:other}' }]"));
  expect(await hears(1)).toEqual(['info: auth.keys read again from millrace.yaml']);
  writeFileSync(`${folder.path}/other`, 'third-app-0123456789');
  expect(await hears(1)).toEqual(['info: keys read again from their files']);
  expect(taken.map(({ keys }) => keys?.map(({ key }) => key))).toEqual([
    ['other-app-0123456789'],
    ['third-app-0123456789'],
  ]);
});

it('other settings that change are named once, and take effect at the next start', async () => {
  const { write, hears, taken } = await start(settingsWith(''), async ({ access }) =>
    access?.bindings.length === 0 ? [] : ['auth.bindings'],
  );
  write(settingsWith('server: { httpPort: 9000 }\ntelemetry: { accessLog: false }\n'));
  expect(await hears(1)).toEqual([
    'warn: millrace.yaml has changed: server.httpPort, telemetry.accessLog will take effect at the next start',
  ]);
  write(
    settingsWith(
      '  bindings: [{ group: qa, role: viewer }]\nserver: { httpPort: 9000 }\ntelemetry: { accessLog: false }\n',
    ),
  );
  expect(await hears(1)).toEqual(['info: auth.bindings read again from millrace.yaml']);
  expect(taken).toHaveLength(2);
});

it('whether callers need a key at all is decided at the start', async () => {
  const { write, watched } = await start(settingsWith(''), async () => ['auth.keys']);
  write(settingsWith('', 'keys: []'));
  expect(await watched.reload()).toMatchObject({ changed: [{ setting: 'auth.keys' }], needsRestart: ['auth.keys'] });
});

it('what is refused changes nothing of the file, and is not asked for again', async () => {
  const asked: number[] = [];
  const { write, hears, clock, taken, said } = await start(bindings('group: qa, role: viewer'), async () => {
    asked.push(1);
    throw new MillraceError('failed_precondition', 'nobody is left');
  });
  write(bindings('group: qa, role: caller').replace('first-ci', 'other-ci'));
  expect(await hears(1)).toEqual(['warn: millrace.yaml is not usable, what was in force stays: nobody is left']);
  await clock.advance(20_000);
  expect([asked, taken, said]).toEqual([[1], [], []]);
});

it('what cannot be put in force yet is tried again', async () => {
  let isDown = true;
  const { write, hears, taken } = await start(bindings('group: qa, role: viewer'), async () => {
    if (isDown) throw new MillraceError('unavailable', 'the disk is full');
    return ['auth.bindings'];
  });
  write(bindings('group: qa, role: caller'));
  expect(await hears(1)).toEqual(['warn: millrace.yaml is not usable, what was in force stays: the disk is full']);
  isDown = false;
  expect(await hears(2)).toEqual([
    'info: auth.bindings read again from millrace.yaml',
    'info: millrace.yaml is usable again',
  ]);
  expect(taken).toHaveLength(1);
});

describe('a reload', () => {
  it('reads the file at once, without waiting for it to stay the same, and says what needs a restart', async () => {
    const { write, watched, said, file } = await start(bindings('group: qa, role: viewer'));
    write(`${bindings('group: qa, role: caller')}server: { httpPort: 9000 }\n`);
    expect(await watched.reload()).toEqual({
      changed: [{ setting: 'auth.bindings', file }],
      needsRestart: ['server.httpPort'],
      problems: [],
    });
    expect(said).toEqual([
      'info: auth.bindings read again from millrace.yaml',
      'warn: millrace.yaml has changed: server.httpPort will take effect at the next start',
    ]);
  });

  it('reports what is not usable each time, in the words of the log, and reads files of keys anyway', async () => {
    const { write, watched, said, folder, file, taken } = await start(settingsWith(''), async () => ['auth.keys']);
    write('auth: { bindings: {} }\n');
    writeFileSync(`${folder.path}/key`, 'second-app-0123456789\n');
    const words = `is not usable, what was in force stays: ${file}:1:9: auth.bindings: expected list of map, got a map`;
    expect(await watched.reload()).toEqual({
      changed: [{ setting: 'auth.keys', file }],
      needsRestart: [],
      problems: [{ file, message: `${file} ${words}` }],
    });
    expect((await watched.reload()).problems).toHaveLength(1);
    expect(said.filter((line) => line.startsWith('warn: millrace.yaml is not usable'))).toHaveLength(2);
    expect(taken.every((next) => next.routes === undefined)).toBe(true);
  });

  it('says that the file is not there', async () => {
    const { watched, file } = await start(settingsWith(''));
    rmSync(file);
    expect((await watched.reload()).problems).toEqual([
      { file, message: `${file} is not usable, what was in force stays: ${file}: does not exist` },
    ]);
  });
});

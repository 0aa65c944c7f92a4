import { rmSync, writeFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { createTempFolder } from '../../test/support/model-folder.js';
import { until } from '../../test/support/until.js';
import { EventBus, type Events, MillraceError } from '../core/index.js';
import { loadSettings } from './load.js';
import { type AuthWatchSetup, watchAuth } from './watch-auth.js';

const KEYS = "keys: [{ name: app, key: '${file:key}' }, { name: ci, key: first-ci-0123456789 }]";
const settingsWith = (rest: string, keys = KEYS) => `auth:\n  ${keys}\n${rest}`;
const bindings = (...lines: readonly string[]) =>
  settingsWith(`  bindings:\n${lines.map((line) => `    - { ${line} }\n`).join('')}`);

type OnAccess = AuthWatchSetup['onAccess'];
const accept: OnAccess = async () => true;

/** Settings in a file that is followed. */
async function start(text: string, onAccess: OnAccess = accept) {
  const folder = await createTempFolder({ 'millrace.yaml': text, key: 'first-app-0123456789\n' });
  const file = `${folder.path}/millrace.yaml`;
  const settings = loadSettings({ env: {}, flags: {}, cwd: folder.path });
  const clock = new FakeClock();
  const events = new EventBus();
  const said: string[] = [];
  const reread: boolean[] = [];
  const keys: string[][] = [];
  const access: Parameters<OnAccess>[0][] = [];
  const short = (message: string) => message.replaceAll(`${folder.path}/`, '');
  events.subscribe('diagnostic', ({ level, message }: Events['diagnostic']) =>
    said.push(`${level}: ${short(message)}`),
  );
  events.subscribe('authReread', ({ isInForce }) => reread.push(isInForce));
  const stop = watchAuth(settings, {
    clock,
    events,
    onKeys: (found) => keys.push(found.map(({ key }) => key)),
    onAccess: async (found, path) => {
      const isNew = await onAccess(found, path);
      access.push(found);
      return isNew;
    },
  });
  onTestFinished(async () => {
    stop();
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
  return { folder, file, clock, write, hears, said, keys, access, reread, stop };
}

it('roles and bindings are read again when their file changes, with where they are written', async () => {
  const { write, hears, access, keys, reread, file } = await start(bindings('group: qa, role: viewer'));
  write(
    `${bindings('group: qa, role: viewer', 'group: ops, role: tester')}  roles: { tester: ['model.read', 'route.*'] }\n`,
  );
  expect(await hears(1)).toEqual(['info: roles and bindings read again from millrace.yaml']);
  expect(access).toEqual([
    {
      roles: { tester: ['model.read', 'route.read', 'route.change'] },
      bindings: [
        { group: 'qa', role: 'viewer', place: `${file}:4:7` },
        { group: 'ops', role: 'tester', place: `${file}:5:7` },
      ],
    },
  ]);
  expect([keys, reread]).toEqual([[], [true]]);
});

it('a change that is still being written is waited for', async () => {
  const { write, clock, hears, access } = await start(bindings('group: qa, role: viewer'));
  write(bindings());
  await clock.advance(500);
  write(bindings('group: qa, role: caller'));
  expect(await hears(1)).toEqual(['info: roles and bindings read again from millrace.yaml']);
  expect(access.map(({ bindings: [one] }) => one?.role)).toEqual(['caller']);
});

it('what does not parse or check is said once, with line and column, and changes nothing', async () => {
  const { write, hears, clock, access, reread, said, file } = await start(bindings('group: qa, role: viewer'));
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
  expect([said, access, reread]).toEqual([[], [], [false, false, false]]);
  write(bindings('group: qa, role: viewer'));
  expect(await hears(1)).toEqual(['info: millrace.yaml is usable again']);
  expect([access, reread.at(-1)]).toEqual([[], true]);
});

it('keys that are written in the file follow it, but not which there are and what they may do', async () => {
  const { write, hears, keys, folder, clock } = await start(settingsWith(''));
  write(
    settingsWith(
      '',
      'keys: [{ name: new, key: new-key-0123456789 }, { name: ci, key: other-ci-0123456789, scopes: [manage] }]',
    ),
  );
  expect(await hears(2)).toEqual([
    'info: keys read again from their files',
    'warn: millrace.yaml has changed: auth.keys will take effect at the next start',
  ]);
  expect(keys).toEqual([['first-app-0123456789', 'other-ci-0123456789']]);
  // What the file names now is followed from then on.
  write(settingsWith('', "keys: [{ name: app, key: '${file:other}' }, { name: ci, key: other-ci-0123456789 }]"));
  writeFileSync(`${folder.path}/other`, 'other-app-0123456789');
  expect(await hears(1)).toEqual(['info: keys read again from their files']);
  writeFileSync(`${folder.path}/other`, 'third-app-0123456789');
  await clock.advance(500);
  expect(keys.slice(1)).toEqual([
    ['other-app-0123456789', 'other-ci-0123456789'],
    ['third-app-0123456789', 'other-ci-0123456789'],
  ]);
});

it('other settings that change are named once, and take effect at the next start', async () => {
  const { write, hears, access } = await start(settingsWith(''));
  write(settingsWith('server: { httpPort: 9000 }\ntelemetry: { logLevel: debug }\n'));
  expect(await hears(1)).toEqual([
    'warn: millrace.yaml has changed: server.httpPort, telemetry.logLevel will take effect at the next start',
  ]);
  write(
    settingsWith(
      '  bindings: [{ group: qa, role: viewer }]\nserver: { httpPort: 9000 }\ntelemetry: { logLevel: debug }\n',
    ),
  );
  expect(await hears(1)).toEqual(['info: roles and bindings read again from millrace.yaml']);
  expect(access).toHaveLength(1);
});

it('what is refused changes nothing of the file, and is not asked for again', async () => {
  const asked: number[] = [];
  const { write, hears, clock, keys, access, said } = await start(bindings('group: qa, role: viewer'), async () => {
    asked.push(1);
    throw new MillraceError('failed_precondition', 'nobody is left');
  });
  write(bindings('group: qa, role: caller').replace('first-ci', 'other-ci'));
  expect(await hears(1)).toEqual(['warn: millrace.yaml is not usable, what was in force stays: nobody is left']);
  await clock.advance(20_000);
  expect([asked, keys, access, said]).toEqual([[1], [], [], []]);
});

it('what cannot be put in force yet is tried again', async () => {
  let isDown = true;
  const { write, hears, access } = await start(bindings('group: qa, role: viewer'), async () => {
    if (isDown) throw new MillraceError('unavailable', 'the disk is full');
    return true;
  });
  write(bindings('group: qa, role: caller'));
  expect(await hears(1)).toEqual(['warn: millrace.yaml is not usable, what was in force stays: the disk is full']);
  isDown = false;
  expect(await hears(2)).toEqual([
    'info: roles and bindings read again from millrace.yaml',
    'info: millrace.yaml is usable again',
  ]);
  expect(access).toHaveLength(1);
});

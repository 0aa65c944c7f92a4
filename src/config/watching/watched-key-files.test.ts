import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { EventBus } from '../../core/index.js';
import { createSettings } from '../load.js';
import { WatchedSettings, type WatchedSettingsSetup } from './watched-settings.js';

/** Takes the keys, and nothing else, as nothing else has changed. */
function taking(inForce: string, take: (key: string) => void): WatchedSettingsSetup['onChange'] {
  let before = inForce;
  return async ({ keys: [one] = [], ...rest }) => {
    expect(rest).toEqual({});
    const found = one?.key ?? '';
    if (found === before) return [];
    before = found;
    take(found);
    return ['auth.keys'];
  };
}

describe('keys in files', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-keys-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function start(key: string) {
    const clock = new FakeClock();
    const events = new EventBus();
    const diagnostics: string[] = [];
    events.subscribe('diagnostic', ({ level, message }) => diagnostics.push(`${level}: ${message}`));
    const changes: string[] = [];
    const settings = createSettings({ auth: { keys: [{ name: 'app', key, scopes: ['infer'] }] } }, folder);
    const onChange = taking(settings.auth.keys[0]?.key ?? '', (found) => changes.push(found));
    const watched = new WatchedSettings(settings, { clock, events, onChange });
    watched.watch();
    return { clock, changes, diagnostics, watched };
  }

  it('are read again when a file changes, without a restart', async () => {
    writeFileSync(join(folder, 'key'), 'first-key-0123456789\n');
    const { clock, changes, diagnostics, watched } = start('${file:key}');
    await clock.advance(5_000);
    expect(changes).toEqual([]);
    writeFileSync(join(folder, 'key'), 'second-key-0123456789\n');
    await clock.advance(500);
    expect(changes).toEqual(['second-key-0123456789']);
    expect(diagnostics).toEqual(['info: keys read again from their files']);
    watched.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('stay as they were while a file cannot be used, which is said once and shows no key', async () => {
    writeFileSync(join(folder, 'key'), 'first-key-0123456789');
    const { clock, changes, diagnostics } = start('${file:key}');
    writeFileSync(join(folder, 'key'), 'short');
    await clock.advance(5_000);
    await clock.advance(5_000);
    rmSync(join(folder, 'key'));
    await clock.advance(5_000);
    expect(changes).toEqual([]);
    const unusable = 'warn: the files of auth.keys are not usable, the old keys stay:';
    expect(diagnostics).toEqual([
      `${unusable} auth.keys[0].key: expected string (at least 16 characters), got 11 characters`,
      `${unusable} auth.keys[0].key: file ${join(folder, 'key')} does not exist`,
    ]);
    writeFileSync(join(folder, 'key'), 'third-key-0123456789');
    await clock.advance(5_000);
    expect(changes).toEqual(['third-key-0123456789']);
  });

  it('are read again where a file has changed since the settings were read', async () => {
    writeFileSync(join(folder, 'key'), 'first-key-0123456789\n');
    const settings = createSettings(
      { auth: { keys: [{ name: 'app', key: '${file:key}', scopes: ['infer'] }] } },
      folder,
    );
    writeFileSync(join(folder, 'key'), 'second-key-0123456789\n');
    const clock = new FakeClock();
    const changes: string[] = [];
    const onChange = taking('first-key-0123456789', (found) => changes.push(found));
    new WatchedSettings(settings, { clock, events: new EventBus(), onChange }).watch();
    await clock.advance(500);
    expect(changes).toEqual(['second-key-0123456789']);
  });

  it('are read again whatever has become of other files of the settings', async () => {
    const [key, other] = [join(folder, 'key'), join(folder, 'other')];
    writeFileSync(key, 'first-key-0123456789');
    writeFileSync(other, 'secret-of-a-script-0123456789');
    const settings = createSettings(
      {
        auth: { keys: [{ name: 'app', key: '${file:key}', scopes: ['infer'] }] },
        sagemaker: { accessKeys: [{ id: 'AKID', secret: '${file:other}', key: 'app' }] },
      },
      folder,
    );
    const clock = new FakeClock();
    const changes: string[] = [];
    const onChange = taking('first-key-0123456789', (found) => changes.push(found));
    new WatchedSettings(settings, { clock, events: new EventBus(), onChange }).watch();
    await clock.advance(500);
    rmSync(other);
    writeFileSync(key, 'second-key-0123456789');
    await clock.advance(500);
    expect(changes).toEqual(['second-key-0123456789']);
  });

  it('that are written in the settings themselves need no watching', () => {
    expect(start('written-key-0123456789').clock.pendingTimers).toBe(0);
  });
});

import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createApp } from '../../src/app.js';
import { createSettings } from '../../src/config/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { createTempFolder } from '../support/model-folder.js';

it('a new key in a file holds without a restart, the old one is refused, and a broken file changes nothing', async () => {
  await using folder = await createTempFolder({ key: 'first-key-0123456789\n', 'models/': '' });
  const clock = new FakeClock();
  const log: string[] = [];
  const app = await createApp(
    createSettings({
      repository: { paths: [join(folder.path, 'models')] },
      auth: { keys: [{ name: 'app', key: `\${file:${join(folder.path, 'key')}}`, scopes: ['observe'] }] },
      server: { httpPort: 0, grpcPort: -1, metricsPort: -1 },
    }),
    { clock, logDestination: { write: (line) => log.push(JSON.parse(line).msg) } },
  );
  const { http } = await app.listen();
  const statuses = () =>
    Promise.all(
      ['first', 'second'].map(async (key) => {
        const headers = { authorization: `Bearer ${key}-key-0123456789`, connection: 'close' };
        return (await fetch(`${http.url}/v2`, { headers })).status;
      }),
    );
  try {
    expect(await statuses()).toEqual([200, 401]);
    await writeFile(join(folder.path, 'key.new'), 'second-key-0123456789\n');
    await rename(join(folder.path, 'key.new'), join(folder.path, 'key'));
    await clock.advance(5_000);
    expect(await statuses()).toEqual([401, 200]);
    await writeFile(join(folder.path, 'key'), 'no');
    await clock.advance(5_000);
    expect(await statuses()).toEqual([401, 200]);
    expect(log).toContain('keys read again from their files');
    expect(log).toContain(
      'the files of auth.keys are not usable, the old keys stay: auth.keys[0].key: expected string (at least 16 characters), got ' +
        `${`\${file:${join(folder.path, 'key')}}`.length} characters`,
    );
  } finally {
    const closed = app.close({ drainDelayMs: 0 });
    await clock.advance(60_000);
    await closed;
  }
});

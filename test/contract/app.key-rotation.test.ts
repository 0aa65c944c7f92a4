import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createApp } from '../../src/app.js';
import { createSettings } from '../../src/config/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { createTempFolder } from '../support/model-folder.js';
import { until } from '../support/until.js';

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

it('a key is followed for as long as requests run, also while the server ends', async () => {
  await using folder = await createTempFolder({
    key: 'first-key-0123456789\n',
    // It runs for longer than the files are left unread.
    'models/slow/1/': '',
    'models/slow/model.yaml': [
      'runtime: echo',
      'instances: { placement: inline }',
      'echo: { delayMs: 7000 }',
      'maxBatchSize: 0',
      'inputs: [{ name: x, datatype: INT32, shape: [-1] }]',
      'outputs: [{ name: x, datatype: INT32, shape: [-1] }]',
    ].join('\n'),
  });
  const log: string[] = [];
  const app = await createApp(
    createSettings({
      repository: { paths: [join(folder.path, 'models')] },
      auth: { keys: [{ name: 'app', key: `\${file:${join(folder.path, 'key')}}`, scopes: ['infer'] }] },
      server: { httpPort: 0, grpcPort: -1, metricsPort: -1, gracePeriodMs: 20_000 },
    }),
    { logDestination: { write: (line) => log.push(JSON.parse(line).msg) } },
  );
  await app.start();
  const { http } = await app.listen();
  const answer = fetch(`${http.url}/v2/models/slow/infer`, {
    method: 'POST',
    headers: { authorization: 'Bearer first-key-0123456789', connection: 'close' },
    body: JSON.stringify({ inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [1] }] }),
  });
  await until('the request runs', () => app.engine.gauges()[0]?.executingRequests === 1);
  const closed = app.close({ drainDelayMs: 0 });
  await writeFile(join(folder.path, 'key'), 'second-key-0123456789\n');
  await until('the new key is read', () => log.includes('keys read again from their files'));
  await answer.catch(() => undefined);
  await closed;
});

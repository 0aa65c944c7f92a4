import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createApp } from '../../src/app.js';
import { createSettings } from '../../src/config/index.js';
import { EventBus } from '../../src/core/index.js';
import { RUNNER_ENTRY } from '../support/dist.js';
import { createTempFolder } from '../support/model-folder.js';

const MODEL = {
  'models/echo/1/': '',
  'models/echo/model.yaml': [
    'runtime: echo',
    'instances: { placement: process }',
    'inputs: [{ name: x, datatype: INT32, shape: [-1] }]',
    'outputs: [{ name: x, datatype: INT32, shape: [-1] }]',
  ].join('\n'),
};

/** What a server is built of, and what its runners do. */
async function prepare() {
  const folder = await createTempFolder(MODEL);
  const settings = createSettings({
    repository: { paths: [join(folder.path, 'models')] },
    server: { httpPort: 0, grpcPort: -1, metricsPort: -1 },
    runners: { entry: RUNNER_ENTRY },
    telemetry: { logLevel: 'silent' },
  });
  const events = new EventBus();
  const seen: string[] = [];
  const started = new Promise<void>((resolve) => {
    events.subscribe('runnerStarted', () => {
      seen.push('started');
      resolve();
    });
  });
  events.subscribe('runnerExited', () => seen.push('ended'));
  return { folder, settings, events, seen, started };
}

it('models may start to load while the rest of a server is being built', async () => {
  const { folder, settings, events, started } = await prepare();
  await using _ = folder;
  const app = await createApp(settings, { events, startsEarly: true });
  try {
    await started;
    await app.start();
    expect(app.engine.statuses()).toMatchObject([{ name: 'echo', state: { kind: 'ready' } }]);
  } finally {
    await app.close({ drainDelayMs: 0 });
  }
});

it('a server that cannot be built leaves no runner behind', async () => {
  const { folder, settings, events, seen } = await prepare();
  await using _ = folder;
  const dialects = [
    () => {
      throw new Error('no such dialect');
    },
  ];
  await expect(createApp(settings, { events, dialects, startsEarly: true })).rejects.toThrow('no such dialect');
  expect(seen.filter((event) => event === 'started')).toHaveLength(seen.filter((event) => event === 'ended').length);
});

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createApp } from '../../src/app.js';
import { createSettings } from '../../src/config/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { createTempFolder } from '../support/model-folder.js';
import { RawClient, requestText } from '../support/raw-client.js';
import { until } from '../support/until.js';

const MODEL = {
  'models/echo/1/': '',
  'models/echo/model.yaml': [
    'runtime: echo',
    'instances: { placement: inline }',
    'inputs: [{ name: x, datatype: INT32, shape: [-1] }]',
    'outputs: [{ name: x, datatype: INT32, shape: [-1] }]',
  ].join('\n'),
};
const READY = requestText('GET /v2/models/echo/ready');

it('a server with a drain delay serves on, then gives up its ports, and answers what comes over connections that are open', async () => {
  await using folder = await createTempFolder(MODEL);
  const clock = new FakeClock();
  const settings = createSettings({
    repository: { paths: [join(folder.path, 'models')] },
    server: { httpPort: 0, grpcPort: -1, metricsPort: -1 },
    telemetry: { logLevel: 'silent' },
  });
  const app = await createApp(settings, { clock });
  await app.start();
  const { http } = await app.listen();
  const ask = async (client: RawClient) => {
    client.send(READY);
    const { status, headers } = await client.response();
    return [status, headers.connection];
  };
  const isClosed = async () => {
    const client = await RawClient.connect(http.port).catch(() => undefined);
    client?.socket.destroy();
    return client === undefined;
  };
  const kept = await RawClient.connect(http.port);
  expect(await ask(kept)).toEqual([200, 'keep-alive']);
  const closed = app.close({ drainDelayMs: 5_000 });
  await clock.advance(4_999);
  const late = await RawClient.connect(http.port);
  late.send(requestText('GET /v2/health/ready'));
  expect((await late.response()).status).toBe(503);
  expect(await ask(late)).toEqual([200, 'keep-alive']);
  await clock.advance(1);
  await until('the port is closed', isClosed);
  for (const client of [kept, late]) expect(await ask(client)).toEqual([200, 'close']);
  await closed;
});

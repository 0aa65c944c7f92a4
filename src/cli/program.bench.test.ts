import { afterEach, expect, it } from 'vitest';
import { closeServer, METADATA, run, start } from '../../test/support/cli-fixture.js';
import { jsonAnswer } from '../../test/support/fake-server.js';

afterEach(closeServer);

it.each([
  [0, 1],
  [2, 0],
])('bench with %i good answers after the first request exits with %i', async (good, code) => {
  let requests = 0;
  await start({
    'GET /v2/models/mlp': () => jsonAnswer(METADATA),
    'POST /v2/models/mlp/infer': () => jsonAnswer({}, requests++ <= good ? 200 : 503),
  });
  const flags = ['--concurrency', '1', '--count', '3', '--warmup', '0', '--json'];
  const answer = await run(['bench', 'mlp', ...flags]);
  expect(answer.code).toBe(code);
  expect(JSON.parse(answer.out).levels).toMatchObject([{ completed: good, failed: 3 - good }]);
});

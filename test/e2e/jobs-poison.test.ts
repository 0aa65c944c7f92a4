import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';
import { ANNE, asking, createBatch, endOf, KEYS, linesOf } from '../support/openai-files.js';

const POISON = 13;
const VALUES = [1, 2, POISON, 3, 4, 5, 6, 7];
/**
 * Runs all requests at a time in one runner, which ends once they are all there, and then again with each that has the poison. Running twice may do harm, so that the
 * engine repeats none of them.
 */
const FRAGILE = `import { existsSync, writeFileSync } from 'node:fs';
let running = 0;
export default {
  concurrency: ${VALUES.length},
  inputs: { x: 'FP32[1]', folder: 'BYTES[1]' },
  outputs: { y: 'FP32[1]' },
  async infer({ inputs }) {
    const met = inputs.folder.value + '/met';
    if (existsSync(met)) {
      if (inputs.x.data[0] === ${POISON}) process.exit(1);
      return { y: inputs.x.data };
    }
    if (++running === ${VALUES.length}) {
      writeFileSync(met, '');
      process.exit(1);
    }
    await new Promise(() => undefined);
  },
};
`;
const INFER = '/v2/models/fragile/infer';
const bodyOf = (value: number, folder: TempFolder) => ({
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [1], data: [value] },
    { name: 'folder', datatype: 'BYTES', shape: [1], data: [folder.path] },
  ],
});

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(
    { 'fragile/1/model.js': FRAGILE },
    {
      auth: { keys: KEYS },
      engine: { restartBackoffMs: 10 },
      jobs: { maxAttempts: 1, retryBackoffMs: 10, maxRetryBackoffMs: 100 },
    },
  );
});
afterAll(() => server[Symbol.asyncDispose]());

it('of jobs that share a runner only the one fails that brings it down, after as many attempts as it has', async () => {
  await using folder = await createTempFolder({});
  const headers = { authorization: `Bearer ${ANNE}`, 'content-type': 'application/json' };
  const origin = `http://127.0.0.1:${server.port}`;
  const submitted = await Promise.all(
    VALUES.map(async (value) => {
      const body = JSON.stringify(bodyOf(value, folder));
      const sent = { method: 'POST', headers: { ...headers, prefer: 'respond-async' }, body };
      return (await fetch(`${origin}${INFER}`, sent)).headers.get('location');
    }),
  );
  const ended = await Promise.all(
    submitted.map(async (location) => {
      const { status } = await fetch(`${origin}${location}`, { headers: { ...headers, prefer: 'wait=60' } });
      const text = await (await fetch(`${origin}${location}/status`, { headers })).text();
      const job = JSON.parse(text);
      return { status, state: job.state, attempts: job.attempts };
    }),
  );
  const innocent = { status: 200, state: 'succeeded', attempts: 1 };
  expect(ended).toEqual(
    VALUES.map((value) => (value === POISON ? { status: 424, state: 'failed', attempts: 1 } : innocent)),
  );
});

it('of requests of a batch that share a runner only the one fails that brings it down', async () => {
  await using folder = await createTempFolder({});
  const ask = asking(server.port);
  const lines = VALUES.map((value) => ({ custom_id: String(value), url: INFER, body: bodyOf(value, folder) }));
  const batch = await endOf(ask, (await createBatch(ask, lines)).json.id);
  expect(batch.request_counts).toEqual({ total: 8, completed: 7, failed: 1 });
  const [failed] = await linesOf(ask, batch.error_file_id);
  expect(failed).toMatchObject({ custom_id: String(POISON), response: { status_code: 503 } });
});

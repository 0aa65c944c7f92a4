import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { floats, MODELS } from '../support/dialect-requests.js';
import {
  type Ask,
  asking,
  type BatchLine,
  contentsOf,
  createBatch,
  endOf,
  form,
  type Json,
  KEYS,
  linesOf,
} from '../support/openai-files.js';
import { until } from '../support/until.js';

const INFER = '/v2/models/floats/infer';
const tensor = (id: string): BatchLine => ({ custom_id: id, url: INFER, body: floats(1) });

/** Slow enough to be caught. */
const SLOW = `export default {
  inputs: { x: 'FP32[-1]' },
  outputs: { y: 'FP32[-1]' },
  async infer({ inputs, signal }) {
    await new Promise((resolve) => { const timer = setTimeout(resolve, 200); signal.addEventListener('abort', () => { clearTimeout(timer); resolve(); }); });
    return { y: inputs.x.data };
  },
};
`;
const SLOW_URL = '/v2/models/slow/infer';
const slow = (id: string): BatchLine => ({ custom_id: id, url: SLOW_URL, body: floats(1) });

describe('a batch that does not come to its end', () => {
  let other: AppServer;
  let askOther: Ask;
  beforeAll(async () => {
    other = await startAppServer(
      { 'slow/1/model.js': SLOW },
      { auth: { keys: KEYS }, batches: { concurrency: 1, checkpointLines: 1 } },
    );
    askOther = asking(other.port);
  });
  afterAll(() => other[Symbol.asyncDispose]());
  const begun = async (more: object = {}) => {
    const { json } = await createBatch(
      askOther,
      Array.from({ length: 50 }, (_, index) => slow(`s-${index}`)),
      more as Record<string, unknown>,
    );
    await until(
      'a request was answered',
      async () => (await askOther(`batches/${json.id}`)).json.request_counts.completed > 1,
    );
    return json as Json;
  };

  it('is cancelled: what was answered becomes a file, and the rest an error each', async () => {
    const { id, input_file_id: input } = await begun();
    expect(await askOther(`files/${input}`, { method: 'DELETE' })).toMatchObject({
      status: 400,
      json: {
        error: {
          message: `file '${input}' is the input of batch '${id}', which has not ended: cancel the batch first`,
        },
      },
    });
    expect((await askOther(`batches/${id}/cancel`, { method: 'POST' })).json).toMatchObject({
      status: expect.stringMatching(/^cancell(ing|ed)$/),
      cancelling_at: expect.any(Number),
    });
    const batch = await endOf(askOther, id);
    expect(batch).toMatchObject({ status: 'cancelled', cancelled_at: expect.any(Number), completed_at: null });
    const [output, errors] = await Promise.all([
      linesOf(askOther, batch.output_file_id),
      linesOf(askOther, batch.error_file_id),
    ]);
    expect(output.length + errors.length).toBe(50);
    expect([...output, ...errors].map(({ custom_id: line }) => line)).toEqual(
      Array.from({ length: 50 }, (_, index) => `s-${index}`),
    );
    expect(errors[0]).toEqual({
      id: expect.stringMatching(/^batch_req_/),
      custom_id: `s-${output.length}`,
      response: null,
      error: { code: 'batch_cancelled', message: 'The batch was cancelled before this request was executed.' },
    });
    expect(batch.request_counts).toEqual({ total: 50, completed: output.length, failed: errors.length });
    expect(await askOther(`batches/${id}/cancel`, { method: 'POST' })).toMatchObject({
      status: 400,
      json: { error: { message: `batch '${id}' is cancelled and cannot be cancelled` } },
    });
    expect((await askOther(`files/${input}`, { method: 'DELETE' })).status).toBe(200);
  });

  it('expires with the end of its window', async () => {
    const { id } = await begun({ completion_window: '2s' });
    const batch = await endOf(askOther, id);
    expect(batch).toMatchObject({ status: 'expired', expired_at: expect.any(Number) });
    const errors = await linesOf(askOther, batch.error_file_id);
    expect(errors[0].error).toEqual({
      code: 'batch_expired',
      message: 'This request could not be executed before the completion window expired.',
    });
    expect(batch.request_counts.completed + batch.request_counts.failed).toBe(50);
  });

  it('leaves nothing on the disk but its files', async () => {
    const { json } = await askOther('files');
    expect((await contentsOf(other)).length).toBe(json.data.length);
  });
});

it('a batch whose results do not fit into the share of its owner waits, and goes on when there is room', async () => {
  await using app = await startAppServer(MODELS, { auth: { keys: KEYS }, files: { maxBytesPerPrincipal: 12_000 } });
  const asked = asking(app.port);
  const large = form(['purpose', 'user_data'], ['file', new Blob(['x'.repeat(10_000)]), 'f']);
  const { id: filler } = (await asked('files', { body: large })).json;
  const lines = Array.from({ length: 10 }, (_, index) => tensor(`line-${index}`));
  const { json } = await createBatch(asked, lines);
  await until('the batch waits', async () => (await asked(`batches/${json.id}`)).json.status_details !== null);
  expect((await asked(`batches/${json.id}`)).json).toMatchObject({
    status: 'in_progress',
    status_details: expect.stringMatching(
      /^the file cannot be stored: the files of the caller hold \d+ of 12000 bytes/,
    ),
  });
  await asked(`files/${filler}`, { method: 'DELETE' });
  expect(await endOf(asked, json.id)).toMatchObject({
    status: 'completed',
    status_details: null,
    request_counts: { total: 10, completed: 10, failed: 0 },
  });
});

it('a server that does not own the store reads files and batches, and changes none', async () => {
  await using app = await startAppServer(MODELS, { auth: { keys: KEYS } });
  const asked = asking(app.port);
  const { json } = await createBatch(asked, [tensor('a')]);
  const { output_file_id: output, input_file_id: input } = await endOf(asked, json.id);
  const store = { path: path.join(app.folder.path, '.millrace/store.db') };
  await using second = await startAppServer(MODELS, { auth: { keys: KEYS }, store });
  const askSecond = asking(second.port);
  expect((await linesOf(askSecond, output)).length).toBe(1);
  expect((await askSecond(`batches/${json.id}`)).json.status).toBe('completed');
  const message = expect.stringContaining('is used by another server');
  const refused = { status: 503, json: { error: { message } } };
  expect(await askSecond('files', { body: form(['purpose', 'batch'], ['file', new Blob(['x']), 'f']) })).toMatchObject(
    refused,
  );
  expect(await askSecond(`files/${input}`, { method: 'DELETE' })).toMatchObject(refused);
  const again = { input_file_id: input, endpoint: INFER, completion_window: '24h' };
  expect(await askSecond('batches', { json: again })).toMatchObject(refused);
});

it('a request whose caller has lost its key fails with the reason', async () => {
  await using app = await startAppServer(
    { 'slow/1/model.js': SLOW },
    {
      auth: { keys: KEYS },
      batches: { concurrency: 1, checkpointLines: 1 },
    },
  );
  const asked = asking(app.port);
  const { json } = await createBatch(
    asked,
    Array.from({ length: 10 }, (_, index) => slow(`s-${index}`)),
  );
  await until(
    'a request was answered',
    async () => (await asked(`batches/${json.id}`)).json.request_counts.completed > 0,
  );
  await app.app.close();
  await using second = await startAppServer(
    { 'slow/1/model.js': SLOW },
    {
      auth: { keys: KEYS.filter(({ name }) => name === 'ben') },
      store: { path: path.join(app.folder.path, '.millrace/store.db') },
    },
  );
  await until('the batch has ended', () => second.log.some(({ msg }) => msg === 'batch is completed'));
  const line = second.log.find(({ msg }) => msg === 'batch is completed');
  expect(line).toMatchObject({ room: 'batches', total: 10, failed: expect.any(Number) });
  expect(Number(line?.failed)).toBeGreaterThan(0);
});

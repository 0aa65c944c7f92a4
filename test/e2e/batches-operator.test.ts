import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { ChangesReader } from '../support/audit-trail.js';
import { floats, MODELS } from '../support/dialect-requests.js';
import { type Ask, asking, BEN, createBatch, endOf, KEYS, linesOf } from '../support/openai-files.js';
import { until } from '../support/until.js';

const OLGA = 'key-of-olga-0123456789';
const AUTH = {
  keys: [...KEYS, { name: 'olga', key: OLGA, scopes: [] }],
  bindings: [{ principal: 'key:olga', role: 'operator' }],
};
const INFER = '/v2/models/floats/infer';
const LINES = Array.from({ length: 5 }, (_, index) => ({ custom_id: `line-${index}`, url: INFER, body: floats(1) }));

let server: AppServer;
let ask: Ask;
beforeAll(async () => {
  server = await startAppServer(MODELS, { auth: AUTH });
  ask = asking(server.port);
});
afterAll(() => server[Symbol.asyncDispose]());

async function control(app: AppServer, route: string, method = 'POST') {
  const headers = { authorization: `Bearer ${OLGA}` };
  const response = await fetch(`http://127.0.0.1:${app.port}/millrace/v1/${route}`, { method, headers });
  return { status: response.status, json: await response.json() };
}

describe('a model that is paused', () => {
  it('holds the batches of its requests, says so, and holds no batch of another model', async () => {
    expect((await control(server, 'job-queues/floats/pause')).json).toMatchObject({ model: 'floats', paused: true });
    const { json } = await createBatch(ask, LINES);
    await until('the batch is held', async () => (await ask(`batches/${json.id}`)).json.status_details !== null);
    expect((await ask(`batches/${json.id}`)).json).toMatchObject({
      status: 'in_progress',
      status_details: "model 'floats' is paused: 'millrace jobs resume floats' goes on",
      request_counts: { total: 5, completed: 0, failed: 0 },
    });
    const floatsQueue = { model: 'floats', queued: 0, running: 0, paused: true, held_batches: 1 };
    expect((await control(server, 'job-queues', 'GET')).json).toEqual({ queues: [floatsQueue] });
    const other = { model: 'kjv', messages: [{ role: 'user', content: 'And' }], max_tokens: 2, temperature: 0 };
    const chat = await createBatch(ask, [{ custom_id: 'a', url: '/v1/chat/completions', body: other }]);
    expect(await endOf(ask, chat.json.id)).toMatchObject({ status: 'completed', request_counts: { completed: 1 } });
    const resumed = await control(server, 'job-queues/floats/resume');
    expect(resumed.json).toEqual({ model: 'floats', queued: 0, running: 0, paused: false, held_batches: 0 });
    const batch = await endOf(ask, json.id);
    expect(batch).toMatchObject({ status: 'completed', status_details: null, request_counts: { completed: 5 } });
    const output = await linesOf(ask, batch.output_file_id);
    expect(output.map(({ custom_id: id }) => id)).toEqual(LINES.map(({ custom_id: id }) => id));
  });

  it('keeps no batch from being cancelled', async () => {
    await control(server, 'job-queues/floats/pause');
    const { json } = await createBatch(ask, LINES);
    await until('the batch is held', async () => (await ask(`batches/${json.id}`)).json.status_details !== null);
    await ask(`batches/${json.id}/cancel`, { method: 'POST' });
    expect(await endOf(ask, json.id)).toMatchObject({
      status: 'cancelled',
      request_counts: { completed: 0, failed: 5 },
    });
    expect((await control(server, 'job-queues/floats/resume')).json).toMatchObject({ held_batches: 0 });
  });

  it('holds its batches also after a restart', async () => {
    await using first = await startAppServer(MODELS, { auth: AUTH });
    await control(first, 'job-queues/floats/pause');
    const { json } = await createBatch(asking(first.port), LINES);
    await first.app.close();
    const store = { path: `${first.folder.path}/.millrace/store.db` };
    await using second = await startAppServer(MODELS, { auth: AUTH, store });
    const again = asking(second.port);
    await until('the batch is held', async () => (await again(`batches/${json.id}`)).json.status_details !== null);
    await control(second, 'job-queues/floats/resume');
    expect(await endOf(again, json.id)).toMatchObject({ status: 'completed', request_counts: { completed: 5 } });
  });
});

describe('a batch of another caller', () => {
  it('is seen and cancelled by operators, who leave an entry of the audit trail, and does not exist for others', async () => {
    await control(server, 'job-queues/floats/pause');
    const changes = new ChangesReader(server);
    changes.next();
    const { json } = await createBatch(ask, LINES);
    const listed = await ask('batches?all=true&limit=100', { key: OLGA });
    expect(listed.json.data).toContainEqual(expect.objectContaining({ id: json.id, principal: 'anne' }));
    expect((await ask('batches', { key: OLGA })).json.data).toEqual([]);
    expect((await ask(`batches/${json.id}`, { key: OLGA })).json).toMatchObject({ id: json.id, principal: 'anne' });
    expect((await ask(`batches/${json.id}`, { key: BEN })).status).toBe(404);
    expect((await ask(`batches/${json.id}/cancel`, { key: BEN, method: 'POST' })).status).toBe(404);
    expect(await ask('batches?all=true', { key: BEN })).toMatchObject({
      status: 403,
      json: { error: { message: expect.stringContaining("lacks the right 'job.read'") } },
    });
    expect(await ask('batches?all=perhaps', { key: OLGA })).toMatchObject({
      status: 400,
      json: { error: { message: `'all': expected 'true' or 'false', got "perhaps"` } },
    });
    expect((await ask(`files/${json.input_file_id}`, { key: OLGA })).status).toBe(403);
    expect((await ask(`batches/${json.id}/cancel`, { key: OLGA, method: 'POST' })).status).toBe(200);
    expect(await endOf(ask, json.id)).toMatchObject({ status: 'cancelled' });
    await control(server, 'job-queues/floats/resume');
    const trail: string[] = [];
    await until('the resumption is in the trail', () => {
      trail.push(...changes.next());
      return trail.some((entry) => entry === 'key:olga job.resume ok');
    });
    expect(trail.filter((entry) => entry.includes(' batch.'))).toEqual([
      'key:anne batch.create intent',
      'key:anne batch.create ok',
      'key:olga batch.cancel intent',
      'key:olga batch.cancel ok',
    ]);
  });
});

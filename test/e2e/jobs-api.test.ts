import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { ChangesReader } from '../support/audit-trail.js';
import { run } from '../support/cli-fixture.js';
import { echoModel } from '../support/control-fixture.js';
import { bearer } from '../support/key-server.js';
import { until } from '../support/until.js';

const NAMES = ['ann', 'bob', 'op', 'admin'] as const;
type Name = (typeof NAMES)[number];
const keyOf = (name: Name) => `${name}-key-0123456789`;

const SETTINGS = {
  auth: {
    keys: NAMES.map((name) => ({ name, key: keyOf(name), scopes: [] })),
    bindings: [
      { principal: 'key:ann', role: 'caller' },
      { principal: 'key:bob', role: 'caller' },
      { principal: 'key:op', role: 'operator' },
      { principal: 'key:admin', role: 'admin' },
    ],
  },
};
const MODELS = { 'echo/1/': '', 'echo/model.yaml': echoModel(), 'fraud/1/': '', 'fraud/model.yaml': echoModel() };
const tensor = (value: number) => ({ inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [value] }] });

let server: AppServer;
let changes: ChangesReader;
beforeAll(async () => {
  server = await startAppServer(MODELS, SETTINGS);
  changes = new ChangesReader(server);
});
afterAll(() => server[Symbol.asyncDispose]());

type Headers = Readonly<Record<string, string>>;

/** Asks the API below `/millrace/v1/`. */
async function api(name: Name, line: string, headers: Headers = {}) {
  const [method, path] = line.split(' ');
  const answer = await server.send(`${method} /millrace/v1/${path}`, '', { ...bearer(keyOf(name)), ...headers });
  const text = answer.body.toString();
  return { ...answer, text, json: text === '' ? undefined : JSON.parse(text) };
}

const errorOf = ({ status, json }: Awaited<ReturnType<typeof api>>) =>
  `${status} ${json.error?.code}: ${json.error?.message}`;

function infer(name: Name, model: string, headers: Headers = {}, value = 7) {
  return server.send(`POST /v2/models/${model}/infer`, JSON.stringify(tensor(value)), {
    ...bearer(keyOf(name)),
    'content-type': 'application/json',
    ...headers,
  });
}

/** Submits a job; its id. */
async function submit(name: Name, model = 'echo', headers: Headers = {}): Promise<string> {
  const { status, body, headers: answered } = await infer(name, model, { prefer: 'respond-async', ...headers });
  const { id } = JSON.parse(body.toString());
  expect([status, answered.location]).toEqual([202, `/millrace/v1/jobs/${id}`]);
  return id;
}

/** Submits a job and waits for its end. */
async function finish(name: Name, model = 'echo'): Promise<string> {
  const id = await submit(name, model);
  expect((await api(name, `GET jobs/${id}/status`, { prefer: 'wait=20' })).json.state).toBe('succeeded');
  return id;
}

/** Runs `millrace jobs …`. */
const jobs = (name: Name, line: string) =>
  run(['jobs', ...line.split(' '), '--url', `http://127.0.0.1:${server.port}`, '--key', keyOf(name)], {
    cwd: server.folder.path,
  });
const table = (text: string) => text.replace(/ +/g, ' ');

describe('the answer of a job', () => {
  it('is that of its request: status, type and bytes', async () => {
    const now = await infer('ann', 'echo');
    const id = await submit('ann');
    const later = await api('ann', `GET jobs/${id}`, { prefer: 'wait=20' });
    expect([later.status, later.headers['content-type'], later.text]).toEqual([
      200,
      now.headers['content-type'],
      now.body.toString(),
    ]);
    expect(later.headers).toMatchObject({ 'x-millrace-job': 'succeeded', 'preference-applied': 'wait=20' });
    expect((await api('ann', `GET jobs/${id}`)).text).toBe(later.text);
  });

  it('is 202 with the job until it has ended', async () => {
    await api('op', 'POST job-queues/fraud/pause');
    const id = await submit('ann', 'fraud');
    const { status, headers, json } = await api('ann', `GET jobs/${id}`);
    expect([status, headers['retry-after'], headers['x-millrace-job']]).toEqual([202, '1', 'queued']);
    expect(json).toMatchObject({ id, state: 'queued', model: 'fraud', attempts: 0, ahead: 0 });
    const waited = await api('ann', `GET jobs/${id}`, { prefer: 'wait=1' });
    expect([waited.status, waited.headers['preference-applied']]).toEqual([202, 'wait=1']);
    const waiting = api('ann', `GET jobs/${id}`, { prefer: 'wait=20' });
    await api('op', 'POST job-queues/fraud/resume');
    expect((await waiting).json).toMatchObject({ model_name: 'fraud' });
  });

  it('is 424 with the reason where the job has none', async () => {
    const id = await submit('ann', 'echo', { 'x-millrace-job-not-before': '1h' });
    await api('ann', `POST jobs/${id}/cancel`);
    const { status, headers, json } = await api('ann', `GET jobs/${id}`);
    expect([status, headers['x-millrace-job']]).toEqual([424, 'cancelled']);
    expect(json).toEqual({
      error: { code: 'cancelled', message: "cancelled by 'key:ann'" },
      job: { id, state: 'cancelled' },
    });
  });
});

describe('jobs', () => {
  it('are described in full', async () => {
    const id = await finish('ann');
    const { status, json } = await api('ann', `GET jobs/${id}/status`);
    const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect([status, json]).toEqual([
      200,
      {
        id,
        state: 'succeeded',
        version: 2,
        model: 'echo',
        principal: 'ann',
        dialect: 'oip',
        method: 'POST',
        url: '/v2/models/echo/infer',
        priority: 'background',
        attempts: 1,
        created_at: at,
        expires_at: at,
        started_at: at,
        ended_at: at,
        removal_at: at,
        status: 200,
        request_bytes: JSON.stringify(tensor(7)).length,
        answer_bytes: (await infer('ann', 'echo')).body.length,
      },
    ]);
  });

  it('are listed newest first, in pages, by state and model', async () => {
    const ids = [await finish('bob'), await finish('bob', 'fraud'), await finish('bob')].toReversed();
    const idsOf = ({ json }: Awaited<ReturnType<typeof api>>) => json.jobs.map(({ id }: { id: string }) => id);
    const first = await api('bob', 'GET jobs?limit=2');
    expect(idsOf(first)).toEqual(ids.slice(0, 2));
    const second = await api('bob', `GET jobs?limit=2&after=${first.json.next}`);
    expect([idsOf(second), 'next' in second.json]).toEqual([ids.slice(2), false]);
    expect(idsOf(await api('bob', 'GET jobs?model=fraud'))).toEqual(ids.slice(1, 2));
    expect(idsOf(await api('bob', 'GET jobs?state=failed'))).toEqual([]);
    expect(idsOf(await api('bob', 'GET jobs?state=succeeded&all=false'))).toEqual(ids);
  });

  it.each([
    ['state=done', "state: expected queued, running, succeeded, failed, cancelled, expired, got 'done'"],
    ['all=yes', "all: expected true or false, got 'yes'"],
    ['limit=0', "limit: expected 1 to 1000, got '0'"],
    ['after=x', 'after: expected `next` of the page before'],
  ])('are not listed by %s', async (query, message) => {
    expect(errorOf(await api('ann', `GET jobs?${query}`))).toBe(`400 invalid_argument: ${message}`);
  });

  it('are cancelled, retried and removed', async () => {
    const id = await submit('ann', 'echo', { 'x-millrace-job-not-before': '1h' });
    const { json } = await api('ann', `GET jobs/${id}/status`);
    expect(Date.parse(json.due_at) - Date.parse(json.created_at)).toBeGreaterThan(3_599_000);
    expect(errorOf(await api('ann', `DELETE jobs/${id}`))).toBe(
      `409 failed_precondition: job '${id}' is queued and cannot be removed: cancel it first`,
    );
    expect(errorOf(await api('ann', `POST jobs/${id}/retry`))).toBe(
      `409 failed_precondition: job '${id}' is queued and cannot be retried`,
    );
    const cancelled = await api('ann', `POST jobs/${id}/cancel`);
    expect([cancelled.status, cancelled.json.state]).toEqual([200, 'cancelled']);
    expect(errorOf(await api('ann', `POST jobs/${id}/cancel`))).toBe(
      `409 failed_precondition: job '${id}' is cancelled and cannot be cancelled`,
    );
    const retried = await api('ann', `POST jobs/${id}/retry`);
    expect([retried.status, retried.json.error]).toEqual([200, undefined]);
    expect((await api('ann', `GET jobs/${id}`, { prefer: 'wait=20' })).status).toBe(200);
    const removed = await api('ann', `DELETE jobs/${id}`);
    expect([removed.status, removed.text]).toEqual([200, '']);
    const gone = `410 not_found: job '${id}' was removed`;
    const lines = [`GET jobs/${id}`, `GET jobs/${id}/status`, `DELETE jobs/${id}`, `POST jobs/${id}/retry`];
    for (const line of lines) expect(errorOf(await api('ann', line))).toBe(gone);
  });

  it('that nobody has are 404, those of another server 421', async () => {
    const id = `abcdefgh-${'a'.repeat(32)}`;
    await finish('ann');
    for (const path of [`jobs/${id}`, `jobs/${id}/status`]) {
      expect(errorOf(await api('ann', `GET ${path}`))).toBe(
        `421 not_found: job '${id}' is of another server: each server knows the jobs of its own store`,
      );
    }
    expect(errorOf(await api('ann', 'GET jobs/none'))).toBe("404 not_found: there is no job 'none'");
  });
});

describe('jobs of another caller', () => {
  it('are not there for callers without a right', async () => {
    const id = await finish('ann');
    const lines = ['GET jobs/ID', 'GET jobs/ID/status', 'POST jobs/ID/cancel', 'POST jobs/ID/retry', 'DELETE jobs/ID'];
    for (const line of lines) {
      expect(errorOf(await api('bob', line.replace('ID', id)))).toBe(`404 not_found: there is no job '${id}'`);
    }
    expect((await api('bob', 'GET jobs?all=true')).status).toBe(403);
    expect((await api('ann', `GET jobs/${id}`)).status).toBe(200);
  });

  it('are listed and changed by operators, who do not get their answers', async () => {
    const id = await submit('ann', 'echo', { 'x-millrace-job-not-before': '1h' });
    const listed = await api('op', 'GET jobs?all=true&state=queued');
    expect(listed.json.jobs).toMatchObject([{ id, principal: 'ann' }]);
    expect((await api('op', 'GET jobs')).json.jobs).toEqual([]);
    expect((await api('op', `GET jobs/${id}`)).status).toBe(202);
    changes.next();
    expect((await api('op', `POST jobs/${id}/cancel`)).json.error.message).toBe("cancelled by 'key:op'");
    const trail: string[] = [];
    await until('the change is recorded', () => {
      trail.push(...changes.next());
      return trail.length >= 2;
    });
    expect(trail).toEqual(['key:op job.cancel intent', 'key:op job.cancel ok']);
    expect((await api('op', `GET jobs/${id}/status`)).status).toBe(200);
    expect((await api('op', `GET jobs/${id}`)).status).toBe(403);
    expect((await api('admin', `GET jobs/${id}`)).status).toBe(424);
    expect((await api('op', `DELETE jobs/${id}`)).status).toBe(200);
    expect((await api('ann', `GET jobs/${id}`)).status).toBe(410);
  });
});

describe('queues', () => {
  it('are paused and resumed by operators', async () => {
    expect(errorOf(await api('ann', 'POST job-queues/fraud/pause'))).toBe(
      "403 permission_denied: 'key:ann' lacks the right 'job.change' on 'fraud'; its roles: caller",
    );
    const paused = await api('op', 'POST job-queues/fraud/pause');
    expect([paused.status, paused.json]).toEqual([
      200,
      { model: 'fraud', queued: 0, running: 0, paused: true, held_batches: 0 },
    ]);
    const id = await submit('ann', 'fraud');
    await finish('ann', 'echo');
    const { json } = await api('op', 'GET job-queues');
    const oldest = expect.any(Number);
    expect(json.queues).toEqual([
      { model: 'fraud', queued: 1, running: 0, paused: true, held_batches: 0, oldest_age_ms: oldest },
    ]);
    expect((await api('ann', 'GET job-queues')).json).toEqual({ queues: [] });
    const resumed = await api('op', 'POST job-queues/fraud/resume');
    expect(resumed.json).toMatchObject({ model: 'fraud', paused: false });
    expect((await api('ann', `GET jobs/${id}`, { prefer: 'wait=20' })).status).toBe(200);
  });
});

describe('millrace jobs', () => {
  it('lists, shows, watches, cancels, retries and removes a job, and gets its answer', async () => {
    await api('op', 'POST job-queues/fraud/pause');
    const id = await submit('ann', 'fraud');
    const listed = await jobs('ann', 'list --state queued');
    expect(table(listed.out)).toMatch(
      new RegExp(`^JOB MODEL STATE CREATED TOOK PRINCIPAL RESULT\n${id} fraud queued \\d{4}-\\S+ \\S+ ann\n$`),
    );
    expect(table((await jobs('ann', `show ${id}`)).out)).toMatch(/^id \S+\nstate queued\nmodel fraud\nprincipal ann\n/);
    expect(await jobs('ann', `result ${id}`)).toEqual({
      code: 4,
      out: '',
      err: `job '${id}' has not ended: millrace jobs watch ${id}\n`,
    });
    expect(await jobs('ann', `cancel ${id}`)).toMatchObject({ code: 0, out: `cancelled job ${id}\n` });
    const result = await jobs('ann', `result ${id}`);
    expect(result).toMatchObject({ code: 1, err: `job '${id}' cancelled: answered 424\n` });
    expect(JSON.parse(result.out)).toMatchObject({ job: { id, state: 'cancelled' } });
    expect(await jobs('ann', `retry ${id}`)).toMatchObject({ code: 0, out: `queued job ${id} again\n` });
    const watching = jobs('ann', `watch ${id}`);
    expect(await jobs('op', 'resume fraud')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^resumed the jobs of 'fraud': \d queued, \d running\n$/),
    });
    const watched = await watching;
    expect([watched.code, watched.out]).toEqual([
      0,
      expect.stringMatching(/^(queued\n)?(running, attempt 1\n)?succeeded after \w+: 200, \d+ B\n$/),
    ]);
    const answer = await infer('ann', 'fraud');
    expect(await jobs('ann', `result ${id}`)).toEqual({ code: 0, out: answer.body.toString(), err: '' });
    expect(await jobs('ann', `remove ${id}`)).toMatchObject({ code: 0, out: `removed job ${id}\n` });
    expect(await jobs('ann', `show ${id}`)).toEqual({ code: 1, out: '', err: `error: job '${id}' was removed\n` });
  });
});

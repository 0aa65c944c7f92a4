import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Job } from '../../src/api/index.js';
import { connectApi } from '../../src/client/index.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { run } from '../support/cli-fixture.js';
import { echoModel } from '../support/control-fixture.js';
import { bearer } from '../support/key-server.js';
import { until } from '../support/until.js';

const NAMES = ['ann', 'bob', 'op'] as const;
type Name = (typeof NAMES)[number];
const keyOf = (name: Name) => `${name}-key-0123456789`;
const ROLES = { ann: 'caller', bob: 'caller', op: 'operator' } as const;
const TENSOR = JSON.stringify({ inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }] });

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(
    { 'echo/1/': '', 'echo/model.yaml': echoModel() },
    {
      auth: {
        keys: NAMES.map((name) => ({ name, key: keyOf(name), scopes: [] })),
        bindings: NAMES.map((name) => ({ principal: `key:${name}`, role: ROLES[name] })),
      },
    },
  );
});
afterAll(() => server[Symbol.asyncDispose]());

const apiOf = (name: Name) => connectApi(`http://127.0.0.1:${server.port}`, { key: keyOf(name) });

/** Submits a job that waits until {@link resume}. */
async function submitPaused(): Promise<string> {
  await apiOf('op').ask('POST /job-queues/{model}/pause', { params: { model: 'echo' } });
  const headers = { ...bearer(keyOf('ann')), 'content-type': 'application/json', prefer: 'respond-async' };
  return JSON.parse((await server.send('POST /v2/models/echo/infer', TENSOR, headers)).body.toString()).id;
}

const resume = () => apiOf('op').ask('POST /job-queues/{model}/resume', { params: { model: 'echo' } });
const statesOf = (jobs: readonly Job[]) => jobs.map(({ state, version }) => `${version} ${state}`);

function follow(id: string, name: Name, headers: Readonly<Record<string, string>> = {}, query = '') {
  const url = `http://127.0.0.1:${server.port}/millrace/v1/jobs/${id}/events${query}`;
  return fetch(url, { headers: { ...bearer(keyOf(name)), ...headers } });
}

describe('events of a job', () => {
  it('are the job as it is, and each change of it, until it has ended', async () => {
    const id = await submitPaused();
    const seen: Job[] = [];
    for await (const job of apiOf('ann').jobEvents(id)) {
      seen.push(job);
      if (job.state === 'queued') await resume();
    }
    expect(statesOf(seen).at(0)).toBe('0 queued');
    expect(statesOf(seen).at(-1)).toBe('2 succeeded');
    expect(seen.at(-1)).toEqual((await apiOf('ann').ask('GET /jobs/{job}/status', { params: { job: id } })).body);
  });

  it('are what browsers read: an id and data for each, and 204 for one that has seen the last', async () => {
    const id = await submitPaused();
    const answer = await follow(id, 'ann');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    await resume();
    const text = await answer.text();
    expect(text).toMatch(
      /^retry: \d+\n\nid: 0\ndata: \{"id":"[^\n]*\n\n(id: 1\ndata: [^\n]*\n\n)?id: 2\ndata: [^\n]*"succeeded"[^\n]*\n\n$/,
    );
    expect(await (await follow(id, 'ann', { 'last-event-id': '1' })).text()).toMatch(/^retry: \d+\n\nid: 2\ndata: /);
    expect([
      (await follow(id, 'ann', { 'last-event-id': '2' })).status,
      (await follow(id, 'ann', {}, '?after=2')).status,
    ]).toEqual([204, 204]);
  });

  it("are the owner's, and those of callers with job.read", async () => {
    const id = await submitPaused();
    await resume();
    const [other, operator] = [await follow(id, 'bob'), await follow(id, 'op')];
    expect([other.status, await other.json()]).toEqual([
      404,
      { error: { code: 'not_found', message: `there is no job '${id}'` } },
    ]);
    expect([operator.status, (await operator.text()).includes(id)]).toEqual([200, true]);
  });

  it.each(['x', '-1', '1e3'])('are not asked for after %s', async (after) => {
    const id = await submitPaused();
    await resume();
    const answer = await follow(id, 'ann', {}, `?after=${after}`);
    const message = `after: expected the version of a job, got '${after}'`;
    expect([answer.status, await answer.json()]).toEqual([400, { error: { code: 'invalid_argument', message } }]);
  });

  it('are followed by at most 16 streams of a caller', async () => {
    const id = await submitPaused();
    const open = await Promise.all(Array.from({ length: 16 }, () => follow(id, 'ann')));
    expect(open.map(({ status }) => status)).toEqual(open.map(() => 200));
    const refused = await follow(id, 'ann');
    expect([refused.status, JSON.parse(await refused.text()).error.message]).toEqual([
      429,
      'too many streams of jobs: 16 of this caller are open',
    ]);
    const operator = await follow(id, 'op');
    await Promise.all([operator, ...open].map((answer) => answer.body?.cancel()));
    // Each stream that its reader has left is free again.
    await until('another one is let in', async () => {
      const again = await follow(id, 'ann');
      await again.body?.cancel();
      return again.status === 200;
    });
    await resume();
  });

  it('are what the command line watches', async () => {
    const id = await submitPaused();
    const watching = run(['jobs', 'watch', id, '--url', `http://127.0.0.1:${server.port}`, '--key', keyOf('ann')], {
      cwd: server.folder.path,
    });
    await resume();
    const { code, out } = await watching;
    expect([code, out.includes('succeeded after')]).toEqual([0, true]);
  });
});

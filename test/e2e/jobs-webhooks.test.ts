import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { ChangesReader } from '../support/audit-trail.js';
import { run } from '../support/cli-fixture.js';
import { echoModel } from '../support/control-fixture.js';
import { bearer } from '../support/key-server.js';
import { until } from '../support/until.js';
import {
  answering,
  RECEIVER_CA,
  type ReceivedRequest,
  startWebhookReceiver,
  verified,
  type WebhookReceiver,
} from '../support/webhook-receiver.js';

const NAMES = ['ann', 'bob'] as const;
type Name = (typeof NAMES)[number];
const keyOf = (name: Name) => `${name}-key-0123456789`;
const MODELS = { 'echo/1/': '', 'echo/model.yaml': echoModel() };
const TENSOR = { inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }] };

let receiver: WebhookReceiver;
let server: AppServer;
let changes: ChangesReader;
beforeAll(async () => {
  receiver = await startWebhookReceiver();
  server = await startAppServer(MODELS, {
    auth: {
      keys: NAMES.map((name) => ({ name, key: keyOf(name), scopes: [] })),
      bindings: NAMES.map((name) => ({ principal: `key:${name}`, role: 'caller' as const })),
    },
    jobs: {
      webhooks: {
        allow: [receiver.host, 'localhost'],
        allowFor: { bob: ['bobs.example'] },
        allowPrivate: [receiver.host],
        caFile: RECEIVER_CA,
        origin: 'ml.example',
        retryBackoffMs: 50,
        maxRetryBackoffMs: 100,
        maxAttempts: 3,
        maxAnswerBytes: 1_000,
        ratePerHost: 10_000,
      },
    },
  });
  changes = new ChangesReader(server);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

const consenting = answering(204);
let path = '';
let count = 0;
beforeEach(() => {
  path = `/jobs/${count++}`;
});
afterEach(() => {
  receiver.respond = consenting;
});

type Headers = Readonly<Record<string, string>>;

async function api(name: Name, line: string, headers: Headers = {}) {
  const [method, at] = line.split(' ');
  const answer = await server.send(`${method} /millrace/v1/${at}`, '', { ...bearer(keyOf(name)), ...headers });
  return { ...answer, json: JSON.parse(answer.body.toString()) };
}

/** The URL of this test. */
const url = () => `https://${receiver.host}${path}`;

async function infer(name: Name, headers: Headers = {}, data = 7) {
  const body = JSON.stringify({ inputs: [{ ...TENSOR.inputs[0], data: [data] }] });
  const answer = await server.send('POST /v2/models/echo/infer', body, {
    ...bearer(keyOf(name)),
    'content-type': 'application/json',
    prefer: 'respond-async',
    'x-millrace-job-webhook': url(),
    ...headers,
  });
  return { ...answer, json: JSON.parse(answer.body.toString()) };
}

/** Submits a job with a webhook; its id. */
async function submit(name: Name = 'ann', headers: Headers = {}): Promise<string> {
  const { status, json } = await infer(name, headers);
  expect(status).toBe(202);
  return json.id;
}

const jobOf = async (id: string, name: Name = 'ann') => (await api(name, `GET jobs/${id}/status`)).json;

/** The job once its notification is delivered or given up. */
async function notified(id: string, name: Name = 'ann') {
  await until('the notification has ended', async () =>
    ['delivered', 'failed'].includes((await jobOf(id, name)).webhook.state),
  );
  return jobOf(id, name);
}

const here = (request: ReceivedRequest) => request.path === path;
const notifications = () => receiver.notifications.filter(here);

async function secretOf(name: Name): Promise<string> {
  return (await api(name, 'POST webhook-secret')).json.secret;
}

describe('the end of a job', () => {
  it('is reported to its receiver over TLS, signed as Standard Webhooks says', async () => {
    const secret = await secretOf('ann');
    const id = await submit();
    const job = await notified(id);
    expect(job.webhook).toEqual({ url: url(), state: 'delivered', attempts: 1, status: 204 });
    const [request] = notifications();
    if (request === undefined) throw new Error('there was no notification');
    expect([request.method, request.headers['content-type']]).toEqual(['POST', 'application/json']);
    const { removal_at: _, webhook: _webhook, ...told } = job;
    expect(verified(request, secret)).toEqual({ type: 'job.succeeded', timestamp: job.ended_at, data: { job: told } });
  });

  it('comes with the answer where the caller asks for it, up to a limit', async () => {
    const secret = await secretOf('ann');
    const id = await submit('ann', { 'x-millrace-job-webhook-include': 'answer' });
    const answer = await api('ann', `GET jobs/${id}`, { prefer: 'wait=20' });
    await notified(id);
    expect(notifications().map((request) => verified(request, secret).data.answer)).toEqual([
      { status: 200, content_type: 'application/json', bytes: answer.body.length, body: answer.body.toString() },
    ]);
  });

  it('is an event of CloudEvents where the caller asks for it', async () => {
    const secret = await secretOf('ann');
    const id = await submit('ann', { 'x-millrace-job-webhook-format': 'cloudevents' });
    await notified(id);
    const [request] = notifications();
    if (request === undefined) throw new Error('there was no notification');
    expect(request.headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
    expect(verified(request, secret)).toMatchObject({
      specversion: '1.0',
      id: request.headers['webhook-id'],
      type: 'job.succeeded',
      source: '//ml.example/millrace/v1/jobs',
      subject: id,
    });
  });

  it('is reported where the job was cancelled', async () => {
    const secret = await secretOf('ann');
    const id = await submit('ann', { 'x-millrace-job-not-before': '1h' });
    expect((await jobOf(id)).webhook).toEqual({ url: url(), state: 'waiting', attempts: 0 });
    await api('ann', `POST jobs/${id}/cancel`);
    await notified(id);
    expect(notifications().map((request) => verified(request, secret).type)).toEqual(['job.cancelled']);
  });

  it('is reported again, as the same message, until the receiver accepts it', async () => {
    let failures = 2;
    receiver.respond = (request) =>
      request.method === 'OPTIONS' || failures-- <= 0 ? consenting(request) : answering(500)(request);
    const secret = await secretOf('ann');
    const id = await submit();
    expect((await notified(id)).webhook).toMatchObject({ state: 'delivered', attempts: 3, status: 204 });
    const sent = notifications();
    expect(sent.map((request) => verified(request, secret).data.job.id)).toEqual([id, id, id]);
    expect(new Set(sent.map(({ body, headers }) => `${headers['webhook-id']} ${body}`)).size).toBe(1);
  });
});

describe('a receiver', () => {
  it('is asked for its consent before the first notification', async () => {
    await notified(await submit());
    await notified(await submit());
    expect(receiver.received.filter(here).map(({ method }) => method)).toEqual(['OPTIONS', 'POST', 'POST']);
    const [asked] = receiver.received.filter(here);
    expect(asked?.headers['webhook-request-origin']).toBe('ml.example');
  });

  it('that does not consent gets nothing', async () => {
    receiver.respond = () => ({ status: 200 });
    const { webhook } = await notified(await submit());
    expect(webhook).toEqual({
      url: url(),
      state: 'failed',
      attempts: 3,
      error:
        "the receiver has not consented: the answer to OPTIONS has no WebHook-Allowed-Origin; expected 'ml.example' or '*'; given up after 3 attempts",
    });
    expect(notifications()).toEqual([]);
  });

  it('that refuses is given up, and its job is a dead letter that says why', async () => {
    receiver.respond = answering(500);
    const { webhook, state } = await notified(await submit());
    expect([state, webhook]).toEqual([
      'succeeded',
      {
        url: url(),
        state: 'failed',
        attempts: 3,
        status: 500,
        error: 'the receiver answered 500; given up after 3 attempts',
      },
    ]);
  });

  it('that was given up is sent again when its owner asks for it, as the same message', async () => {
    receiver.respond = answering(500);
    const id = await submit();
    await notified(id);
    const [before] = receiver.notifications.filter((request) => request.path === path);
    const refusal = await api('bob', `POST jobs/${id}/redeliver`);
    expect(refusal.status).toBe(404);
    receiver.respond = consenting;
    const { status, json } = await api('ann', `POST jobs/${id}/redeliver`);
    expect([status, json.id, json.state]).toEqual([200, id, 'succeeded']);
    expect((await notified(id)).webhook).toMatchObject({ state: 'delivered', attempts: 1, status: 204 });
    const sent = receiver.notifications.filter((request) => request.path === path);
    expect(sent.map(({ headers }) => headers['webhook-id'])).toEqual(Array(4).fill(before?.headers['webhook-id']));
    expect(sent.at(-1)?.body).toBe(before?.body);
    const again = await api('ann', `POST jobs/${id}/redeliver`);
    expect([again.status, again.json.error.message]).toEqual([
      409,
      `the webhook of job '${id}' is delivered; only one that has failed is sent again`,
    ]);
  });

  it('that was given up is sent again by the command line', async () => {
    receiver.respond = answering(410);
    const id = await submit();
    await notified(id);
    const command = ['jobs', 'redeliver', id, '--url', `http://127.0.0.1:${server.port}`, '--key', keyOf('ann')];
    const ran = await run(command, { cwd: server.folder.path });
    expect(ran).toMatchObject({ code: 0, out: `sending the webhook of job ${id} again\n` });
    // The receiver has answered 410: nothing is sent to it for a week.
    expect((await notified(id)).webhook).toMatchObject({ state: 'failed', attempts: 1 });
    expect(receiver.notifications.filter((request) => request.path === path)).toHaveLength(1);
  });

  it('that redirects is not followed', async () => {
    receiver.respond = answering(307, { location: `https://${receiver.host}/elsewhere` });
    const { webhook } = await notified(await submit());
    expect(webhook.error).toBe('the receiver answered 307: redirects are not followed; given up after 3 attempts');
    expect(receiver.received.filter((request) => request.path === '/elsewhere')).toEqual([]);
  });

  it('that answers 410 gets no more notifications of that caller', async () => {
    receiver.respond = answering(410);
    const { webhook } = await notified(await submit());
    expect(webhook).toMatchObject({ state: 'failed', attempts: 1, status: 410 });
    const { status, json } = await infer('ann');
    expect([status, json.error]).toEqual([
      412,
      expect.stringMatching(
        /^webhook: the receiver answered 410 \(Gone\) at \S+Z, and gets no notifications until \S+Z$/,
      ),
    ]);
    receiver.respond = consenting;
    expect((await notified(await submit('bob'), 'bob')).webhook.state).toBe('delivered');
  });

  it('that hangs holds up no other notification', async () => {
    receiver.respond = (request) => (request.path.endsWith('hang') ? undefined : consenting(request));
    const hanging = await Promise.all(
      [1, 2, 3, 4].map(() => submit('ann', { 'x-millrace-job-webhook': `${url()}/hang` })),
    );
    expect((await notified(await submit('bob'), 'bob')).webhook.state).toBe('delivered');
    expect((await jobOf(hanging[0] ?? '')).webhook.state).toBe('pending');
  });
});

describe('a webhook', () => {
  it.each([
    ['https://evil.example/', 403, "webhook: 'evil.example' is not a receiver that jobs.webhooks.allow lists"],
    ['https://bobs.example/', 403, "webhook: 'bobs.example' is not a receiver that jobs.webhooks.allow lists"],
    ['https://169.254.169.254/', 403, "webhook: '169.254.169.254' is not a receiver that jobs.webhooks.allow lists"],
    [
      'http://localhost/',
      400,
      "webhook: expected https:, got http: ('localhost' is not in jobs.webhooks.allowPrivate)",
    ],
    ['ftp://localhost/', 400, "webhook: expected a URL such as https://hooks.example.com/jobs, got 'ftp://localhost/'"],
  ])('is refused before the job is stored: %s', async (wanted, status, error) => {
    const answer = await infer('ann', { 'x-millrace-job-webhook': wanted });
    expect([answer.status, answer.json]).toEqual([status, { error }]);
  });

  it.each([
    [
      { 'x-millrace-job-webhook-format': 'xml' },
      "header x-millrace-job-webhook-format: expected standard or cloudevents, got 'xml'",
    ],
    [{ 'x-millrace-job-webhook-include': 'all' }, "header x-millrace-job-webhook-include: expected answer, got 'all'"],
  ])('is refused with %o', async (headers, error) => {
    const answer = await infer('ann', headers);
    expect([answer.status, answer.json]).toEqual([400, { error }]);
  });

  it('to an allowed name with an internal address is not sent', async () => {
    const id = await submit('ann', { 'x-millrace-job-webhook': 'https://localhost/' });
    expect((await notified(id)).webhook).toMatchObject({
      state: 'failed',
      error: expect.stringMatching(
        /^no answer: localhost has the internal address (127\.0\.0\.1|::1); given up after 3 attempts$/,
      ),
    });
  });

  it("is removed with its job, and another caller's job is unknown", async () => {
    receiver.respond = answering(500);
    const id = await submit();
    await until('it was attempted', () => notifications().length > 0);
    expect((await api('bob', `GET jobs/${id}/status`)).status).toBe(404);
    const removed = await server.send(`DELETE /millrace/v1/jobs/${id}`, '', bearer(keyOf('ann')));
    expect(removed.status).toBe(200);
    expect((await api('ann', `GET jobs/${id}/status`)).status).toBe(410);
  });
});

describe('a secret', () => {
  it('is shown once, and rotated with an overlap', async () => {
    const { secret: first } = (await api('bob', 'POST webhook-secret')).json;
    const { status, headers, json } = await api('bob', 'POST webhook-secret');
    const at = expect.stringMatching(/Z$/);
    expect([status, headers['cache-control'], json]).toEqual([
      200,
      'no-store',
      { secret: expect.stringMatching(/^whsec_/), created_at: at, previous_ends_at: at },
    ]);
    expect((await api('bob', 'GET webhook-secret')).json).toEqual({ created_at: at, previous_ends_at: at });
    await notified(await submit('bob'), 'bob');
    for (const secret of [first, json.secret]) {
      expect(notifications().map((request) => verified(request, secret).type)).toEqual(['job.succeeded']);
    }
    const other = await secretOf('ann');
    expect(() => notifications().map((request) => verified(request, other))).toThrow('No matching signature found');
  });

  it('that changes is in the audit trail, without the secret', async () => {
    changes.next();
    await secretOf('ann');
    expect(changes.next()).toEqual(expect.arrayContaining([expect.stringContaining('webhookSecret.rotate')]));
  });

  it('is shown and rotated by the command line', async () => {
    const cli = (line: string) =>
      run(['jobs', ...line.split(' '), '--url', `http://127.0.0.1:${server.port}`, '--key', keyOf('ann')], {
        cwd: server.folder.path,
      });
    const rotated = await cli('webhook-secret --rotate');
    expect([rotated.code, rotated.out]).toEqual([0, expect.stringMatching(/^whsec_\S+\n$/)]);
    const info = await cli('webhook-secret');
    expect([info.code, info.out]).toEqual([
      0,
      expect.stringMatching(/^created \S+Z\nwebhooks are signed with the previous secret, too, until \S+Z\n$/),
    ]);
    await notified(await submit());
    expect(notifications().map((request) => verified(request, rotated.out.trim()).type)).toEqual(['job.succeeded']);
  });
});

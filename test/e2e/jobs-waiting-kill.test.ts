import { readFileSync } from 'node:fs';
import path from 'node:path';
import OpenAI from 'openai';
import { expect, it, onTestFinished } from 'vitest';
import { FREE_PORTS, startCli } from '../support/cli-process.js';
import { echoModel } from '../support/control-fixture.js';
import { createTempFolder } from '../support/model-folder.js';
import { until } from '../support/until.js';
import { answering, RECEIVER_CA, startWebhookReceiver, verified } from '../support/webhook-receiver.js';

const JOBS = 60;
const DEATHS = 4;
const BODY = JSON.stringify({ inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }] });
const KJV = readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf'));

async function serve(cwd: string) {
  const cli = startCli(['serve', ...FREE_PORTS, '--json'], { cwd });
  onTestFinished(() => cli[Symbol.asyncDispose]());
  const { http } = await cli.nextEvent();
  await cli.nextEvent();
  const ask = async (line: string, headers: Readonly<Record<string, string>> = {}, body?: string) => {
    const [method = '', at = ''] = line.split(' ');
    const all = { 'content-type': 'application/json', ...headers };
    const answer = await fetch(`${http}${at}`, { method, headers: all, ...(body !== undefined && { body }) });
    const text = await answer.text();
    // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
    return { status: answer.status, json: JSON.parse(text) as any };
  };
  const kill = async () => {
    cli.child.kill('SIGKILL');
    expect(await cli.ended).toMatchObject({ exit: 'SIGKILL' });
  };
  return { url: String(http), ask, kill };
}

it('each end of a job is reported, although the server is killed between the ends and their reports', async () => {
  await using receiver = await startWebhookReceiver();
  await using folder = await createTempFolder({
    'models/echo/model.yaml': echoModel(),
    'models/echo/1/': '',
    'ca.crt': readFileSync(RECEIVER_CA, 'utf8'),
    'millrace.yaml': `repository: { paths: [./models] }
jobs:
  webhooks:
    allow: ['${receiver.host}']
    allowPrivate: ['${receiver.host}']
    caFile: ca.crt
    retryBackoffMs: 50
    maxRetryBackoffMs: 1000
    maxAttempts: 100
    ratePerHost: 10000
`,
  });
  // No report arrives while the server is killed.
  receiver.respond = answering(503);
  let server = await serve(folder.path);
  const { secret } = (await server.ask('POST /millrace/v1/webhook-secret')).json;
  const ids: string[] = [];
  const headers = { prefer: 'respond-async', 'x-millrace-job-webhook': receiver.url };
  for (let death = 0; death < DEATHS; death++) {
    while (ids.length < (JOBS / DEATHS) * (death + 1)) {
      const { status, json } = await server.ask('POST /v2/models/echo/infer', headers, BODY);
      expect(status).toBe(202);
      ids.push(json.id);
    }
    const before = receiver.received.length;
    await until('reports are attempted', () => receiver.received.length > before);
    await server.kill();
    server = await serve(folder.path);
  }
  const refused = receiver.notifications.length;
  receiver.respond = answering(204);
  const accepted = () => receiver.notifications.slice(refused);
  await until(
    'all are reported',
    () => new Set(accepted().map(({ headers: sent }) => sent['webhook-id'])).size >= JOBS,
  );
  const reported = accepted().map((request) => [request.headers['webhook-id'], verified(request, secret).data.job.id]);
  expect(new Set(reported.map(([, id]) => id))).toEqual(new Set(ids));
  // Each end has one id, also over restarts.
  const idsOf = new Map(reported.map(([message, id]) => [id, message]));
  expect(
    receiver.notifications.every(
      (request) => idsOf.get(verified(request, secret).data.job.id) === request.headers['webhook-id'],
    ),
  ).toBe(true);
  await until('the server knows', async () => {
    const { json } = await server.ask('GET /millrace/v1/jobs?limit=100');
    return json.jobs.every((job: { webhook: { state: string } }) => job.webhook.state === 'delivered');
  });
});

it('a response of the background is answered under its id, although the server was killed before it ran', async () => {
  await using folder = await createTempFolder({
    'models/kjv/1/model.gguf': KJV,
    'models/kjv/model.yaml': 'llama: { contextTokens: 512, slots: 2, threads: 1 }\n',
    'millrace.yaml': 'repository: { paths: [./models], controlMode: explicit, loadModels: ["*"] }\n',
  });
  const clientOf = ({ url }: { readonly url: string }) =>
    new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
  const request = { model: 'kjv', input: 'In the beginning', max_output_tokens: 8, temperature: 0 };
  let server = await serve(folder.path);
  expect(await server.ask('POST /millrace/v1/job-queues/kjv/pause')).toMatchObject({ status: 200 });
  const { id } = await clientOf(server).responses.create({ ...request, background: true });
  await server.kill();
  server = await serve(folder.path);
  const { responses } = clientOf(server);
  expect(await responses.retrieve(id)).toMatchObject({ id, status: 'queued', background: true, model: 'kjv' });
  await server.ask('POST /millrace/v1/job-queues/kjv/resume');
  await until('it has ended', async () => (await responses.retrieve(id)).status === 'incomplete');
  const atOnce = await responses.create(request);
  const stored = await responses.retrieve(id);
  expect([stored.id, stored.output_text]).toEqual([id, atOnce.output_text]);
  await server.kill();
  server = await serve(folder.path);
  const restarted = clientOf(server).responses;
  await expect(restarted.create({ ...request, previous_response_id: id })).rejects.toThrow(
    `404 the response '${id}' of 'previous_response_id' is not found`,
  );
  await expect(restarted.inputItems.list(id)).rejects.toThrow(`404 the response '${id}' is not found`);
  const goesOn = [
    { role: 'user', content: request.input } as const,
    ...stored.output.filter((item) => item.type === 'message'),
  ];
  const next = await restarted.create({ ...request, input: [...goesOn, { role: 'user', content: 'And' }] });
  expect(next.usage?.input_tokens).toBeGreaterThan(stored.usage?.input_tokens ?? 0);
  let text = '';
  const types: string[] = [];
  for await (const event of await restarted.retrieve(id, { stream: true })) {
    types.push(event.type);
    if (event.type === 'response.output_text.delta') text += event.delta;
  }
  expect([types.at(0), types.at(-1), text]).toEqual(['response.created', 'response.incomplete', stored.output_text]);
});

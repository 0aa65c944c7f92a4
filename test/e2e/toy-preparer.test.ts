import { afterAll, beforeAll, expect, it } from 'vitest';
import PREPARED from '../fixtures/toy-preparer/manifest.mjs';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { parseExposition } from '../support/metrics-fixture.js';
import { until } from '../support/until.js';

const KEYS = { alice: 'a'.repeat(32), bob: 'b'.repeat(32) };
type Name = keyof typeof KEYS;

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(
    {
      'mill/1/model.prose': 'the mill turns all day\nround and round\n',
      'mill/model.yaml': 'warmup: [{ name: words, inputs: { text_input: { shape: [1], data: random } } }]\n',
    },
    {
      auth: { keys: Object.entries(KEYS).map(([name, key]) => ({ name, key, scopes: ['infer', 'observe'] })) },
    },
    { runtimes: [PREPARED] },
  );
});
afterAll(() => server[Symbol.asyncDispose]());

const ask = async (name: Name, prompt: string, parameters: object = {}) => {
  const body = { model: 'mill', prompt, max_tokens: 3, ...parameters };
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${KEYS[name]}` };
  const answer = await server.send('POST /v1/completions', JSON.stringify(body), headers);
  return { ...answer, json: JSON.parse(answer.body.toString()) };
};

const gauges = () => server.app.engine.gauges().find(({ ref }) => ref.name === 'mill');
const preparer = () => gauges()?.preparer;
const pids = () => ({ instance: gauges()?.instances[0]?.pid, preparer: preparer()?.pid });

const scrape = async () => {
  const headers = { authorization: `Bearer ${KEYS.alice}` };
  return (await fetch(`${server.addresses.metrics?.url}/metrics`, { headers })).text();
};

it('answers what its preparer has prepared, and says how long that took', async () => {
  const { status, json, headers } = await ask('alice', 'the');
  expect([status, json.choices[0].text]).toEqual([200, ' mill turns all']);
  expect(json.usage).toMatchObject({ prompt_tokens: 1, completion_tokens: 3 });
  expect(String(headers['server-timing'])).toMatch(/prepare;dur=[0-9.]+, queue;dur=[0-9.]+, batch/);
});

it('refuses what its preparer refuses', async () => {
  const { status, json } = await ask('alice', ' ');
  expect([status, json.error.message]).toEqual([400, 'generator: the prompt has no words']);
});

it('has a preparer of its own process, with numbers of its own', async () => {
  expect(pids().instance).not.toBe(pids().preparer);
  await until('its numbers are read', () => (preparer()?.statistics?.[0]?.value ?? 0) > 0);
  const samples = parseExposition(await scrape());
  const words = samples.get('millrace_runtime_split_words_total{instance_index="prepare",model="mill",version="1"}');
  expect(words).toBeGreaterThan(0);
  expect(samples.get('millrace_preparers_up{model="mill",version="1"}')).toBe(1);
  expect(samples.get('millrace_instances{model="mill",version="1"}')).toBe(1);
});

it('goes on generating while a prompt ends the preparer, which starts again', async () => {
  const before = pids();
  const generating = ask('bob', 'round', { max_tokens: 20_000 });
  await until('it is generated for', () => (gauges()?.executingRequests ?? 0) > 0);
  const fatal = await ask('alice', 'exit');
  expect([fatal.status, fatal.json.error.message]).toEqual([
    503,
    expect.stringContaining('runner mill/1#prepare is gone: exited with code 3'),
  ]);
  expect((await ask('alice', 'the')).json.choices[0].text).toBe(' mill turns all');
  expect((await generating).status).toBe(200);
  expect(pids().instance).toBe(before.instance);
  expect(pids().preparer).not.toBe(before.preparer);
  expect(preparer()?.restarts).toBeGreaterThan(0);
});

it("prepares one caller's prompts one by one, so that another's are not held up", async () => {
  const ended: string[] = [];
  const note = async (name: Name, prompt: string) => {
    await ask(name, prompt);
    ended.push(`${name} ${prompt}`);
  };
  const slow = [note('alice', 'slow the'), note('alice', 'slow the')];
  await until('one is being prepared', () => gauges()?.queuedRequests === 2);
  await note('bob', 'the');
  expect(ended).toEqual(['bob the']);
  await Promise.all(slow);
});

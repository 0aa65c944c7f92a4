import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventBus, type Events } from '../../src/core/index.js';
import { createMillrace, type Millrace } from '../../src/index.js';
import type { Addresses } from '../../src/server/index.js';
import GENERATOR from '../fixtures/toy-generator/manifest.mjs';
import { RUNNER_ENTRY } from '../support/dist.js';
import { parseExposition, type Samples } from '../support/metrics-fixture.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';
import { until } from '../support/until.js';

let folder: TempFolder;
let millrace: Millrace;
let addresses: Addresses;
const finished: Events['inferFinished'][] = [];

beforeAll(async () => {
  folder = await createTempFolder({
    'mill/1/model.corpus': 'the mill turns all day\nround and round\n',
    'mill/model.yaml': 'instances: { count: 2 }\nlimits: { streamIdleTimeoutMs: 60000 }\n',
  });
  const events = new EventBus();
  events.subscribe('inferFinished', (event) => finished.push(event));
  millrace = await createMillrace({
    settings: {
      repository: { paths: [folder.path] },
      runners: { entry: RUNNER_ENTRY, closeTimeoutMs: 100 },
      server: { httpPort: 0, grpcPort: 0, metricsPort: 0 },
      telemetry: { logLevel: 'silent' },
    },
    runtimes: [GENERATOR],
    events,
  });
  addresses = await millrace.listen();
});
afterAll(async () => {
  await millrace.close();
  await folder[Symbol.asyncDispose]();
});

async function generate(prompt: string, parameters: object, signal?: AbortSignal): Promise<Response> {
  return fetch(`${addresses.http.url}/v2/models/mill/generate_stream`, {
    method: 'POST',
    body: JSON.stringify({ text_input: prompt, ...parameters }),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** The text of a stream of server-sent events. */
async function textOf(response: Response): Promise<string> {
  const events = (await response.text()).split('\n').filter((line) => line.startsWith('data: '));
  return events.map((line) => JSON.parse(line.slice('data: '.length)).text_output).join('');
}

async function scrape(): Promise<Samples> {
  const { metrics } = addresses;
  return parseExposition(await (await fetch(`${metrics?.url}/metrics`)).text());
}

const MODEL = 'model="mill",version="1"';

describe('a generating runtime from outside, over HTTP', () => {
  it('streams, and says what it took in events and metrics', async () => {
    expect(await textOf(await generate('the', { max_tokens: 3 }))).toBe(' mill turns all');
    await until('the call is over', () => finished.length === 1);
    const { timing } = (finished[0] as Events['inferFinished']).call;
    expect(timing).toMatchObject({
      usage: { promptTokens: 1, cachedTokens: 0, completionTokens: 3 },
      finishReason: 'length',
    });
    expect(timing.firstResponseAt).toBeGreaterThanOrEqual(timing.startedAt);
    const samples = await scrape();
    expect(samples.get(`millrace_generation_tokens_total{${MODEL}}`)).toBe(3);
    expect(samples.get(`millrace_generations_total{finish_reason="length",${MODEL}}`)).toBe(1);
    expect(samples.get(`millrace_time_to_first_response_seconds_count{${MODEL}}`)).toBe(1);
  });

  it('goes back to the instance that has read the prompt', async () => {
    const cached = async () => (await scrape()).get(`millrace_cached_prompt_tokens_total{${MODEL}}`) ?? 0;
    const before = await cached();
    for (let round = 0; round < 4; round++) await textOf(await generate('all day', { max_tokens: 1 }));
    // The first of them may go to either instance, and is cached there only.
    expect((await cached()) - before).toBe(3 * 2);
  });

  it('answers a completion of OpenAI', async () => {
    const response = await fetch(`${addresses.http.url}/v1/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'mill', prompt: 'the', max_tokens: 3, stop: ['day'] }),
    });
    expect(await response.json()).toMatchObject({
      choices: [{ text: ' mill turns all', finish_reason: 'length' }],
      usage: { prompt_tokens: 1, completion_tokens: 3, total_tokens: 4 },
    });
  });

  it('stops when its client leaves, and counts what it has generated', async () => {
    const leaving = new AbortController();
    const before = finished.length;
    const response = await generate('round', { max_tokens: 1_000_000 }, leaving.signal);
    const reader = response.body?.getReader();
    await reader?.read();
    expect((await scrape()).get(`millrace_executing_requests{${MODEL}}`)).toBe(1);
    leaving.abort();
    await until('the call is over', () => finished.length > before);
    expect(finished.at(-1)?.error).toMatchObject({ code: 'cancelled' });
    // The runtime says that its slot is free before the end of the request has come from it.
    await until('its slot is free, and nothing executes', async () => {
      const samples = await scrape();
      const busy = samples.get(`millrace_runtime_slots_busy{instance_index="0",${MODEL}}`);
      return busy === 0 && samples.get(`millrace_executing_requests{${MODEL}}`) === 0;
    });
  });
});

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listRunners } from '../chaos/harness/processes.js';
import { type CliProcess, startCli } from '../support/cli-process.js';
import { TINY_MODEL } from '../support/llama-model.js';
import { parseExposition } from '../support/metrics-fixture.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';
import { cutAfter, endingOf, TextStream } from '../support/text-stream.js';
import { until } from '../support/until.js';

const TINY = readFileSync(TINY_MODEL);
const CONFIG =
  'llama: { contextTokens: 4096, slots: 4, threads: 1, maxOutputTokens: 30, chatTemplate: "{{ messages[0].content }}" }\n';
const MODELS = {
  'kjv/1/model.gguf': TINY,
  'kjv/model.yaml': CONFIG,
  'other/1/model.gguf': TINY,
  'other/model.yaml': CONFIG,
};
const SHORT = { model: 'kjv', prompt: 'In the beginning', temperature: 0, ignore_eos: true, max_tokens: 6 };
/** Goes on while other things happen, and then to its end. */
const MIDDLING = { ...SHORT, max_tokens: 400 };
/** Takes so long that whoever leaves it leaves it running. */
const LONG = { ...SHORT, max_tokens: 4_000 };

interface Running {
  readonly cli: CliProcess;
  readonly http: string;
  readonly metrics: string;
}

async function serve(folder: TempFolder, ...flags: readonly string[]): Promise<Running> {
  const ports = ['--http-port', '0', '--grpc-port', '-1', '--metrics-port', '0'];
  const cli = startCli(['serve', folder.path, '--json', '--log-level', 'warn', ...ports, ...flags]);
  const { http, metrics } = await cli.nextEvent();
  await cli.nextEvent();
  return { cli, http: String(http), metrics: String(metrics) };
}

let folder: TempFolder;
let server: Running;
beforeAll(async () => {
  folder = await createTempFolder(MODELS);
  server = await serve(folder, '--model-control-mode', 'explicit', '--load-model', 'kjv', '--load-model', 'other');
});
afterAll(async () => {
  await server.cli[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function read(name: string): Promise<ReadonlyMap<string, number>> {
  const samples = parseExposition(await (await fetch(`${server.metrics}/metrics`)).text());
  return new Map([...samples].filter(([key]) => key.startsWith(name)));
}

async function aborted(): Promise<number> {
  const ends = await read('vllm:request_success_total{finished_reason="abort",model_name="kjv"');
  return [...ends.values()].reduce((sum, value) => sum + value, 0);
}

/** No slot is taken, and nobody waits for one. */
async function expectFreeSlots(): Promise<void> {
  const loads = ['millrace_runtime_slots_busy', 'millrace_runtime_requests_waiting', 'vllm:num_requests'];
  await until('no slot is taken', async () =>
    (await Promise.all(loads.map(read))).every(
      (values) => values.size > 0 && [...values.values()].every((v) => v === 0),
    ),
  );
}

const openOther = () => TextStream.open(server.http, { ...MIDDLING, model: 'other' });

/** A stream of Anthropic's messages that has begun. */
async function openMessages(
  http: string,
  headers: Readonly<Record<string, string>> = {},
  maxTokens = LONG.max_tokens,
): Promise<Response> {
  const messages = [{ role: 'user', content: SHORT.prompt }];
  const body = { model: 'kjv', messages, temperature: 0, max_tokens: maxTokens, stream: true };
  const response = await fetch(`${http}/v1/messages`, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(response.status).toBe(200);
  return response;
}

/** Data of the last event. */
function lastOf(text: string): object {
  return JSON.parse(text.slice(text.lastIndexOf('data: ') + 'data: '.length));
}

describe('a stream of a language model', () => {
  it('that is cut by its client at any event frees its slot, and others go on', async () => {
    const before = await aborted();
    await using other = await openOther();
    const whole = await (await TextStream.open(server.http, SHORT)).rest();
    expect(endingOf(whole)).toBe('length, done');
    for (const [index] of whole.entries()) {
      const stream = await TextStream.open(server.http, LONG);
      for (let events = 0; events < index; events++) await stream.next();
      stream.cut();
    }
    await until('all are given up', async () => (await aborted()) === before + whole.length);
    expect(endingOf(await other.rest())).toBe('length, done');
    await expectFreeSlots();
  });

  it('that is cut at any byte frees its slot', async () => {
    const before = await aborted();
    const cuts = Array.from({ length: 48 }, (_, index) => index * 41);
    // Four at a time: as many as there are slots.
    for (let index = 0; index < cuts.length; index += 4) {
      await Promise.all(cuts.slice(index, index + 4).map((bytes) => cutAfter(server.http, LONG, bytes)));
    }
    await until('all are given up', async () => (await aborted()) >= before + cuts.length - 1);
    await expectFreeSlots();
    expect(endingOf(await (await TextStream.open(server.http, SHORT)).rest())).toBe('length, done');
  });

  it('is ended by the deadline of its client, in band', async () => {
    await using other = await openOther();
    const stream = await TextStream.open(server.http, LONG, { 'x-request-timeout-ms': '700' });
    expect(endingOf(await stream.rest())).toBe('timeout, done');
    expect(endingOf(await other.rest())).toBe('length, done');
    await expectFreeSlots();
  });

  it('ends by itself where nothing is said of its length', async () => {
    const { model, temperature, ignore_eos } = SHORT;
    const messages = [{ role: 'user', content: SHORT.prompt }];
    const response = await fetch(`${server.http}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model, temperature, ignore_eos, messages }),
    });
    expect(await response.json()).toMatchObject({
      choices: [{ finish_reason: 'length' }],
      usage: { completion_tokens: 30 },
    });
  });

  it('is told where its runner is killed, others go on, and the model comes back', async () => {
    await using other = await openOther();
    const streams = await Promise.all([1, 2, 3].map(() => TextStream.open(server.http, LONG)));
    for (const stream of streams) await stream.next();
    const runner = listRunners(server.cli.child.pid ?? 0).find(({ label }) => label === 'kjv/1#0');
    process.kill(runner?.pid ?? 0, 'SIGKILL');
    for (const stream of streams) expect(endingOf(await stream.rest())).toBe('unavailable, done');
    expect(endingOf(await other.rest())).toBe('length, done');
    expect(endingOf(await (await TextStream.open(server.http, SHORT)).rest())).toBe('length, done');
    await expectFreeSlots();
  });

  it('goes on to its end while its model is unloaded', async () => {
    const control = async (what: 'load' | 'unload') => {
      const response = await fetch(`${server.http}/v2/repository/models/kjv/${what}`, { method: 'POST' });
      expect(response.status).toBe(200);
    };
    const stream = await TextStream.open(server.http, MIDDLING);
    const messages = await openMessages(server.http, {}, MIDDLING.max_tokens);
    await stream.next();
    await control('unload');
    await expect(TextStream.open(server.http, SHORT)).rejects.toThrow(/^404: .*model_not_found/);
    expect(endingOf(await stream.rest())).toBe('length, done');
    expect(lastOf(await messages.text())).toEqual({ type: 'message_stop' });
    await control('load');
    const old = await TextStream.open(server.http, MIDDLING);
    await old.next();
    await control('load');
    expect(endingOf(await (await TextStream.open(server.http, SHORT)).rest())).toBe('length, done');
    expect(endingOf(await old.rest())).toBe('length, done');
    await expectFreeSlots();
  });
});

describe("a stream of Anthropic's messages", () => {
  it('ends with an error of its own form at a deadline, and where its runner is killed', async () => {
    const late = await openMessages(server.http, { 'x-request-timeout-ms': '700' });
    expect(lastOf(await late.text())).toMatchObject({ type: 'error', error: { type: 'timeout_error' } });
    const streams = await Promise.all([1, 2].map(() => openMessages(server.http)));
    const runner = listRunners(server.cli.child.pid ?? 0).find(({ label }) => label === 'kjv/1#0');
    process.kill(runner?.pid ?? 0, 'SIGKILL');
    for (const stream of streams) {
      expect(lastOf(await stream.text())).toMatchObject({ type: 'error', error: { type: 'api_error' } });
    }
    const short = await openMessages(server.http, {}, 2);
    expect(lastOf(await short.text())).toEqual({ type: 'message_stop' });
    await expectFreeSlots();
  });
});

describe('streams at shutdown', () => {
  it('finish within the grace period', async () => {
    await using draining = await createTempFolder(MODELS);
    const { cli, http } = await serve(draining);
    await using _ = cli;
    const stream = await TextStream.open(http, MIDDLING);
    await stream.next();
    cli.child.kill('SIGTERM');
    expect(endingOf(await stream.rest())).toBe('length, done');
    expect((await cli.ended).exit).toBe(0);
  });

  it('are told when it is over', async () => {
    await using draining = await createTempFolder(MODELS);
    const { cli, http } = await serve(draining, '--exit-timeout-secs', '0');
    await using _ = cli;
    const streams = await Promise.all(['kjv', 'other'].map((model) => TextStream.open(http, { ...LONG, model })));
    const messages = await openMessages(http);
    for (const stream of streams) await stream.next();
    cli.child.kill('SIGTERM');
    expect(lastOf(await messages.text())).toEqual({
      type: 'error',
      error: { type: 'api_error', message: 'the server is shutting down' },
      request_id: null,
    });
    for (const stream of streams) {
      const events = await stream.rest();
      expect(endingOf(events)).toBe('unavailable, done');
      expect(events.at(-2).error.message).toBe('the server is shutting down');
    }
    expect((await cli.ended).exit).toBe(0);
  });
});

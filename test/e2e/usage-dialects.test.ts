import { afterAll, beforeAll, expect, it } from 'vitest';
import { control } from '../support/control-fixture.js';
import { TRAFFIC_CALLS } from '../support/traffic-calls.js';
import { TrafficServer } from '../support/traffic-server.js';
import { until } from '../support/until.js';

const TIMES = 3;

let traffic: TrafficServer;
beforeAll(async () => {
  traffic = await TrafficServer.start({ metering: { enabled: true } });
});
afterAll(() => traffic[Symbol.asyncDispose]());

/** What has been used of a model so far. */
async function usageOf(model: string) {
  const { body } = await control(traffic.server, 'GET usage?by=model');
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
  return body.rows.find((row: any) => row.model === model) ?? {};
}

it.each(TRAFFIC_CALLS.map((call) => [call.what, call] as const))('%s is counted once', async (_, call) => {
  const before = await usageOf(call.kind);
  for (let time = 0; time < TIMES; time++) await traffic.ask(call, call.kind);
  const grown = async (name: string) => ((await usageOf(call.kind))[name] ?? 0) - (before[name] ?? 0);
  expect(await grown('requests')).toBe(TIMES * call.steps);
  expect(await grown('answered')).toBe(TIMES * call.steps);
  expect(await grown('rows')).toBe(TIMES * call.steps);
  expect((await grown('prompt_tokens')) > 0).toBe(['kjv', 'vectors', 'scores'].includes(call.kind));
  if (call.kind === 'kjv') {
    // It takes no smaller limit.
    const tokens = call.what === "OpenAI's responses" ? 16 : 4;
    expect(await grown('completion_tokens')).toBe(TIMES * tokens);
  }
  // Of a stream when it ends, of which its client hears first.
  await until(
    'bytes are counted',
    async () => (await grown('request_bytes')) > 0 && (await grown('response_bytes')) > 0,
  );
});

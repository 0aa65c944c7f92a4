import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RefusedCall, TRAFFIC_CALLS, type TrafficCall } from '../support/traffic-calls.js';
import { TrafficServer } from '../support/traffic-server.js';

const RESOURCE_EXHAUSTED = 8;
const steps = TRAFFIC_CALLS.reduce((sum, call) => sum + call.steps, 0);

/** As many requests as all dialects together need once, and none for hours after that. */
let traffic: TrafficServer;
beforeAll(async () => {
  traffic = await TrafficServer.start({
    quotas: [
      { name: 'few', principal: '*', requestsPerSecond: 0.0001, burst: steps },
      { name: 'words', model: 'kjv', tokensPerMinute: 100_000 },
    ],
  });
});
afterAll(() => traffic[Symbol.asyncDispose]());

const isStream = ({ says }: TrafficCall) => says === 'version';
/** vLLM's routes are of the same dialect. */
const isOpenAi = ({ what }: TrafficCall) => /^(?:OpenAI|vLLM)/.test(what);
const each = TRAFFIC_CALLS.map((call) => [call.what, call] as const);

describe('an answer says what is left of quotas', () => {
  let used = 0;
  it.each(each)('%s', async (_, call) => {
    const { header } = await traffic.ask(call, call.kind);
    // Of the steps of a sequence, what the first one was told is looked at.
    const left = steps - used - 1;
    used += call.steps;
    if (isStream(call)) return;
    expect(header('ratelimit-policy')).toContain(`"few/requestsPerSecond";q=${steps};w=`);
    expect(header('ratelimit')).toContain(`"few/requestsPerSecond";r=${left};t=`);
    expect(header('ratelimit')?.includes('"words/tokensPerMinute";r=')).toBe(call.kind === 'kjv');
    expect(header('x-ratelimit-remaining-requests')).toBe(isOpenAi(call) ? String(left) : undefined);
    expect(header('x-ratelimit-limit-tokens')).toBe(isOpenAi(call) && call.kind === 'kjv' ? '100000' : undefined);
    expect(header('x-ratelimit-reset-requests')).toEqual(
      isOpenAi(call) ? expect.stringMatching(/^\d+h\d+m/) : undefined,
    );
  });
});

describe('a quota that is used up is', () => {
  /** How each protocol says it. */
  const WORDS: Readonly<Record<string, string>> = {
    'SageMaker, a container of several models': '"Message":"quota',
    'Vertex AI': 'RESOURCE_EXHAUSTED',
    TorchServe: '"type":"ServiceUnavailableException"',
    "OpenAI's chat": '"type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"',
    "OpenAI's chat, a stream": '"type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"',
    "OpenAI's responses": '"code":"rate_limit_exceeded"',
  };

  it.each(each)('refused with 429 or RESOURCE_EXHAUSTED: %s', async (what, call) => {
    const refused = (await traffic.ask(call, call.kind).catch((error: unknown) => error)) as RefusedCall;
    expect(refused.message).toContain(`quota 'few' allows 0.0001 requests a second (${steps} at once); try again in`);
    expect(refused.message).toContain(WORDS[what] ?? '');
    if (isStream(call)) return;
    const isGrpc = what.includes('over gRPC');
    expect(refused.status).toBe(isGrpc ? RESOURCE_EXHAUSTED : 429);
    expect(refused.header('ratelimit')).toContain('"few/requestsPerSecond";r=0;t=');
    const later = refused.header(isGrpc ? 'grpc-retry-pushback-ms' : 'retry-after');
    expect(Number(later)).toBeGreaterThan(isGrpc ? 9_000_000 : 9_000);
    if (isGrpc) expect(refused.header('grpc-status-details-bin')).toContain('google.rpc.RetryInfo');
    else expect(refused.header('x-millrace-error')).toBe('quota_exceeded');
    expect(refused.header('x-ratelimit-remaining-requests')).toBe(isOpenAi(call) ? '0' : undefined);
    if (what.startsWith('SageMaker')) expect(refused.header('x-amzn-errortype')).toBe('ThrottlingException');
  });

  it('counted, by quota and limit', async () => {
    const { url } = traffic.server.addresses.metrics ?? { url: '' };
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const refused = /^millrace_quota_rejections_total\{limit="requestsPerSecond",quota="few"\} (\d+)$/m.exec(metrics);
    expect(Number(refused?.[1])).toBe(TRAFFIC_CALLS.length);
  });
});

import { expect, it } from 'vitest';
import type { Call } from '../core/index.js';
import type { UsageReport } from '../metering/index.js';
import type { RouteRequest } from '../protocols/index.js';
import { createUsageRoutes } from './usage.js';

const HOUR_MS = 3_600_000;
const COUNTS = {
  answered: 1,
  refused: 0,
  failed: 0,
  cancelled: 0,
  rows: 0,
  promptTokens: 0,
  cachedTokens: 0,
  completionTokens: 0,
  requestBytes: 0,
  responseBytes: 0,
  computeUs: 0,
};
const REPORT: UsageReport = {
  fromMs: 0,
  toMs: HOUR_MS,
  by: ['principal'],
  granularity: undefined,
  lostRequests: 0,
  rows: [
    { ...COUNTS, principal: '=1+1', costs: {} },
    { ...COUNTS, principal: 'a "b", c', costs: { EUR: '0.1' } },
  ],
};
const BY_HOUR: UsageReport = {
  ...REPORT,
  by: ['arm'],
  granularity: 'hour',
  rows: [{ ...COUNTS, atMs: 0, arm: 'canary', cancelled: 2, computeUs: 1_234, costs: { EUR: '0.1' } }],
};

/** The body with which the route answers. */
async function answer(report: UsageReport, format: 'json' | 'csv'): Promise<string> {
  const [route] = createUsageRoutes({ report: async () => report });
  const request = { query: new URLSearchParams({ format }), params: {}, json: {}, headers: {}, accept: undefined };
  // The route hands the call on, and reads no more of the request.
  const answered = await route?.handle({} as Call, request as unknown as RouteRequest);
  return String(answered && 'body' in answered && answered.body);
}

it('says what was used as JSON: moments as text, computation in milliseconds, nothing for what there is not', async () => {
  const counts =
    '"requests":1,"answered":1,"refused":0,"failed":0,"cancelled":0,"rows":0,"prompt_tokens":0,"cached_tokens":0,"completion_tokens":0,"request_bytes":0,"response_bytes":0,"compute_ms":0';
  expect(await answer(REPORT, 'json')).toBe(
    `{"from":"1970-01-01T00:00:00.000Z","to":"1970-01-01T01:00:00.000Z","by":["principal"],"lost_requests":0,"rows":[{"principal":"=1+1",${counts},"costs":{}},{"principal":"a \\"b\\", c",${counts},"costs":{"EUR":"0.1"}}]}`,
  );
  expect(JSON.parse(await answer(BY_HOUR, 'json'))).toMatchObject({
    granularity: 'hour',
    rows: [{ at: '1970-01-01T00:00:00.000Z', arm: 'canary', requests: 3, cancelled: 2, compute_ms: 1.234 }],
  });
});

const COLUMNS =
  'requests,answered,refused,failed,cancelled,rows,prompt_tokens,cached_tokens,completion_tokens,request_bytes,response_bytes,compute_ms,cost_EUR';

it('says it as CSV: what has to be is quoted, and there are no formulas', async () => {
  expect((await answer(REPORT, 'csv')).split('\r\n')).toEqual([
    `principal,${COLUMNS}`,
    "'=1+1,1,1,0,0,0,0,0,0,0,0,0,0,0",
    '"a ""b"", c",1,1,0,0,0,0,0,0,0,0,0,0,0.1',
    '',
  ]);
  expect((await answer(BY_HOUR, 'csv')).split('\r\n')).toEqual([
    `time,arm,${COLUMNS}`,
    '1970-01-01T00:00:00.000Z,canary,3,1,0,0,2,0,0,0,0,0,0,1.234,0.1',
    '',
  ]);
});

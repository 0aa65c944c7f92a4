import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { until } from '../support/until.js';

const ECHO = [
  'runtime: echo',
  'maxBatchSize: 0',
  'inputs: [{ name: x, datatype: FP32, shape: [2] }]',
  'outputs: [{ name: y, datatype: FP32, shape: [2] }]',
].join('\n');
const MODELS = {
  'free/model.yaml': ECHO,
  'free/1/': '',
  'busy/model.yaml': `${ECHO}\necho: { faults: true }`,
  'busy/1/': '',
};
const request = (parameters?: object) => ({
  inputs: [{ name: 'x', datatype: 'FP32', shape: [2], data: [1, 2] }],
  ...(parameters !== undefined && { parameters }),
});
const FORMAT = 'endpoint-load-metrics-format';
const REPORT = 'endpoint-load-metrics';

async function reportOf(server: AppServer, line: string, { body = '', format = 'TEXT' } = {}) {
  const { status, headers } = await server.send(line, body, { [FORMAT]: format });
  return { status, report: headers[REPORT] };
}

describe('a server that reports its load', () => {
  let server: AppServer;
  beforeAll(async () => {
    server = await startAppServer(MODELS, { engine: { prefetchBelowMs: 0 }, server: { loadReports: true } });
    for (let count = 0; count < 3; count++) {
      void server.infer('busy', request({ fault: 'hang' })).catch(() => undefined);
    }
    const gauges = () => server.app.engine.gauges().find(({ ref }) => ref.name === 'busy');
    await until('one runs and two wait', () => gauges()?.executingRequests === 1 && gauges()?.queuedRequests === 2);
  });
  afterAll(() => server[Symbol.asyncDispose]());
  const report = 'TEXT named_metrics.num_requests_waiting=2, named_metrics.num_requests_running=1';

  it('does so on answers to inferences that ask for it', async () => {
    const body = JSON.stringify(request());
    expect(await reportOf(server, 'POST /v2/models/free/infer', { body })).toEqual({ status: 200, report });
  });

  it('does so on other answers and on refusals', async () => {
    expect(await reportOf(server, 'GET /v2/health/ready')).toEqual({ status: 200, report });
    expect(await reportOf(server, 'POST /v2/models/none/infer', { body: '{"inputs": []}' })).toEqual({
      status: 404,
      report,
    });
  });

  it('writes JSON where that is asked for', async () => {
    const { report: json } = await reportOf(server, 'GET /v2/health/ready', { format: 'json' });
    expect(json).toBe('JSON {"named_metrics":{"num_requests_waiting":2,"num_requests_running":1}}');
  });

  it('says nothing where nothing, or an unknown format, is asked for', async () => {
    expect(await reportOf(server, 'GET /v2/health/ready', { format: 'BIN' })).toEqual({
      status: 200,
      report: undefined,
    });
    expect((await server.send('GET /v2/health/ready')).headers[REPORT]).toBeUndefined();
  });
});

it('a server with a language model reports the use of its cache, also at the beginning of a stream', async () => {
  const models = {
    'kjv/1/model.gguf': readFileSync('test/fixtures/models/tiny-kjv.gguf'),
    'kjv/model.yaml': 'llama: { contextTokens: 256, slots: 1, threads: 1 }\n',
  };
  await using server = await startAppServer(models, { server: { loadReports: true } });
  const body = JSON.stringify({ model: 'kjv', prompt: 'In the', max_tokens: 200, ignore_eos: true, stream: true });
  const first = await reportOf(server, 'POST /v1/completions', { body });
  expect(first.status).toBe(200);
  expect(first.report).toMatch(/^TEXT .*named_metrics\.num_requests_running=1$/);
  const atRest =
    /^TEXT named_metrics\.kv_cache_usage_perc=\S+, named_metrics\.num_requests_waiting=0, named_metrics\.num_requests_running=0$/;
  await until('its cache has been read', async () => {
    const { report = '' } = await reportOf(server, 'GET /v2/health/ready');
    return atRest.test(report);
  });
});

it('a server reports nothing unless it is set', async () => {
  await using server = await startAppServer(MODELS);
  expect(await reportOf(server, 'GET /v2/health/ready')).toEqual({ status: 200, report: undefined });
});

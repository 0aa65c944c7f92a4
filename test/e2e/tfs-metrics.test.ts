import { expect, it } from 'vitest';
import { startAppServer } from '../support/app-server.js';
import { echoModel } from '../support/control-fixture.js';
import { parseExposition } from '../support/metrics-fixture.js';

const PATH = '/monitoring/prometheus/metrics';

it("TensorFlow Serving's port has the metrics where its own server has them", async () => {
  await using server = await startAppServer(
    { 'fraud/model.yaml': echoModel(), 'fraud/1/': '' },
    { tfs: { enabled: true, httpPort: 0 } },
  );
  const { url = '' } = server.addresses.dialects.tfs?.http ?? {};
  const body = JSON.stringify({ instances: [7] });
  await fetch(`${url}/v1/models/fraud:predict`, { method: 'POST', body });
  const answer = await fetch(url + PATH);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const samples = parseExposition(await answer.text());
  const labels = 'model_name="fraud",model_version="1"';
  expect(samples.get(`:tensorflow:serving:request_count{${labels},status="OK"}`)).toBe(1);
  expect(samples.get(`:tensorflow:serving:request_latency_count{${labels}}`)).toBe(1);
  expect(samples.get('millrace_infer_requests_total{code="ok",model="fraud",version="1"}')).toBe(1);
  expect((await fetch(`http://127.0.0.1:${server.port}${PATH}`)).status).toBe(404);
});

it('without metrics it says so', async () => {
  await using server = await startAppServer({}, { tfs: { enabled: true, httpPort: 0 }, telemetry: { metrics: false } });
  const answer = await fetch(`${server.addresses.dialects.tfs?.http?.url}${PATH}`);
  expect([answer.status, await answer.json()]).toEqual([
    400,
    { error: 'metrics are switched off: telemetry.metrics is false' },
  ]);
});

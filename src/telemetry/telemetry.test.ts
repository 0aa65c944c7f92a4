import { expect, it } from 'vitest';
import { httpFinished, inferFinished } from '../../test/support/finished.js';
import { createSettings } from '../config/index.js';
import { EventBus, MillraceError } from '../core/index.js';
import { createTelemetry, type TelemetryOptions } from './index.js';

async function start(options: Partial<TelemetryOptions> = {}) {
  const events = new EventBus();
  const lines: string[] = [];
  const telemetry = await createTelemetry({
    options: { ...createSettings({}).telemetry, logFormat: 'json', ...options },
    events,
    hasTensorflowNames: false,
    version: '1.2.3',
    gauges: () => [],
    modelStates: () => [],
    cacheUsage: () => undefined,
    memoryUsage: () => undefined,
    destination: { write: (line) => lines.push(line) },
  });
  return { telemetry, events, lines };
}

it('without metrics there is nothing to scrape', async () => {
  const { telemetry, events } = await start({ metrics: false });
  events.publish('inferFinished', inferFinished());
  expect(await telemetry.render()).toEqual({ contentType: 'text/plain; charset=utf-8', body: '' });
  await telemetry.close();
});

it('without an access log everything else is still logged, faults of models included', async () => {
  const { telemetry, events, lines } = await start({ accessLog: false });
  events.publish('httpFinished', httpFinished({ status: 500 }));
  events.publish('inferFinished', inferFinished({ error: new MillraceError('internal', 'boom') }));
  events.publish('diagnostic', { level: 'info', room: 'app', message: 'hello' });
  await telemetry.close();
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['an inference of model mlp/3 failed', 'hello']);
});

it('levels change through the log control', async () => {
  const { telemetry, events, lines } = await start();
  telemetry.logs.update({ info: false });
  events.publish('httpFinished', httpFinished());
  telemetry.logs.update({ info: true });
  events.publish('httpFinished', httpFinished());
  await telemetry.close();
  expect(lines).toHaveLength(1);
});

it('two servers in one process count and log for themselves', async () => {
  const first = await start();
  const second = await start();
  first.events.publish('inferFinished', inferFinished());
  first.events.publish('httpFinished', httpFinished());
  expect((await first.telemetry.render()).body).toContain('nv_inference_request_success{model="mlp",version="3"} 1');
  expect((await second.telemetry.render()).body).not.toContain('model="mlp"');
  expect([first.lines.length, second.lines.length]).toEqual([1, 0]);
  await first.telemetry.close();
  second.events.publish('httpFinished', httpFinished());
  expect(second.lines).toHaveLength(1);
  await second.telemetry.close();
});

it('after the end nothing is counted or logged', async () => {
  const { telemetry, events, lines } = await start();
  await telemetry.close();
  events.publish('httpFinished', httpFinished());
  events.publish('inferFinished', inferFinished());
  events.publish('diagnostic', { level: 'error', room: 'app', message: 'late' });
  expect(lines).toEqual([]);
  expect((await telemetry.render()).body).not.toContain('model="mlp"');
});
